import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach } from "@jest/globals";
import { folder } from "./process.ts";

/** The things to close after the current test, the last first. To import this is enough. */
export const closing: (() => unknown)[] = [];

/** Makes an empty folder for the current test. */
export let cwd = "";

beforeEach(() => {
  const { path, remove } = folder();
  cwd = path;
  closing.push(remove);
});
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

/** Reads a file of the current test. */
export const read = (...path: string[]): string => readFileSync(join(cwd, ...path), "utf8");

/** The report of the last run of the current test. */
export const report = () => JSON.parse(read("tachyon-report", "report.json"));
