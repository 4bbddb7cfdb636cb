import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "@jest/globals";
import { WebSocket } from "ws";
import { CLI } from "./process.ts";
import { isJudgedAlike, own, record, reference } from "./recorder.ts";
import { within } from "./within.ts";
import { closing, cwd } from "./workspace.ts";

test("a recording is rotated, and its files are judged as one, however they are named", async () => {
  const { url, stop } = await record(
    await own((socket) => socket.on("message", (data) => socket.send(String(data)))),
    "--rotate",
    "1",
  );
  const socket = new WebSocket(url);
  await once(socket, "open");
  const text = JSON.stringify({ command: "system/a/request", x: "x".repeat(300_000) });
  for (let i = 0; i < 6; i++) {
    socket.send(text);
    await once(socket, "message");
  }
  socket.close();
  await once(socket, "close");
  const outcome = await stop();
  const files = readdirSync(cwd).toSorted();
  expect(files.length).toBeGreaterThan(2);
  for (const file of files) expect(readFileSync(join(cwd, file)).length).toBeLessThanOrEqual(1 << 20);
  expect(outcome.stdout).toMatch(/^ {2}traffic {2}1 connection, 18 events/m);
  await isJudgedAlike(outcome, ...files.toReversed());
  const [, , third = ""] = files;
  // The other files may excuse anything that is seen in one.
  expect((await within(cwd, ["check", third])).stdout).toMatch(/^INCOMPLETE nothing of it could be judged$/m);
  const hole = await within(cwd, ["check", "r.ndjson", "r.3.ndjson"]);
  expect([hole.code, hole.stderr]).toEqual([
    2,
    expect.stringMatching(/r\.3\.ndjson is part 3 of a recording, and part 2 is missing/),
  ]);
});

const FULL = /r\.ndjson ends too early: /;
const lines = (text: string) => text.split("\n").length - 1;

test("a file that can hold no more costs no verdict, and is said at once and at the end", async () => {
  const target = await own((socket) => socket.on("message", (data) => socket.send(String(data))));
  // A limit on the size of files stands for a full disk: what is beyond it is not written either.
  const limited = `ulimit -f 100; trap "" XFSZ; exec "${process.execPath}" "${CLI}" record --to ${target} --port 0 --out r.ndjson`;
  const child = spawn("bash", ["-c", limited], { cwd, stdio: ["ignore", "pipe", "pipe"] });
  closing.push(() => child.kill("SIGKILL"));
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (text) => {
    stdout += text;
  });
  child.stderr.on("data", (text) => {
    stderr += text;
  });
  while (!/connect to (ws:\S+)/.test(stdout)) await once(child.stdout, "data");
  const socket = new WebSocket(/connect to (ws:\S+)/.exec(stdout)?.[1] ?? "");
  await once(socket, "open");
  for (let i = 0; i < 5; i++) {
    socket.send(JSON.stringify({ command: "system/a/request", x: "x".repeat(30_000) }));
    await once(socket, "message");
    // Each is written by itself, so that the file ends behind some of them.
    const written = () => lines(readFileSync(join(cwd, "r.ndjson"), "utf8"));
    while (written() < 3 + 2 * (i + 1) && !FULL.test(stdout)) await pause(10);
  }
  while (!FULL.test(stdout)) await once(child.stdout, "data");
  socket.close();
  await once(socket, "close");
  child.kill("SIGINT");
  const [code] = await once(child, "close");
  expect([code, stderr.trimEnd().split("\n").at(-1)]).toEqual([
    2,
    expect.stringMatching(/^tachyon-conformance: r\.ndjson ends too early: /),
  ]);
  expect(stdout).toMatch(/^ {2}broken {3}message\.known in 1$/m);
  expect(stdout).toMatch(/^ {2}traffic {2}1 connection, 16 events/m);
  expect((await within(cwd, ["check", "r.ndjson"])).code).toBe(1);
});

test.each<[string, readonly string[], number, RegExp]>([
  [
    "a target that is not there",
    ["--to", "ws://127.0.0.1:1"],
    3,
    /Nothing listens at ws:\/\/127\.0\.0\.1:1\/ \(connection/,
  ],
  ["no target", [], 2, /Give --to: the url of the server\. See --help\.$/m],
  ["a target that is no url", ["--to", "banana"], 2, /"banana" is no url/],
])("%s is one clear line", async (_, args, code, message) => {
  const outcome = await within(cwd, ["record", "--port", "0", ...args]);
  expect(outcome).toMatchObject({ code, stdout: "", stderr: expect.stringMatching(message) });
  expect(outcome.stderr.trimEnd()).not.toContain("\n");
});

test("a port in use, a file that exists and a place that cannot be written are one clear line each", async () => {
  const target = await reference();
  const { port } = new URL(target);
  writeFileSync(join(cwd, "there.ndjson"), "precious");
  const lines = await Promise.all([
    within(cwd, ["record", "--to", target, "--port", port, "--out", "new.ndjson"]),
    within(cwd, ["record", "--to", target, "--port", "0", "--out", "there.ndjson"]),
    within(cwd, ["record", "--to", target, "--port", "0", "--out", "/dev/full"]),
  ]);
  expect(lines.map(({ code, stdout, stderr }) => [code, stdout, stderr.trimEnd().split("\n").length])).toEqual([
    [2, "", 1],
    [2, "", 1],
    [2, "", 1],
  ]);
  expect(lines[0]?.stderr).toMatch(/Cannot listen on 127\.0\.0\.1, port \d+: something already listens there\. Choose/);
  expect(lines[1]?.stderr).toMatch(/there\.ndjson is there already/);
  expect(lines[2]?.stderr).toMatch(/Cannot write \/dev\/full: no space is left/);
  expect(existsSync(join(cwd, "new.ndjson"))).toBe(false);
  expect(readFileSync(join(cwd, "there.ndjson"), "utf8")).toBe("precious");
});
