import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { protocol } from "../../suites/0.1.7/index.ts";
import { folder } from "./process.ts";
import { within } from "./within.ts";

const { path: cwd, remove } = folder();
afterAll(remove);
const read = (...path: string[]) => readFileSync(join(cwd, ...path), "utf8");
const json = (...path: string[]) => JSON.parse(read(...path));

/** Cases that need little time. One of them finds the fault. */
const SOME = ["--case", "version/parity-*", "--case", "disconnect/a*"];
const FAILING = "version/parity-patch-with-zero";

/** Runs some cases against the reference server, with a fault or without. */
async function runAgainst(fault: string | undefined, ...args: string[]) {
  const server = await protocol.serve({ fault });
  return await within(cwd, ["run", server.url, ...SOME, ...args]).finally(server.close);
}

beforeAll(async () => {
  const [good, broken] = await Promise.all([
    runAgainst(undefined, "--out", "releases/1.0.0"),
    runAgainst("compares-versions-as-prefixes", "--out", "releases/1.1.0"),
  ]);
  expect([good.code, broken.code]).toEqual([0, 1]);
  writeFileSync(join(cwd, "settings.json"), "{}");
});

test("a run writes all reports to one folder", () => {
  expect(readdirSync(join(cwd, "releases", "1.0.0")).toSorted()).toEqual(["junit.xml", "report.html", "report.json"]);
});

