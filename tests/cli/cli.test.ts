import { once } from "node:events";
import { readdirSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { lobby } from "../servers/lobby.ts";
import { byTurns, everything } from "../turns.ts";
import { cli, freePort, start } from "./process.ts";
import { within } from "./within.ts";
import { closing, cwd, read, report } from "./workspace.ts";

const one = ["--case", "disconnect/alone"];

/** The selection that runs without a url: everything each night, and a suite a day. `certify` has all cases meet the same server. */
const suites = ["version", "disconnect", "malformed", "transport"];
const selected = everything ? [] : byTurns(suites, suites.length).flatMap((it) => ["--suite", it]);

test("without a url it runs against the embedded reference server, and passes", async () => {
  const { code, stdout, stderr } = await cli(cwd, ["run", ...selected]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^\w+: \d+ cases done$/m);
  expect(stdout).toMatch(/^PASS /m);
  expect(stdout).toMatch(/reports {2}tachyon-report\/report\.json tachyon-report\/junit\.xml/);
  expect(report()).toMatchObject({
    verdict: "pass",
    target: { embedded: true },
    counts: { fail: 0, warn: 0, skip: 0, error: 0 },
  });
  expect(readdirSync(join(cwd, "tachyon-report")).toSorted()).toEqual(["junit.xml", "report.html", "report.json"]);
});

test("a server with a bug: exit 1, the failure explained, reports written", async () => {
  const server = await lobby(() => ({ parity: () => "match" }));
  closing.push(server.close);
  const { code, stdout } = await within(cwd, ["run", server.url, "--case", "version/parity-equal-higher-equal"]);
  expect(code).toBe(1);
  expect(stdout).toMatch(/FAIL version\/parity-equal-higher-equal\n {2}a client of version 0\.2\.7 connects/);
  expect(stdout).toMatch(/expected {2}"minor_mismatch"\n {4}came {6}"match"/);
  expect(stdout).toContain(
    `alone: npx tachyon-conformance run ${server.url}/ --case version/parity-equal-higher-equal`,
  );
  expect(report().verdict).toBe("fail");
  expect(read("tachyon-report", "junit.xml")).toContain('<failure message="parity.minor: expected ');
});

describe("an interrupted run", () => {
  test.each(["SIGINT", "SIGHUP"] as const)("by %s writes the reports of what ran and exits 130", async (signal) => {
    const server = await lobby(() => ({ disconnect: () => void child.kill(signal) }));
    closing.push(server.close);
    const { child, outcome } = start(cwd, [
      "run",
      server.url,
      "--timeout",
      "60000",
      "--case",
      "version/no-login",
      "--case",
      "disconnect/alone",
      "--concurrency",
      "1",
    ]);
    const { code, stdout } = await outcome;
    expect(code).toBe(130);
    expect(stdout).toMatch(/^INCOMPLETE/m);
    expect(report()).toMatchObject({ verdict: "incomplete", counts: { pass: 1, skip: 1 } });
    expect(read("tachyon-report", "junit.xml")).toContain('skipped="1"');
    // Whatever is told of the run later exits as it did.
    for (const args of [
      ["report", "tachyon-report"],
      ["run", server.url, "--last-failed"],
    ])
      expect([args[0], (await within(cwd, args)).code]).toEqual([args[0], 130]);
  });

  test("ends at once when it is interrupted again, and its server with it", async () => {
    // The server interrupts the suite until that is gone, and does not end when it is asked to.
    const command =
      "trap '' TERM; echo $$ > pid; while kill -INT $PPID 2> /dev/null; do sleep 0.05; done; exec sleep 20";
    const args = ["run", `ws://127.0.0.1:${await freePort()}`, ...one, "--start", command];
    const { code, stdout } = await cli(cwd, args);
    expect([code, stdout]).toEqual([130, ""]);
    const pid = read("pid").trim();
    while ((await ran(pid)) !== "");
  });
});

/** The arguments of a process. Nobody may have waited for one that has ended: its number is still taken, and these are gone. */
const ran = (pid: string | undefined) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");

describe("--start", () => {
  test("starts the server, tests it, ends its process group, and keeps its output", async () => {
    const port = await freePort();
    const command = `sleep 1000 & echo child $!; echo hello; exec ${process.execPath} ${resolve("dist/cli.js")} serve --port ${port}`;
    const { code, stdout } = await cli(cwd, ["run", `ws://127.0.0.1:${port}`, ...one, "--start", command]);
    expect(stdout).toMatch(/^PASS/m);
    expect(code).toBe(0);
    const log = read("tachyon-report", "server.log");
    expect(log).toMatch(/hello\nTachyon 0\.1\.7 reference server/);
    expect(await ran(/child (\d+)/.exec(log)?.[1])).toBe("");
  });

  test("ends a process that left the group of the server, and keeps the key to itself", async () => {
    const port = await freePort();
    const command = `setsid sleep 1000 & echo "stray $! key [$TACHYON_KEY]"; exec ${process.execPath} ${resolve("dist/cli.js")} serve --port ${port}`;
    const args = ["run", `ws://127.0.0.1:${port}`, ...one, "--start", command];
    expect((await cli(cwd, args, { TACHYON_KEY: "secret" })).code).toBe(0);
    const [, stray, key] = /stray (\d+) key \[(.*)\]/.exec(read("tachyon-report", "server.log")) ?? [];
    expect(key).toBe("");
    expect(await ran(stray)).toBe("");
  });

  test("says so if the server does not stay up", async () => {
    const { code, stderr } = await within(cwd, [
      "run",
      `ws://127.0.0.1:${await freePort()}`,
      "--start",
      "echo no; exit 7",
    ]);
    expect(stderr).toMatch(
      /did not stay up: it ended with exit code 7 \(its last line: no\)\. Its output is in tachyon-report\/server\.log/,
    );
    expect(code).toBe(3);
    expect(read("tachyon-report", "server.log")).toBe("no\n");
  });

  test("says so if something else listens already", async () => {
    const server = await lobby();
    closing.push(server.close);
    const { code, stderr } = await within(cwd, ["run", server.url, "--start", "true"]);
    expect(stderr).toBe(
      `tachyon-conformance: Something already accepts connections at ${server.url}/: end it, or leave out --start to test it.\n`,
    );
    expect(code).toBe(2);
  });
});

describe("other commands", () => {
  test("list names every case and requirement, or the selected ones", async () => {
    const all = await cli(cwd, ["list"]);
    expect(all.stdout).toMatch(/^Version: the greeting \(\d+ cases\)\n {2}version\/greeting/);
    expect(all.stdout).toMatch(/parity\.match +MUST/);
    const some = await within(cwd, ["list", "--requirement", "disconnect.once"]);
    expect(some.stdout.match(/^ {2}disconnect\/.*$/gm)).toHaveLength(4);
  });

  test("explain shows what a case sends and accepts, over a real wire", async () => {
    const { code, stdout } = await within(cwd, ["explain", "version/parity-equal-higher-equal"]);
    expect(code).toBe(0);
    expect(stdout).toContain("parity.minor (MUST): Equal majors, minors differ");
    expect(stdout).toContain('accepts  "minor_mismatch"');
    expect(stdout).toMatch(/→ upgrade GET \/\?tachyonVersion=0\.2\.7 HTTP\/1\.1/);
    expect(stdout).toContain("--case version/parity-equal-higher-equal");
  });

  test("explain shows a requirement, its source, why, and the cases that test it", async () => {
    const { stdout } = await within(cwd, ["explain", "parity.missing"]);
    expect(stdout).toContain("source: → (derived): the only value that a missing version can have");
    expect(stdout).toContain("tested by 5 cases");
    expect(stdout).toContain("--requirement parity.missing");
  });

  test("serve runs the reference server until it is interrupted", async () => {
    const { child, outcome } = start(cwd, ["serve"]);
    const [hello] = await once(child.stdout as NodeJS.ReadableStream, "data");
    const url = /ws:\S+/.exec(String(hello))?.[0] as string;
    expect((await within(cwd, ["run", url, ...one])).code).toBe(0);
    child.kill("SIGINT");
    expect(await outcome).toMatchObject({ code: 0, stderr: "" });
  });

  test("help and version", async () => {
    expect((await cli(cwd, ["--version"])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect((await within(cwd, ["run", "--help"])).stdout).toMatch(/--concurrency/);
  });
});

test("a command that validates, matches and hashes nothing loads none of the modules that do", async () => {
  const hook = join(cwd, "hook.cjs");
  writeFileSync(
    hook,
    `process.on("exit", () => process.stderr.write(JSON.stringify([...Object.keys(require.cache), ...process.moduleLoadList])));`,
  );
  const late = /\/dist\/.*\.cjs$|NativeModule (crypto|zlib|http|tls)$/;
  for (const args of [["--version"], ["list"]]) {
    const { stderr } = await cli(cwd, args, { NODE_OPTIONS: `--require ${hook}` });
    const loaded: string[] = JSON.parse(stderr);
    expect(loaded).toContain(hook);
    expect(loaded.filter((name) => late.test(name))).toEqual([]);
  }
});

test.each([
  [[], /^tachyon-conformance: A bug of the suite: of a test\. Please tell .*\n$/],
  [["--verbose"], /^tachyon-conformance: Error: of a test\\n\s+at /],
])("a bug that nobody waits for is told: %p", async (options, told) => {
  // The first word that the command prints makes an error that nothing catches.
  const bug = `const write = process.stdout.write; process.stdout.write = (...args) => {
    queueMicrotask(() => { throw new Error("of a test"); });
    return write.apply(process.stdout, args);
  };`;
  const hook = `--import=data:text/javascript,${encodeURIComponent(bug)}`;
  const { code, stderr } = await cli(cwd, ["run", ...one, ...options], { NODE_OPTIONS: hook });
  expect(code).toBe(2);
  expect(stderr).toMatch(told);
});
