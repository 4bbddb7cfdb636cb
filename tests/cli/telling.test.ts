import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "@jest/globals";
import type { Report } from "../../reports/report.ts";
import { freePort } from "./process.ts";
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

test("a stored report tells the commands of its run, with the options that it was given and without their secrets", async () => {
  const port = await freePort();
  const start = `KEY=hush-too exec ${process.execPath} ${resolve("dist/cli.js")} serve --port ${port} --fault greets-twice`;
  const secret = ["--header", "X-Key: hush-hush", "--redact", "hush-hush"];
  const kept = start.replace("hush-too", "…");
  const run = ["run", `ws://127.0.0.1:${port}`, "--case", CASE, "--start", start, "--rate", "50", ...secret];
  const commands = ({ stdout }: { stdout: string }) => stdout.match(/^ +(alone:|next) .*$/gm);
  const first = commands(await within(cwd, run));
  expect(first?.join()).toContain(`--rate 50 --start '${kept}' --header … --redact … --case ${CASE}`);
  expect(commands(await within(cwd, ["report", "tachyon-report"]))).toEqual(first);
  expect(readFileSync(join(cwd, "tachyon-report", "report.json"), "utf8")).not.toMatch(/hush/);
});
