import { describe, expect, test } from "@jest/globals";
import { badge } from "../../reports/badge.ts";
import { findings, type ToldFinding } from "../../reports/findings.ts";
import { html } from "../../reports/html/html.tsx";
import { junit } from "../../reports/junit.ts";
import { markdown } from "../../reports/markdown/markdown.ts";
import { contradictionIn } from "../../reports/read.ts";
import type { Report } from "../../reports/report.ts";
import { commandFor } from "../../reports/shell-commands.ts";
import { isFine } from "../../reports/verdict.ts";
import { otherWays } from "../../reports/ways.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import { onWs } from "../servers/libraries.ts";
import { type Choices, dismiss, parity, type Session, tachyon } from "../servers/tachyon.ts";
import { breaking, concluded, sample, sampleOf, withCase } from "./samples.ts";
import { good, PARITY, refusing, requirements, SHOWS, show, twice } from "./told.ts";

test("the case that shows a finding is of the suite about the requirement, whatever its id begins with", () => {
  const elsewhere = withCase(twice, SHOWS, ({ checks }) => ({
    connections: [],
    checks: checks.map((it) => ({ ...it, requirement: "parity.patch" })),
  }));
  const found = findings(concluded(elsewhere)).find(({ requirement }) => requirement.id === "parity.patch");
  expect(found?.requirement.suite).toBe("version");
  expect(found?.cases.map(({ id }) => id)).toEqual([PARITY, SHOWS]);
});

test("the requirements of which all was skipped are told apart from those that nothing tests", () => {
  expect(show(refusing)).toMatch(
    / {2}covered {2}\d+ of 68 requirements of Tachyon 0\.1\.7 \(.*only skipped: [a-z]+ \d/,
  );
  expect(show(good)).not.toContain("only skipped");
});

test("a failure is told alike in the terminal, with --verbose and in JUnit: cause, clause, wrong line, command", async () => {
  const wrong = { ...(await sample("compares-versions-as-prefixes")), given: ["--timeout", "9"] };
  const options = { knowledge: protocol, command: (...ids: string[]) => commandFor(wrong, ...ids) };
  const body = /<failure [^>]*><!\[CDATA\[(.*?)\]\]>/s.exec(junit(wrong, protocol))?.[1];
  for (const text of [show(wrong, options), show(wrong, { ...options, verbose: true }), body]) {
    expect(text).toMatch(/^ *a client of version 0\.1\.70 connects$/m);
    expect(text).toMatch(/^ *(fail )?parity\.patch \(MUST\): Equal majors and minors, patches differ/m);
    expect(text).toMatch(/^ +expected +"patch_mismatch"\n +came +"match"$/m);
    expect(text).toMatch(
      /^ +cause +Versions are compared as texts or prefixes, so that 0\.1\.70 is taken for 0\.1\.7\.$/m,
    );
    expect(text).toMatch(/^ +clause +system\.md, Version, \S+system\.md#version$/m);
    expect(text).toMatch(/^ *> +\d+\.\d ms ← text .*"match"/m);
    expect(text).toMatch(/^ *alone: npx \S+ run ws:\S+ --timeout 9 --case version\/parity-patch-with-zero$/m);
  }
  for (const text of [await html(wrong, protocol), markdown(wrong, protocol)])
    expect(text).toMatch(/run ws:\S+ --timeout 9 --case version\/parity-patch-with-zero/);
});

test("handshakes that had no answer are counted among all", async () => {
  const at = {
    at: 9,
    from: "client",
    type: "timeout",
    what: "the answer to the handshake",
    afterMs: 9,
    data: "",
  } as const;
  const losing = withCase(good, "disconnect/alone", ({ connections }) => ({
    connections: connections.map((it) => ({
      ...it,
      events: [...it.events.slice(0, 1), { ...at, lost: true as const }],
    })),
  }));
  const all = losing.cases.reduce((sum, { connections }) => sum + connections.length, 0);
  const words = `1 of ${all} handshakes had no answer, unlike those before and after`;
  expect(show(losing)).toMatch(new RegExp(`^ {2}unanswered ${words}$`, "m"));
  expect(markdown(losing, protocol)).toContain(words);
  expect(await html(losing, protocol)).toContain(words);
  expect(show(good)).not.toContain("  unanswered ");
});

test("only what no case judged is called not judged; where there is nothing of that, what a case left open is named", () => {
  const skips = (report: Report, id: string) =>
    withCase(report, id, ({ checks }) => ({
      verdict: "skip",
      checks: checks.map((it) => ({ ...it, verdict: "skip" as const })),
    }));
  const told = (report: Report) => show(concluded(report)).match(/^not judged.*$/m)?.[0];
  const left = skips(good, "malformed/not-json-empty");
  expect(told(left)).toMatch(/^not judged in every case: (?=.*malformed\.rejected)/);
  expect(told(skips(left, "disconnect/alone"))).toBe("not judged: disconnect.request-only, disconnect.no-login");
});

test("the page counts as covered what some cases judged and others could not", async () => {
  const report = withCase(good, "malformed/not-json-empty", ({ checks }) => ({
    verdict: "skip",
    checks: checks.map((it) => ({ ...it, verdict: "skip" as const })),
  }));
  const page = await html(concluded(report), protocol);
  const covered = Number(/(\d+) of 68 requirements covered/.exec(page)?.[1]);
  const words = /aria-label="Requirements: ([^"]*)"/.exec(page)?.[1]?.split(", ") ?? [];
  expect(words).toContainEqual(expect.stringMatching(/^\d+ not judged in every case$/));
  const counted = words.filter((it) => !it.endsWith(" skip")).map((it) => Number.parseInt(it, 10));
  expect(counted.reduce((a, b) => a + b)).toBe(covered);
  expect(page).toMatch(/malformed <span class="note">[^<]*\d not judged in every case/);
  expect(page).toMatch(/<span class="note count">\d+ cases, not judged in every case</);
});

