import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { cases } from "../helpers.ts";
import { byTurns } from "../turns.ts";
import { type Installed, installed } from "./packed.ts";

const COUNT = cases.filter(({ suite }) => suite === "version").length;

let packed: Installed;
beforeAll(async () => {
  packed = await installed();
  packed.lend("vitest");
}, 120_000);
afterAll(() => packed.remove());

test("the tarball holds what a user needs and no more, and installs nothing else", () => {
  const { files, size } = packed.tarball;
  expect(files.filter((name) => !/^(dist|docs|examples|schemas)\//.test(name)).toSorted()).toEqual([
    "CHANGELOG.md",
    "LICENSE",
    "README.md",
    "ci/gitlab.yml",
    "package.json",
  ]);
  expect(files).toEqual(
    expect.arrayContaining(["dist/cli.js", "dist/report.schema.json", "dist/THIRD-PARTY-LICENSES.txt", "docs/ci.md"]),
  );
  const exported = Object.values(JSON.parse(readFileSync("package.json", "utf8")).exports) as unknown[];
  const paths = exported.filter((it) => typeof it === "string").map((it) => it.replace("./", ""));
  expect(files).toEqual(expect.arrayContaining(paths));
  expect(size).toBeLessThan(1_350_000);
  const lock = JSON.parse(readFileSync(join(packed.path, "package-lock.json"), "utf8"));
  expect(Object.keys(lock.packages)).toEqual(["", "node_modules/tachyon-conformance"]);
});

test("its command runs in a folder without anything else", async () => {
  const cli = join(packed.path, "node_modules", ".bin", "tachyon-conformance");
  const { code, stdout, stderr } = await packed.node(".", [cli, "run", "--suite", "version"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^PASS /m);
  const report = JSON.parse(readFileSync(join(packed.path, "tachyon-report", "report.json"), "utf8"));
  expect(report.cases).toHaveLength(COUNT);
});

/** The time of a test, in ms: the machine is busy. */
const PATIENT = "--testTimeout=60000";

/** The command that runs each example, and the words that say that its tests passed or failed. */
const RUNNERS = {
  jest: {
    args: [resolve("node_modules/jest/bin/jest.js"), "--rootDir", ".", PATIENT],
    passed: /Tests: +(\d+) passed, \1 total/,
  },
  vitest: { args: [resolve("node_modules/vitest/vitest.mjs"), "run", PATIENT], passed: /Tests +(\d+) passed \(\1\)/ },
  "node-test": { args: ["--test", "--test-reporter=spec"], passed: /tests (\d+)\n[\s\S]*pass \1\n[\s\S]*fail 0\n/ },
} as const;

test("there is an example for each runner", () => {
  expect(readdirSync("examples").toSorted()).toEqual(Object.keys(RUNNERS).toSorted());
});

/** The runners that have their turn today. */
const runners = byTurns(Object.entries(RUNNERS), 3);

test.each(runners)(
  "the example for %s passes, a test per case, and ends by itself",
  async (name, { args, passed }) => {
    const file = join(packed.path, "examples", name, "conformance.test.js");
    const before = readFileSync(file, "utf8");
    writeFileSync(file, before.replace('{ suite: "version" }', '{ suite: "version", timeout: 3_000 }')); // The machine is busy.
    const { code, stdout, stderr } = await packed.node(`examples/${name}`, args);
    writeFileSync(file, before);
    const output = stdout + stderr;
    expect(output).toMatch(passed);
    expect(Number(passed.exec(output)?.[1])).toBe(COUNT);
    expect(output).not.toMatch(/did not exit|open handle|hanging/i);
    expect(code).toBe(0);
  },
  120_000,
);

test.each(runners)(
  "a failure in %s shows the block of the terminal and the line of the test, and nothing of the suite",
  async (name, { args }) => {
    const file = join(packed.path, "examples", name, "conformance.test.js");
    const before = readFileSync(file, "utf8");
    const after = before
      .replace("serve()", 'serve({ fault: "looks-at-the-patch-first" })')
      .replace('{ suite: "version" }', '{ case: "version/parity-equal-lower-lower" }');
    writeFileSync(file, after);
    const { code, stdout, stderr } = await packed.node(`examples/${name}`, args);
    writeFileSync(file, before);
    const lines = (stdout + stderr).split("\n").map((line) => line.trim());
    expect(lines).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/ConformanceError\]?: FAIL version\/parity-equal-lower-lower$/),
        'expected  "minor_mismatch"',
        'came      "patch_mismatch"',
        expect.stringMatching(/^> .* ← text .*"patch_mismatch"/),
        expect.stringMatching(/conformance\.test\.js:\d+:\d+/),
      ]),
    );
    expect(lines.filter((line) => /index\.cjs|"report"|report: \{/.test(line))).toEqual([]);
    expect(code).toBe(1);
  },
  120_000,
);

