import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import validator from "@action-validator/core";
import { describe, expect, test } from "@jest/globals";
import { protocol } from "../../suites/0.1.7/index.ts";
import { CLI } from "../cli/process.ts";
import { closing, cwd } from "../cli/workspace.ts";
import { byTurns, testByTurns } from "../turns.ts";
import { shellcheck } from "./lint.ts";
import { action, reportIn, use } from "./runner.ts";

const inTurn = testByTurns(3);

/** Starts a reference server. Resolves to its url. */
async function serving(fault?: string): Promise<string> {
  const server = await protocol.serve({ fault });
  closing.push(server.close);
  return server.url;
}

/** Finds a url at which nothing listens. */
async function freeUrl(): Promise<string> {
  const server = await protocol.serve();
  await server.close();
  return server.url;
}

const few = "--case disconnect/alone --case disconnect/reconnect";
const BLAMED = "--case malformed/not-json-*";
const REPORT = "tachyon-report/report.json";

test("action.yml is valid, its script is sound, and it puts no input into shell code", () => {
  expect(validator.validateAction(readFileSync("action.yml", "utf8")).errors).toEqual([]);
  const { steps } = action.runs;
  expect(steps.filter(({ run }) => run.includes("${{"))).toEqual([]);
  expect(steps.map(({ run }) => shellcheck(run)).join("")).toBe("");
  expect(shellcheck(readFileSync("ci/action.sh", "utf8"))).toBe("");
});

test("every input is handed to the script", () => {
  const handed = Object.values(action.runs.steps[0].env);
  expect(handed.toSorted()).toEqual(
    Object.keys(action.inputs)
      .map((name) => `\${{ inputs.${name} }}`)
      .toSorted(),
  );
});

describe("the verdict and the exit code are those of the run", () => {
  const runs = [
    ["a server that conforms", undefined, {}, 0, "pass"],
    ["a server that does not", "says-goodbye-twice", {}, 1, "fail"],
    ["a server that breaks a SHOULD", "blames-itself", { args: BLAMED }, 0, "pass"],
    ["the same where strict is true", "blames-itself", { args: BLAMED, strict: "true" }, 1, "fail"],
  ] as const;
  test.each(byTurns(runs, 4))("%s", async (_, fault, more, code, verdict) => {
    const step = await use(cwd, { url: await serving(fault), args: few, ...more });
    expect(step).toMatchObject({ code, stderr: "", outputs: { verdict, report: REPORT } });
    expect(reportIn(cwd)?.verdict).toBe(verdict);
    expect(readFileSync(join(cwd, "summary.md"), "utf8")).not.toBe("");
  });

  test("a server that cannot be reached, even if a report of an earlier run is left", async () => {
    mkdirSync(join(cwd, "tachyon-report"));
    writeFileSync(join(cwd, REPORT), '{"verdict":"pass"}');
    const step = await use(cwd, { url: await freeUrl() });
    expect(step).toMatchObject({ code: 3, outputs: { verdict: "unreachable", report: "" } });
    expect(reportIn(cwd)).toBeUndefined();
  });
});

test("start starts the server, and out says where the reports go", async () => {
  const url = await freeUrl();
  const start = `"${process.execPath}" "${CLI}" serve --port ${new URL(url).port}`;
  const step = await use(cwd, { url, start, out: "my reports", args: few });
  expect(step).toMatchObject({ code: 0, outputs: { verdict: "pass", report: "my reports/report.json" } });
  expect(readFileSync(join(cwd, "my reports", "server.log"), "utf8")).toContain(url);
});

describe("a wrong input is named, and never passes", () => {
  const url = "ws://127.0.0.1:9/";
  const wrong = [
    ["no url", {}, 2, /^::error title=tachyon-conformance::The input url names no server\./m],
    ["an option for a url", { url: "--strict" }, 2, /^::error .*The input url names no server\./m],
    ["a strict that is neither", { url, strict: "yes" }, 2, /^::error .*The input strict is "yes"\./m],
    ["a quote without an end", { url, args: "--case 'a" }, 2, /^::error .*The input args has a quote without an end/m],
    ["an unknown option", { url, args: "--strct" }, 2, /no option --strct\..* --strict\./],
  ] as const;
  test.each(byTurns(wrong, 5))("%s", async (_, inputs, code, says) => {
    const step = await use(cwd, inputs);
    expect(step).toMatchObject({ code, outputs: { verdict: "error", report: "" } });
    expect(step.stdout + step.stderr).toMatch(says);
  });

  test("a version that npm cannot get", async () => {
    const step = await use(cwd, { url, version: "./none.tgz" });
    expect(step.code).not.toBe(0);
    expect(step).toMatchObject({ outputs: { verdict: "error", report: "" } });
    expect(step.stderr).toMatch(/^npm .*none\.tgz/im);
  });

  const names = [
    "0.5.0",
    "latest",
    "tachyon-conformance",
    "tachyon-conformance@0.5.0",
    "npm:tachyon-conformance@0.5.0",
  ];
  test.each(byTurns(names, 5))("a version that npm would look up in a public registry: %s", async (version) => {
    const step = await use(cwd, { url, version });
    expect(step).toMatchObject({ code: 2, stderr: "", outputs: { verdict: "error", report: "" } });
    expect(step.stdout).toContain(`::error title=tachyon-conformance::The input version is "${version}".`);
  });
});