test("report writes a stored report in any other format, as the run would have", async () => {
  const stored = join("releases", "1.1.0", "report.json");
  const args = ["report", stored, "--out", "again", "--markdown", "again/summary.md", "--badge", "again/badge.json"];
  const { code, stdout, stderr } = await within(cwd, args);
  expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
  expect(stdout).toMatch(/^FAIL the target is not conformant$/m);
  expect(read("again", "report.json")).toBe(read(stored));
  for (const file of ["junit.xml", "report.html"]) expect(read("again", file)).toBe(read("releases", "1.1.0", file));
  expect(read("again", "summary.md")).toMatch(/^## ❌/);
  expect(json("again", "badge.json")).toMatchObject({ message: "1 broken" });
  expect((await within(cwd, ["report", join("releases", "1.0.0")])).code).toBe(0);
});

test("compare catches what a release broke, and exits with 1 only then", async () => {
  const worse = await within(cwd, [
    "compare",
    "releases/1.0.0",
    "releases/1.1.0",
    "--json",
    "c.json",
    "--markdown",
    "c.md",
  ]);
  expect(worse).toMatchObject({ code: 1, stderr: "" });
  expect(worse.stdout).toMatch(/^Broken: parity\.patch \(MUST\) in version\/parity-patch-with-zero: pass → fail$/m);
  expect(worse.stdout).toMatch(/^REGRESSED 1 requirement broken$/m);
  expect(json("c.json")).toMatchObject({ outcome: "regressed", changes: [{ case: FAILING, cause: "server" }] });
  expect(read("c.md")).toMatch(/^## ❌ Compared with before/);
  const better = await within(cwd, ["compare", "releases/1.1.0", "releases/1.0.0"]);
  expect(better).toMatchObject({ code: 0, stdout: expect.stringMatching(/^OK nothing broke, 1 requirement fixed$/m) });
  const quiet = await within(cwd, ["compare", "releases/1.0.0", "releases/1.1.0", "-q", "--json", "c.json"]);
  expect(quiet).toEqual({ code: 1, stderr: "", stdout: "REGRESSED 1 requirement broken\n" });
  const columns = (await within(cwd, ["compare", "releases", "-q"])).stdout.trim().split("\n");
  expect(columns).toEqual([expect.stringMatching(/^1\.0\.0 +pass: /), expect.stringMatching(/^1\.1\.0 +fail: /)]);
});

test("compare makes a matrix of a folder of reports", async () => {
  const { code, stdout } = await within(cwd, ["compare", "releases", "--html", "m.html", "--markdown", "m.md"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^parity\.patch: pass → fail$/m);
  expect(read("m.md")).toMatch(/^\| `parity\.patch` \| MUST \| pass \| fail \|$/m);
  expect(read("m.html")).toMatch(/^<!DOCTYPE html>/i);
});

test("compare leaves a file of a folder out that is no report, and says so; one that is named is refused", async () => {
  writeFileSync(join(cwd, "releases", "package.json"), "{}");
  const { code, stdout, stderr } = await within(cwd, ["compare", "releases"]);
  rmSync(join(cwd, "releases", "package.json"));
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^parity\.patch: pass → fail$/m)]);
  const why = 'not a report: the file lacks the property "suite".';
  expect(stderr).toBe(`tachyon-conformance: left out releases/package.json, which is ${why}\n`);
  expect(await within(cwd, ["compare", "settings.json", "releases/1.0.0"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(`: settings.json is ${why} `),
  });
});

test("shards are merged to the report of one run; without one of them it is incomplete", async () => {
  const server = await protocol.serve({ fault: "compares-versions-as-prefixes" });
  const shards = [1, 2, 3].map((i) => ["--shard", `${i}/3`, "--out", `shard-${i}`]);
  const ran = await Promise.all(shards.map((args) => within(cwd, ["run", server.url, ...SOME, ...args])));
  await server.close();
  expect(ran.map(({ code }) => code).toSorted()).toEqual([0, 0, 1]);

  const merged = await within(cwd, ["report", "--merge", "shard-1", "shard-2", "shard-3", "--json", "merged.json"]);
  expect(merged).toMatchObject({ code: 1, stderr: "" });
  const [one, whole] = [json("merged.json"), json("releases", "1.1.0", "report.json")];
  const essence = (report: { cases: { id: string; verdict: string; digest: string }[] }) =>
    report.cases.map(({ id, verdict, digest }) => ({ id, verdict, digest }));
  expect(essence(one)).toEqual(essence(whole));
  expect([one.verdict, one.counts, one.requirements, one.shard]).toEqual([
    whole.verdict,
    whole.counts,
    whole.requirements,
    undefined,
  ]);

  const good = [1, 2, 3].filter((i) => json(`shard-${i}`, "report.json").verdict === "pass").map((i) => `shard-${i}`);
  const lacking = await within(cwd, ["report", "--merge", ...good]);
  expect(lacking).toMatchObject({ code: 1, stdout: expect.stringMatching(/^INCOMPLETE /m) });
  expect(lacking.stdout).toMatch(/not run: shard \d of 3 is missing/);
});

test("expected failures are written from a run, hold in the next, and do not once the server is mended", async () => {
  const expecting = ["--expected-failures", "ef.yaml", "--out", "expecting"];
  const fault = "compares-versions-as-prefixes";
  expect(await runAgainst(fault, ...expecting)).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/--write-exp/),
  });
  expect((await runAgainst(fault, ...expecting, "--write-expected-failures")).code).toBe(0);
  expect(read("ef.yaml")).toContain(`case: ${FAILING}`);

  const held = await runAgainst(fault, ...expecting);
  expect(held).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^PASS nothing fails but what was expected to$/m),
  });
  expect(read("expecting", "junit.xml")).toMatch(/<skipped message="not looked into yet/);

  const mended = await runAgainst(undefined, ...expecting, "--quiet");
  expect(mended.code).toBe(1);
  expect(mended.stdout).toMatch(/ef\.yaml:4: version\/parity-patch-with-zero no longer fails: delete lines 3-5/);
});

test("a run that ended early writes no expected failures; an expected failure ends no run early", async () => {
  const fault = "compares-versions-as-prefixes";
  const args = ["--bail", "--concurrency", "1", "--out", "expecting", "--expected-failures"];
  const early = await runAgainst(fault, ...args, "early.yaml", "--write-expected-failures");
  expect(early).toMatchObject({ code: 1, stdout: expect.stringMatching(/^ {2}left {5}early\.yaml stays as it is/m) });
  expect(existsSync(join(cwd, "early.yaml"))).toBe(false);
  writeFileSync(join(cwd, "known.yaml"), `- case: ${FAILING}\n  reason: known\n`);
  expect(await runAgainst(fault, ...args, "known.yaml")).toMatchObject({ code: 0, stderr: "" });
});

