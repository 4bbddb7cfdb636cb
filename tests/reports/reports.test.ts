import { describe, expect, test } from "@jest/globals";
import { Ajv } from "ajv";
import { SaxesParser, type SaxesTagPlain } from "saxes";
import type { CaseResult } from "../../harness/execute.ts";
import { cut, keep, shorten } from "../../harness/kept.ts";
import type { RunResult } from "../../harness/runner.ts";
import type { WireEvent } from "../../harness/transcript.ts";
import { useColors } from "../../reports/colors.ts";
import { visible, xmlSafe } from "../../reports/escape.ts";
import { junit } from "../../reports/junit.ts";
import { makeReport } from "../../reports/make.ts";
import { statementOf } from "../../reports/names.ts";
import { loggedLines, tellLimit } from "../../reports/progress.ts";
import schema from "../../reports/report.schema.json" with { type: "json" };
import type { Report } from "../../reports/report.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import { cases, runAgainst } from "../helpers.ts";
import { lobby } from "../servers/lobby.ts";
import { inTerminal } from "./samples.ts";

const NASTY = '\u001b[31m]]><script>alert(1)</script>&"\u0000\u202e\ud800\ufffe';
const context = () => ({
  suite: { name: "tachyon-conformance", version: "1.2.3" },
  protocol,
  target: { url: "ws://example.org/", embedded: false, strict: false },
});

const check = (verdict: CaseResult["verdict"], actual = "it") =>
  ({ requirement: "disconnect.answered", level: "MUST", verdict, expected: "that", actual }) as const;
const result = (verdict: CaseResult["verdict"], more: Partial<CaseResult> = {}): CaseResult => ({
  case: cases.find(
    ({ id }) => id === `disconnect/${verdict === "fail" ? "alone" : verdict === "error" ? "at-once" : "reconnect"}`,
  ) as CaseResult["case"],
  verdict,
  checks: [check(verdict)],
  connections: [],
  beganAt: 0,
  durationMs: 1,
  ...more,
});
const run = (...results: CaseResult[]): RunResult => ({
  startedAt: new Date(0),
  durationMs: 5,
  results,
  passes: [results],
  stop: undefined,
  stalls: [],
  unexplained: [],
  seed: 0,
});

/** Parses XML strictly. Throws if it is not well-formed. */
function elements(xml: string): SaxesTagPlain[] {
  const found: SaxesTagPlain[] = [];
  const parser = new SaxesParser();
  parser.on("error", (error) => {
    throw error;
  });
  parser.on("opentag", (tag) => found.push(tag as SaxesTagPlain));
  parser.write(xml).close();
  return found;
}

const validate = new Ajv({ strict: true }).compile(schema);
const valid = (report: Report) => validate(JSON.parse(JSON.stringify(report))) || validate.errors;

/** Every fifth of the cases that put no load on a server. */
const light = protocol.suites
  .filter(({ load }) => !load)
  .flatMap((suite) => suite.cases)
  .filter((_, i) => i % 5 === 0);

describe("report.json", () => {
  test("of a real run against a server with bugs matches the shipped schema", async () => {
    const server = await lobby(() => ({ parity: () => "match", greet: (client) => client.say(NASTY) }));
    const report = makeReport(await runAgainst(server.url, light, { timeout: 500 }), context());
    await server.close();
    expect(valid(report)).toBe(true);
    expect(report.verdict).toBe("fail");
    expect(report.requirements.map(({ id }) => id)).toEqual(protocol.requirements.map(({ id }) => id));
    expect(Object.values(report.counts).reduce((a, b) => a + b)).toBe(light.length);
  });

  test("the verdict is incomplete if a MUST was not judged, or there is an error", () => {
    expect(makeReport(run(result("pass")), context()).verdict).toBe("pass");
    expect(makeReport(run(result("pass"), result("skip")), context()).verdict).toBe("incomplete");
    expect(makeReport(run(result("error")), context()).verdict).toBe("incomplete");
    expect(makeReport(run(result("skip"), result("fail")), context()).verdict).toBe("fail");
    const lost = { ...run(result("pass")), stop: { reason: "lost", words: "", why: "" } } as const;
    expect(makeReport(lost, context()).verdict).toBe("fail");
  });

  test("a requirement has the worst verdict of its cases, and skip if there is none", () => {
    const { requirements } = makeReport(run(result("pass"), result("fail")), context());
    const find = (id: string) => requirements.find((it) => it.id === id);
    expect(find("disconnect.answered")).toMatchObject({
      verdict: "fail",
      cases: ["disconnect/reconnect", "disconnect/alone"],
    });
    expect(find("transport.ping")).toMatchObject({ verdict: "skip", cases: [] });
  });

  test("long texts and transcripts are cut, and say so", () => {
    expect(cut("x".repeat(2_000), 2_000)).toHaveLength(2_000);
    const long = { data: "x".repeat(5_000) };
    expect(shorten(shorten(long, 4_000), 2_000).data).toMatch(/^x{2000}… \[cut: 5000 characters in all\]$/);
    const events = Array.from(
      { length: 1_000 },
      (_, at): WireEvent => ({ at, from: "server", type: "text", data: "" }),
    );
    const kept = keep({ url: "", events }).events;
    expect(kept).toHaveLength(121);
    expect(kept[60]).toEqual({ at: 940, from: "client", type: "cut", data: "880 events left out" });
  });
});

