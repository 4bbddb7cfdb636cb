import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "@jest/globals";
import { ignoredIn, watchFolder } from "../../cli/watch/folder.ts";
import { closing, cwd } from "./workspace.ts";

test.each([
  ["src/server.js", false],
  ["src/deep/node_modules/x/index.js", true],
  ["src/.git/HEAD", true],
  ["src/.gitignore", false],
  ["src/tachyon-report", true],
  ["src/tachyon-report/report.html", true],
  ["src/tachyon-reports", false],
  ["src/badge.json", true],
  ["src/.123e4567-e89b-12d3-a456-426614174000.tmp", true],
  ["src", false],
])("a change of %s is ignored: %p", (path, ignored) => {
  expect(ignoredIn("src", ["src/tachyon-report", "src/badge.json", "."])(path)).toBe(ignored);
  expect(ignoredIn("src", ["src/tachyon-report", "src/badge.json", "."])(resolve(path))).toBe(ignored);
});

test("changes that come together are told once, and those that are ignored never", async () => {
  mkdirSync(join(cwd, "out"));
  const told: string[] = [];
  let changed = () => {};
  const first = new Promise<void>((done) => {
    changed = done;
  });
  const end = await watchFolder(cwd, ignoredIn(cwd, [join(cwd, "out")]), (path) => {
    told.push(path);
    changed();
  });
  closing.push(end);
  writeFileSync(join(cwd, "out", "report.json"), "{}");
  for (const name of ["a", "b", "c"]) writeFileSync(join(cwd, name), "");
  await first;
  expect(told).toEqual([expect.stringMatching(/\/[abc]$/)]);
});
