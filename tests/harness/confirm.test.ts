import { describe, expect, test } from "@jest/globals";
import { confirm } from "../../harness/confirm.ts";
import { silent } from "../../harness/nothing.ts";
import type { Pass } from "../../harness/pass.ts";
import type { Case } from "../../harness/scenario.ts";
import { HANDSHAKE } from "../../harness/waited.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import {
  type Act,
  acts,
  confirmed,
  first,
  good,
  marked,
  type Outcome,
  pass,
  SERVED,
  SILENT,
  stage,
  TIMEOUT,
  target,
} from "./acting.ts";

const SHORT = { what: "it", afterMs: TIMEOUT / 10, short: true } as const;
const CROWDED = { ...SILENT, among: 65 };

const row = (n: number, id: string, requirement: string, make: (i: number) => Outcome[], more: Act = {}) =>
  Array.from({ length: n }, (_, i) => acts(`${id}${i}`, requirement, make(i), more));

describe("a breach by something that came", () => {
  test("is confirmed if it shows alone, too", async () => {
    const it = await confirmed([acts("x", "MUST.b", ["broken"]), good]);
    expect([stage.ran, marked(it), it.times.confirming]).toEqual([["x"], ["x fail", "good pass"], 1]);
  });

  test("stays, unstable and as it was, if it does not show alone", async () => {
    const it = await confirmed([acts("x", "MUST.b", ["broken", "kept"]), good]);
    expect(marked(it)).toEqual(["x fail unstable", "good pass"]);
    expect([...it.results.values()][0]?.checks[0]).toMatchObject({ verdict: "fail", actual: "false" });
  });

  test("is confirmed if it cannot be judged alone", async () => {
    expect(marked(await confirmed([acts("x", "MUST.b", ["broken", "skip"])]))).toEqual(["x fail"]);
    expect(marked(await confirmed([acts("x", "MUST.b", ["broken", "info"])]))).toEqual(["x fail unstable"]);
  });

  test("has its cases run again one by one, for as long as the first time took, and for 5 s at least", async () => {
    const slow = () => row(4, "x", "MUST.b", () => ["broken"], { ms: 2_500 });
    const again = async (tookMs: number) => {
      const it = await confirmed(slow(), undefined, tookMs);
      return marked(it).map((words) => words.replace(/^x\d fail ?/, ""));
    };
    expect(await again(0)).toEqual(["", "", "unconfirmed", "unconfirmed"]);
    expect(await again(5_001)).toEqual(["", "", "", "unconfirmed"]);
  });

  test("is not tried again if it is a warning, or explained by another requirement, or known already", async () => {
    const plain = acts("plain", "MUST.a", ["broken"]);
    const cases = [acts("w", "SHOULD.b", ["broken"]), acts("x", "MUST.b", ["broken"]), acts("y", "MUST.a", ["broken"])];
    const it = await confirmed([plain, ...cases]);
    expect(stage.ran).toEqual(["plain"]);
    expect(marked(it)).toEqual(["plain fail", "w warn", "x fail", "y fail"]);
  });

  test("is not tried again if it was unstable before, its case is a culprit, or nobody asks for it", async () => {
    const it = pass();
    const cases = await first(it, acts("u", "MUST.b", ["broken"]), acts("v", "MUST.b", ["broken"]), good);
    const [u] = [...it.results.values()];
    if (u) it.results.set(u.case, { ...u, unstable: true });
    it.ends.culprits.add("v");
    await first(it, acts("other", "MUST.b", ["broken"]));
    await confirm(cases, 0, it);
    expect(stage.ran).toEqual([]);
  });

  test("is cleared if it does not show alone, and a culprit ran at the same time or the server fell meanwhile", async () => {
    const harmed = () => [acts("x", "MUST.b", ["broken", "kept"]), acts("y", "MUST.b", ["broken"])];
    const fall = (from: number, to: number) => (it: Pass) =>
      void it.ends.falls.push({ from, to, how: "it fell", endKind: "it fell", harm: "end" });
    expect(marked(await confirmed(harmed(), fall(0, 1)))).toEqual(["x pass", "y fail"]);
    stage.now = 0;
    // The end of others may be seen up to 100 ms late.
    expect(marked(await confirmed(harmed(), fall(100.5, 109)))).toEqual(["x pass", "y fail"]);
    stage.now = 0;
    expect(marked(await confirmed(harmed(), fall(102.5, 109)))).toEqual(["x fail unstable", "y fail"]);
    stage.now = 0;
    // It ended just when the first began, after which the third began.
    const culprit = (it: Pass) => void it.ends.culprits.add("good");
    expect(marked(await confirmed([good, ...harmed()], culprit))).toEqual(["good pass", "x pass", "y fail"]);
    stage.now = 0;
    const later = [acts("later", "MUST.b", ["kept"]), ...harmed(), good];
    expect(marked(await confirmed(later, culprit))).toEqual(["later pass", "x fail unstable", "y fail", "good pass"]);
  });
});

