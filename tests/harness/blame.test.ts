import { beforeEach, describe, expect, test } from "@jest/globals";
import type { Availability } from "../../harness/availability.ts";
import { back, confirm, reconsider } from "../../harness/blame.ts";
import { DEFAULTS } from "../../harness/defaults.ts";
import { type CaseResult, execute } from "../../harness/execute.ts";
import { share } from "../../harness/recorder.ts";
import type { Case } from "../../harness/scenario.ts";
import type { RunOptions, Session } from "../../harness/session.ts";
import { UnreachableError } from "../../harness/usage.ts";
import { protocol } from "../../suites/0.1.7/index.ts";

/** What a case finds each time it runs (the last again and again), and how long that takes by the clock of the test, in ms. */
type Outcome = "kept" | "broken" | "skip" | "info";
interface Act {
  readonly outcomes: Outcome[];
  readonly ms: number;
  readonly meanwhile?: () => void;
}

const requirements = (["MUST", "SHOULD"] as const).flatMap((level) =>
  ["a", "b", "c"].map((id) => ({ id: `${level}.${id}`, section: "s", level, source: "D", statement: "is owed" })),
);
const judging = { requirements: new Map(requirements.map((it) => [it.id, it])), strict: false };

let now = 0;
let ran: string[] = [];
beforeEach(() => {
  now = 0;
  ran = [];
});

/** A case that talks to nobody; it judges the first requirement as it is told, and keeps the second. */
function acts(id: string, requirement: string, outcomes: Outcome[], { ms = 1, meanwhile }: Partial<Act> = {}): Case {
  return {
    id,
    suite: "s",
    title: id,
    tests: [requirement, "MUST.c"],
    digest: id,
    async run({ check, skip, report }) {
      ran.push(id);
      now += ms;
      meanwhile?.();
      const outcome = outcomes.length > 1 ? outcomes.shift() : outcomes[0];
      if (outcome === "skip") skip(requirement, "no prerequisite");
      else if (outcome === "info") report(requirement, "as it likes");
      else check(requirement, outcome === "kept", { const: true });
      check("MUST.c", true);
    },
  };
}

/** A target that is up, and stays so until somebody sets `downSince`; then it recovers or not. */
function target(recovers: string | undefined = undefined) {
  const it = {
    downSince: undefined as number | undefined,
    upAt: 0 as number | undefined,
    asked: [] as number[],
    saw() {},
    async recover(ms: number) {
      it.asked.push(ms);
      if (recovers === undefined) it.downSince = undefined;
      return recovers;
    },
  };
  return it satisfies Availability & Record<string, unknown>;
}

function session(availability: Availability = target(), options: Partial<RunOptions> = {}): Session {
  const at = { url: new URL("ws://localhost:1"), headers: {} };
  return {
    protocol: { ...protocol, requirements, rules: [] },
    target: at,
    judging,
    shared: { ...share(1), clock: () => now },
    random: DEFAULTS,
    signal: options.signal,
    options: { ...DEFAULTS, target: at, ...options },
    availability,
    results: new Map(),
    confirming: 0,
    stop: undefined,
  };
}

/** Runs cases for the first time, all at the same time, as far as the clock says. */
async function first(session: Session, ...cases: Case[]): Promise<CaseResult[]> {
  const all: CaseResult[] = [];
  for (const it of cases)
    all.push(
      await execute(
        it,
        session,
        () => {},
        () => {},
      ),
    );
  for (const it of all) session.results.set(it.case, it);
  ran = [];
  return all;
}

const marked = ({ results }: Session) =>
  Array.from(results.values(), (it) =>
    [it.case.id, it.verdict, it.unstable && "unstable", it.unconfirmed && "unconfirmed"].filter(Boolean).join(" "),
  );
const row = (n: number, id: string, requirement: string, make: (i: number) => Outcome[], more: Partial<Act> = {}) =>
  Array.from({ length: n }, (_, i) => acts(`${id}${i}`, requirement, make(i), more));
const good = acts("good", "MUST.a", ["kept"]);

