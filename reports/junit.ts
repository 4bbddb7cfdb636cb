import commonJs, { type Builder, type TestCase } from "junit-report-builder";
import type { Requirement } from "../harness/catalogue.ts";
import { groupBy } from "../harness/group.ts";
import type { Knowledge } from "./cause.ts";
import { failsForClients, mistakeInWords, mistakesOf } from "./clients.ts";
import { visible, xmlSafe } from "./escape.ts";
import { explainConnections, explainFindings, lineText } from "./explain.ts";
import { whySkipped } from "./findings.ts";
import { ownExpected, statementOf } from "./names.ts";
import { remarks } from "./remarks.ts";
import type { Report, ReportCase } from "./report.ts";
import { scopeOf } from "./scope.ts";
import { commandFor } from "./shell-commands.ts";
import { isExpected, isFine, isRed, meaning, problemsOf, reasonsOf, shownVerdict } from "./verdict.ts";
import { spotsOf } from "./wrong-event.ts";

/** Connections in the output of one case, at most. */
const CONNECTIONS_OF_CASE = 20;

// Its types are those of an ES module, but it is CommonJS: what is imported is the builder itself.
const builder = commonJs as unknown as Builder;

/** A JUnit report: one testsuite per suite, one testcase per case. Well-formed whatever the server sent. */
export function junit(report: Report, knowledge: Knowledge): string {
  const document = builder.newBuilder().name(xmlSafe(`${report.suite.name}: ${scopeOf(report)}`));
  for (const [name, cases] of groupBy(report.cases, ({ suite }) => suite)) {
    const suite = document
      .testSuite()
      .name(name)
      .timestamp(report.startedAt.slice(0, 19))
      .time(seconds(span(cases)))
      .property("target", xmlSafe(report.target.url))
      .property("protocol", report.protocol.version)
      .property("verdict", shownVerdict(report));
    for (const it of cases)
      testCase(suite.testCase(), it, knowledge.requirements, () => explanation(it, report, knowledge));
  }
  const problems = problemsOf(report);
  const outdated = problems.length > 0 ? document.testSuite().name("expected-failures") : undefined;
  for (const { line, says } of problems)
    outdated
      ?.testCase()
      .className("expected-failures")
      .name(xmlSafe(`${report.expectedFailures?.file}:${line}`))
      .failure(xmlSafe(says), "fail");
  const isToldByCases = problems.length > 0 || report.cases.some(isRed);
  if (!isFine(report) && (!isToldByCases || report.stop?.reason === "lost")) {
    const suite = document.testSuite().name("run");
    suite
      .testCase()
      .className("run")
      .name(shownVerdict(report))
      .error(xmlSafe(meaning(report).words), "error", whyNotFine(report));
  }
  return document.build();
}

/** The mistakes of clients that are told at most. */
const MISTAKES_TOLD = 20;

/** The remarks that say why a run fails or has no whole result, with the suspects and the command to type next; or the clients' mistakes. */
function whyNotFine(report: Report): string {
  const told = remarks(report).filter(({ isVital }) => isVital);
  const lines = told.flatMap(({ label, words, cases, next }) => [
    `${label}: ${[words, ...(cases.length > 0 ? [cases.join(", ")] : [])].join(": ")}`,
    ...(next ? [`next: ${commandFor(report, ...next)}`] : []),
  ]);
  const clients = failsForClients(report) ? report.recording?.clients : undefined;
  const mistakes = clients ? mistakesOf(clients, MISTAKES_TOLD)[0].map((it) => mistakeInWords(it)) : [];
  return xmlSafe([...lines, ...mistakes].map(visible).join("\n"));
}

/** The block of a failure: what is wrong, the likely cause, the connection that shows it, and the command that runs it alone. */
function explanation(it: ReportCase, report: Report, knowledge: Knowledge): string {
  const alone = report.recording ? [] : [`alone: ${commandFor(report, it.id)}`];
  return xmlSafe([...explainFindings(it, knowledge, 1).map(lineText), ...alone].map(visible).join("\n"));
}

function testCase(
  testcase: TestCase,
  it: ReportCase,
  requirements: readonly Requirement[],
  explain: () => string,
): void {
  testcase.name(it.id).className(it.suite).time(seconds(it.durationMs)).property("title", xmlSafe(it.title));
  for (const id of tested(it, requirements)) testcase.property("requirement", id);
  if (it.unstable) testcase.property("unstable", "true");
  if (it.unconfirmed) testcase.property("unconfirmed", "true");

  if (isExpected(it)) skip(testcase, reasonsOf(it).join("; "));
  else if (it.verdict === "fail") testcase.failure(summaryOf(it, requirements), "fail").stacktrace(explain());
  else if (it.verdict === "error") testcase.error(summaryOf(it, requirements), "error", explain());
  else if (it.verdict === "skip") skip(testcase, whySkipped(it).why);
  testcase.standardOutput(xmlSafe(story(it).join("\n")));
}

/** The checks that gave a case its verdict, in one line. Tools cut it, so what came stands early: no statement is before it. */
function summaryOf({ verdict, checks }: ReportCase, requirements: readonly Requirement[]): string {
  const bad = checks.filter((check) => check.verdict === verdict);
  const lines = bad.map((check) => {
    const expected = ownExpected(check, statementOf(check.requirement, requirements));
    return `${check.requirement}: ${expected === undefined ? "" : `expected ${expected}, `}came ${check.actual}`;
  });
  return xmlSafe(visible(lines.join("; ")));
}

/** Skips a case and says why. The library has no way to say it, and tools show it nowhere but in this attribute. */
function skip(testcase: TestCase, why: string): void {
  const build = testcase.skipped().build.bind(testcase);
  testcase.build = (parent) => {
    const element = build(parent);
    const skipped = element.children.find((child) => "name" in child && child.name === "skipped");
    skipped?.att("message", xmlSafe(visible(why)));
    return element;
  };
}

/** The requirements that a case is about: those of its section, and whatever else was not simply kept. */
function tested({ suite, checks }: ReportCase, requirements: readonly Requirement[]): Set<string> {
  const own = new Set(requirements.filter((row) => (row.suite ?? row.section) === suite).map(({ id }) => id));
  return new Set(checks.filter((it) => own.has(it.requirement) || it.verdict !== "pass").map((it) => it.requirement));
}

/** The output of a case: its warnings and observations, why it was skipped, and what went over the wire. */
function story(it: ReportCase): string[] {
  const noted = it.checks.filter(({ verdict }) => verdict !== "pass");
  return [
    ...noted.map(({ verdict, requirement, actual }) => `${verdict} ${requirement}: ${actual}`),
    ...explainConnections(it.connections, { spots: spotsOf(it), most: CONNECTIONS_OF_CASE }).map(lineText),
  ];
}

/** The time that the cases of a suite took together, in ms. They overlap. */
function span(cases: readonly ReportCase[]): number {
  const times = cases.flatMap(({ connections }) => connections.flatMap(({ events }) => events.map(({ at }) => at)));
  return times.length === 0 ? 0 : times.reduce((a, b) => Math.max(a, b)) - times.reduce((a, b) => Math.min(a, b));
}

const seconds = (ms: number) => Math.round(ms) / 1000;
