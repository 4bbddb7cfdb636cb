import { beforeAll, expect, test } from "@jest/globals";
import { levelOf } from "../../certificates/statement.ts";
import type { Report } from "../../reports/report.ts";
import { countedBy } from "../../reports/sets.ts";
import { conclude } from "../../reports/verdict.ts";
import { bundle, firstProblem, type Parts, parts, small } from "./bundles.ts";

const CASE = "version/parity-patch-with-zero";
let healthy: Parts;
beforeAll(async () => {
  healthy = await parts();
});

const varying = (): Report => ({
  ...healthy.report,
  cases: healthy.report.cases.map((it) => (it.id === CASE ? { ...it, unstable: true } : it)),
});
const ended = (): Report => {
  const { verdict: _, counts: __, requirements: ___, cases, ...draft } = healthy.report;
  const unexplained = [{ at: 1, words: "the server ended (SIGKILL)", suspects: [] }];
  return conclude({ ...draft, unexplained }, cases, small.requirements);
};

test("a server whose verdicts vary reaches no level, and a bundle that says otherwise is not believed", async () => {
  const counted = countedBy(healthy.set, varying());
  expect(counted.unstable).toEqual([CASE]);
  expect(levelOf(counted)).toBeUndefined();
  expect(await firstProblem(await bundle({ ...healthy, report: varying() }))).toBe(
    `cases: ${CASE} is unstable: its verdict varies`,
  );
});

test("a server that ended, which no case explains, reaches no level", async () => {
  expect(levelOf(countedBy(healthy.set, ended()))).toBeUndefined();
  expect(await firstProblem(await bundle({ ...healthy, report: ended() }))).toBe(
    "verdict: unexplained has no place in the report of a whole run",
  );
});
