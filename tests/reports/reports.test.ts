import { describe, expect, test } from "@jest/globals";
import { Ajv } from "ajv";
import type { CaseResult } from "../../harness/execute.ts";
import type { WireEvent } from "../../harness/transcript.ts";
import { useColors } from "../../reports/colors.ts";
import { visible, xmlSafe } from "../../reports/escape.ts";
import { makeReport } from "../../reports/make.ts";
import { loggedLines, tellLimit } from "../../reports/progress.ts";
import schema from "../../reports/report.schema.json" with { type: "json" };
import type { Report } from "../../reports/report.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import { cases, runAgainst } from "../helpers.ts";
import { lobby } from "../servers/lobby.ts";
import { check, context, NASTY, result, run } from "./made.ts";
import { inTerminal } from "./samples.ts";

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
