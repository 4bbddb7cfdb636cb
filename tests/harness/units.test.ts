import { describe, expect, test } from "@jest/globals";
import { judge } from "../../harness/judge.ts";
import { cut, keep, keptText, shorten } from "../../harness/kept.ts";
import { nothing } from "../../harness/nothing.ts";
import { pool } from "../../harness/pool.ts";
import type { Finding } from "../../harness/rule.ts";
import { type Scenario, scenarios } from "../../harness/scenario.ts";
import type { WireEvent } from "../../harness/transcript.ts";
import { show } from "../../harness/words.ts";
import { requirements } from "../../schemas/0.1.7/requirements.ts";

describe("the pool", () => {
  const most = async (size: number, idles: boolean): Promise<number> => {
    let running = 0;
    let peak = 0;
    await pool([1, 2, 3, 4, 5, 6], { size }, async (_, idle) => {
      running += 1;
      peak = Math.max(peak, running);
      if (idles) idle();
      if (idles) idle();
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
    });
    return peak;
  };
  test("works on as many items at a time as it is told", async () => expect(await most(2, false)).toBe(2));
  test("gives the place of an idle item to one more, once", async () => expect(await most(2, true)).toBe(6));
  test("begins no item before another is finished while it is crowded", async () => {
    let running = 0;
    await pool([1, 2, 3], { size: 3, crowded: () => running > 0 }, async () => {
      running += 1;
      await new Promise((resolve) => setImmediate(resolve));
      expect(running).toBe(1);
      running -= 1;
    });
    expect.assertions(3);
  });
  test("throws what some work throws, once all that has begun is done, and begins no more", async () => {
    const done: number[] = [];
    const pooled = pool([1, 2, 3, 4], { size: 2 }, async (n) => {
      await new Promise((resolve) => setImmediate(resolve));
      if (n === 1) throw new Error("one");
      done.push(n);
    });
    await expect(pooled).rejects.toThrow("one");
    expect(done).toEqual([2]);
  });
  test("needs a place", async () => {
    await expect(pool([1], { size: 0 }, async () => {})).rejects.toThrow(RangeError);
  });
  test("works strictly on one after another at size 1", async () => expect(await most(1, true)).toBe(1));
});

describe("a judge", () => {
  const one = () => judge({ requirements: new Map(requirements.map((it) => [it.id, it])), strict: false });
  const offline = { needs: () => [], gaps: { hide: [], excuse: [] } };
  const rule = (...findings: Finding[]) => ({
    requirement: "message.json",
    judge: () => findings.shift() as Finding,
    ...offline,
  });
  const transcripts = [
    { url: "", events: [] },
    { url: "", events: [] },
  ];
  const finding = (outcome: Finding["outcome"]): Finding => ({ outcome, actual: outcome });

  test("says that a rule is broken if it is so anywhere, even if it is inconclusive elsewhere", () => {
    const it = one();
    it.apply(rule(finding("inconclusive"), finding("broken")), transcripts);
    it.apply(rule(finding("inconclusive"), finding("kept")), transcripts);
    it.apply(rule(finding("kept"), finding("kept")), transcripts);
    expect(it.checks.map(({ verdict }) => verdict)).toEqual(["fail", "error", "pass"]);
  });

  test("cannot tell from what the suite did not read, and does not pass a wait in vain", () => {
    const it = one();
    it.check("disconnect.answered", nothing("silence"));
    it.check("disconnect.answered", nothing("a bound", true));
    it.check("disconnect.answered", undefined);
    expect(it.checks.map(({ verdict }) => verdict)).toEqual(["fail", "error", "fail"]);
  });

  test("says what happened in a case that could not connect, or threw after all was judged", () => {
    const it = one();
    it.complete(["disconnect.answered"], { unopened: "HTTP 503" });
    it.complete(["disconnect.answered"], { thrown: new Error("oops") });
    expect(it.checks.map(({ verdict, actual }) => `${verdict} ${actual}`)).toEqual([
      "skip not judged: a connection could not be opened (HTTP 503)",
      "error the case threw: oops",
    ]);
  });

  test("survives a rule that throws", () => {
    const it = one();
    const judge = () => {
      throw new Error("a bug");
    };
    it.apply({ requirement: "message.json", judge, ...offline }, transcripts);
    expect(it.checks[0]).toMatchObject({ verdict: "error", actual: "the rule threw: a bug" });
  });
});

