import { describe, expect, test } from "@jest/globals";
import picocolors from "picocolors";
import type { WireEvent } from "../../harness/transcript.ts";
import { type BlockOptions, failureBlock } from "../../reports/block.ts";
import { takesLinks } from "../../reports/colors.ts";
import type { ToldFinding } from "../../reports/findings.ts";
import type { ReportCase, ReportCheck } from "../../reports/report.ts";
import { columns, firstSentence } from "../../reports/wrap.ts";
import { protocol } from "../../suites/0.1.7/index.ts";

const event = (at: number, from: "client" | "server", data: string): WireEvent => ({ at, from, type: "text", data });
const LONG = Array.from({ length: 40 }, (_, i) => event(i, i % 2 === 0 ? "client" : "server", `{"number":${i}}`));
const OTHERS = Array.from({ length: 9 }, () => ({ url: "ws://x/?other", events: LONG.slice(0, 4) }));

const check: ReportCheck = {
  requirement: "parity.major",
  level: "MUST",
  verdict: "fail",
  expected: '"major_mismatch"',
  actual: '"minor_mismatch"',
  evidence: { connection: 1, events: [21] },
};
const shown: ReportCase = {
  id: "version/parity-higher-lower-lower",
  title: "a client of version 1.0.6 connects",
  suite: "version",
  verdict: "fail",
  durationMs: 1,
  digest: "",
  checks: [check],
  connections: [OTHERS[0], { url: "ws://x/?v=1.0.6", events: LONG }, ...OTHERS].filter((it) => it !== undefined),
};
const more = Array.from({ length: 15 }, (_, i) => ({ ...shown, id: `version/other-${i}` }));
const found: ToldFinding = {
  requirement: { id: "parity.major", level: "MUST", verdict: "fail", cases: [] },
  verdict: "fail",
  check,
  shown,
  cases: [shown, ...more],
  expected: false,
  resting: 0,
};
const options: BlockOptions = {
  knowledge: protocol,
  colors: picocolors.createColors(false),
  command: (id) => `npx it run ws://x --case ${id}`,
};
/** A text with its escape sequences readable. */
const seen = (lines: readonly string[]) => lines.join("\n").replaceAll("\u001b", "ESC");
const show = (changes: Partial<BlockOptions> = {}, isShownAbove = false) =>
  failureBlock(found, isShownAbove, { ...options, ...changes });

const said = (id: string, data: string, requirement = "message.schema", actual = `wrong: ${id}`): ReportCase => ({
  ...shown,
  id,
  checks: [{ ...check, requirement, actual, evidence: { connection: 0, events: [0] } }],
  connections: [{ url: "ws://x", events: [event(0, "server", data)] }],
});
const goodbye = (rest: string) => `{"command":"system/disconnected/response"${rest}}`;

test("a case that could not be judged is neither alike nor another breach", () => {
  const { checks, connections } = said("version/error", goodbye(',"status":"done"'));
  const cutOff = checks.map((it) => ({
    ...it,
    requirement: check.requirement,
    verdict: "error" as const,
    actual: "cut",
  }));
  const error: ReportCase = { ...shown, id: "version/error", checks: cutOff, connections };
  const lines = failureBlock({ ...found, cases: [shown, error, ...more.slice(0, 2)] }, false, options);
  expect(lines).toContain("  likewise in 2 more: version/other-0, version/other-1");
  expect(lines.join("\n")).not.toContain("another");
});

test("a finding tells once of each further way in which its requirement is broken", () => {
  const cases = [
    said("a/first", goodbye(',"status":"failed"')),
    said("a/alike", goodbye(',"status":"failed","more":1')),
    said("a/other-part", goodbye(',"status":"done"')),
    said("a/other-message", '{"command":"system/version/response","status":"failed"}'),
    said("a/once-more", goodbye(',"status":"over"')),
  ];
  const [first] = cases as [ReportCase];
  const requirement = { id: "message.schema", level: "MUST" as const, verdict: "fail" as const, cases: [] };
  const lines = failureBlock(
    { ...found, requirement, check: first.checks[0] ?? check, shown: first, cases },
    false,
    options,
  );
  expect(lines.filter((line) => line.startsWith("  another "))).toEqual([
    "  another breach, in a/other-part: wrong: a/other-part",
    "  another breach, in a/other-message: wrong: a/other-message",
  ]);
});

