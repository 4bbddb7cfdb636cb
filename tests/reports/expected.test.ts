import { beforeAll, describe, expect, test } from "@jest/globals";
import { applyExpected } from "../../reports/expected/apply.ts";
import { parseExpected } from "../../reports/expected/read.ts";
import { updateExpected } from "../../reports/expected/update.ts";
import { junit } from "../../reports/junit.ts";
import type { Report } from "../../reports/report.ts";
import { isExpected, isFine } from "../../reports/verdict.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import { breaking, inTerminal, sample, withCase } from "./samples.ts";

const FAILING = "version/parity-patch-with-zero";

let broken: Report;
let good: Report;
beforeAll(async () => {
  [broken, good] = await Promise.all([sample("compares-versions-as-prefixes"), sample()]);
});

const parse = (text: string) => parseExpected(text, "ef.yaml", protocol);
const apply = (text: string, report: Report) => applyExpected(report, parse(text), protocol);
const problems = ({ expectedFailures }: Report) => expectedFailures?.entries.flatMap((entry) => entry.problems);

describe("a file of expected failures", () => {
  test.each([
    [
      "a key with a typo",
      "- case: version/greeting\n  reson: x\n",
      /^ef\.yaml:2: an entry takes no "reson", but case, requirement, .*nearest.*"reason"/,
    ],
    ["an unknown case", "- reason: x\n  case: version/greting\n", /^ef\.yaml:2: there is no case.*"version\/greeting"/],
    ["an unknown requirement", "- requirement: parity.path\n  reason: x\n", /^ef\.yaml:1: .*"parity\.patch"/],
    [
      "a bad date",
      "- case: version/greeting\n  reason: x\n  expires: 2026-02-30\n",
      /^ef\.yaml:3: "2026-02-30" is not a date/,
    ],
    ["another date", "- case: version/greeting\n  reason: x\n  expires: 31.3.2027\n", /^ef\.yaml:3: .*2027-03-31/],
    ["a tab", "- case: version/greeting\n\treason: x\n", /^ef\.yaml:2: no valid YAML: .*[Tt]ab/],
    ["no reason", "\n- case: version/greeting\n", /^ef\.yaml:2: .*no "reason"/],
    ["an empty reason", "- case: version/greeting\n  reason:\n", /^ef\.yaml:2: "reason" is not a text/],
    ["a number for a text", "- case: version/greeting\n  reason: 12\n", /^ef\.yaml:2: "reason" is not a text/],
    ["neither case nor requirement", "- reason: x\n", /^ef\.yaml:1: .*neither/],
    ["an empty list of cases", "- case: []\n  reason: x\n", /^ef\.yaml:1: "case" is an empty list/],
    [
      "a link that runs a script",
      "- case: version/greeting\n  reason: x\n  issue: javascript:alert(1)\n",
      /^ef\.yaml:3: .*not a link/,
    ],
    ["a key twice", "- case: version/greeting\n  reason: x\n  reason: y\n", /^ef\.yaml:3: no valid YAML: .*unique/],
    ["no list", "case: version/greeting\n", /^ef\.yaml:1: it holds no list/],
    ["a list of texts", "- version/greeting\n", /^ef\.yaml:1: an entry is not a mapping/],
  ])("with %s is refused in one line that says where", (_, text, message) => {
    expect(() => parse(text)).toThrow(message);
    expect(() => parse(text)).toThrow(/^[^\n]*$/);
  });

  test("may be empty, and may hold comments, lists and globs", () => {
    expect(parse("").entries).toEqual([]);
    expect(parse("# nothing\n").entries).toEqual([]);
    const [entry] = parse(`- case: # two\n    - ${FAILING}\n    - malformed/*\n  reason: x\n`).entries;
    expect(entry?.case?.map(({ text, line }) => ({ text, line }))).toEqual([
      { text: FAILING, line: 2 },
      { text: "malformed/*", line: 3 },
    ]);
    expect(entry?.lines).toEqual([1, 4]);
  });
});