describe("junit.xml", () => {
  test("has a testsuite per suite, a testcase per case, and the attributes that readers need", () => {
    const xml = junit(makeReport(run(result("fail"), result("error"), result("skip")), context()), protocol);
    const tags = elements(xml);
    const named = (name: string) => tags.filter((tag) => tag.name === name).map(({ attributes }) => attributes);
    expect(named("testsuites")).toEqual([
      {
        name: `tachyon-conformance: 3 of ${cases.length} cases, 1 of ${protocol.requirements.length} requirements`,
        tests: "3",
        failures: "1",
        errors: "1",
        skipped: "1",
      },
    ]);
    expect(named("testsuite")).toEqual([
      {
        name: "disconnect",
        timestamp: "1970-01-01T00:00:00",
        time: "0",
        tests: "3",
        failures: "1",
        errors: "1",
        skipped: "1",
      },
    ]);
    expect(named("testcase").map(({ classname, name }) => `${classname} ${name}`)).toEqual([
      "disconnect disconnect/alone",
      "disconnect disconnect/at-once",
      "disconnect disconnect/reconnect",
    ]);
    expect(named("failure")).toEqual([{ message: "disconnect.answered: expected that, came it", type: "fail" }]);
    expect(named("error")).toEqual([{ message: "disconnect.answered: expected that, came it", type: "error" }]);
    expect(named("skipped")).toEqual([{ message: "it" }]);
    const owed = { expected: statementOf("disconnect.answered", protocol.requirements) };
    const plain = { ...result("fail"), checks: result("fail").checks.map((check) => ({ ...check, ...owed })) };
    const short = elements(junit(makeReport(run(plain), context()), protocol));
    expect(short.find(({ name }) => name === "failure")?.attributes.message).toBe("disconnect.answered: came it");
    expect(named("property")).toContainEqual({ name: "requirement", value: "disconnect.answered" });
  });

  test("says how long each case took, and a suite from its first event to its last", () => {
    const connections = [2_000, 2_500, 5_500].map((at) => ({
      url: "ws://x/",
      events: [{ at, from: "server", type: "ping", data: "" } as const],
    }));
    const some = [result("pass", { durationMs: 1_234.4, connections }), result("error", { durationMs: 20 })];
    const tags = elements(junit(makeReport(run(...some), context()), protocol));
    const times = tags.flatMap(({ name, attributes: { time } }) => (time === undefined ? [] : [[name, time]]));
    expect(times).toEqual([
      ["testsuite", "3.5"],
      ["testcase", "1.234"],
      ["testcase", "0.02"],
    ]);
  });

  test("says which verdicts vary or are not confirmed", () => {
    const some = [result("fail", { unconfirmed: true }), result("error", { unstable: true }), result("pass")];
    const tags = elements(junit(makeReport(run(...some), context()), protocol));
    const properties = tags.filter(({ name }) => name === "property").map(({ attributes: { name } }) => name);
    expect(properties.filter((name) => name === "unconfirmed" || name === "unstable")).toEqual([
      "unconfirmed",
      "unstable",
    ]);
  });

  test("tells of a target that went away, also beside a failure, and of mistakes of clients that fail the run", () => {
    const stop = { reason: "lost", words: "not run: it died", why: "it died" } as const;
    const lost = junit(makeReport({ ...run(result("fail")), stop }, context()), protocol);
    expect(lost).toMatch(/name="run"[\s\S]*<error message="[^"]*went away[\s\S]*stopped: it died/);
    expect(junit(makeReport(run(result("fail")), context()), protocol)).not.toContain('name="run"');
    const mistakes = [{ says: "it lacks a name", messages: 1, places: [] }];
    const clients = { messages: 3, wrong: 1, mistakes };
    const recording = { files: [], connections: 1, requirements: [], clients };
    const target = { url: "x", embedded: false, strict: false, failOnClientMistakes: true };
    const checked = { ...makeReport(run(result("pass")), context()), target, recording } as unknown as Report;
    expect(junit(checked, protocol)).toMatch(/<error message="clients made mistakes"[^>]*>[\s\S]*it lacks a name/);
  });

  test("is well-formed whatever the server sent", () => {
    const events = [{ at: 0, from: "server", type: "text", data: `${NASTY}${NASTY}` } as const];
    const hostile = result("fail", { checks: [check("fail", NASTY)], connections: [{ url: "ws://x/", events }] });
    const xml = junit(makeReport(run(hostile), context()), protocol);
    expect(elements(xml).filter(({ name }) => name === "script")).toEqual([]);
    expect(xml).toContain("\\u{1b}[31m");
  });
});

