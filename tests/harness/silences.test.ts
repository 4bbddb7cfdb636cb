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
