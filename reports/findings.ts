import { VERDICTS, type Verdict } from "../harness/catalogue.ts";
import { groupBy } from "../harness/group.ts";
import type { ReportCase, ReportCheck } from "./report.ts";

/** What of a check tells whether it is a finding. */
type Judged = Pick<ReportCheck, "requirement" | "verdict" | "expectedFailure">;

/** What of a case does. */
type Checked<Check> = Pick<ReportCase, "unconfirmed"> & {
  readonly checks: readonly Check[];
  readonly connections: readonly unknown[];
};

/** A requirement that is broken, or could not be told: the case that shows it best, and all in which it is. */
export interface Finding<Requirement, Case, Check> {
  readonly requirement: Requirement;
  readonly verdict: Verdict;
  readonly check: Check;
  readonly shown: Case;
  readonly cases: readonly Case[];
  /** Whether all of it was expected. */
  readonly expected: boolean;
}

/** What deserves an explanation. */
export const isFinding = ({ verdict }: Pick<ReportCheck, "verdict">): boolean =>
  verdict === "fail" || verdict === "warn" || verdict === "error";

/** What deserves one that nobody has given yet. */
export const isNews = (check: Pick<ReportCheck, "verdict" | "expectedFailure">): boolean =>
  isFinding(check) && check.expectedFailure === undefined;

/** What a report found, one for each requirement: what was not expected first, then by verdict, then as in the catalogue. */
export function findings<
  Requirement extends { readonly id: string },
  Check extends Judged,
  Case extends Checked<Check>,
>(report: {
  readonly requirements: readonly Requirement[];
  readonly cases: readonly (Case & { readonly checks: readonly Check[] })[];
}): readonly Finding<Requirement, Case, Check>[] {
  const found = report.cases.flatMap((it) => it.checks.filter(isFinding).map((check) => ({ it, check })));
  const groups = groupBy(found, ({ check }) => check.requirement);
  return report.requirements
    .flatMap((requirement) => {
      const group = groups.get(requirement.id);
      return group ? [finding(requirement, group)] : [];
    })
    .toSorted((a, b) => Number(a.expected) - Number(b.expected) || rank(a.verdict) - rank(b.verdict));
}

/** The worse, the lower. */
const rank = (verdict: Verdict) => -VERDICTS.indexOf(verdict);

/** That of the case which shows it best: nothing expected, the worst, confirmed, and with little else going on. */
function finding<Requirement, Check extends Judged, Case extends Checked<Check>>(
  requirement: Requirement,
  group: readonly { readonly it: Case; readonly check: Check }[],
): Finding<Requirement, Case, Check> {
  const sorted = group.toSorted(
    (a, b) =>
      Number(a.check.expectedFailure !== undefined) - Number(b.check.expectedFailure !== undefined) ||
      rank(a.check.verdict) - rank(b.check.verdict) ||
      Number(a.it.unconfirmed ?? 0) - Number(b.it.unconfirmed ?? 0) ||
      a.it.connections.length - b.it.connections.length,
  );
  const [{ it: shown, check }] = sorted as [(typeof group)[number]];
  return {
    requirement,
    verdict: check.verdict,
    check,
    shown,
    cases: [...new Set(sorted.map(({ it }) => it))],
    expected: check.expectedFailure !== undefined,
  };
}

/** Items, the worst first. */
export const worstFirst = <T extends { readonly verdict: Verdict }>(items: readonly T[]): readonly T[] =>
  items.toSorted((a, b) => VERDICTS.indexOf(b.verdict) - VERDICTS.indexOf(a.verdict));

/** Cases that were skipped, by why. */
export const skippedBy = <
  T extends Pick<ReportCase, "verdict"> & { readonly checks: readonly Pick<ReportCheck, "verdict" | "actual">[] },
>(
  cases: readonly T[],
): Map<string, T[]> =>
  groupBy(
    cases.filter(({ verdict }) => verdict === "skip"),
    ({ checks }) => checks.find(({ verdict }) => verdict === "skip")?.actual ?? "",
  );

/** How many of some items have each verdict, the worst first; without those that none has. */
export const tally = (items: Iterable<{ readonly verdict: Verdict }>): readonly (readonly [Verdict, number])[] => {
  const groups = groupBy(items, ({ verdict }) => verdict);
  return VERDICTS.toReversed().flatMap((verdict) => {
    const n = groups.get(verdict)?.length ?? 0;
    return n > 0 ? [[verdict, n] as const] : [];
  });
};
