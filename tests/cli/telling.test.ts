import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import type { Report } from "../../reports/report.ts";
import { reference, within } from "./within.ts";
import { cwd } from "./workspace.ts";

const CASE = "version/greeting";

test("--fail-on-unstable is stored in the report, and decides the exit code of every command that reads it", async () => {
  const run = ["run", reference.url, "--case", CASE, "--quiet", "--json", "report.json"];
  expect((await within(cwd, [...run, "--fail-on-unstable"])).code).toBe(0);
  const path = join(cwd, "report.json");
  const report: Report = JSON.parse(readFileSync(path, "utf8"));
  expect(report.target.failOnUnstable).toBe(true);
  const varying = { ...report, cases: report.cases.map((it) => ({ ...it, unstable: true })) };
  writeFileSync(path, JSON.stringify(varying));
  const told = await within(cwd, ["report", "report.json"]);
  expect(told.code).toBe(1);
  expect(told.stdout).toMatch(
    /^FAIL verdicts vary from time to time\n {2}unstable the verdict of 1 case varies, which/,
  );

  expect((await within(cwd, run)).code).toBe(0);
  const other: Report = JSON.parse(readFileSync(path, "utf8"));
  expect(other.target.failOnUnstable).toBeUndefined();
  writeFileSync(path, JSON.stringify({ ...varying, target: other.target }));
  expect((await within(cwd, ["report", "report.json"])).code).toBe(0);
});
