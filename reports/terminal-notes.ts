import { groupBy } from "../harness/group.ts";
import { plural } from "../harness/words.ts";
import type { Colors } from "./colors.ts";
import { visible } from "./escape.ts";
import { skippedBy } from "./findings.ts";
import { listed } from "./names.ts";
import type { Report, ReportCase } from "./report.ts";
import { IN_PART, judged } from "./scope.ts";
import { isExpected, reasonsOf, unjudged } from "./verdict.ts";

/** The notes beside findings: observations, expected failures, and cases that were not judged. */
export function notes(
  report: Report,
  { colors: c, verbose }: { readonly colors: Colors; readonly verbose: boolean },
): string[] {
  const { cases } = report;
  const observed = cases.flatMap(({ checks }) => checks.filter(({ verdict }) => verdict === "info"));
  const skipped = report.recording ? [] : skippedBy(cases);
  const expected = groupBy(cases.filter(isExpected), (it) => reasonsOf(it).join("; "));
  return [
    ...(verbose && observed.length > 0 ? ["where the protocol leaves it open, the target does this"] : []),
    ...(verbose ? observed.map(({ requirement, actual }) => `  ${requirement}: ${visible(actual)}`) : []),
    ...[...expected].map(([why, some]) => c.dim(`expected to fail ${named(some)}: ${visible(why)}`)),
    ...skipped.map(({ why, cases: some }) => c.dim(`skip ${named(some)}: ${visible(why)}`)),
    ...namesUnjudged(report),
  ];
}

const named = (cases: readonly ReportCase[]) =>
  cases.length === 1 ? (cases[0]?.id ?? "") : plural(cases.length, "case");

/**
 * Names the requirements that make a run incomplete: a case was to judge them, and did not. If there are some that no case judged, names
 * only these.
 */
export function namesUnjudged({ cases, target, verdict }: Report): string[] {
  const ids = [...new Set(cases.flatMap((it) => unjudged(it, target.strict)).map(({ requirement }) => requirement))];
  if (ids.length === 0 || verdict !== "incomplete") return [];
  const known = judged(cases);
  const never = ids.filter((id) => !known.has(id));
  return never.length > 0
    ? [`not judged: ${listed(never, "report.html")}`]
    : [`${IN_PART}: ${listed(ids, "report.html")}`];
}