describe("a plain form that others rest on", () => {
  const needs = () => acts("x", "MUST.b", ["broken"]);
  const known = async (...outcomes: Outcome[]) => {
    const it = await confirmed([acts("plain", "MUST.a", outcomes), needs()]);
    return [stage.ran.join(" "), ...marked(it)];
  };

  test("runs twice more alone, and is broken if it fails twice", async () => {
    expect(await known("kept", "broken")).toEqual(["plain plain", "plain fail", "x fail"]);
    expect(await known("kept")).toEqual(["plain plain x", "plain pass", "x fail"]);
  });

  test("runs four times alone if one of them fails: each second client may fail it", async () => {
    const fourTimes = "plain plain plain plain";
    expect(await known("kept", "broken", "kept")).toEqual([`${fourTimes} x`, "plain pass", "x fail"]);
    expect(await known("kept", "kept", "broken", "kept", "broken")).toEqual([fourTimes, "plain fail", "x fail"]);
    expect(await known("broken", "kept", "broken")).toEqual(["plain plain", "plain fail", "x fail"]);
  });

  test("is not broken for good if it fails once among others, and never alone", async () => {
    expect(await known("broken", "kept")).toEqual([
      expect.stringMatching(/^plain plain/),
      "plain fail unstable",
      "x fail",
    ]);
  });

  test("runs alone once in a run, and not at all if all is well", async () => {
    const it = pass();
    const cases = await first(it, acts("plain", "MUST.a", ["kept"]), needs());
    await confirm(cases, 0, it);
    await confirm(cases, 0, it);
    expect(stage.ran).toEqual(["plain", "plain", "x"]);
    await confirmed([acts("plain", "MUST.a", ["kept"]), good]);
    expect(stage.ran).toEqual([]);
  });
});

