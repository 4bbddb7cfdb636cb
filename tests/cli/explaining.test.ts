import { beforeAll, describe, expect, test } from "@jest/globals";
import { aboutCase, caseInWords } from "../../cli/explain/case.ts";
import { exchange } from "../../cli/explain/exchange.ts";
import { aboutFault, faultInWords } from "../../cli/explain/fault.ts";
import { observe } from "../../cli/explain/observe.ts";
import { aboutRequirement, requirementInWords } from "../../cli/explain/requirement.ts";
import { trial } from "../../cli/explain/trial.ts";
import type { WireEvent } from "../../harness/transcript.ts";
import type { ReportConnection } from "../../reports/report.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import { cases } from "../helpers.ts";

const caseOf = (id: string) => cases.find((it) => it.id === id) as (typeof cases)[number];
const requirementOf = (id: string) => protocol.requirements.find((it) => it.id === id) as never;

/** Returns the words on doing a case by hand. */
async function byHand(id: string): Promise<string[]> {
  const observed = observe(caseOf(id));
  const [shown] = await trial(protocol, [observed.case]);
  return exchange(shown?.connections ?? [], observed.beyond);
}

describe("a case by hand", () => {
  test("is the command, what to type, and what comes", async () => {
    expect(await byHand("disconnect/extra-a-number")).toEqual([
      "by hand, with wscat or websocat:",
      "  $ npx wscat -c 'ws://localhost:8080/?tachyonVersion=0.1.7'",
      '  ← {"command":"system/version/response","status":"success","data":{"tachyonVersion":"0.1.7","versionParity":"match"}}',
      '  → {"command":"system/disconnect/request","extra":1}',
      '  ← {"command":"system/disconnected/response","status":"success"}',
      "  (closed by the server, code 1000)",
      "  with websocat: websocat 'ws://localhost:8080/?tachyonVersion=0.1.7'",
    ]);
  });

  test("with several clients has several terminals", async () => {
    const lines = await byHand("disconnect/isolated");
    expect(lines[0]).toContain("each in a terminal of its own");
    expect(lines).toContain("  2 $ npx wscat -c 'ws://localhost:8080/?tachyonVersion=0.1.7'   # bystander");
    expect(lines).toContain('  1 → {"command":"system/disconnect/request"}');
  });

  test("quotes the url for a shell", async () => {
    const [, command] = await byHand("version/unparseable-sql-quote");
    expect(command).toBe("  $ npx wscat -c 'ws://localhost:8080/?tachyonVersion=0.1.7%27--'");
  });

  test.each([
    ["transport/fragmented-two-fragments", "writes WebSocket frames and TCP segments itself"],
    ["transport/ping-with-1-byte", "writes WebSocket frames and TCP segments itself"],
    ["transport/segments-of-the-handshake", "makes its handshake in a way of its own"],
    ["transport/close-with-code-1000", "sends a close frame of its own"],
    ["malformed/not-json-empty", "sends what cannot be typed"],
    ["malformed/unspecified-binary-frame", "sends a binary message"],
    ["disconnect/spelled-tabs-and-line-breaks", "sends what cannot be typed"],
    ["disconnect/extra-a-long-text", "sends more than can be pasted"],
    ["version/isolated", "opens 18 connections"],
  ])("is not possible for %s, since it %s", async (id, why) => {
    expect(await byHand(id)).toEqual([`not by hand with a generic WebSocket client: the case ${why}`]);
  });

  test("says what was refused, and shows the beginning of a long answer", () => {
    const events: WireEvent[] = [
      { at: 0, from: "client", type: "upgrade", data: "GET /" },
      { at: 1, from: "server", type: "upgrade", data: "HTTP/1.1 400", code: 400 },
      { at: 2, from: "server", type: "text", data: "x".repeat(500) },
    ];
    const connection: ReportConnection = { url: "ws://x/", events };
    expect(exchange([connection], new Set())).toContain("  (refused with HTTP 400)");
    expect(exchange([connection], new Set()).join("\n")).toContain(`← ${"x".repeat(200)}…`);
  });
});

test("observing a case does not change it", async () => {
  const some = [
    "version/greeting",
    "transport/ping-with-1-byte",
    "resilience/no-echo",
    "transport/reset-between-two-fragments",
  ];
  const shown = await trial(
    protocol,
    some.map((id) => observe(caseOf(id)).case),
  );
  expect(shown.map(({ id, verdict }) => [id, verdict])).toEqual(some.map((id) => [id, "pass"]));
});

describe("a case", () => {
  let lines: string[];
  beforeAll(async () => {
    lines = caseInWords(await aboutCase(caseOf("version/parity-patch-with-zero"), protocol), protocol);
  });

  test.each([
    ["what is accepted", '      accepts  "patch_mismatch"'],
    [
      "what is not, as a server with a fault does it",
      '      refuses  "match" (by fault compares-versions-as-prefixes)',
    ],
    ["the source", "      source: D, S (the endpoint's description or flags; its JSON schema)"],
    ["the clause", '      clause: system.md, Version: “"const": "patch_mismatch"”'],
    ["where that is", "      where: schemas/0.1.7/document/system.md#version; in the catalogue: Version: the greeting"],
    ["common causes", `      common causes: ${protocol.causes["parity.patch"]}`],
    ["how to run it alone", "  run it alone: npx tachyon-conformance run <url> --case version/parity-patch-with-zero"],
  ])("tells %s", (_, line) => expect(lines).toContain(line));
});

test("a requirement tells its faults", async () => {
  const lines = requirementInWords(await aboutRequirement(requirementOf("parity.patch"), protocol), protocol);
  expect(lines).toContain("    compares-versions-as-prefixes  Takes 0.1.70 for 0.1.7.");
  expect(lines).toContain("  tested by 8 cases");
});

test("a requirement that cannot be broken has neither causes nor faults", async () => {
  const lines = requirementInWords(await aboutRequirement(requirementOf("parity.prerelease"), protocol), protocol).join(
    "\n",
  );
  expect(lines).not.toMatch(/common causes|broken by/);
});

describe("a fault", () => {
  const explain = async (name: string) => {
    const fault = (await protocol.faults())[name];
    return faultInWords(await aboutFault(name, fault as NonNullable<typeof fault>, protocol), protocol);
  };

  test("tells what it does and breaks, what finds it, what came, and how to serve it", async () => {
    const lines = await explain("compares-versions-as-prefixes");
    expect(lines).toEqual(
      expect.arrayContaining([
        "  Takes 0.1.70 for 0.1.7.",
        expect.stringMatching(/^ {2}breaks parity\.patch \(MUST\): Equal majors/),
        "  found by 1 case",
        "    version/parity-patch-with-zero  a client of version 0.1.70 connects",
        '    expected  "patch_mismatch"',
        '    came      "match"',
        "  serve it: npx tachyon-conformance serve --port 8080 --fault compares-versions-as-prefixes",
        "  and find it: npx tachyon-conformance run ws://localhost:8080/ --case version/parity-patch-with-zero",
      ]),
    );
  });

  test("that nearly every case finds names some", async () => {
    const lines = await explain("talks-plain-text");
    expect(lines.join("\n")).toMatch(/^ {2}found by \d{3} cases, among them$/m);
    expect(lines.filter((line) => /^ {4}\w+\/\S+ {2}/.test(line))).toHaveLength(10);
  });

  test("that needs a header is found with it", async () => {
    const lines = await explain("greets-members-only");
    expect(lines.at(-1)).toContain("--header 'Authorization: Bearer conformance' --case version/no-login");
  });
});