/** Everything that is declared, as a user may write it. */
const USER = `
import { cases, check, conformance, ConformanceError, run, serve, toText } from "tachyon-conformance";
import type { ConformanceCase, Report, ReportCase, ReportEvent, Url } from "tachyon-conformance";

export const url: Url = () => "ws://localhost";
export const all: ConformanceCase[] = cases({ suite: ["version"], strict: true, expectedFailures: "a.yaml", onWarning: console.warn });
export const judge = (it: ConformanceCase): Promise<void> => it.judge(url, { signal: AbortSignal.timeout(1) });
export async function whole(): Promise<ReportEvent[]> {
  const report: Report = await run("ws://localhost", { case: "version/*", concurrency: 1, onCase: ({ verdict }) => verdict === "pass" });
  const bad: ReportCase[] = report.cases.filter(({ verdict }) => verdict === "fail");
  // @ts-expect-error There is no such verdict.
  report.verdict === "fine";
  return bad.flatMap(({ connections }) => connections.flatMap(({ events }) => events));
}
export async function more(): Promise<string> {
  const { url, close } = await serve({ fault: "greets-twice" });
  try {
    await conformance(new URL(url));
  } catch (error) {
    if (error instanceof ConformanceError) return error.report.verdict;
  } finally {
    await close();
  }
  return toText(await check(["a.har"], { strict: false }));
}
// @ts-expect-error There is no such option.
cases({ suites: "version" });
`;

/** The tests of each runner, as a user of TypeScript writes them. */
const TESTS = `
import * as jest from "@jest/globals";
import * as node from "node:test";
import { cases } from "tachyon-conformance";
import * as vitest from "vitest";

const url = () => "ws://localhost";
jest.test.each(cases())("$id", ({ judge }) => judge(url));
jest.describe.each(cases())("$id", ({ judge }) => {
  jest.test("conforms", () => judge(url));
});
vitest.test.each(cases())("$id", ({ judge }) => judge(url));
vitest.describe.each(cases())("$id", ({ judge }) => {
  vitest.test("conforms", ({ signal }) => judge(url, { signal }));
});
for (const { id, judge } of cases()) node.test(id, ({ signal }) => judge(url, { signal }));
`;

/** The errors that the compiler finds in a user's file. */
async function compiled(file: string, text: string, options: object): Promise<unknown> {
  writeFileSync(join(packed.path, file), text);
  const common = { strict: true, noEmit: true, target: "es2022", types: ["node"] };
  const compilerOptions = { ...common, typeRoots: [resolve("node_modules/@types")], ...options };
  writeFileSync(join(packed.path, "tsconfig.json"), JSON.stringify({ compilerOptions, files: [file] }));
  return await packed.node(".", [resolve("node_modules/typescript/bin/tsc"), "-p", "."]);
}

const FINE = { code: 0, stdout: "", stderr: "" };

const kinds = [
  ["an ES module", "user.mts", "nodenext", "nodenext"],
  ["CommonJS", "user.cts", "node16", "node16"],
  ["for a bundler", "user.ts", "preserve", "bundler"],
] as const;
test.each(byTurns(kinds, 3))("the types fit a user's file that is %s", async (_, file, module, moduleResolution) => {
  expect(await compiled(file, USER, { module, moduleResolution })).toEqual(FINE);
});

test("the types fit the tests of each runner", async () => {
  packed.lend("@jest/globals");
  const options = { module: "nodenext", skipLibCheck: true };
  expect(await compiled("tests.mts", TESTS, options)).toEqual(FINE);
});

test("the package is the same by require and by import, and runs by itself", async () => {
  const script = `import * as library from "tachyon-conformance"; import { createRequire } from "node:module";
    const same = createRequire(import.meta.url)("tachyon-conformance") === library.default;
    const server = await library.serve();
    const { verdict } = await library.run(server.url, { suite: "generated", runs: 20 });
    await server.close();
    console.log(JSON.stringify([same, verdict]));`;
  const { stdout, stderr } = await packed.node(".", ["--input-type=module", "--eval", script]);
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toEqual([true, "pass"]);
});