test("where the same came of another mistake, a finding tells that mistake once", () => {
  const carriedOut = (id: string): ReportCase =>
    said(id, goodbye(',"status":"success"'), "malformed.rejected", "success");
  const cases = [
    "malformed/lenient-extra-nan",
    "malformed/near-miss-space-before",
    "malformed/near-miss-space-after",
  ].map(carriedOut);
  const [first] = cases as [ReportCase];
  const requirement = { id: "malformed.rejected", level: "MUST" as const, verdict: "fail" as const, cases: [] };
  const lines = failureBlock(
    { ...found, requirement, check: first.checks[0] ?? check, shown: first, cases },
    false,
    options,
  );
  expect(lines.filter((line) => line.includes("another "))).toEqual([
    expect.stringMatching(/^ {2}perhaps another mistake, in malformed\/near-miss-space-before: The command is trimmed/),
  ]);
});

describe("the block of a failure", () => {
  test("says at a glance what the client did, what is owed, what came, the cause, the clause and the command", () => {
    const text = show().join("\n");
    expect(text).toMatch(/^FAIL version\/parity-higher-lower-lower\n {2}a client of version 1\.0\.6 connects\n/);
    expect(text).toContain("\n  parity.major (MUST): The majors differ");
    expect(text).toContain('\n    expected  "major_mismatch"\n    came      "minor_mismatch"\n');
    expect(text).toContain("\n    cause     Versions are not compared part by part");
    expect(text).toMatch(/\n {4}clause {4}system\.md, Version, schemas\S+\n/);
    expect(text).toContain("\n  alone: npx it run ws://x --case version/parity-higher-lower-lower\n");
    expect(text).toContain(
      "likewise in 15 more: version/other-0, version/other-1, version/other-2, … and 12 more (--verbose)",
    );
  });

  test("shows only the connection that matters, and marks the wrong line", () => {
    const lines = show();
    expect(lines.filter((line) => /^ {2}connection/.test(line))).toEqual(["  connection 2 of 11 ws://x/?v=1.0.6"]);
    expect(lines.filter((line) => line.startsWith("  > "))).toEqual([expect.stringContaining('{"number":21}')]);
    expect(seen(show({ colors: picocolors.createColors(true) }))).toMatch(/ESC\[31m> .*\{"number":21\}/);
  });

  test("shows of a transcript that was shown before only the wrong line", () => {
    const wire = show({}, true).filter((line) => / ms [→←·] /.test(line));
    expect(wire).toEqual([expect.stringContaining('{"number":21}')]);
  });

  test.each([80, 120, undefined])("has at most 20 lines, each within the terminal: %s columns", (width) => {
    const lines = show({ width });
    expect(lines.length).toBeLessThanOrEqual(21);
    const tooLong = lines.filter((line) => line.length > (width ?? 500) && !/alone:|clause/.test(line));
    expect(tooLong).toEqual([]);
  });

  test("keeps what the client last sent before the wrong line, however little room there is", () => {
    const said = (at: number, data: string) => event(at, "server", `${data}${"x".repeat(200)}`);
    const events = [
      ...[0, 1, 2].map((at) => said(at, "old")),
      event(3, "client", "banana"),
      said(4, "a"),
      said(5, "b"),
    ];
    const wrong = { ...check, evidence: { connection: 0, events: [5] } };
    const only = { ...shown, checks: [wrong], connections: [{ url: "ws://x/", events }] };
    const text = failureBlock({ ...found, check: wrong, shown: only }, false, { ...options, width: 80 }).join("\n");
    expect(text).toMatch(/→ text banana\n/);
  });

  test("cuts off nothing of the wrong line that a narrow terminal would", () => {
    const text = `{"long":"${"x".repeat(80)}","wrong":"minor_mismatch"}`;
    const events = [event(0, "client", "ping"), event(1, "server", text)];
    const actual = { ...check, evidence: { connection: 0, events: [1] } };
    const it = { ...shown, checks: [actual], connections: [{ url: "ws://x/", events }] };
    const lines = failureBlock({ ...found, check: actual, shown: it }, false, { ...options, width: 80 });
    expect(lines.map((line) => line.replace(/^ *(> .{13})?/, "")).join("")).toContain(text);
  });

  test("links the clause where the terminal has links", () => {
    const linkOf = (link: string) => `/package/${link}`;
    expect(seen(show({ links: true, linkOf }))).toContain(
      "clause    ESC]8;;file:///package/schemas/0.1.7/document/system.md#versionESC\\system.md, VersionESC]8;;ESC\\\n",
    );
  });
});

test("a text is broken between words, and cut where it takes too many lines", () => {
  expect(columns("one two three four five six", 0, 9, 21, 99)).toEqual(["one two three four", "five six"]);
  expect(columns(`${"x".repeat(50)} y`, 0, 2, 21, 99)).toEqual(["x".repeat(20), `${"x".repeat(19)}…`]);
  expect(columns("one two three four five six", 0, 1, undefined, 7)).toEqual(["one two…"]);
  expect(columns("", 0, 1, 80, 7)).toEqual([""]);
});

test("a text is broken by the columns that its characters take, and none of them is cut", () => {
  expect(columns("漢字漢字漢字漢字漢字漢字 é 漢字", 0, 2, 21, 99)).toEqual(["漢字漢字漢字漢字漢字", "漢字 é 漢字"]);
  expect(columns("👩‍👩‍👧".repeat(15), 0, 1, 21, 99)).toEqual([`${"👩‍👩‍👧".repeat(9)}…`]);
  expect(columns(`${"x".repeat(20)}\u0301x`, 0, 2, 21, 99)).toEqual([`${"x".repeat(20)}\u0301`, "x"]);
  expect(columns(`か${"\uff9e".repeat(30)}`, 0, 2, 21, 99)).toEqual([`か${"\uff9e".repeat(19)}`, "\uff9e".repeat(11)]);
});

test("the first sentence of a requirement ends no sooner than it should", () => {
  expect(firstSentence("Every message is one text, e.g. JSON, of version 0.1.7 or so. More stands here.")).toBe(
    "Every message is one text, e.g. JSON, of version 0.1.7 or so.",
  );
  for (const { statement } of protocol.requirements) expect(firstSentence(statement).length).toBeGreaterThan(20);
});

test("a short statement stands whole, since its second sentence may be the broken one; of a long one the first stands", () => {
  const [row] = protocol.requirements.filter(({ id }) => id === check.requirement);
  const told = (statement: string) => {
    const requirements = row ? [{ ...row, statement }] : [];
    return show({ knowledge: { ...protocol, requirements }, width: 80 }).join("\n");
  };
  const [first, second] = ["A client gets a token by its secret.", "With a wrong secret it gets `invalid_client`."];
  expect(told(`${first} ${second}`)).toMatch(/With a wrong\s+secret it gets `invalid_client`\.\n/);
  expect(told(`${first} ${second} ${"More. ".repeat(20)}`)).not.toMatch(/wrong secret/);
});

test("hyperlinks follow FORCE_HYPERLINK, then the terminal", () => {
  const terminal = { isTTY: true };
  expect(takesLinks({}, { FORCE_HYPERLINK: "1" })).toBe(true);
  expect(takesLinks(terminal, { FORCE_HYPERLINK: "0", VTE_VERSION: "7600" })).toBe(false);
  expect(takesLinks(terminal, { VTE_VERSION: "7600" })).toBe(true);
  expect(takesLinks(terminal, { TERM: "xterm-kitty" })).toBe(true);
  expect(takesLinks(terminal, { TERM: "xterm-256color" })).toBe(false);
  expect(takesLinks(terminal, { VTE_VERSION: "7600", NO_COLOR: "1" })).toBe(false);
  expect(takesLinks(terminal, { VTE_VERSION: "7600", CI: "true" })).toBe(false);
  expect(takesLinks({}, { VTE_VERSION: "7600" })).toBe(false);
});