test("the digest of a case changes with its title, tests, row and what it was seen to do, and not with its function", () => {
  const base: Scenario<string> = { id: "a/b", title: "t", tests: ["x"], given: 1, run: async () => {} };
  const digestOf = (change: Partial<Scenario<string>>, observed = {}) =>
    scenarios<string>(observed)({ ...base, ...change }).digest;
  const digests = [{}, { title: "u" }, { tests: ["y"] }, { given: 2 }].map((change) => digestOf(change));
  expect(new Set([...digests, digestOf({}, { "a/b": "seen" })]).size).toBe(5);
  expect(digestOf({ run: async () => void "sends" })).toBe(digests[0]);
});

test("a kept transcript is bounded, and showing a value never throws", () => {
  const events = Array.from(
    { length: 1_000 },
    (_, at): WireEvent => ({ at, from: "server", type: "text", data: "x".repeat(9_000) }),
  );
  const kept = keep({ url: "", events }).events;
  expect(kept).toHaveLength(121);
  expect(kept[0]).toMatchObject({ data: expect.stringMatching(/^x{2000}… \[cut: 9000 characters in all\]$/) });
  expect(show(JSON.parse(`${"[".repeat(100_000)}${"]".repeat(100_000)}`))).toBe(
    "a value that is nested too deep to show",
  );
  expect(show(undefined)).toBe("nothing there");
});

test("a requirement that was not judged is an error if the suite stopped reading, whatever broke before", () => {
  const [a, b, c] = requirements.map(({ id }) => id) as [string, string, string];
  const it = judge({ requirements: new Map(requirements.map((one) => [one.id, one])), strict: false });
  it.check(a, undefined);
  it.complete([a, b], { bound: "more than enough", unopened: "HTTP 503" });
  it.complete([c], { thrown: new Error("oops"), bound: "more than enough" });
  expect(it.checks.slice(1).map(({ verdict, actual }) => `${verdict}: ${actual}`)).toEqual([
    "error: the suite stopped reading: more than enough",
    "error: the case threw: oops",
  ]);
});

describe("a kept transcript", () => {
  const text = (at: number, data = "x") => ({ at, from: "server", type: "text", data }) as const satisfies WireEvent;
  const many = (n: number) => Array.from({ length: n }, (_, at) => text(at));

  test("has 60 events at each end, and the number left out between them", () => {
    const { events } = keep({ url: "", name: "one", events: many(200) });
    expect(events.map(({ at }) => at)).toEqual([
      ...many(60).map(({ at }) => at),
      140,
      ...many(60).map(({ at }) => at + 140),
    ]);
    expect(events[60]).toEqual({ at: 140, from: "client", type: "cut", data: "80 events left out" });
    expect(keep({ url: "u", name: "one", events: many(120) })).toEqual({ url: "u", name: "one", events: many(120) });
  });

  test("has texts that are cut once, and still say how long they were", () => {
    const once = shorten(text(0, "é".repeat(5_000)), 4_000);
    expect(once).toEqual({
      ...text(0, `${"é".repeat(4_000)}… [cut: 5000 characters in all]`),
      length: 5_000,
    });
    expect(shorten(once, 4_000)).toBe(once);
    expect(shorten(once, 10)).toEqual({ ...once, data: `${"é".repeat(10)}… [cut: 5000 characters in all]` });
    expect([keptText(once), keptText(text(0, "short"))]).toEqual(["é".repeat(4_000), "short"]);
    expect([cut("é".repeat(4_000), 4_000), cut("ab\ud83d\ude00", 3)]).toEqual([
      "é".repeat(4_000),
      "ab… [cut: 4 characters in all]",
    ]);
    const short = keep({ url: "", events: [text(0, "y".repeat(2_001))] }).events[0];
    expect(short).toMatchObject({ data: `${"y".repeat(2_000)}… [cut: 2001 characters in all]` });
  });
});
