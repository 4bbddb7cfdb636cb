import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { WireEvent } from "../../harness/transcript.ts";
import { CLEAN, event, GREETING, says, toLines } from "../recordings/recordings.ts";
import { CLI, cli, folder } from "./process.ts";
import { within } from "./within.ts";

const { path: cwd, remove } = folder();
afterAll(remove);
const read = (...path: string[]) => readFileSync(join(cwd, ...path), "utf8");
const json = (...path: string[]) => JSON.parse(read(...path));
const write = (file: string, content: string) => writeFileSync(join(cwd, file), content);

const BAD = [says("server", GREETING), event("server", "text", "\u001b[31moops"), ...CLEAN.slice(-1)];

beforeAll(() => write("good.ndjson", toLines({ one: CLEAN, two: CLEAN })));

test("`-` is the standard input", async () => {
  const child = spawn(process.execPath, [CLI, "check", "-"], { cwd, stdio: ["pipe", "pipe", "inherit"] });
  let stdout = "";
  child.stdout.on("data", (text) => {
    stdout += text;
  });
  child.stdin.end(toLines({ one: BAD }));
  const [code] = await once(child, "close");
  expect([code, stdout]).toEqual([1, expect.stringMatching(/^ {2}\/dev\/stdin: connection one$/m)]);
});

test("the standard input is read to its end, also beside a file", async () => {
  write("bad.ndjson", toLines({ one: BAD }));
  const child = spawn("sh", ["-c", `"${process.execPath}" "${CLI}" check good.ndjson - < bad.ndjson`], { cwd });
  let stdout = "";
  child.stdout.on("data", (text) => {
    stdout += text;
  });
  const [code] = await once(child, "close");
  expect([code, stdout]).toEqual([1, expect.stringMatching(/^ {2}broken {3}message\.json in 1, /m)]);
});

test("`report -` reads a report from a pipe", async () => {
  await within(cwd, ["check", "good.ndjson", "--json", "piped.json"]);
  const child = spawn(process.execPath, [CLI, "report", "-", "--out", "piped"], {
    cwd,
    stdio: ["pipe", "ignore", "inherit"],
  });
  child.stdin.end(read("piped.json"));
  expect((await once(child, "close"))[0]).toBe(0);
  expect(json("piped", "report.json")).toMatchObject({ verdict: "pass" });
});

test("`-` is no value of an option", async () => {
  const { code, stderr } = await within(cwd, ["check", "good.ndjson", "--json", "-"]);
  expect(code).toBe(2);
  expect(stderr).toMatch(/^tachyon-conformance: --json takes no "-": that is the standard input/);
});

test("a file that holds nothing is refused beside others", async () => {
  write("no.har", '{"log":{"entries":[]}}');
  const { code, stderr } = await within(cwd, ["check", "good.ndjson", "no.har"]);
  expect([code, stderr]).toEqual([
    2,
    expect.stringMatching(/^tachyon-conformance: no\.har holds no WebSocket connection/),
  ]);
});

test.each<[string, string | undefined, RegExp]>([
  [
    "that is not there",
    undefined,
    /^tachyon-conformance: Cannot read input: there is no such file or folder\. Check the path\.$/,
  ],
  ["that is empty", "", /^tachyon-conformance: input holds no WebSocket connection\. Name a report\.json, a HAR file/],
  ["that is no recording", "hello\n", /^tachyon-conformance: input:1: the line is not a JSON object with one event/],
  [
    "without WebSockets",
    '{"log":{"entries":[{"request":{"url":"http://x/"}}]}}',
    /input holds no WebSocket connection/,
  ],
  ["that is half a HAR file", '{ "log": {"entries": [', /input is not a HAR file: it holds no JSON, or was cut off/],
  ["that is half a report", '{ "suite": {"name": "x"', /input is not a report: it holds no JSON, or was cut off/],
  ["that is the report of another", '{"suite":{"name":"x"}}', /input is not a report: /],
])("a file %s is one clear line and exit code 2", async (_, content, message) => {
  if (content !== undefined) write("input", content);
  const { code, stdout, stderr } = await within(cwd, ["check", "input", "--json", "x.json"]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr.trimEnd()).toMatch(message);
  expect(stderr.trimEnd()).not.toContain("\n");
});

test("what is zipped is read as what is within", async () => {
  writeFileSync(join(cwd, "bad.ndjson.gz"), gzipSync(toLines({ one: CLEAN, two: BAD })));
  const { code, stdout } = await within(cwd, ["check", "bad.ndjson.gz"]);
  expect([code, stdout]).toEqual([
    1,
    expect.stringMatching(/^ {2}traffic {2}2 connections, 7 events .*: 1 pass, 1 fail$/m),
  ]);
  const half = gzipSync(toLines({ one: CLEAN, two: BAD })).subarray(0, 60);
  writeFileSync(join(cwd, "half.gz"), half);
  const broken = await within(cwd, ["check", "half.gz"]);
  expect(broken).toMatchObject({ code: 2, stderr: expect.stringMatching(/: half\.gz is no whole gzip file: .*\n$/) });
  const noise = randomBytes(3 << 20).toString("base64"); // It does not shrink.
  writeFileSync(
    join(cwd, "big.gz"),
    gzipSync(toLines({ one: [says("server", GREETING), event("client", "text", noise)] })),
  );
  expect(await cli(cwd, ["check", "big.gz", "--quiet"])).toMatchObject({ code: 0, stderr: "" });
  const child = spawn(process.execPath, [CLI, "check", "-", "--quiet"], { cwd, stdio: ["pipe", "ignore", "inherit"] });
  child.stdin.end(gzipSync(toLines({ one: CLEAN })));
  expect((await once(child, "close"))[0]).toBe(0);
});

test("the same traffic does not count twice", async () => {
  writeFileSync(join(cwd, "copy.gz"), gzipSync(read("good.ndjson")));
  symlinkSync("good.ndjson", join(cwd, "link.ndjson"));
  const names = ["good.ndjson", "./good.ndjson", "link.ndjson", "copy.gz"];
  const all = await Promise.all(names.map((name) => within(cwd, ["check", "good.ndjson", name])));
  expect(all.map(({ code, stdout }) => [code, stdout])).toEqual(names.map(() => [2, ""]));
  expect(all.map(({ stderr }) => stderr.trimEnd())).toEqual([
    "tachyon-conformance: good.ndjson is given twice. Name it once.",
    ...names
      .slice(1)
      .map(
        (name) =>
          `tachyon-conformance: ${name} holds the same as good.ndjson. Name one of them: the same traffic would count twice.`,
      ),
  ]);
});

test("events out of the order of time are refused", async () => {
  const [first, second] = CLEAN;
  write("late.ndjson", toLines({ one: [{ ...first, at: 7 } as WireEvent, { ...second, at: 3 } as WireEvent] }));
  expect(await within(cwd, ["check", "late.ndjson"])).toMatchObject({
    code: 2,
    stderr:
      "tachyon-conformance: late.ndjson:2: an event of connection one at 3 ms stands behind one at 7 ms. Sort the events by their time.\n",
  });
});
