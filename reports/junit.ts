import type { Requirement } from "../harness/catalogue.ts";
import { groupBy } from "../harness/group.ts";
import { explainConnections, explainFindings } from "./explain.ts";
import { whySkipped } from "./findings.ts";
import type { Report, ReportCase } from "./report.ts";
import { isExpected, isFine, meaning, problemsOf, reasonsOf, shownVerdict } from "./verdict.ts";
import { spotsOf } from "./wrong.ts";
import { type Attributes, element, xmlText } from "./xml.ts";

/** Connections in the output of one case, at most. */
const CONNECTIONS = 20;

/** A JUnit report: one testsuite per suite, one testcase per case. Well-formed whatever the server sent. */
export function junit(report: Report, requirements: readonly Requirement[]): string {
  const suites = Array.from(
    groupBy(report.cases, ({ suite }) => suite),
    ([name, cases]) =>
      suiteOf(
        name,
        cases.map((it) => testCase(it, requirements)),
        { timestamp: report.startedAt.slice(0, 19), time: seconds(span(cases)) },
        { target: report.target.url, protocol: report.protocol.version, verdict: shownVerdict(report) },
      ),
  );
  const all = [...suites, ...outdated(report), ...unexplained(report)];
  const head = { name: report.suite.name, ...sum(all.map(({ counts }) => counts)) };
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element("testsuites", head, ...all.map(({ xml }) => xml))}\n`;
}

/** The outcomes that readers of JUnit count. */
type Outcome = "failures" | "errors" | "skipped" | "passed";

/** A testcase in XML, and its outcome. */
interface Testcase {
  readonly outcome: Outcome;
  readonly xml: string;
}

type Counts = Readonly<Record<"tests" | Exclude<Outcome, "passed">, number>>;

/** A testsuite, and how many of its testcases came out how. */
function suiteOf(
  name: string,
  cases: readonly Testcase[],
  attributes: Attributes = {},
  properties: Readonly<Record<string, string>> = {},
): { readonly counts: Counts; readonly xml: string } {
  const of = (outcome: Outcome) => cases.filter((it) => it.outcome === outcome).length;
  const counts = { tests: cases.length, failures: of("failures"), errors: of("errors"), skipped: of("skipped") };
  const xml = element(
    "testsuite",
    { name, ...attributes, ...counts },
    ...propertiesOf(Object.entries(properties)),
    ...cases.map((it) => it.xml),
  );
  return { counts, xml };
}

const sum = (all: readonly Counts[]): Counts =>
  all.reduce(
    (a, b) => ({
      tests: a.tests + b.tests,
      failures: a.failures + b.failures,
      errors: a.errors + b.errors,
      skipped: a.skipped + b.skipped,
    }),
    { tests: 0, failures: 0, errors: 0, skipped: 0 },
  );

/** A suite for the lines of the expected failures that no longer hold. */
function outdated(report: Report): ReturnType<typeof suiteOf>[] {
  const name = "expected-failures";
  const cases = problemsOf(report).map(({ line, says }): Testcase => {
    const attributes = { classname: name, name: `${report.expectedFailures?.file}:${line}` };
    const failure = element("failure", { message: says, type: "fail" });
    return { outcome: "failures", xml: element("testcase", attributes, failure) };
  });
  return cases.length > 0 ? [suiteOf(name, cases)] : [];
}

/** A suite for a run that calls for action though none of its cases does. */
function unexplained(report: Report): ReturnType<typeof suiteOf>[] {
  if (isFine(report) || problemsOf(report).length > 0 || report.cases.some(isRed)) return [];
  const error = element("error", { message: meaning(report).words, type: "error" });
  const xml = element("testcase", { classname: "run", name: shownVerdict(report) }, error);
  return [suiteOf("run", [{ outcome: "errors", xml }])];
}

/** Tells if a case is a failure or an error to whoever reads the report. */
const isRed = (it: ReportCase) => it.verdict === "error" || (it.verdict === "fail" && !isExpected(it));

function testCase(it: ReportCase, requirements: readonly Requirement[]): Testcase {
  const properties: readonly (readonly [string, string])[] = [
    ["title", it.title],
    ...Array.from(tested(it, requirements), (id) => ["requirement", id] as const),
    ...(it.unstable ? [["unstable", "true"] as const] : []),
    ...(it.unconfirmed ? [["unconfirmed", "true"] as const] : []),
  ];
  const { outcome, xml } = outcomeOf(it, requirements);
  const attributes = { classname: it.suite, name: it.id, time: seconds(it.durationMs) };
  const output = element("system-out", {}, xmlText(story(it).join("\n")));
  return { outcome, xml: element("testcase", attributes, ...propertiesOf(properties), ...xml, output) };
}

/** The outcome of a case, and the element that says so; none where it passed. */
function outcomeOf(
  it: ReportCase,
  requirements: readonly Requirement[],
): { readonly outcome: Outcome; readonly xml: readonly string[] } {
  const skipped = (why: string) => ({ outcome: "skipped", xml: [element("skipped", { message: why })] }) as const;
  if (isExpected(it)) return skipped(reasonsOf(it).join("; "));
  if (it.verdict === "skip") return skipped(whySkipped(it).why);
  if (!isRed(it)) return { outcome: "passed", xml: [] };
  const bad = it.checks.filter(({ verdict }) => verdict === it.verdict);
  const message = bad
    .map(({ requirement, expected, actual }) => `${requirement}: expected ${expected}, came ${actual}`)
    .join("; ");
  const explanation = xmlText(explainFindings(it, requirements, 0).join("\n"));
  return it.verdict === "fail"
    ? { outcome: "failures", xml: [element("failure", { message, type: "fail" }, explanation)] }
    : { outcome: "errors", xml: [element("error", { message, type: "error" }, explanation)] };
}

/** The requirements that a case is about: those of its section, and whatever else was not simply kept. */
function tested({ suite, checks }: ReportCase, requirements: readonly Requirement[]): Set<string> {
  const own = new Set(requirements.filter(({ section }) => section === suite).map(({ id }) => id));
  return new Set(checks.filter((it) => own.has(it.requirement) || it.verdict !== "pass").map((it) => it.requirement));
}

/** The output of a case: its warnings and observations, why it was skipped, and what went over the wire. */
function story(it: ReportCase): string[] {
  const noted = it.checks.filter(({ verdict }) => verdict !== "pass");
  return [
    ...noted.map(({ verdict, requirement, actual }) => `${verdict} ${requirement}: ${actual}`),
    ...explainConnections(it.connections, spotsOf(it), CONNECTIONS),
  ];
}

/** The time that the cases of a suite took together, in ms. They overlap. */
function span(cases: readonly ReportCase[]): number {
  const times = cases.flatMap(({ connections }) => connections.flatMap(({ events }) => events.map(({ at }) => at)));
  return times.length === 0 ? 0 : times.reduce((a, b) => Math.max(a, b)) - times.reduce((a, b) => Math.min(a, b));
}

const seconds = (ms: number) => Math.round(ms) / 1000;

function propertiesOf(pairs: readonly (readonly [name: string, value: string])[]): string[] {
  if (pairs.length === 0) return [];
  return [element("properties", {}, ...pairs.map(([name, value]) => element("property", { name, value })))];
}