describe("a message that did not come in time", () => {
  test("is asked for again side by side, in full, and is missing if it does not come then", async () => {
    const hurries: boolean[] = [];
    const it = pass();
    const meanwhile = () => void hurries.push(it.shared.patience.hurry);
    it.shared.patience.hurry = true;
    const cases = await first(it, ...row(2, "x", "MUST.b", () => [SILENT], { meanwhile }), good);
    await confirm(cases, 0, it);
    expect([stage.ran, marked(it)]).toEqual([
      ["x0", "x1"],
      ["x0 fail", "x1 fail", "good pass"],
    ]);
    expect([hurries, it.shared.patience.hurry]).toEqual([[true, true, false, false], true]);
  });

  test("costs no time for confirmations", async () => {
    const it = await confirmed(row(3, "x", "MUST.b", () => [SILENT], { ms: 60_000 }));
    expect([it.times.confirming, marked(it)]).toEqual([0, ["x0 fail", "x1 fail", "x2 fail"]]);
  });

  test("and comes then is an unstable breach if it came to others meanwhile", async () => {
    const it = await confirmed([acts("x", "MUST.b", [SERVED, "kept"]), good]);
    expect(marked(it)).toEqual(["x fail unstable", "good pass"]);
    expect([...it.results.values()][0]?.checks[0]?.silence).toEqual(SERVED);
  });

  test("and comes then is no breach if there was a stall, which is told once", async () => {
    const stall = { at: 0.5, ms: 0.25 };
    const stands = (it: Pass) => void it.shared.stalls.push({ at: 400, ms: 1 }, stall);
    const it = await confirmed([acts("x", "MUST.b", [SILENT, "kept"])], stands);
    expect([marked(it), [...it.standstills.told]]).toEqual([["x pass"], [stall]]);
  });

  test("and comes then for no known reason is unstable, with its new verdict", async () => {
    expect(marked(await confirmed([acts("x", "MUST.b", [SILENT, "kept"])]))).toEqual(["x pass unstable"]);
  });

  test("and comes then is no breach if it answers a handshake: a limit may have kept it back", async () => {
    const handshake = { ...SILENT, what: HANDSHAKE };
    expect(marked(await confirmed([acts("x", "MUST.b", [handshake, "kept"])]))).toEqual(["x pass"]);
  });

  test("and comes then is no breach if a fall harmed it, or more waited than any server is sure to serve", async () => {
    const fell = (it: Pass) =>
      void it.ends.falls.push({ from: 0, to: 1, how: "it fell", endKind: "it fell", harm: "end" });
    expect(marked(await confirmed([acts("x", "MUST.b", [SERVED, "kept"])], fell))).toEqual(["x pass"]);
    const crowded = (what: string) => [acts("x", "MUST.b", [{ ...CROWDED, ...SERVED, what }, "kept"])];
    expect(marked(await confirmed([acts("x", "MUST.b", [CROWDED, "kept"])]))).toEqual(["x pass"]);
    expect(marked(await confirmed(crowded(protocol.greeting ?? "")))).toEqual(["x pass"]);
    // A client that is greeted is served, however many there are.
    expect(marked(await confirmed(crowded("an answer")))).toEqual(["x fail unstable"]);
  });

  test("and does not come then either is missing in a few cases; of many a sample of each kind runs alone", async () => {
    await confirmed(row(8, "x", "MUST.b", () => [SILENT]));
    expect(stage.ran).toHaveLength(8);
    const it = await confirmed([...row(9, "x", "MUST.b", () => [SILENT]), ...row(3, "y", "MUST.a", () => [SILENT])]);
    expect(stage.ran.slice(12)).toEqual(["x0", "x1", "y0", "y1"]);
    expect(marked(it).filter((words) => words.endsWith("unconfirmed"))).toHaveLength(7 + 1);
    expect(marked(it).every((words) => /^\w\d fail/.test(words))).toBe(true);
  });

  test("and does not come then either is not asked for alone if others were served", async () => {
    for (const outcomes of [
      [SERVED, SILENT],
      [SILENT, SERVED],
    ]) {
      const it = await confirmed(row(12, "x", "MUST.b", () => outcomes));
      expect(stage.ran).toHaveLength(12);
      expect(marked(it).filter((words) => words.endsWith(" fail"))).toHaveLength(12);
    }
  });

  test("and comes to one of a kind alone makes the whole kind doubtful, so each runs alone", async () => {
    const it = await confirmed(row(9, "x", "MUST.b", (i) => (i === 0 ? [SILENT, SILENT, "kept"] : [SILENT])));
    expect(stage.ran).toHaveLength(9 + 9);
    expect(marked(it).slice(0, 2)).toEqual(["x0 pass unstable", "x1 fail"]);
  });

  test("is an error if there is no time for that and its kind always came", async () => {
    const kind = (i: number): Outcome[] => (i === 0 ? [SILENT, SILENT, "kept"] : [SILENT]);
    const it = await confirmed(row(9, "x", "MUST.b", kind, { ms: 5_000 }));
    expect(marked(it).slice(0, 2)).toEqual(["x0 pass unstable", "x1 error unconfirmed"]);
    expect([...it.results.values()][1]?.checks.map(({ verdict, actual }) => `${verdict}: ${actual}`)).toEqual([
      "error: nothing in 100 ms; but that may be the doing of other cases, and there was no time to run this one alone (--concurrency 1 does)",
      "pass: true",
    ]);
  });

  test("beside something wrong that came is judged as that", async () => {
    const mixed: Case = {
      ...acts("x", "MUST.b", []),
      async run({ check }) {
        stage.now += 1;
        check("MUST.a", false, { const: true });
        check("MUST.b", silent(SILENT));
      },
    };
    expect((await confirmed([mixed])).times.confirming).toBe(1);
  });

  test("in a crowd, beside what comes of it, is an error if the time of the run was up", async () => {
    const late = (among: number | undefined): Case => ({
      ...acts("x", "MUST.b", []),
      async run({ check }) {
        check("MUST.b", false, { const: true });
        check("SHOULD.b", silent({ ...SILENT, ...(among && { among }) }));
      },
    });
    for (const [among, verdict] of [
      [65, "error"],
      [undefined, "fail"],
    ] as const) {
      const it = pass(target(), { budget: 0 });
      await confirm(await first(it, late(among)), 0, it);
      expect(marked(it)).toEqual([`x ${verdict} unconfirmed`]);
    }
  });

  test("is a failure if the time of the run was up, unless another case may have kept the server busy, or harmed it", async () => {
    const silentAt = (id: string): Case => acts(id, "MUST.b", [SILENT]);
    const waits: Case = { ...silentAt("w"), waits: true };
    const marksOf = async (cases: readonly Case[], change: (it: Pass) => void = () => {}) => {
      const it = pass(target(), { budget: 0 });
      await first(it, ...cases);
      change(it);
      it.shared.patience.met(SILENT.what, 0, 1);
      await confirm(cases.slice(-1), 0, it);
      return marked(it).at(-1);
    };
    const fell = (it: Pass) =>
      void it.ends.falls.push({ from: 0, to: 1, how: "it fell", endKind: "it fell", harm: "end" });
    expect([await marksOf([silentAt("x")]), await marksOf([waits, silentAt("x")])]).toEqual(
      Array(2).fill("x fail unconfirmed"),
    );
    expect([await marksOf([silentAt("v"), silentAt("x")]), await marksOf([silentAt("x")], fell)]).toEqual(
      Array(2).fill("x error unconfirmed"),
    );
  });

  test("keeps its verdict, unconfirmed, if the run ended before it was asked for again", async () => {
    const it = pass();
    const meanwhile = () => {
      if (stage.now > 2) it.stop = { reason: "lost", why: "" };
    };
    await confirm(await first(it, ...row(2, "x", "MUST.b", () => [SILENT], { meanwhile })), 0, it);
    expect([stage.ran, marked(it)]).toEqual([["x0"], ["x0 fail", "x1 fail unconfirmed"]]);
  });
});