describe("an expected failure", () => {
  test.each([
    ["a case", `- case: ${FAILING}\n  reason: known\n`],
    ["a glob", "- case: version/parity-patch-with-z*\n  reason: known\n"],
    ["a requirement", "- requirement: parity.patch\n  reason: known\n"],
    ["a requirement in a case", `- requirement: parity.*\n  case: ${FAILING}\n  reason: known\n`],
  ])("named by %s does not fail the run", (_, text) => {
    expect(isFine(broken)).toBe(false);
    const report = apply(text, broken);
    expect(report.verdict).toBe("pass");
    expect(problems(report)).toEqual([]);
    expect(isFine(report)).toBe(true);
    expect(report.cases.filter(isExpected).map(({ id }) => id)).toEqual([FAILING]);
    expect(report.counts.fail).toBe(1);
    expect(junit(report, protocol)).toMatch(/<skipped message="known"\/>/);
    expect(junit(report, protocol)).not.toMatch(/<failure/);
  });

  test("of one requirement does not cover another that breaks in the same case", () => {
    const worse = withCase(broken, FAILING, ({ checks }) => ({
      checks: checks.map((it) => (it.requirement === "message.schema" ? { ...it, verdict: "fail" } : it)),
    }));
    expect(apply(`- case: ${FAILING}\n  requirement: parity.patch\n  reason: x\n`, worse).verdict).toBe("fail");
    expect(apply(`- case: ${FAILING}\n  reason: x\n`, worse).verdict).toBe("pass");
  });

  test("is listed apart from what nobody expects, also in part", () => {
    const GREETING = "version/greeting";
    const worse = breaking(broken, GREETING, "message.schema");
    const told = (text: string) =>
      inTerminal(apply(text, worse), { quiet: true }).match(/^ {2}(?:broken|expected) .*$/gm);
    const patch = `- requirement: parity.patch\n  case: ${FAILING}\n  reason: x\n`;
    expect(told("")).toEqual(["  broken   message.schema in 1, parity.patch in 1"]);
    expect(told(patch)).toEqual(["  broken   message.schema in 1", "  expected parity.patch in 1"]);
    const both = breaking(worse, "disconnect/alone", "message.schema");
    const part = "- requirement: message.schema\n  case: version/greeting\n  reason: x\n";
    expect(inTerminal(apply(part, both))).toMatch(
      /^ {2}broken {3}message\.schema in 1, parity\.patch in 1\n {2}expected message\.schema in 1$/m,
    );
  });

  test("also covers checks that it kept from being judged, in its case and in others that are named", async () => {
    const report = await sample("accepts-older-patches");
    const first = "- case: version/parity-equal-equal-lower\n  reason: x\n";
    expect(apply(first, report).verdict).toBe("incomplete");
    expect(apply(`${first}- case: version/isolated\n  reason: x\n`, report).verdict).toBe("pass");
  });
});

