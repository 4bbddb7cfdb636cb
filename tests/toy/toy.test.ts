import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "@jest/globals";
import { checkCommand } from "../../cli/commands/check.ts";
import { explainCommand } from "../../cli/commands/explain.ts";
import { listCommand } from "../../cli/commands/list.ts";
import { reportCommand } from "../../cli/commands/report.ts";
import { runCommand } from "../../cli/commands/run.ts";
import { replay } from "../../harness/replay.ts";
import { headersIn } from "../../harness/replay-handshake.ts";
import { run as runCases } from "../../harness/runner.ts";
import type { Transcript } from "../../harness/transcript.ts";
import { DEFAULTS } from "../../running/defaults.ts";
import { SUBPROTOCOL, toy } from "./protocol.ts";

const folder = mkdtempSync(join(tmpdir(), "toy-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Resolves to the output of a command, and its exit code. */
async function printed(command: () => unknown): Promise<{ readonly code: unknown; readonly text: string }> {
  const { write } = process.stdout;
  const parts: string[] = [];
  process.stdout.write = (part: string | Uint8Array) => parts.push(String(part)) > 0;
  try {
    return { code: await command(), text: parts.join("") };
  } finally {
    process.stdout.write = write;
  }
}

const reports = (name: string) => ({
  json: join(folder, `${name}.json`),
  junit: join(folder, `${name}.xml`),
  html: join(folder, `${name}.html`),
  markdown: join(folder, `${name}.md`),
});
const HOW = {
  insecure: false,
  quiet: false,
  verbose: false,
  all: false,
  failOnUnstable: false,
  lastFailed: false,
  open: false,
  typed: new Set<string>(),
  writeExpectedFailures: false,
};
const read = (path: string) => readFileSync(path, "utf8");

/** Runs the toy's cases as `run` does, against its server over a real socket. */
async function ran(name: string, fault?: string) {
  const server = await toy.serve({ fault });
  const args = { ...DEFAULTS, ...HOW, timeout: 300, ...reports(name) };
  return printed(() => runCommand({ ...args, url: server.url }, toy)).finally(server.close);
}

describe("another protocol version", () => {
  test("passes with a right server, over its subprotocol, and every report says which protocol it is", async () => {
    const { code, text } = await ran("right");
    expect(text).toMatch(/^PASS/m);
    expect(text).toMatch(/3 of 3 requirements of Toy 2\.0\.0/);
    expect(code).toBe(0);
    const { json, junit, html, markdown } = reports("right");
    const stored = JSON.parse(read(json));
    expect(stored.protocol).toEqual({ name: "Toy", version: "2.0.0" });
    expect(stored.cases[0].connections[0].events[0].data).toContain(`Sec-WebSocket-Protocol: ${SUBPROTOCOL}`);
    expect(read(junit)).toContain('name="echo/alone"');
    expect(read(html)).toContain("Conformance to Toy 2.0.0");
    expect(read(markdown)).toContain("Toy 2.0.0");
    for (const path of [json, junit, html, markdown]) expect(read(path)).not.toMatch(/Tachyon/);
  });

  test.each([
    ["answers-with-its-own-id", "echo.answered"],
    ["forgets-the-type", "message.valid"],
  ])("fails where its server %s: %s", async (fault, breaks) => {
    const { code, text } = await ran(fault, fault);
    expect(text).toMatch(new RegExp(`^ {2}${breaks} \\(MUST\\): `, "m"));
    expect(code).toBe(1);
    expect(read(reports(fault).markdown)).toContain(breaks);
    const again = await printed(() =>
      reportCommand({ ...HOW, files: [reports(fault).json], merge: false, json: join(folder, "again.json") }, toy),
    );
    expect(again.code).toBe(1);
  });

  test("is listed and explained: a case by what goes over the wire, a requirement, a fault", async () => {
    expect((await printed(() => listCommand({ sets: false, json: false }, toy))).text).toMatch(/^Echo \(2 cases\)/);
    const { text } = await printed(() => explainCommand({ id: "echo/together", json: false }, toy));
    expect(text).toContain('→ {"type":"request","messageId":"a","commandId":"toy/echo","value":1}');
    expect(text).toContain(`wscat -s ${SUBPROTOCOL}`);
    expect((await printed(() => explainCommand({ id: "echo.answered", json: false }, toy))).text).toContain(
      "common causes: The server numbers",
    );
    expect((await printed(() => explainCommand({ id: "forgets-the-type", json: false }, toy))).text).toMatch(
      /breaks message\.valid \(MUST\).*found by 1 case\n.*came {6}the message lacks the property "type"/s,
    );
  });

  test("is checked offline by its rule", async () => {
    const lines = (data: object) =>
      [
        { connection: "1", from: "client", type: "upgrade", data: "GET / HTTP/1.1", url: "ws://toy/" },
        { connection: "1", from: "server", type: "text", data: JSON.stringify(data) },
        { connection: "1", from: "server", type: "end" },
      ]
        .map((it) => `${JSON.stringify(it)}\n`)
        .join("");
    writeFileSync(join(folder, "good.ndjson"), lines({ type: "response", messageId: "1", commandId: "toy/echo" }));
    writeFileSync(join(folder, "bad.ndjson"), lines({ type: "event", messageId: "1", commandId: "toy/echo" }));
    const judged = (file: string) =>
      printed(() =>
        checkCommand({ ...HOW, strict: false, files: [join(folder, file)], json: join(folder, "c.json") }, toy),
      );
    expect(await judged("good.ndjson")).toMatchObject({ code: 0 });
    expect(await judged("bad.ndjson")).toMatchObject({ code: 1, text: expect.stringContaining("message.valid") });
    expect(await judged("answers-with-its-own-id.json")).toMatchObject({ code: 0 });
    expect(await judged("forgets-the-type.json")).toMatchObject({ code: 1 });
  });

  test("is judged again from recordings, with the same checks", async () => {
    const server = await toy.serve();
    const kept: (readonly Transcript[])[] = [];
    const record = async (_: unknown, transcripts: readonly Transcript[]) =>
      kept.push(JSON.parse(JSON.stringify(transcripts))) - 1;
    const target = { url: new URL(server.url), headers: {} };
    const cases = toy.suites.flatMap((suite) => suite.cases);
    const { results } = await runCases(toy, cases, { ...DEFAULTS, target, record }).finally(server.close);
    const requirements = new Map(toy.requirements.map((it) => [it.id, it]));
    const judging = { requirements, strict: false };
    const headers = headersIn(results.flatMap(({ connections }) => connections));
    const bench = { protocol: toy, judging, random: { seed: 1, runs: 1 }, idle: 0, url: target.url, headers };
    for (const { case: it, checks, recorded } of results)
      expect(await replay(it, kept[recorded ?? -1] ?? [], bench)).toEqual({ checks, strayed: [] });
  });
});