describe("a case for which the suite stopped reading, since too much came for all cases together", () => {
  const unread = async (scope: "connection" | "run") => {
    const it = pass();
    const [x] = await first(it, acts("x", "MUST.b", ["unread", "kept"]));
    const result = x && it.results.get(x);
    const event = { at: 0, from: "client", type: "limit", data: "more than 9 bytes", scope } as const;
    if (result) it.results.set(x, { ...result, connections: [{ url: "", events: [event] }] });
    await confirm(x ? [x] : [], 0, it);
    return marked(it);
  };
  test("runs alone, and that result counts", async () => {
    expect(await unread("run")).toEqual(["x pass"]);
    expect(await unread("connection")).toEqual(["x error"]);
  });
});

describe("a wait that was cut short", () => {
  test("is no evidence: the case runs again, and that result counts", async () => {
    const cases = [
      acts("comes", "MUST.b", [SHORT, "kept"]),
      acts("warns", "SHOULD.b", [SHORT, "kept"]),
      acts("misses", "SHOULD.a", [SHORT, SILENT]),
      acts("long", "SHOULD.a", [SILENT]),
    ];
    const it = await confirmed(cases);
    expect(stage.ran).toEqual(["comes", "warns", "misses"]);
    expect(marked(it)).toEqual(["comes pass", "warns pass", "misses warn", "long warn"]);
    expect([...it.results.values()][2]?.checks[0]?.silence).toEqual(SILENT);
  });

  test("does not matter if another requirement explains it", async () => {
    await confirmed([acts("plain", "MUST.a", ["broken"]), acts("x", "MUST.b", [SHORT])]);
    expect(stage.ran).toEqual(["plain"]);
  });
});

describe("a warning for a message that did not come in time", () => {
  const stands = (it: Pass) => void it.shared.stalls.push({ at: 0, ms: 0.5 });
  test("has its case run again after a stall", async () => {
    const cases = [acts("x", "SHOULD.b", [SILENT, "kept"]), acts("y", "SHOULD.b", [SILENT, "kept"])];
    expect(marked(await confirmed(cases, stands))).toEqual(["x pass", "y warn"]);
    expect(stage.ran).toEqual(["x"]);
  });
  test("does not if others were served meanwhile", async () => {
    expect(marked(await confirmed([acts("x", "SHOULD.b", [SERVED, "kept"])], stands))).toEqual(["x warn"]);
  });
});

describe("the run", () => {
  test("is interrupted, and cases that were running get no result", async () => {
    const interrupt = new AbortController();
    const it = pass(target(), { signal: interrupt.signal });
    const meanwhile = () => (stage.now > 9 ? interrupt.abort() : undefined);
    const cases = [acts("x", "MUST.b", ["broken", "kept"], { ms: 5, meanwhile }), acts("y", "MUST.b", ["broken"])];
    await confirm(await first(it, ...cases), 0, it);
    expect([stage.ran, marked(it).slice(1)]).toEqual([["x"], ["y fail"]]);
  });

  test("has ended, and nothing runs", async () => {
    const stop = { reason: "lost", words: "", why: "" } as const;
    await confirmed([acts("x", "MUST.b", ["broken"]), acts("y", "MUST.b", [SILENT])], (it) => {
      it.stop = stop;
    });
    expect(stage.ran).toEqual([]);
  });
});