test("a variable for another command is ignored", async () => {
  const env = { TACHYON_EXPECTED_FAILURES: "ef.yaml", TACHYON_START_TIMEOUT: "5" };
  expect(await within(cwd, ["compare", "releases/1.0.0", "releases/1.0.0"], env)).toMatchObject({
    code: 0,
    stderr: "",
  });
});

test("in GitHub Actions the summary goes to the job, and findings become annotations", async () => {
  writeFileSync(join(cwd, "summary.md"), "# before\n");
  const env = { GITHUB_ACTIONS: "true", GITHUB_STEP_SUMMARY: join(cwd, "summary.md") };
  const { code, stdout } = await within(cwd, ["report", "releases/1.1.0"], env);
  expect(code).toBe(1);
  expect(read("summary.md")).toMatch(/^# before\n## ❌/);
  expect(stdout).toMatch(/^::error title=fail%3A parity\.patch/m);
});

test.each<[string, string[], RegExp]>([
  ["a report that is none", ["report", "ef.yaml"], /ef\.yaml is not a report/],
  ["a report that is not there", ["compare", "nothing.json", "releases/1.0.0"], /Cannot read nothing\.json/],
  ["two reports without --merge", ["report", "releases/1.0.0", "releases/1.1.0"], /only with --merge/],
  ["reports that are no shards", ["report", "--merge", "releases/1.0.0"], /is not a shard of a run/],
  ["the same shard twice", ["report", "--merge", "shard-1", "shard-1"], /both are shard 1 of 3/],
  ["a folder without reports", ["compare", "again/nothing"], /Cannot read again\/nothing/],
  [
    "--html of two reports",
    ["compare", "releases/1.0.0", "releases/1.1.0", "--html", "x.html"],
    /--html is for a folder/,
  ],
  [
    "an output over an input",
    ["report", "releases/1.0.0", "--html", "releases/1.0.0/report.json"],
    /written over releases/,
  ],
  ["two outputs in one place", ["report", "releases/1.0.0", "--json", "o.x", "--html", "./o.x"], /written over o\.x/],
  [
    "an output over the expected failures",
    ["run", "--expected-failures", "ef.yaml", "--json", "ef.yaml"],
    /written over/,
  ],
  [
    "an output over the config",
    ["compare", "releases/1.0.0", "releases/1.1.0", "--config", "settings.json", "--json", "settings.json"],
    /settings\.json would be written over settings\.json/,
  ],
  ["a folder that cannot be made", ["report", "releases/1.0.0", "--json", "/proc/x/y"], /Cannot write \/proc\/x\/y/],
  ["a shard that is none", ["run", "--shard", "3/2"], /--shard takes which part of how many, as 2\/5/],
  ["too many shards", ["run", "--shard", "4000/4000"], /nothing left for shard 4000/],
  ["no file to write to", ["run", "--write-expected-failures"], /needs the file to write/],
])("%s is one clear line and exit code 2", async (_, args, message) => {
  const { code, stdout, stderr } = await within(cwd, args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(message);
  expect(stderr.trimEnd()).not.toContain("\n");
});

test("a place that cannot be written is named at once, and an older report there stays", async () => {
  mkdirSync(join(cwd, "blocked", "report.html"), { recursive: true });
  writeFileSync(join(cwd, "blocked", "report.json"), "good");
  const { code, stderr } = await within(cwd, ["report", "releases/1.0.0", "--out", "blocked"]);
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: expect.stringMatching(/^tachyon-conformance: Cannot write blocked\/report\.html: it is a folder\./),
  });
  expect(read("blocked", "report.json")).toBe("good");
  expect(existsSync(join(cwd, "blocked", "junit.xml"))).toBe(false);
});
