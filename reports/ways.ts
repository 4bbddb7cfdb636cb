import { isBroken, isFinding } from "../harness/catalogue.ts";
import { type Knowledge, wayOf } from "./cause.ts";
import type { ToldFinding } from "./findings.ts";
import type { ReportCheck } from "./report.ts";

/** A further way in which a requirement is broken, as one case shows it. It may be a bug of its own. */
export interface OtherWay {
  readonly kind: "breach" | "end";
  readonly case: string;
  readonly actual: string;
}

/** Tells if a check is one of a finding: a case that could not be judged shows no breach. */
export const isAlike = (it: ReportCheck, { requirement, verdict }: ToldFinding): boolean =>
  it.requirement === requirement.id && (verdict === "error" ? isFinding(it) : isBroken(it));

/** Returns each further way in which the requirement of a finding is broken, with one case. */
export function otherWays(found: ToldFinding, knowledge: Knowledge): readonly OtherWay[] {
  const { check, shown, cases } = found;
  const told = new Set([wayOf(check, shown, knowledge), check.actual]);
  return cases.flatMap((it) => {
    const alike = it.checks.filter((other) => isAlike(other, found));
    return alike.flatMap((other): OtherWay[] => {
      const way = wayOf(other, it, knowledge);
      // The same words would tell nobody what differs.
      if (told.has(way) || told.has(other.actual)) return [];
      told.add(way).add(other.actual);
      return [{ kind: other.harm === undefined ? "breach" : "end", case: it.id, actual: other.actual }];
    });
  });
}
