import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { byTurns } from "../turns.ts";
import { CLI, cli, freePort } from "./process.ts";
import { closing, cwd } from "./workspace.ts";

/** The line that a loop prints when it waits. */
const WAITS = /watching src: .*\n/;

/** Writes the program of the server: a right one, one with a fault, or any shell script. */
function write(script: string): void {
  mkdirSync(join(cwd, "src"), { recursive: true });
  writeFileSync(join(cwd, "src", "server.sh"), script);
}

const serving = (port: number, fault?: string) =>
  `exec '${process.execPath}' '${CLI}' serve --port ${port}${fault ? ` --fault ${fault}` : ""}\n`;
const WRONG = "compares-versions-as-prefixes";

/** A loop that runs, and what it prints. */
interface Loop {
  readonly child: ChildProcess;
  readonly port: number;
  readonly ended: Promise<unknown[]>;
  /** Resolves to what was printed up to a pattern, which is then gone. */
  until(pattern: RegExp): Promise<string>;
  press(keys: string): void;
}

/** Starts a loop over a few cases; in a terminal of its own, in which keys can be pressed, or without one. */
async function loop(inTerminal: boolean, fault?: string, more: readonly string[] = [], rows = 60): Promise<Loop> {
  const port = await freePort();
  write(serving(port, fault));
  const cases = ["--case", "version/parity-patch*", "--case", "disconnect/alone"];
  const words = ["run", `ws://127.0.0.1:${port}`, ...cases, "--watch", "src", "--start", "sh src/server.sh", ...more];
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME, TERM: "xterm", NO_COLOR: "1" };
  const line = [process.execPath, CLI, ...words].map((word) => `'${word}'`).join(" ");
  // The state of the terminal is kept, before and after.
  const inside = `stty rows ${rows} cols 100; stty -g > before; ${line}; code=$?; stty -g > after; exit $code`;
  const child = inTerminal
    ? spawn("script", ["-qefc", inside, "/dev/null"], { cwd, env: { ...env, SHELL: "/bin/sh" } })
    : spawn(process.execPath, [CLI, ...words], { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  closing.push(() => child.kill("SIGKILL"));
  const ended = once(child, "close");
  let printed = "";
  let told = () => {};
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (text: string) => {
      printed += text.replaceAll("\r", "");
      told();
    });
  return {
    child,
    port,
    ended,
    async until(pattern) {
      for (;;) {
        const [found] = printed.match(pattern) ?? [];
        if (found !== undefined) {
          const end = printed.indexOf(found) + found.length;
          const before = printed.slice(0, end);
          printed = printed.slice(end);
          return before;
        }
        const more = new Promise<boolean>((done) => {
          told = () => done(true);
        });
        if (!(await Promise.race([more, ended.then(() => false)])))
          throw new Error(`It ended before it printed ${pattern}: ${printed}`);
      }
    },
    press: (keys) => void child.stdin?.write(keys),
  };
}

/** Tells if nothing listens at a port. */
async function isFree(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  const refused = await once(socket, "connect").then(
    () => false,
    () => true,
  );
  socket.destroy();
  return refused;
}

const state = (name: string) => readFileSync(join(cwd, name), "utf8");

