import { beforeAll, expect, test } from "@jest/globals";
import { merge, type Shard } from "../../reports/merge.ts";
import type { Report } from "../../reports/report.ts";
import { shard } from "../../reports/shard.ts";
import { conclude } from "../../reports/verdict.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import { sample } from "./samples.ts";

let whole: Report;
beforeAll(async () => {
  whole = await sample("fails-to-disconnect");
});

/** Returns one of two shards of a run, with additions. */
function part(index: number, more: Partial<Report>): Shard {
  const { verdict: _, counts: __, requirements: ___, cases, ...draft } = whole;
  const own = { index, of: 2, cases: cases.map(({ id }) => id) };
  const report = conclude({ ...draft, ...more, shard: own }, shard(cases, own), protocol.requirements);
  return { file: `${index}.json`, report };
}

test("the merged report says of the target what each shard says, and what its checks rest on", () => {
  const stalls = [1, 2].map((at) => ({ at, ms: 2_400 }));
  const unexplained = [{ at: 3, words: "the server ended (SIGKILL)", suspects: ["version/greeting"] }];
  const limit = "the target accepts at most 5 connections at the same time";
  const limits = { together: 5 };
  const [first, second] = stalls;
  const merged = merge(
    [
      part(1, { stalls: first ? [first] : [] }),
      part(2, { stalls: second ? [second] : [], unexplained, limit, limits }),
    ],
    protocol,
  );
  expect(merged).toMatchObject({ verdict: "fail", stalls, unexplained, limit, limits });
  expect(merged.cases).toEqual(whole.cases);
  expect(merged.cases.some(({ checks }) => checks.some(({ see }) => see === "disconnect.success"))).toBe(true);
});

test("shards differ if only one minds verdicts that vary", () => {
  const minding = part(2, { target: { ...whole.target, failOnUnstable: true } });
  expect(() => merge([part(1, {}), minding], protocol)).toThrow(/they differ in the choice of --fail-on-unstable/);
});
