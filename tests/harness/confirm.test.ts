import { describe, expect, test } from "@jest/globals";
import { askSkipped } from "../../harness/again.ts";
import { confirm } from "../../harness/confirm.ts";
import { httpFailure } from "../../harness/failure.ts";
import type { Pass } from "../../harness/pass.ts";
import { type Act, acts, confirmed, first, good, marked, type Outcome, pass, SILENT, stage, target } from "./acting.ts";

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
    const restart = (ms: number) => (it: Pass) => void it.standstills.told.add({ at: 0, ms, goodbye: true });
    expect(marked(await confirmed(harmed(), restart(400)))).toEqual(["x pass", "y fail"]);
    stage.now = 0;
    expect(marked(await confirmed(harmed(), restart(0)))).toEqual(["x fail unstable", "y fail"]);
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

test("a case that skipped what it tests runs again alone if the server had refused it, and counts if it is right then", async () => {
  const again = async (second: "kept" | "broken", isRefused: boolean) => {
    const it = pass();
    await first(it, acts("x", "MUST.b", ["skip", second]));
    for (const [key, result] of it.results)
      it.results.set(key, { ...result, ...(isRefused && { refused: [httpFailure(502)] }) });
    await askSkipped(it);
    return marked(it);
  };
  expect(await again("kept", true)).toEqual(["x pass"]);
  expect(await again("broken", true)).toEqual(["x skip"]);
  expect(await again("kept", false)).toEqual(["x skip"]);
});