describe("an entry that does not hold", () => {
  test.each([
    ["passes", `- case: ${FAILING}\n  reason: x\n`, 1, /parity-patch-with-zero no longer fails: delete lines 1-2/],
    ["passes, among others", `- case:\n    - ${FAILING}\n    - resilience/idle\n  reason: x\n`, 2, /delete line 2$/],
    ["is kept", "\n- requirement: parity.patch\n  reason: x\n", 2, /parity\.patch no longer fails: delete lines 2-3/],
    ["is kept on every message", "- requirement: message.known\n  reason: x\n", undefined, /$/],
    [
      "matches nothing",
      "- case: version/nothing-*\n  reason: x\n",
      1,
      /"version\/nothing-\*" matches nothing: delete lines 1-2/,
    ],
    [
      "is past its date",
      `- case: ${FAILING}\n  reason: x\n  expires: 2020-01-31\n`,
      3,
      /past its date, 2020-01-31: delete lines 1-3/,
    ],
  ])("because it %s fails the run and says which line to delete", (_, text, line, says) => {
    const report = apply(text, good);
    const found = problems(report) ?? [];
    expect(isFine(report)).toBe(line === undefined);
    if (line !== undefined) expect(found[0]).toEqual({ line, says: expect.stringMatching(says) });
  });

  test("in part is to be narrowed", () => {
    const report = apply("- case: version/parity-patch-with-*\n  reason: x\n", broken);
    const says = /^version\/parity-patch-with-digit-before, .* no longer fail: narrow the pattern$/;
    expect(problems(report)).toEqual([{ line: 1, says: expect.stringMatching(says) }]);
  });

  test("names a requirement that does not fail, or does not exist, beside one that fails", () => {
    const entry = `- case: ${FAILING}\n  requirement: [parity.patch, message.json, "typo.*"]\n  reason: x\n`;
    expect(problems(apply(entry, broken))).toEqual([
      { line: 2, says: "message.json no longer fails: delete line 2" },
      { line: 2, says: '"typo.*" matches nothing: delete line 2' },
    ]);
  });

  test("is told once, if none of its cases or of its requirements is left", () => {
    const entry = `- requirement: parity.patch\n  case:\n    - ${FAILING}\n    - version/nothing-*\n  reason: x\n`;
    const says = `${FAILING} no longer fails, "version/nothing-*" matches nothing: delete lines 1-5`;
    expect(problems(apply(entry, good))).toEqual([{ line: 3, says }]);
  });

  test("past its date covers no failure, and on its last day it does", () => {
    const entry = (day: string) => `- case: ${FAILING}\n  reason: x\n  expires: ${day}\n`;
    expect(apply(entry("2020-01-31"), broken).verdict).toBe("fail");
    expect(isFine(apply(entry(broken.startedAt.slice(0, 10)), broken))).toBe(true);
  });

  test.each<[string, (report: Report) => Report]>([
    ["did not run", (report) => ({ ...report, cases: report.cases.filter(({ id }) => id !== FAILING) })],
    ["is unstable", (report) => withCase(report, FAILING, () => ({ unstable: true }))],
  ])("is not complained of where its case %s", (_, change) => {
    const report = change(good);
    expect(problems(apply(`- case: ${FAILING}\n  reason: x\n`, report))).toEqual([]);
    expect(problems(apply("- requirement: parity.patch\n  reason: x\n", report))).toEqual([]);
  });

  test("is a failure in the JUnit report, too, which would otherwise be green", () => {
    const xml = junit(apply(`- case: ${FAILING}\n  reason: x\n`, good), protocol);
    expect(xml).toMatch(/<testcase classname="expected-failures" name="ef\.yaml:1">\s*<failure message="version/);
  });
});

describe("bringing the file up to date", () => {
  const update = (text: string, report: Report) => updateExpected(parse(text), apply(text, report), protocol) ?? text;

  test("makes one from a run, which then passes", () => {
    const text = update("", broken);
    expect(text).toMatch(/^# Failures/);
    expect(parse(text).entries).toMatchObject([
      {
        requirement: [{ text: "parity.patch" }],
        case: [{ text: FAILING }],
        reason: expect.stringMatching(/^not looked/),
      },
    ]);
    expect(isFine(apply(text, broken))).toBe(true);
    expect(update(text, broken)).toBe(text);
  });

  test("keeps comments, reasons and entries that this run cannot judge, removes those that pass, narrows a glob", () => {
    const text = [
      "# ours",
      "- case: # two",
      "    - version/parity-patch-with-*",
      "    - resilience/idle",
      "  reason: the reason # why",
      "  expires: 2020-01-01",
      "# gone",
      "- case: disconnect/alone",
      "  reason: over",
      "",
    ].join("\n");
    const updated = update(text, broken);
    expect(updated).toMatch(/^# ours\n/);
    expect(updated).toMatch(/reason: the reason # why\n {2}expires: 2020-01-01\n/);
    expect(updated).not.toMatch(/disconnect\/alone/);
    expect(parse(updated).entries.map((it) => it.case?.map(({ text }) => text))).toEqual([
      [FAILING, "resilience/idle"],
    ]);
  });

  test("changes nothing if all entries hold, however they are laid out", () => {
    const text = `- {case:   ${FAILING}, reason: "x"}   # why\r\n`;
    expect(updateExpected(parse(text), apply(text, broken), protocol)).toBeUndefined();
  });

  test("keeps comments in a list, and those above a removed entry", () => {
    const text = [
      "- case: disconnect/alone",
      "  reason: over",
      "# section",
      "- case: disconnect/reconnect",
      "  reason: over",
      "- case:",
      "    # the first",
      `    - ${FAILING} # zero`,
      "    - disconnect/alone",
      "  reason: stays",
      "",
    ].join("\n");
    const updated = update(text, broken);
    expect(updated).toMatch(/# section/);
    expect(updated).toMatch(/# the first\n {4}- version\/parity-patch-with-zero # zero\n {2}reason: stays/);
    expect(parse(updated).entries).toHaveLength(1);
  });

  test("leaves an empty list if nothing fails any more", () => {
    expect(parse(update(`- case: ${FAILING}\n  reason: x\n`, good)).entries).toEqual([]);
  });
});
