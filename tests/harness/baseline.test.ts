import { describe, expect, jest, test } from "@jest/globals";
import { runBaseline } from "../../harness/baseline.ts";
import { withCanary } from "../../harness/canary.ts";
import type { Pass } from "../../harness/pass.ts";
import type { Case } from "../../harness/scenario.ts";
import { HANDSHAKE } from "../../harness/waited.ts";
import { alone, isGone, work } from "../../harness/work.ts";
import { acts, first, foundations, marked, pass, stage, TIMEOUT, target } from "./acting.ts";

/** Makes a pass of a protocol with these cases. */
const knowing = (cases: readonly Case[], change: Partial<Pass["protocol"]> = {}): Pass => {
  const it = pass();
  return { ...it, protocol: { ...it.protocol, suites: [{ name: "s", title: "s", cases }], ...change } };
};

const plain = () => acts("plain", "MUST.a", ["broken"]);
const broken = (requirement: string) => acts("x", requirement, ["broken"]);

describe("the baseline of a run", () => {
  test("are the plain cases below broken requirements, all the way down, and no results of the run", async () => {
    const others = [acts("below", "MUST.c", ["kept"]), acts("aside", "MUST.dropped", ["kept"])];
    const { plain: known } = foundations;
    const deeper = {
      ...foundations,
      plain: {
        ...known,
        "MUST.a": { plain: ["plain"], on: ["MUST.c"] },
        "MUST.c": { plain: ["below"], on: ["MUST.a"] }, // Round and round: each runs once.
        "MUST.dropped": { plain: ["aside"], on: [] },
      },
    };
    const it = knowing([plain(), ...others], { foundations: deeper });
    await first(it, broken("MUST.b"));
    const baseline = await runBaseline(it);
    expect(baseline.map(({ case: { id }, verdict }) => `${id} ${verdict}`)).toEqual(["plain fail", "below pass"]);
    expect(marked(it)).toEqual(["x fail"]);
  });

  test("are none if no broken requirement rests on others, the plain cases ran, or the run has ended", async () => {
    const [good, right] = [acts("x", "MUST.b", ["kept"]), acts("plain", "MUST.a", ["kept"])];
    for (const cases of [[good], [broken("MUST.a")], [broken("MUST.b"), plain()], [broken("MUST.b"), right]]) {
      const it = knowing([plain()]);
      await first(it, ...cases);
      expect(await runBaseline(it)).toEqual([]);
    }
    const it = knowing([plain()]);
    await first(it, broken("MUST.b"));
    it.stop = { reason: "lost", why: "" };
    expect(await runBaseline(it)).toEqual([]);
  });
});

describe("the canary", () => {
  const canary = acts("canary", "MUST.a", ["kept"]);
  const singing = () => knowing([plain(), canary], { canary: "canary" });

  test("comes each quarter of the timeout while something runs, and leaves no result and no recording", async () => {
    jest.useFakeTimers();
    let finish = () => {};
    const kept: string[] = [];
    const it = { ...singing(), record: async ({ id }: Case) => kept.push(id) };
    const acting = withCanary(it, () => new Promise<string>((resolve) => (finish = () => resolve("done"))));
    const counts: number[] = [];
    for (const ms of [TIMEOUT / 4 - 1, 1, TIMEOUT / 4, TIMEOUT / 4]) {
      await jest.advanceTimersByTimeAsync(ms);
      counts.push(stage.ran.length);
    }
    finish();
    expect(await acting).toBe("done");
    await jest.advanceTimersByTimeAsync(10 * TIMEOUT);
    jest.useRealTimers();
    expect([counts, stage.ran.length, it.results.size, kept]).toEqual([[0, 1, 2, 3], 3, 0, []]);
  });

  test("comes no more if that fails, or the user interrupts", async () => {
    jest.useFakeTimers();
    const failing = () => Promise.reject(new Error("oops"));
    await expect(withCanary(singing(), failing)).rejects.toThrow("oops");
    const it = { ...singing(), signal: AbortSignal.abort() };
    const acting = withCanary(it, () => new Promise((resolve) => setTimeout(resolve, TIMEOUT)));
    await jest.advanceTimersByTimeAsync(10 * TIMEOUT);
    jest.useRealTimers();
    await acting;
    expect(stage.ran).toEqual([]);
  });
});

describe("working on cases", () => {
  const three = () => ["x", "y", "z"].map((id) => acts(id, "MUST.b", ["kept"]));

  test("gives the result of each, and reports it", async () => {
    const it = pass();
    const kept: string[] = [];
    const { done } = await work(three(), it, { size: 2, onResult: (result) => void kept.push(result.case.id) });
    expect([[...done.values()].map(({ verdict }) => verdict), kept.toSorted()]).toEqual([
      ["pass", "pass", "pass"],
      ["x", "y", "z"],
    ]);
    expect(it.results.size).toBe(0);
  });

  test("begins no more if it is halted or interrupted, or the run has ended", async () => {
    const interrupt = new AbortController();
    const halts: [Pass, (it: Pass) => void, (() => boolean)?][] = [
      [pass(), () => {}, () => stage.ran.length > 0],
      [pass(target(), { signal: interrupt.signal }), () => interrupt.abort()],
      [pass(), (it) => Object.assign(it, { stop: { reason: "lost", words: "", why: "" } })],
    ];
    for (const [it, act, halt] of halts) {
      stage.ran = [];
      const meanwhile = () => act(it);
      const cases = [acts("x", "MUST.b", ["kept"], { meanwhile }), ...three()];
      await work(cases, it, { size: 1, ...(halt && { halt }) });
      expect(stage.ran).toEqual(["x"]);
    }
  });

  test("goes on after the target went away and came back", async () => {
    const there = target();
    // The target was missed, and is back at the first look. Nobody knows what ended it.
    const it = pass(there);
    const x = acts("x", "MUST.b", ["kept"], { meanwhile: () => Object.assign(there, { downSince: stage.now }) });
    const restarts = { ...it, options: { ...it.options, restarts: 0 } };
    await work([x, ...three()], restarts, { size: 1 });
    expect([stage.ran, restarts.stop?.why]).toEqual([
      ["x"],
      "the server ended, and no further end is looked into (--restarts 0)",
    ]);
  });

  test("gives a case that runs alone the verdict that it has then", async () => {
    expect((await alone(acts("x", "MUST.b", ["broken"]), pass())).verdict).toBe("fail");
  });
});

describe("a target is gone", () => {
  test("if it is missed, its process ended, or it is deaf though it could speak", () => {
    const it = pass();
    const process = { lastWords: async () => undefined, kill: async () => {}, stop: async () => {} };
    const ended = { ...process, startedAt: 0, death: { at: 0, how: "exit code 1" }, restart: async () => undefined };
    const missed = pass(Object.assign(target(), { downSince: 1 }));
    expect([it, missed, { ...it, target: { ...it.target, process: ended } }].map(isGone)).toEqual([false, true, true]);

    const { patience } = it.shared;
    for (let i = 0; i < 32; i++) patience.missed("a", 0, true);
    expect([patience.deaf, isGone(it)]).toEqual([true, false]); // It never greeted anybody.
    patience.met(HANDSHAKE, 0, 1);
    expect(isGone(it)).toBe(false);
    patience.met(it.protocol.greeting ?? "", 0, 1);
    for (let i = 0; i < 32; i++) patience.missed("a", 0, true);
    expect(isGone(it)).toBe(true);
  });
});
