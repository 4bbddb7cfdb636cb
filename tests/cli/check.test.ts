import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { Ajv } from "ajv";
import { SaxesParser } from "saxes";
import type { WireEvent } from "../../harness/transcript.ts";
import schema from "../../reports/report.schema.json" with { type: "json" };
import { protocol } from "../../suites/0.1.7/index.ts";
import { ASK, CLEAN, event, GREETING, says, toLines } from "../recordings/recordings.ts";
import { CLI, folder } from "./process.ts";
import { within } from "./within.ts";

const { path: cwd, remove } = folder();
afterAll(remove);
const read = (...path: string[]) => readFileSync(join(cwd, ...path), "utf8");
const json = (...path: string[]) => JSON.parse(read(...path));
const write = (file: string, content: string) => writeFileSync(join(cwd, file), content);
const isReport = new Ajv({ strict: true }).compile(schema);

const BAD = [says("server", GREETING), event("server", "text", "\u001b[31moops"), ...CLEAN.slice(-1)];

beforeAll(() => {
  write("good.ndjson", toLines({ one: CLEAN, two: CLEAN }));
  write("bad.ndjson", toLines({ one: CLEAN, "\u001b[2Jtwo": BAD }));
  write("open.ndjson", toLines({ one: CLEAN.slice(0, 1) }));
});

test("a recording without a fault passes; one with a fault fails, and says where", async () => {
  expect(await within(cwd, ["check", "good.ndjson"])).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^ {2}traffic {2}2 connections, 8 events in \d\.\d\d s: 2 pass$/m),
    stderr: "",
  });
  const { code, stdout } = await within(cwd, ["check", "good.ndjson", "bad.ndjson"]);
  expect(code).toBe(1);
  expect(stdout).toMatch(/^FAIL check\/4$/m);
  expect(stdout).toMatch(/^ {2}bad\.ndjson: connection \\u\{1b\}\[2Jtwo$/m);
  expect(stdout).toMatch(/^ {4}came {6}text \\u\{1b\}\[31moops$/m);
  expect(stdout).toMatch(/^ {2}broken {3}message\.json in 1, termination\.announced in 1$/m);
  expect(stdout).not.toContain("--case");
  expect(stdout).not.toContain("\u001b");
});

