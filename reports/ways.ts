import { isBroken, isFinding } from "../harness/catalogue.ts";
import { type Knowledge, likelyCause, wayOf } from "./cause.ts";
import type { ToldFinding } from "./findings.ts";
import type { ReportCheck } from "./report.ts";

/** The most further ways that are told of one requirement. */
export const MOST_WAYS = 8;

type WayKind = "breach" | "end" | "mistake";

/** The title of each kind of way. One mistake may show in several ways, so a further one is a guess. */
export const WAY_TITLES: Readonly<Record<WayKind, string>> = {
  breach: "Another breach",
  end: "Another end",
  mistake: "Perhaps another mistake",
};

/** A further way in which a requirement is broken, as one case shows it. It may be a bug of its own. */
export interface OtherWay {
  readonly kind: WayKind;
  readonly case: string;
  /** The words for what came; if the same came of another mistake, the words for the likely mistake. */
  readonly words: string;
}

/** Tells if a check is one of a finding: a case that could not be judged shows no breach. */
export const isAlike = (it: ReportCheck, { requirement, verdict }: ToldFinding): boolean =>
  it.requirement === requirement.id && (verdict === "error" ? isFinding(it) : isBroken(it));

/** Returns each further way in which the requirement of a finding is broken, with one case. */
export function otherWays(found: ToldFinding, knowledge: Knowledge): readonly OtherWay[] {
  const { check, shown, cases } = found;
  const told = new Set([wayOf(check, shown, knowledge), check.actual, likelyCause(check, shown, knowledge)]);
  const plain = cases.filter((it) => it.plain).flatMap(({ checks }) => checks.filter((it) => isAlike(it, found)));
  const inPlain = new Set(plain.map(({ actual }) => actual));
  return cases.flatMap((it) => {
    const alike = it.checks.filter((other) => isAlike(other, found));
    return alike.flatMap((other): OtherWay[] => {
      const way = wayOf(other, it, knowledge);
      if (told.has(way)) return [];
      // If the same came, only the likely mistake tells what differs.
      const isSame = told.has(other.actual);
      // If the same came in a plain form, what is special about this one is no mistake.
      if (isSame && inPlain.has(other.actual)) return [];
      const words = isSame ? likelyCause(other, it, knowledge) : other.actual;
      if (words === undefined || told.has(words) || words === knowledge.causes?.[other.requirement]) return [];
      told.add(way).add(words);
      const kind = isSame ? "mistake" : other.harm === undefined ? "breach" : "end";
      return [{ kind, case: it.id, words }];
    });
  });
}
