import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, test } from "@jest/globals";
import { cli, folder } from "./process.ts";

const exec = promisify(execFile);
const { path, remove } = folder();
afterAll(remove);

test("the packed tarball holds what a user needs and no more, and runs in an empty folder without anything else", async () => {
  const packed = await exec("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", path]);
  const [{ filename, files, size }] = JSON.parse(packed.stdout);
  const names: string[] = files.map((file: { path: string }) => file.path);
  expect(names.filter((name) => !/^(dist|docs|examples|schemas)\//.test(name)).toSorted()).toEqual([
    "CHANGELOG.md",
    "LICENSE",
    "README.md",
    "ci/gitlab.yml",
    "package.json",
  ]);
  expect(names).toEqual(
    expect.arrayContaining(["dist/cli.js", "dist/report.schema.json", "dist/THIRD-PARTY-LICENSES.txt", "docs/ci.md"]),
  );
  const exported = Object.values(JSON.parse(readFileSync("package.json", "utf8")).exports) as unknown[];
  const paths = exported.filter((it) => typeof it === "string").map((it) => it.replace("./", ""));
  expect(names).toEqual(expect.arrayContaining(paths));
  expect(size).toBeLessThan(1_200_000);

  await exec("npm", ["init", "-y"], { cwd: path });
  await exec("npm", ["install", "--offline", "--no-audit", "--no-fund", resolve(path, filename)], { cwd: path });
  const installed = JSON.parse(readFileSync(join(path, "package-lock.json"), "utf8")).packages;
  expect(Object.keys(installed)).toEqual(["", "node_modules/tachyon-conformance"]);

  const { stdout } = await exec("npx", ["--offline", "tachyon-conformance", "run", "--runs", "10"], { cwd: path });
  expect(stdout).toMatch(/^PASS /m);
  expect(JSON.parse(readFileSync(join(path, "tachyon-report", "report.json"), "utf8")).verdict).toBe("pass");
});

test("a command that validates, matches and hashes nothing loads none of the modules that do", async () => {
  const hook = join(path, "hook.cjs");
  writeFileSync(
    hook,
    `process.on("exit", () => process.stderr.write(JSON.stringify([...Object.keys(require.cache), ...process.moduleLoadList])));`,
  );
  const late = /\/dist\/.*\.cjs$|NativeModule (crypto|zlib|http|tls)$/;
  for (const args of [["--version"], ["list"]]) {
    const { stderr } = await cli(path, args, { NODE_OPTIONS: `--require ${hook}` });
    const loaded: string[] = JSON.parse(stderr);
    expect(loaded).toContain(hook);
    expect(loaded.filter((name) => late.test(name))).toEqual([]);
  }
});
