import { isBinding, type Requirement, VERDICTS, worst } from "../harness/catalogue.ts";
import { groupBy } from "../harness/group.ts";
import { failsForClients } from "./clients.ts";
import type { Report, ReportCase, ReportCheck, ReportProblem, ReportRequirement, RunVerdict } from "./report.ts";
import { isWhole, scopeOf } from "./scope.ts";

/** A report without its cases and their consequences. */
export type Draft = Omit<Report, "verdict" | "counts" | "requirements" | "cases">;

/** A row of the catalogue, before it is known how it was kept. */
type Row = Pick<ReportRequirement, "id" | "suite" | "level"> & Partial<Pick<Requirement, "section">>;

/** The report with all that follows from its cases: its verdict, and that of every row of the catalogue. */
export function conclude(
  { suite, protocol, target, startedAt, durationMs, seed, ...more }: Draft,
  cases: readonly ReportCase[],
  requirements: readonly Row[],
): Report {
  return {
    suite,
    protocol,
    target,
    startedAt,
    durationMs,
    seed,
    ...more,
    verdict: verdictOf(cases, more, target.strict),
    counts: Object.fromEntries(
      VERDICTS.map((verdict) => [verdict, cases.filter((it) => it.verdict === verdict).length]),
    ) as Report["counts"],
    requirements: rows(cases, requirements),
    cases,
  };
}

/** Each requirement with the cases that tested it, and the worst verdict of their checks. */
function rows(cases: readonly ReportCase[], requirements: readonly Row[]): Report["requirements"] {
  const checked = groupBy(
    cases.flatMap((it) => it.checks.map((check) => ({ id: it.id, check }))),
    ({ check }) => check.requirement,
  );
  return requirements.map(({ id, level, section, suite = section }) => {
    const tests = checked.get(id) ?? [];
    const verdicts = tests.flatMap(({ check }) => (check.unrecorded ? [] : check.verdict));
    return {
      ...{ id, ...(suite !== undefined && { suite }), level },
      verdict: worst(verdicts, "skip"),
      cases: [...new Set(tests.map((test) => test.id))],
    };
  });
}

/** Returns `fail` if a MUST was broken or the target ended; `incomplete` if a MUST that was asked for was not judged. */
function verdictOf(
  cases: readonly ReportCase[],
  { stop, unexplained = [] }: Pick<Report, "stop" | "unexplained">,
  strict: boolean,
): RunVerdict {
  const ended = stop?.reason === "lost" || unexplained.length > 0;
  if (ended || cases.some(({ checks }) => checks.some(failsUnexpectedly))) return "fail";
  return stop || cases.some((it) => unjudged(it, strict).length > 0) ? "incomplete" : "pass";
}

const failsUnexpectedly = ({ verdict, expectedFailure }: Pick<ReportCheck, "verdict" | "expectedFailure">) =>
  verdict === "fail" && expectedFailure === undefined;

/** Tells if a case fails as the user expects, and in no other way. */
export const isExpected = ({ verdict, checks }: ReportCase): boolean =>
  verdict === "fail" && !checks.some((check) => failsUnexpectedly(check) || check.verdict === "error");

/** Tells if a case is a failure or an error to whoever reads the report. */
export const isRed = (it: ReportCase): boolean => it.verdict === "error" || (it.verdict === "fail" && !isExpected(it));

/** The reasons why a case is expected to fail. */
export const reasonsOf = ({ checks }: ReportCase): string[] => [
  ...new Set(checks.flatMap(({ expectedFailure }) => expectedFailure ?? [])),
];

/**
 * Returns the checks that a case should have made and did not. If an expected failure keeps a check from being judged, that is expected,
 * too.
 */
export function unjudged(it: ReportCase, strict: boolean): readonly ReportCheck[] {
  const skipCounts = !isExpected(it);
  return it.checks.filter(
    ({ level, verdict, expectedFailure, unrecorded, unasked }) =>
      verdict === "error" ||
      (verdict === "skip" &&
        skipCounts &&
        !unrecorded &&
        !unasked &&
        expectedFailure === undefined &&
        isBinding(level, strict)),
  );
}

