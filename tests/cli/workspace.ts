import { afterEach, beforeEach } from "@jest/globals";
import { folder } from "./process.ts";

/** What is to be closed after the test that runs, the last first. Whoever imports this has it done. */
export const closing: (() => unknown)[] = [];

/** An empty folder for the test that runs. */
export let cwd = "";

beforeEach(() => {
  const { path, remove } = folder();
  cwd = path;
  closing.push(remove);
});
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});
