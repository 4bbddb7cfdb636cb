import { isBroken, type Level } from "../harness/catalogue.ts";
import type { RequirementSet } from "../harness/set.ts";
import type { Report, ReportCase, ReportCheck } from "./report.ts";

/** The standing of a level: if it is reached, and the obstacles. */
interface Standing {
  readonly reached: boolean;
  /** The requirements that are broken, in the order of the set. */
  readonly broken: readonly string[];
  /** The requirements that were not judged, or not in every case that counts. */
  readonly unjudged: readonly string[];
}

/** The standing of a target by a set. */
export interface Counted {
  /** No MUST is broken, and none unjudged. */
  readonly conformant: Standing;
  /** No SHOULD either. */
  readonly strict: Standing;
  /** The cases of the set that were not run as the set froze them. Each of them is needed for any level. */
  readonly missing: readonly string[];
  /** The cases whose verdict varies, even if they do not count. One of them is enough to reach no level. */
  readonly unstable: readonly string[];
  /** The options that would let the rest be judged. */
  readonly needs: readonly string[];
}

/**
 * Judges a report by a set. Only cases that are as the set froze them count, for the requirements and at the levels of the set. `withdrawn`
 * excuses missing ones. An expected failure is a failure.
 */
export function countedBy(
  set: RequirementSet,
  { cases, requirements, stop, unexplained = [] }: Pick<Report, "cases" | "requirements" | "stop" | "unexplained">,
  withdrawn: Readonly<Record<string, string>> = {},
): Counted {
  const counted = cases.filter((it) => counts(set, it));
  const present = new Set(counted.map(({ id }) => id));
  const missing = Object.keys(set.cases).filter((id) => !present.has(id) && !Object.hasOwn(withdrawn, id));
  const now = new Map(requirements.map(({ id, level }) => [id, level]));
  const isExcused = (id: string) => Object.hasOwn(withdrawn, id) && now.get(id) !== set.requirements[id];
  const unstable = cases.filter((it) => it.unstable).map(({ id }) => id);
  const isSure = unstable.length === 0 && unexplained.length === 0;
  const whole = missing.length === 0 && stop === undefined && isSure;
  const standing = (...levels: readonly Level[]) => {
    const owed = Object.keys(set.requirements).filter(
      (id) => levels.includes(set.requirements[id] as Level) && !isExcused(id),
    );
    const checks = (id: string) => checksOf(id, counted);
    const broken = owed.filter((id) => checks(id).some(isBroken));
    const unjudged = owed.filter((id) => !isJudged(checks(id)));
    return { reached: whole && broken.length === 0 && unjudged.length === 0, broken, unjudged };
  };
  return {
    conformant: standing("MUST"),
    strict: standing("MUST", "SHOULD"),
    missing,
    unstable,
    needs: [...new Set(counted.flatMap(({ checks }) => checks.flatMap(({ needs }) => needs ?? [])))],
  };
}

/** Tells if a case is the one that a set froze, or one of those that are made from schemas. */
export const counts = (
  set: RequirementSet,
  { id, suite, digest }: Pick<ReportCase, "id" | "suite" | "digest">,
): boolean => (Object.hasOwn(set.cases, id) && set.cases[id] === digest) || (set.sweeps?.includes(suite) ?? false);

const checksOf = (id: string, cases: readonly ReportCase[]): ReportCheck[] =>
  cases.flatMap(({ checks }) => checks.filter(({ requirement }) => requirement === id));

/** Tells if a requirement was judged in every case that was to judge it. */
function isJudged(checks: readonly ReportCheck[]): boolean {
  const isOpen = ({ verdict, unasked, needs }: ReportCheck) =>
    verdict === "error" || (verdict === "skip" && (!unasked || needs !== undefined));
  return checks.length > 0 && !checks.some(isOpen);
}
