import { beforeAll, describe, expect, test } from "@jest/globals";
import { freeze, type RequirementSet } from "../../harness/set.ts";
import type { Report, ReportCheck } from "../../reports/report.ts";
import { countedBy, counts } from "../../reports/sets.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import { sample, withCase } from "./samples.ts";

const CASE = "version/greeting";
let report: Report;
let set: RequirementSet;

/** Returns the set of what a sample ran. */
function setOf({ cases, requirements }: Report): RequirementSet {
  const all = freeze("0.1.7/2026-01", protocol.requirements, protocol.suites);
  const judged = requirements.filter(({ cases }) => cases.length > 0).map(({ id }) => id);
  return {
    ...all,
    requirements: Object.fromEntries(judged.map((id) => [id, all.requirements[id] as "MUST"])),
    cases: Object.fromEntries(cases.map(({ id }) => [id, all.cases[id] as string])),
  };
}

const changing = (id: string, requirement: string, change: Partial<ReportCheck>) =>
  withCase(report, id, ({ checks }) => ({
    checks: checks.map((it) => (it.requirement === requirement ? { ...it, ...change } : it)),
  }));

beforeAll(async () => {
  report = await sample();
  set = setOf(report);
});

test("the reference server is strictly conformant, and everything counts", () => {
  const { conformant, strict, missing } = countedBy(set, report);
  const reached = { reached: true, broken: [], unjudged: [] };
  expect({ conformant, strict, missing }).toEqual({ conformant: reached, strict: reached, missing: [] });
  expect(report.cases.every((it) => counts(set, it))).toBe(true);
});

test("a server that breaks a SHOULD is conformant, and not strictly", async () => {
  const counted = countedBy(set, await sample("greets-twice"));
  expect(counted.conformant).toEqual({ reached: true, broken: [], unjudged: [] });
  expect(counted.strict).toMatchObject({ reached: false, broken: ["version.once"] });
});

test("a server that breaks a MUST is neither, and the requirements are named", async () => {
  const counted = countedBy(set, await sample("compares-versions-as-prefixes"));
  expect(counted.conformant).toMatchObject({ reached: false, broken: ["parity.patch"] });
  expect(counted.strict.reached).toBe(false);
});

test("a broken SHOULD is a failure with strict, and the server still conformant", () => {
  const { conformant, strict } = countedBy(set, changing(CASE, "version.once", { verdict: "fail" }));
  expect([conformant.reached, strict.reached]).toEqual([true, false]);
});

describe("is not reached", () => {
  const verdict = (verdict: ReportCheck["verdict"]) => () => changing(CASE, "version.current", { verdict });
  test.each<[string, () => Report, Partial<ReturnType<typeof countedBy>["conformant"]>]>([
    [
      "with an expected failure",
      () => changing(CASE, "version.current", { verdict: "fail", expectedFailure: "known" }),
      {
        broken: ["version.current"],
      },
    ],
    ["where a case skipped it", verdict("skip"), { unjudged: ["version.current"] }],
    ["where a case could not tell", verdict("error"), { unjudged: ["version.current"] }],
    ["where the run ended early", () => ({ ...report, stop: { reason: "interrupted", words: "x", why: "x" } }), {}],
    ["where a case was not run", () => ({ ...report, cases: report.cases.filter(({ id }) => id !== CASE) }), {}],
  ])("%s", (_, make, standing) => {
    expect(countedBy(set, make()).conformant).toMatchObject({ reached: false, ...standing });
  });

  test("by an empty report", () => {
    const { conformant, missing } = countedBy(set, { ...report, cases: [] });
    expect(conformant.reached).toBe(false);
    expect(missing).toEqual(Object.keys(set.cases));
  });
});

test("a case that was added later runs and does not count, whatever it says", () => {
  const later = "version/parity-patch-with-zero";
  const { [later]: _, ...cases } = set.cases;
  const counted = countedBy({ ...set, cases }, changing(later, "parity.patch", { verdict: "fail" }));
  expect(counted).toMatchObject({ missing: [], conformant: { reached: true } });
});

test("a case that was changed since does not count, and is missing unless it was withdrawn", () => {
  const changed = withCase(report, CASE, () => ({ digest: "another" }));
  expect(countedBy(set, changed)).toMatchObject({ missing: [CASE], conformant: { reached: false } });
  expect(countedBy(set, changed, { [CASE]: "it was wrong" }).missing).toEqual([]);
});

test("a requirement counts at the level of the set; if it has another now, it can be withdrawn", () => {
  const older = { ...set, requirements: { ...set.requirements, "version.once": "MUST" } } as const;
  const broken = changing(CASE, "version.once", { verdict: "warn" });
  expect(countedBy(older, broken).conformant.broken).toEqual(["version.once"]);
  expect(countedBy(older, broken, { "version.once": "too strict" }).conformant.reached).toBe(true);
  expect(countedBy(set, broken, { "version.once": "too strict" }).strict.reached).toBe(false);
});
