import { describe, expect, test } from "@jest/globals";
import { SaxesParser, type SaxesTagPlain } from "saxes";
import { junit } from "../../reports/junit.ts";
import { makeReport } from "../../reports/make.ts";
import { statementOf } from "../../reports/names.ts";
import type { Report } from "../../reports/report.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import { cases } from "../helpers.ts";
import { check, context, NASTY, result, run } from "./made.ts";

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