describe("what failed runs again alone", () => {
  test("one of each kind first, and what passes then is unstable, with the checks that it has alone", async () => {
    const it = session();
    const a = row(3, "a", "MUST.a", (i) => (i === 2 ? ["broken", "kept"] : ["broken"]));
    const b = row(2, "b", "MUST.b", () => ["broken"]);
    await confirm(await first(it, ...a, ...b, good), 0, it);
    expect(ran).toEqual(["a0", "b0", "a1", "b1", "a2"]);
    expect(marked(it)).toEqual(["a0 fail", "a1 fail", "a2 pass unstable", "b0 fail", "b1 fail", "good pass"]);
    expect(it.results.get(a[2] as Case)?.checks.map(({ verdict }) => verdict)).toEqual(["pass", "pass"]);
    expect(it.confirming).toBe(5);
  });

  test("three that fail again are enough of a kind, but not where one of it passed", async () => {
    const it = session();
    const alike = row(5, "a", "MUST.a", () => ["broken"]);
    const mixed = row(5, "b", "MUST.b", (i) => (i === 0 ? ["broken", "kept"] : ["broken"]));
    await confirm(await first(it, ...alike, ...mixed, good), 0, it);
    expect(ran.toSorted()).toEqual(["a0", "a1", "a2", "b0", "b1", "b2", "b3", "b4"]);
    expect(marked(it).slice(3, 5)).toEqual(["a3 fail unconfirmed", "a4 fail unconfirmed"]);
    expect(marked(it).slice(5, 10)).toEqual(["b0 pass unstable", "b1 fail", "b2 fail", "b3 fail", "b4 fail"]);
  });

  test("and keeps its verdict, unconfirmed, where it could not be judged alone", async () => {
    const it = session();
    await confirm(await first(it, acts("a", "MUST.a", ["broken", "skip"]), good), 0, it);
    expect(marked(it)).toEqual(["a fail unconfirmed", "good pass"]);
  });

  test("for as long as the first pass took, and for 5 s at least", async () => {
    const slow = () => row(4, "a", "MUST.a", () => ["broken", "broken", "kept"], { ms: 2_500 });
    const again = async (took: number) => {
      const it = session();
      await confirm(await first(it, ...slow(), good), took, it);
      return ran.length;
    };
    expect([await again(0), await again(5_001)]).toEqual([2, 3]);
  });

  test("without that, it is an error where its kind only ever passed, for nobody can say", async () => {
    const it = session();
    const kind = row(3, "a", "MUST.a", () => ["broken", "kept"], { ms: 5_000 });
    const other = acts("b", "MUST.b", ["broken"]);
    await confirm(await first(it, ...kind, other, good), 0, it);
    expect(marked(it)).toEqual([
      "a0 pass unstable",
      "a1 error unconfirmed",
      "a2 error unconfirmed",
      "b fail unconfirmed",
      "good pass",
    ]);
    expect(it.results.get(kind[1] as Case)?.checks.map(({ verdict, actual }) => `${verdict}: ${actual}`)).toEqual([
      "error: false; but others that failed like this passed alone, and there was no time to run this one alone (--concurrency 1 does)",
      "pass: true",
    ]);
  });

  test("but stays a failure where one of its kind failed again", async () => {
    const it = session();
    const kind = row(3, "a", "MUST.a", (i) => (i === 0 ? ["broken", "kept"] : ["broken"]), { ms: 2_500 });
    await confirm(await first(it, ...kind, good), 0, it);
    expect(marked(it)).toEqual(["a0 pass unstable", "a1 fail", "a2 fail unconfirmed", "good pass"]);
  });

  test.each<[string, number, Case[], number]>([
    ["not where all of more than fit at the same time failed", 2, [], 0],
    ["also where all failed, but at the same time", 3, [], 3],
    ["also where one passed", 2, [good], 3],
  ])("%s", async (_, concurrency, others, runs) => {
    const it = session(target(), { concurrency });
    await confirm(await first(it, ...row(3, "a", "MUST.a", () => ["broken"]), ...others), 0, it);
    expect(ran).toHaveLength(runs);
    expect(marked(it).filter((words) => words.endsWith("unconfirmed"))).toHaveLength(3 - runs);
  });

  test("until the user interrupts: what was running then tells nothing", async () => {
    const interrupt = new AbortController();
    const it = session(target(), { signal: interrupt.signal });
    const meanwhile = () => (now > 9 ? interrupt.abort() : undefined);
    const some = [acts("a", "MUST.a", ["broken", "kept"], { ms: 5, meanwhile }), acts("b", "MUST.b", ["broken"])];
    await confirm(await first(it, ...some), 0, it);
    expect([ran, marked(it)]).toEqual([["a"], ["a fail", "b fail"]]);
  });
});