describe("version", () => {
  inTurn("a packed tarball is installed and run, also one that took the place of another", async () => {
    writeFileSync(join(cwd, "suite.tgz"), "another");
    const url = await serving("says-goodbye-twice");
    expect((await use(cwd, { url, version: "suite.tgz" })).outputs.verdict).toBe("error");

    const args = ["pack", "--ignore-scripts", "--silent", "--pack-destination", cwd];
    const name = execFileSync("npm", args, { encoding: "utf8" }).trim();
    writeFileSync(join(cwd, "suite.tgz"), readFileSync(join(cwd, name)));
    const step = await use(cwd, { url, version: "suite.tgz", args: few });
    expect(step).toMatchObject({ code: 1, outputs: { verdict: "fail", report: REPORT } });
    expect(step.stdout).toMatch(/^added 1 package/m);
  });

  inTurn("every input comes to the suite as it was written, and none becomes shell code", async () => {
    const fake = join(cwd, "fake suite");
    mkdirSync(fake);
    const about = { name: "tachyon-conformance", version: "1.0.0", bin: "cli.js" };
    writeFileSync(join(fake, "package.json"), JSON.stringify(about));
    const tell = 'require("fs").writeFileSync("arguments", JSON.stringify(process.argv.slice(2)))';
    writeFileSync(join(fake, "cli.js"), `#!/usr/bin/env node\n${tell}`, { mode: 0o755 });

    const evil = `"; touch pwned; $(touch pwned) \`touch pwned\` ' && touch pwned # *`;
    const step = await use(cwd, {
      url: `ws://localhost/${evil}`,
      start: evil,
      version: "./fake suite",
      "expected-failures": evil,
      strict: "true",
      out: "$(touch pwned)",
      args: `--all --header "X-Name: it's $(touch pwned)" --case 'version/*' ; touch pwned`,
    });
    expect(step).toMatchObject({ code: 0, stderr: "", outputs: { verdict: "error" } });
    expect(JSON.parse(readFileSync(join(cwd, "arguments"), "utf8"))).toEqual([
      "run",
      `ws://localhost/${evil}`,
      "--out=$(touch pwned)",
      `--start=${evil}`,
      `--expected-failures=${evil}`,
      "--strict",
      ...["--all", "--header", "X-Name: it's $(touch pwned)", "--case", "version/*", ";", "touch", "pwned"],
    ]);
    expect(readdirSync(cwd)).not.toContain("pwned");

    const hostile = await use(cwd, { url: "ws://localhost/", version: `./x/${evil}` });
    expect(hostile.outputs.verdict).toBe("error");
    expect(readdirSync(cwd)).not.toContain("pwned");
  });
});

inTurn("without a version it runs that of the action, and builds it first if needed", async () => {
  const checkout = join(cwd, "checkout");
  mkdirSync(join(checkout, "ci"), { recursive: true });
  copyFileSync("ci/action.sh", join(checkout, "ci", "action.sh"));
  const about = { name: "some", version: "1.0.0" };
  writeFileSync(join(checkout, "package.json"), JSON.stringify(about));
  const lock = { ...about, lockfileVersion: 3, packages: { "": about } };
  writeFileSync(join(checkout, "package-lock.json"), JSON.stringify(lock));
  const build = `const fs = require("fs");
    fs.mkdirSync("dist");
    fs.writeFileSync("dist/cli.js", "process.exitCode = 3");`;
  writeFileSync(join(checkout, "build.js"), build);

  const builds = [];
  for (let i = 0; i < 2; i++) {
    const { stdout, outputs } = await use(cwd, { url: "ws://localhost/" }, checkout);
    expect(outputs).toEqual({ verdict: "unreachable", report: "" });
    builds.push(/up to date|added/.test(stdout));
  }
  expect(builds).toEqual([true, false]);
});