/** The parts of a report that its verdict in words rests on. */
type Told = Pick<
  Report,
  "verdict" | "counts" | "target" | "stop" | "unexplained" | "expectedFailures" | "recording"
> & {
  readonly allCases?: number;
  readonly requirements: readonly Pick<ReportRequirement, "id" | "level">[];
  readonly cases: readonly Judging[];
};

/** The parts of a case that say what it judged. */
interface Judging extends Pick<ReportCase, "unstable"> {
  readonly checks: readonly Pick<ReportCheck, "requirement" | "verdict" | "expectedFailure">[];
}

/** The entries of expected failures that do not hold, and what to do about each. */
export const problemsOf = ({ expectedFailures }: Pick<Report, "expectedFailures">): readonly ReportProblem[] =>
  expectedFailures?.entries.flatMap(({ problems }) => problems) ?? [];

/** The parts of a report that decide if it calls for action. */
type Calling = Pick<Report, "verdict" | "expectedFailures" | "recording"> & Varying;

/** The parts of a report that tell if verdicts vary, and if that fails the run. */
interface Varying {
  readonly target: Pick<Report["target"], "failOnUnstable" | "failOnClientMistakes">;
  readonly cases: readonly Pick<ReportCase, "unstable">[];
}

/** Tells if the verdict of a case varies, and the user wants that to fail the run. */
export const failsForUnstable = ({ target, cases }: Varying): boolean =>
  target.failOnUnstable === true && cases.some(({ unstable }) => unstable);

/**
 * Tells if the run calls for no action: it passed, and every expected failure still fails. No verdict varies and no client made a mistake,
 * if the user minds that.
 */
export const isFine = (report: Calling): boolean =>
  report.verdict === "pass" && problemsOf(report).length === 0 && !failsForUnstable(report) && !failsForClients(report);

/** The verdict as it is shown. A run that passes and yet calls for action is no pass. */
export const shownVerdict = (report: Calling): RunVerdict =>
  report.verdict === "pass" && !isFine(report) ? "fail" : report.verdict;

/** A verdict in a headline, and in the words of a sentence. */
interface Meaning {
  readonly headline: string;
  readonly words: string;
  /** The words say no more than the headline. */
  readonly isSame?: true;
}

/** The verdict in words. */
export function meaning(report: Told): Meaning {
  const { verdict, counts, target, recording } = report;
  if (verdict === "incomplete" && recording)
    return { headline: "Nothing judged", words: "nothing of it could be judged" };
  if (verdict === "incomplete") return { headline: "Incomplete", words: "something that was to be judged was not" };
  if (verdict === "fail") return failure(report);
  if (problemsOf(report).length > 0) {
    const words = "the expected failures are out of date";
    return { headline: "Expected failures out of date", words };
  }
  if (failsForClients(report)) return { headline: "Mistakes of clients", words: "clients made mistakes" };
  if (!isFine(report)) return { headline: "Unstable", words: "verdicts vary from time to time" };
  if (counts.fail > 0)
    return { headline: "Nothing but expected failures", words: "nothing fails but what was expected to" };
  const words = `no ${target.strict ? "MUST or SHOULD" : "MUST"} that was judged is broken`;
  return isWhole(report)
    ? { headline: "Conformant", words }
    : { headline: "Conformant in what was tested", words: `${words} (partial: ${scopeOf(report)})` };
}

/** Says why a run fails. */
function failure({ stop, unexplained = [], cases }: Told): Meaning {
  const headline = "Not conformant";
  if (stop?.reason === "lost") return { headline, words: "the target went away" };
  const isBroken = cases.some(({ checks }) => checks.some(failsUnexpectedly));
  if (unexplained.length > 0 && !isBroken) return { headline, words: "the target ended while it was tested" };
  return { headline, words: "the target is not conformant", isSame: true };
}