/** Rounds without a terminal and in one, each with processes of its own. */
const rounds: Readonly<Record<string, () => Promise<void>>> = {
  "without a terminal, a change starts the server again, and runs what failed last, then the rest": async () => {
    const { child, port, until, ended } = await loop(false, WRONG);
    const first = await until(WAITS);
    expect(first).toMatch(/^FAIL the target is not conformant$/m);
    expect(first).toMatch(/watching src: Ctrl-C ends it/);
    expect(first).not.toContain("\u001b");
    expect(await isFree(port)).toBe(true);

    write(serving(port));
    const second = await until(WAITS);
    expect(second).toMatch(/^src\/server\.sh changed$/m);
    expect(second).toMatch(/^failed last: 1 case; still failing: none$/m);
    expect(second).toMatch(/^PASS /m);
    const cases = (text: string) => /^ {2}cases {4}(\d+)(?: of \d+)? in/m.exec(text)?.[1];
    expect(cases(second)).toBe(cases(first));
    const report = JSON.parse(readFileSync(join(cwd, "tachyon-report", "report.json"), "utf8"));
    expect(report).toMatchObject({ verdict: "pass", cases: { length: Number(cases(first)) } });

    write("echo no; exit 7\n");
    expect(await until(WAITS)).toMatch(/did not stay up: it ended with exit code 7/);
    write(serving(port, WRONG));
    expect(await until(WAITS)).toMatch(/^FAIL the target/m);

    child.kill("SIGTERM");
    expect(await ended).toEqual([130, null]);
  },

  "without a terminal, what failed by the stored report runs first": async () => {
    const before = await loop(false, WRONG);
    await before.until(WAITS);
    before.child.kill("SIGINT");
    await before.ended;
    const { child, until, ended } = await loop(false, WRONG);
    expect(await until(WAITS)).toMatch(/^failed last: 1 case; still failing 1: version\/parity-patch-with-zero$/m);
    child.kill("SIGINT");
    expect(await ended).toEqual([130, null]);
  },

  "without a terminal, a server that changes the folder itself gets a hint": async () => {
    const { child, port, until, ended } = await loop(false);
    await until(WAITS);
    write(`echo >> src/log; ${serving(port)}`);
    await until(/src\/log changed\. If the server itself writes there, watch a smaller folder/);
    child.kill("SIGINT");
    expect(await ended).toEqual([130, null]);
  },

  "without a terminal, an interrupt while cases run ends the server, too": async () => {
    const { child, port, until, ended } = await loop(false, "never-says-goodbye", ["--timeout", "60000"]);
    await until(/^version: /m);
    child.kill("SIGINT");
    expect(await ended).toEqual([130, null]);
    expect(await isFree(port)).toBe(true);
  },

  "in a terminal, keys run all, what failed, the same again, and quit": async () => {
    // The silent client makes a round so long that its live line is seen. The screen has few lines.
    const { port, until, press, ended } = await loop(true, WRONG, ["--case", "version/idle", "--idle", "1"], 18);
    const first = await until(WAITS);
    expect(first).toMatch(/a runs all, f what failed, Enter the same again, m shows all lines, q quits/);
    expect(first).toMatch(/^… \d+ more lines \(m shows all\)$/m);
    expect(first).not.toContain("clause");
    press("m");
    expect(await until(WAITS)).toMatch(/^FAIL version\/.*^ {4}clause .*^FAIL the target/ms);
    const cases = (text: string) => Number(/^ {2}cases {4}(\d+)(?: of \d+)? in/m.exec(text)?.[1]);
    press("f");
    expect(cases(await until(WAITS))).toBe(1);
    press("\r");
    expect(cases(await until(WAITS))).toBe(1);
    press("\u001b[Ax");
    press("a");
    expect(cases(await until(WAITS))).toBeGreaterThan(1);
    write(serving(port));
    const mended = await until(WAITS);
    expect(mended).toMatch(/PASS /);
    expect(mended).toMatch(new RegExp(`\\d+/${cases(first)} cases, no failures, `));
    press("f");
    expect(await until(WAITS)).toMatch(/Nothing failed last\./);
    press("q");
    expect(await ended).toEqual([0, null]);
    expect(state("after")).toBe(state("before"));
    expect(await isFree(port)).toBe(true);
  },

  "in a terminal, Ctrl-C ends the server in the middle of a round, and leaves the terminal as it was": async () => {
    const { port, until, press, ended } = await loop(true, "never-says-goodbye", ["--timeout", "60000"]);
    await until(/\d+\/\d+ cases, /);
    press("\u0003");
    expect(await ended).toEqual([130, null]);
    expect(state("after")).toBe(state("before"));
    expect(await isFree(port)).toBe(true);
  },
};

test.each(byTurns(Object.entries(rounds), 3))("%s", (_, round) => round());

test.each<[string, string[], RegExp]>([
  ["without --start", [], /--watch needs --start/],
  ["of no folder", ["--start", "true", "--watch", "nowhere"], /no folder nowhere to watch/],
  ["with --shard", ["--start", "true", "--shard", "1/2"], /--shard is for one run/],
  [
    "with --write-expected-failures",
    ["--start", "true", "--expected-failures", "x.yaml", "--write-expected-failures"],
    /is for one run/,
  ],
])("--watch %s is refused", async (_, more, words) => {
  const watch = more.includes("--watch") ? [] : ["--watch", "."];
  const { code, stderr } = await cli(cwd, ["run", "ws://127.0.0.1:1", ...watch, ...more]);
  expect(stderr).toMatch(words);
  expect(code).toBe(2);
});