describe("the terminal", () => {
  const show = (report: Report, more: object = {}) =>
    inTerminal(report, {
      command: (id: string) => `tachyon-conformance run ws://x --case ${id}`,
      written: ["out/report.json"],
      ...more,
    });

  test("a failure shows the client's act, the requirement, what was acceptable, what came, and the transcript", () => {
    const events: WireEvent[] = [
      { at: 1, from: "client", type: "text", data: '{"command":"a"}' },
      { at: 2.5, from: "server", type: "close", code: 1011, data: "oops" },
    ];
    const report = makeReport(run(result("fail", { connections: [{ url: "ws://x/?v=1", events }] })), context());
    expect(show(report).replace(/1 of \d+ in/, "1 of all in")).toMatchSnapshot();
  });

  test("a failure that was not run again alone says so, and so does one that varies", () => {
    const told = (more: Partial<CaseResult>) => show(makeReport(run(result("fail", more)), context())).split("\n")[0];
    expect(told({})).toBe("FAIL disconnect/alone");
    expect(told({ unconfirmed: true })).toBe("FAIL disconnect/alone (not confirmed: not run again alone)");
    expect(told({ unstable: true })).toBe("FAIL disconnect/alone (unstable: its verdict varies)");
  });

  test("no words of the server are raw", () => {
    const events = [{ at: 0, from: "server", type: "text", data: NASTY } as const];
    const hostile = result("fail", { checks: [check("fail", NASTY)], connections: [{ url: "ws://x/", events }] });
    const text = show(makeReport(run(hostile), context()), { verbose: true });
    expect(text.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
  });

  test("a limit of the target is named once", () => {
    const limit = "the target accepts at most 5 connections at the same time";
    const report = makeReport({ ...run(result("pass")), limits: { together: 5 } }, context());
    expect(show(report).split(limit)).toHaveLength(2);
    expect(show(makeReport(run(result("pass")), context()))).not.toContain("limit");
  });

  test("quiet prints the verdict only", () => {
    expect(show(makeReport(run(result("pass")), context()), { quiet: true })).toBe(
      `PASS no MUST that was judged is broken (partial: 1 of ${cases.length} cases, 1 of ${protocol.requirements.length} requirements)\n`,
    );
  });

  test("cases that break the same requirements are explained once, with verbose each", () => {
    const many = makeReport(
      run(...["a", "b", "c"].map((id) => result("fail", { case: { ...result("fail").case, id } }))),
      context(),
    );
    expect(show(many)).toContain("likewise in 2 more: b, c");
    expect(show(many, { verbose: true }).match(/^FAIL \w$/gm)).toHaveLength(3);
  });
});

test("colours follow FORCE_COLOR, then NO_COLOR, then the terminal", () => {
  const terminalStream = { isTTY: true };
  expect(useColors(terminalStream, {})).toBe(true);
  expect(useColors({}, {})).toBe(false);
  expect(useColors(terminalStream, { NO_COLOR: "1" })).toBe(false);
  expect(useColors(terminalStream, { NO_COLOR: "" })).toBe(true);
  expect(useColors({}, { FORCE_COLOR: "1", NO_COLOR: "1" })).toBe(true);
  expect(useColors(terminalStream, { FORCE_COLOR: "0" })).toBe(false);
  expect(useColors(terminalStream, { TERM: "dumb" })).toBe(false);
});

test("invisible characters are made visible, and nothing else changes", () => {
  expect(visible("größe 日本 💥 a\tb\r\n")).toBe("größe 日本 💥 a\\tb\\r\\n");
  expect(visible("\u001b[2J\u202e\ud800\u0085")).toBe("\\u{1b}[2J\\u{202e}\\u{d800}\\u{85}");
  expect(xmlSafe("a]]>b]]>c\nd\uffff")).toBe("a]] >b]] >c\nd\\u{ffff}");
});

test("in a pipe a line is written when a suite is done, without cursor movement", () => {
  const lines: string[] = [];
  const keep = (line: string) => void lines.push(line);
  const progress = loggedLines(keep, new Map([["disconnect", 2]]), keep);
  progress.result(result("pass"));
  progress.result(result("pass"));
  expect(lines).toEqual([]);
  progress.result(result("fail"));
  expect(lines).toEqual(["disconnect: 2 cases done"]);
});

test("a limit on connections is told with the time that a run takes for it, if that is long", () => {
  const tell = (perSecond?: number, ...suites: string[]) =>
    tellLimit(
      "it accepts few",
      perSecond,
      suites.map((suite) => ({ suite })),
      new Set(["resilience"]),
    );
  const many = Array.from({ length: 500 }, () => "version");
  expect(tell(10, ...many)).toBe("it accepts few. The suite keeps below that, so the run takes about 2 min.");
  expect(tell(10, "version", "resilience", "resilience")).toMatch(/takes about 20 s\.$/);
  for (const short of [tell(50, "version"), tell(undefined, ...many)])
    expect(short).toBe("it accepts few. The suite keeps below that.");
});