describe("where some were blamed for others", () => {
  const others = () => [
    acts("w", "SHOULD.a", ["broken", "kept"], { ms: 6_000 }),
    acts("s", "MUST.b", ["skip", "kept"], { ms: 6_000 }),
    acts("x", "MUST.a", ["broken"]),
    acts("i", "MUST.a", ["info"]),
  ];
  async function doubting(unstable: boolean, change: Partial<Session> = {}): Promise<string[]> {
    const it = Object.assign(session(), change);
    for (const result of await first(it, good, ...others())) {
      if (unstable && result.case === good) it.results.set(good, { ...result, unstable });
    }
    await reconsider(it);
    return [...ran, ...marked(it)];
  }
  const asBefore = ["w warn", "s skip", "x fail", "i info"];

  test("warnings and what was skipped run again, for as long again as the run took", async () => {
    expect(await doubting(true, { confirming: 60_000 })).toEqual([
      "w",
      "s",
      "good pass unstable",
      "w pass unstable",
      "s pass unstable",
      "x fail",
      "i info",
    ]);
  });
  test("but not where nobody was, nor where the run has ended", async () => {
    const stop = { reason: "lost", words: "" } as const;
    expect(await doubting(false)).toEqual(["good pass", ...asBefore]);
    expect(await doubting(true, { stop })).toEqual(["good pass unstable", ...asBefore]);
  });
});

describe("a target that went away", () => {
  const gone = (upAt?: number) => Object.assign(target("ECONNREFUSED"), { upAt, downSince: 10 });

  test("is waited for as long as the user says where it was there, else asked once", async () => {
    const [never, lost] = [gone(), gone(3)];
    await expect(back([], session(never, { recovery: 700 }))).rejects.toThrow(UnreachableError);
    const it = session(lost, { recovery: 700 });
    await back([], it);
    expect([never.asked, lost.asked, it.stop?.reason]).toEqual([[0], [700], "lost"]);
  });

  test("is asked for after each case that runs alone: that case is named, and no other runs", async () => {
    const there = target("ECONNREFUSED");
    const meanwhile = () => (now > 13 ? Object.assign(there, { downSince: now - 1, upAt: now - 2 }) : undefined);
    const it = session(there);
    const deadly = acts("deadly", "MUST.a", ["broken"], { ms: 10, meanwhile });
    await confirm(await first(it, deadly, acts("b", "MUST.b", ["broken"]), good), 0, it);
    expect(ran).toEqual(["deadly"]);
    expect(marked(it)).toEqual(["deadly fail", "b fail unconfirmed", "good pass"]);
    expect(it.stop?.words).toBe("not run: the target stopped accepting connections (ECONNREFUSED) while deadly ran");
  });

  test("and is back makes no difference", async () => {
    const there = target();
    const meanwhile = () => Object.assign(there, { downSince: now });
    const it = session(there);
    const some = [acts("a", "MUST.a", ["broken"], { meanwhile }), acts("b", "MUST.b", ["broken"])];
    await confirm(await first(it, ...some, good), 0, it);
    expect([ran, there.asked, it.stop]).toEqual([["a", "b"], [DEFAULTS.recovery], undefined]);
  });

  test("is not blamed on one of several that failed while it did, nor on those that had ended or not begun", async () => {
    const it = session(gone(5));
    const bad = row(5, "a", "MUST.a", () => ["broken"], { ms: 3 }); // The target was last seen at 5, and missed at 10.
    const results = await first(it, ...bad);
    await back(results.toReversed(), it);
    expect(it.stop?.words).toMatch(/ while a3, a2, a1 ran$/);
    expect(marked(it)).toEqual(["a0 fail", "a1 error", "a2 error", "a3 error", "a4 fail"]);
    const [check] = it.results.get(bad[1] as Case)?.checks ?? [];
    expect(check?.actual).toMatch(/^false; but the target stopped accepting connections/);
  });
});