describe("a verdict that varies", () => {
  const varying = (failOnUnstable?: true): Report => {
    const report = withCase(good, PARITY, () => ({ unstable: true }));
    return { ...report, target: { ...report.target, ...(failOnUnstable && { failOnUnstable }) } };
  };

  test("is reported, and fails no run", () => {
    expect(isFine(varying())).toBe(true);
    expect(show(varying())).toMatch(/^PASS/m);
    expect(show(varying())).toMatch(/ varies; with --fail-on-unstable the exit code is 1 for that: version/);
  });

  test("fails one if the user minds, in every format", async () => {
    const report = varying(true);
    expect(isFine(report)).toBe(false);
    expect(contradictionIn(report)).toBeUndefined();
    expect(show(report, { quiet: true })).toBe("FAIL verdicts vary from time to time\n");
    expect(show(report)).toMatch(/^ {2}unstable the verdict of 1 case varies, which fails the run: version/m);
    expect(junit(report, { requirements })).toMatch(/<testsuites .*errors="1"/);
    expect(markdown(report, { requirements })).toMatch(/^## ❌ .*: verdicts vary from time to time$/m);
    expect(await html(report, protocol)).toMatch(/<title>FAIL · Unstable/);
    expect(JSON.parse(badge(report))).toMatchObject({ message: "unstable", color: "red" });
  });
});

test("a run that ended early says how many of its cases ran, in every format", async () => {
  const stop = {
    reason: "bail",
    words: "not run: x failed, and --bail ends the run",
    why: "x failed, and --bail ends the run",
  } as const;
  const cases = good.cases.map((it, i) =>
    i < 3
      ? it
      : {
          ...it,
          verdict: "skip" as const,
          unrun: true as const,
          checks: it.checks.map((check) => ({ ...check, verdict: "skip" as const, actual: stop.words })),
        },
  );
  const bailed = concluded({ ...good, allCases: 621, cases, stop });
  const words = `${cases.length} of 621`;
  expect(show(bailed)).toMatch(new RegExp(`^ {2}cases {4}${words}, of which 3 ran, in \\d`, "m"));
  expect(markdown(bailed, { requirements })).toMatch(new RegExp(`^- Cases: ${words}, of which 3 ran, in \\d`, "m"));
  expect(await html(bailed, protocol)).toContain(`${words} cases, of which 3 ran`);
  expect(show({ ...good, allCases: 621 })).toMatch(new RegExp(`^ {2}cases {4}${words} in \\d`, "m"));
});

test("a requirement is shown by a case of the suite about it", () => {
  const CLOSES = "disconnect.closes";
  const both = [SHOWS, "version/greeting"].reduce((report, id) => breaking(report, id, CLOSES), good);
  const [found] = findings(both);
  expect([found?.requirement.id, found?.shown.id, found?.cases.length]).toEqual([CLOSES, SHOWS, 2]);
});

test("a requirement is shown by the plainest case, though it explains nothing, unless that has many clients", () => {
  const CLOSES = "disconnect.closes";
  const shownOf = (report: Report) => findings(report).find(({ requirement: { id } }) => id === CLOSES)?.shown.id;
  const both = [SHOWS, "disconnect/reconnect"].reduce((report, id) => breaking(report, id, CLOSES), good);
  const explaining = withCase(both, "disconnect/reconnect", ({ checks }) => ({
    checks: checks.map((it) => (it.requirement === CLOSES ? it : { ...it, verdict: "skip", see: CLOSES })),
    plain: undefined as never,
  }));
  expect(shownOf(explaining)).toBe(SHOWS);
  const crowded = withCase(explaining, SHOWS, ({ connections }) => ({ connections: [...connections, ...connections] }));
  expect(shownOf(crowded)).toBe("disconnect/reconnect");
});

const UNKNOWN = "malformed/unknown-service";
const invalid = { status: "failed", reason: "invalid_request" };

/** Answers all but an unknown command as it should. */
const onlyUnknown = (act: (session: Session) => void) => (session: Session, command: unknown) =>
  typeof command === "string" ? act(session) : dismiss(session);

test.each<[requirement: string, how: string, shown: string, Partial<Choices>]>([
  ["termination.reason", "refuses for a reason of its own", UNKNOWN, { refuse: (session) => session.end(invalid) }],
  ["termination.announced", "ends connections", UNKNOWN, { refuse: (session) => session.drop() }],
  ["malformed.usable", "ends connections", UNKNOWN, { refuse: (session) => session.drop() }],
  ["termination.announced", "drops unknown commands", UNKNOWN, { refuse: onlyUnknown((session) => session.drop()) }],
  [
    "termination.announced",
    "drops who names no command",
    "malformed/not-json-word",
    { refuse: (session, command) => (command === undefined ? session.drop() : dismiss(session)) },
  ],
  ["disconnect.answered", "says no goodbye", SHOWS, { farewell: (session) => session.close() }],
  ["message.json", "greets with an array", "version/greeting", { spell: (message) => JSON.stringify([message]) }],
])("%s of a server that %s is shown by %s", async (requirement, _, shown, choices) => {
  const some =
    /^(version\/greeting$|disconnect\/(a|rec)|malformed\/(lenient-[a-e]|unknown-s|not-json-[ew]|five|twelve)|transport\/.*unknown-com)/;
  const report = await sampleOf(await onWs(tachyon(choices)), { timeout: 500 }, some);
  const found = findings(report).find(({ requirement: { id } }) => id === requirement);
  expect(found?.cases.length).toBeGreaterThan(1);
  expect(found?.shown.id).toBe(shown);
});

const misjudging = (wrong: RegExp): Partial<Choices> => ({
  parity: (version) => (wrong.test(version) ? "minor_mismatch" : parity(version)),
});

test.each<[requirement: string, how: string, others: readonly string[], Partial<Choices>]>([
  ["version.greeting", "greets nobody", [], { greet() {} }],
  ["parity.major", "takes majors for minors", [], misjudging(/^([1-9]\d*)\./)],
  ["parity.major", "is wrong where it counts up", ["version/parity-major-higher-by-two"], misjudging(/^(2|10)\./)],
])("%s of a server that %s: likely mistakes of its own are in %j", async (requirement, _, others, choices) => {
  const some = /^version\/(greeting$|parity-(higher-eq|major)|unparseable-without|missing-empty)/;
  const report = await sampleOf(await onWs(tachyon(choices)), { timeout: 500 }, some);
  const found = findings(report).find(({ requirement: { id } }) => id === requirement) as ToldFinding;
  expect(otherWays(found, protocol).map((it) => it.case)).toEqual(others);
});
