import { isBinding, type Verdict } from "../harness/catalogue.ts";
import { plural } from "../harness/words.ts";
import { tally } from "./findings.ts";
import type { Report, ReportCase, ReportCheck, ReportRecording, ReportRequirement } from "./report.ts";

/** The parts of a report that say how much was tested. */
interface Scoped extends Pick<Report, "allCases" | "recording"> {
  readonly target: Pick<Report["target"], "strict">;
  readonly requirements: readonly Pick<ReportRequirement, "id" | "level">[];
  readonly cases: readonly {
    readonly checks: readonly Pick<ReportCheck, "requirement" | "verdict">[];
  }[];
}

/** The verdicts of a check that judged nothing. */
const JUDGED_NOTHING: ReadonlySet<Verdict> = new Set(["skip", "error"]);

/** The requirements that some case judged. */
export function judged(cases: Scoped["cases"]): ReadonlySet<string> {
  const known = new Set<string>();
  // A run has tens of thousands of checks, and each report asks for this several times.
  for (const { checks } of cases)
    for (const { requirement, verdict } of checks) if (!JUDGED_NOTHING.has(verdict)) known.add(requirement);
  return known;
}

/** Tells if every requirement that decides about conformance was judged. */
export function isWhole({ target, requirements, cases }: Scoped): boolean {
  const known = judged(cases);
  return requirements.every(({ id, level }) => !isBinding(level, target.strict) || known.has(id));
}

/** A requirement that nobody broke, that some cases judged, and others could not. Its verdict is `skip`. */
export const isInPart = (
  { id, verdict }: Pick<ReportRequirement, "id" | "verdict">,
  known: ReadonlySet<string>,
): boolean => verdict === "skip" && known.has(id);

/** The words for such requirements. */
export const IN_PART = "not judged in every case";

/** The number of requirements with each verdict, the worst first. Those that are judged in part are covered, and so told apart. */
export const countsOf = (
  requirements: readonly Pick<ReportRequirement, "id" | "verdict">[],
  known: ReadonlySet<string>,
): string =>
  tally(requirements)
    .flatMap(([verdict, n]) => {
      const part = verdict === "skip" ? requirements.filter((it) => isInPart(it, known)).length : 0;
      return [...(part > 0 ? [`${part} ${IN_PART}`] : []), ...(n > part ? [`${n - part} ${verdict}`] : [])];
    })
    .join(", ");

/** The number of cases, of how many where that is known: `1 of 560`. */
export const casesOf = ({ cases, allCases }: Pick<Scoped, "cases" | "allCases">): string =>
  allCases === undefined ? String(cases.length) : `${cases.length} of ${allCases}`;

/** Counts the cases that ran. The report also holds those before which the run ended. */
export const countRun = (cases: readonly Pick<ReportCase, "unrun">[]): number =>
  cases.filter(({ unrun }) => !unrun).length;

/** Says how many of the cases ran, where that is not all: `, of which 23 ran`. */
export function ranOf({ cases }: { readonly cases: Parameters<typeof countRun>[0] }): string {
  const ran = countRun(cases);
  return ran === cases.length ? "" : `, of which ${ran} ran`;
}

/** The number of requirements that at least one check judged: `58 of 68`. */
export const requirementsOf = ({ cases, requirements }: Pick<Scoped, "cases" | "requirements">): string =>
  `${judged(cases).size} of ${requirements.length}`;

/** The number of connections that were recorded. The report may hold only some of them. */
export const connectionsIn = ({ connections }: Pick<ReportRecording, "connections">): number =>
  Object.values(connections).reduce((a, b) => a + b, 0);

/** The part of everything that was tested: `1 of 560 cases, 2 of 68 requirements`. */
export function scopeOf(report: Scoped): string {
  const { recording, cases } = report;
  const what = recording
    ? plural(connectionsIn(recording), "connection")
    : `${casesOf(report)} ${cases.length === 1 && report.allCases === undefined ? "case" : "cases"}`;
  return `${what}, ${requirementsOf(report)} requirements`;
}
