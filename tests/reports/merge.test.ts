import { beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { merge } from "../../reports/merge.ts";
import type { Report } from "../../reports/report.ts";
import { shard } from "../../reports/shard.ts";
import { conclude } from "../../reports/verdict.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import { sample } from "./samples.ts";

test("shards are disjoint, complete, balanced to one case, in order, and the same each time", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 1, max: 40 }), (n, most) => {
      const of = Math.min(n, most);
      const items = Array.from({ length: n }, (_, i) => i);
      const parts = items.slice(0, of).map((i) => shard(items, { index: i + 1, of }));
      expect(parts.flat().toSorted((a, b) => a - b)).toEqual(items);
      expect(parts.map((part) => part.toSorted((a, b) => a - b))).toEqual(parts);
      const sizes = parts.map(({ length }) => length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      expect(items.slice(0, of).map((i) => shard(items, { index: i + 1, of }))).toEqual(parts);
    }),
  );
});

test("a shard without cases is refused", () => {
  expect(() => shard([1, 2], { index: 3, of: 3 })).toThrow(/nothing left for shard 3 of 3: only 2 cases/);
});

let whole: Report;
beforeAll(async () => {
  whole = await sample("compares-versions-as-prefixes");
});

/** Returns the report of one shard of that run, as if it had run alone. */
function part(index: number, of: number, more: Partial<Report> = {}): { file: string; report: Report } {
  const { verdict: _, counts: __, requirements: ___, cases, ...draft } = whole;
  const ids = cases.map(({ id }) => id);
  const report = conclude(
    { ...draft, shard: { index, of, cases: ids } },
    shard(cases, { index, of }),
    protocol.requirements,
  );
  return { file: `${index}.json`, report: { ...report, ...more } };
}

describe("merging shards", () => {
  test.each([1, 2, 3, 7])("of %i gives the report of one run, whatever their order", (of) => {
    const parts = Array.from({ length: of }, (_, i) => part(i + 1, of));
    expect(merge(parts, protocol)).toEqual(whole);
    expect(merge(parts.toReversed(), protocol)).toEqual(whole);
  });

  test("without one of them is incomplete, and says which cases did not run", () => {
    const failing = shard(whole.cases, { index: 2, of: 2 }).some(({ verdict }) => verdict === "fail");
    const merged = merge([part(failing ? 1 : 2, 2)], protocol);
    expect(merged.verdict).toBe("incomplete");
    const why = `shard ${failing ? 2 : 1} of 2 is missing`;
    expect(merged.stop).toEqual({ reason: "missing", words: `not run: ${why}`, why });
    expect(merged.cases.map(({ id }) => id)).toEqual(whole.cases.map(({ id }) => id));
    expect(merged.counts.skip).toBe(Math.floor(whole.cases.length / 2));
    expect(merged.cases.find(({ verdict }) => verdict === "skip")?.checks[0]?.actual).toBe(merged.stop?.words);
  });

  test("without one of them still fails if another does", () => {
    const parts = [1, 2].map((i) => part(i, 2)).filter(({ report }) => report.verdict === "fail");
    expect(merge(parts, protocol).verdict).toBe("fail");
  });

  test("one of which lost the target fails", () => {
    const stop = { reason: "lost", words: "not run: it died", why: "it died" } as const;
    expect(
      merge([part(1, 2, { stop: { reason: "bail", words: "", why: "" } }), part(2, 2, { stop })], protocol),
    ).toMatchObject({
      verdict: "fail",
      stop,
    });
  });

  const target = { ...{ url: "ws://other/", embedded: false, strict: false } };
  test.each<[string, Partial<Report> | undefined, RegExp]>([
    ["overlap", undefined, /^1\.json and 1\.json are not shards of one run: both are shard 1 of 2/],
    ["come from different targets", { target }, /^1\.json and 2\.json .*differ in the target/],
    [
      "are of different versions of the suite",
      { suite: { name: "x", version: "9" } },
      /differ in the version of the suite/,
    ],
    [
      "are of different protocol versions",
      { protocol: { name: "Tachyon", version: "9" } },
      /differ in the protocol version/,
    ],
    ["put another load on the target", { concurrency: 3 }, /differ in the value of --concurrency/],
    ["are of different numbers", { shard: { index: 2, of: 3, cases: [] } }, /differ in the number of shards/],
    ["are of different selections", { shard: { index: 2, of: 2, cases: [] } }, /differ in the selection of cases/],
  ])("that %s is refused", (_, more, message) => {
    expect(() => merge([part(1, 2), more ? part(2, 2, more) : part(1, 2)], protocol)).toThrow(message);
  });

  test("that hold the same case, or started from different seeds, is refused", () => {
    const [one, two] = [part(1, 2, { seed: 1 }), part(2, 2, { seed: 2 })];
    expect(() => merge([one, two], protocol)).toThrow(/differ in the seed/);
    const overlapping = { ...two.report, seed: 1, cases: one.report.cases };
    expect(() => merge([one, { file: "2.json", report: overlapping }], protocol)).toThrow(
      /^2\.json was changed: it does not hold the cases of shard 2 of 2/,
    );
  });

  test("of a run that was not divided is refused", () => {
    expect(() => merge([{ file: "a.json", report: whole }], protocol)).toThrow(/a\.json is not a shard.*--shard 1\/2/);
  });
});