test("a recording that lacks something says so, and can still pass", async () => {
  const { code, stdout } = await within(cwd, ["check", "open.ndjson"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^not judged in check\/1: no end of the connection is recorded \(termination\.announced\)$/m);
  expect(stdout).toMatch(/^ {2}unjudged on 1 connection: termination\.announced\n {11}Too little was recorded there$/m);
});

test("the url of a server in a variable is none of recorded connections", async () => {
  const env = { TACHYON_URL: "ws://localhost:9999" };
  expect((await within(cwd, ["check", "bad.ndjson", "--quiet"], env)).stdout).toMatch(/^FAIL /);
});

test("a recording in which nothing could be judged does not pass", async () => {
  write("nothing.ndjson", toLines({ one: [says("client", ASK)] }));
  const { code, stdout } = await within(cwd, ["check", "nothing.ndjson", "--json", "nothing.json"]);
  expect(code).toBe(1);
  expect(stdout).toMatch(/^INCOMPLETE nothing of it could be judged$/m);
  expect(json("nothing.json").verdict).toBe("incomplete");
});

test("every format of a report is written, and can be made again from the stored one", async () => {
  const formats = ["--markdown", "m.md", "--badge", "b.json", "--out", "out"];
  expect((await within(cwd, ["check", "bad.ndjson", ...formats])).code).toBe(1);
  const report = json("out", "report.json");
  expect([isReport(report), isReport.errors]).toEqual([true, null]);
  expect(report.requirements.find(({ id }: { id: string }) => id === "message.known").verdict).toBe("pass");
  expect(() => new SaxesParser().write(read("out", "junit.xml")).close()).not.toThrow();
  expect(read("out", "report.html")).toMatch(/^<!DOCTYPE html>/i);
  expect(read("m.md")).toMatch(/^- Recorded: 2 connections, 1 of them broken, 7 events$/m);
  expect(read("m.md")).toContain("npx tachyon-conformance check bad.ndjson");
  expect(json("b.json")).toMatchObject({ message: "2 broken" });
  const again = await within(cwd, ["report", "out", "--html", "again.html"]);
  expect(again.code).toBe(1);
  expect(read("again.html")).toBe(read("out", "report.html"));
});

test("the report of a run is judged as the run judged it", async () => {
  const server = await protocol.serve({ fault: "has-more-to-say" });
  await within(cwd, ["run", server.url, "--case", "disconnect/alone", "--json", "run.json"]).finally(server.close);
  const { code, stdout } = await within(cwd, ["check", "run.json"]);
  expect(code).toBe(1);
  expect(stdout).toMatch(/^ {2}run\.json: connection disconnect\/alone$/m);
  expect(stdout).toMatch(/^ {2}broken {3}disconnect\.last in 1$/m);
});

test("the report of a run says why a connection ended on which the server selected what a case offered", async () => {
  const server = await protocol.serve();
  const args = ["run", server.url, "--case", "transport/subprotocol-unknown", "--json", "run.json"];
  await within(cwd, args).finally(server.close);
  expect((await within(cwd, ["check", "run.json"])).stdout).toMatch(
    /^not judged at all in check\/1: the handshake failed \(the suite ended it: it offered one\.conformance to see the answer, and /m,
  );
});

test("a big recording needs little memory, and its report stays small", async () => {
  const stream = createWriteStream(join(cwd, "big.ndjson"));
  for (let i = 0; i < 10; i++) {
    const transcripts = Array.from({ length: 2_000 }, (_, j): [string, typeof CLEAN] => [
      `${i} ${j}`,
      j % 2 ? CLEAN : BAD,
    ]);
    stream.write(toLines(Object.fromEntries(transcripts)));
    stream.write(toLines({ forever: Array.from({ length: 5_000 }, () => says("server", GREETING)) }));
  }
  stream.end();
  await once(stream, "close");
  const args = ["--max-old-space-size=40", CLI, "check", "big.ndjson", "--json", "big.json", "--quiet"];
  const child = spawn(process.execPath, args, { cwd, stdio: "ignore" });
  expect(await once(child, "close")).toEqual([1, null]);
  expect(statSync(join(cwd, "big.ndjson")).size).toBeGreaterThan(18e6);
  expect(statSync(join(cwd, "big.json")).size).toBeLessThan(3e6);
  expect(json("big.json").recording).toMatchObject({
    events: 10 * (1_000 * 7 + 5_000),
    // The one that never ends is greeted again and again.
    connections: { pass: 10_000, warn: 1, fail: 10_000 },
  });
});

const REFUSED = [
  event("client", "upgrade", "GET / HTTP/1.1"),
  { ...event("server", "upgrade", "HTTP/1.1 401 Unauthorized"), code: 401 } as WireEvent,
  event("server", "end"),
];

test("a refused handshake is nothing that could be judged, and says so", async () => {
  write("refused.ndjson", toLines({ one: REFUSED }));
  const { code, stdout } = await within(cwd, ["check", "refused.ndjson"]);
  expect(code).toBe(1);
  expect(stdout).toMatch(/^INCOMPLETE nothing of it could be judged$/m);
  expect(stdout).toMatch(/^not judged at all in check\/1: the handshake was refused \(HTTP 401\)$/m);
  write("both.ndjson", toLines({ one: REFUSED, two: CLEAN }));
  expect((await within(cwd, ["check", "both.ndjson"])).code).toBe(0);
});

test.each<[string, string, string | undefined]>([
  ["9.9.9", "match", "parity.major"],
  ["0.9.7", "match", "parity.minor"],
  ["0.1.70", "match", "parity.patch"],
  ["banana", "match", "parity.unparseable"],
  ["9.9.9", "major_mismatch", undefined],
  ["0.1.70", "patch_mismatch", undefined],
  ["banana", "unknown", undefined],
  ["0.1.7-beta.1", "match", undefined],
])("a recorded client of version %s that is told %s: broken is %s", async (version, versionParity, broken) => {
  const greeting = says("server", { ...GREETING, data: { ...GREETING.data, versionParity } });
  const lines = toLines({ one: [greeting, ...CLEAN.slice(1)] }).replace(
    "{",
    `{"url":"ws://localhost:8080/?tachyonVersion=${version}",`,
  );
  write("greeting.ndjson", lines);
  const { stdout } = await within(cwd, ["check", "greeting.ndjson"]);
  if (broken === undefined) return expect(stdout).toMatch(/^PASS [a-z]/m);
  const label = broken === "parity.unparseable" ? "SHOULD" : "broken";
  expect(stdout).toMatch(new RegExp(`^ {2}${label} {3}${broken.replace(".", "\\.")} in 1$`, "m"));
  expect(stdout).toContain(`a client of version "${version}" is told "match", not "`);
});

test.each<[string, boolean]>([
  ['{"command":" system/disconnect/request"}', true],
  ['{"command":"system/disconnect/request"}// bye', true],
  ['{"command":"system/disconnect/request","extra":1}', false],
  ['{"command":"\\u0073ystem/disconnect/request"}', false],
  ['{"command":"x","command":"system/disconnect/request"}', false], // The protocol leaves it open.
])("a recorded client that sends %s and gets a success: a breach is %s", async (data, isBreach) => {
  write("near.ndjson", toLines({ one: [says("server", GREETING), event("client", "text", data), ...CLEAN.slice(-2)] }));
  const { stdout } = await within(cwd, ["check", "near.ndjson"]);
  if (isBreach) expect(stdout).toMatch(/^ {2}broken {3}malformed\.rejected in 1$/m);
  else expect(stdout).toMatch(/^PASS [a-z]/m);
});
