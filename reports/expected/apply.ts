import { isFinding, type Verdict } from "../../harness/catalogue.ts";
import type { Protocol } from "../../harness/protocol.ts";
import type { Report, ReportCase, ReportCheck, ReportProblem } from "../report.ts";
import { conclude } from "../verdict.ts";
import { covers, type Entry, type ExpectedFailures } from "./read.ts";
import { type Stale, stale } from "./stale.ts";

/** A report in which expected failures do not count. It also lists the problems of the entries of the file. */
export function applyExpected(report: Report, { file, entries }: ExpectedFailures, protocol: Protocol): Report {
  const { verdict: _, counts: __, requirements: ___, cases, ...draft } = report;
  const today = report.startedAt.slice(0, 10);
  const valid = entries.filter((entry) => !isPast(entry, today));
  const marked = cases.map((it) => ({ ...it, checks: it.checks.map((check) => mark(check, it.id, valid)) }));
  const seeing = markSeeing(marked, (see) => excuse(see, marked, valid, protocol));
  const told = entries.map((entry) => ({ ...tell(entry), problems: problems(entry, today, cases, protocol) }));
  return conclude({ ...draft, expectedFailures: { file, entries: told } }, seeing, protocol.requirements);
}

/** Marks checks that were not judged because of a broken requirement that is expected to fail. `why` says why it is. */
function markSeeing(cases: readonly ReportCase[], why: (see: string) => string | undefined): readonly ReportCase[] {
  const known = new Map<string, string | undefined>();
  return cases.map((it) => ({
    ...it,
    checks: it.checks.map((check) => {
      const { see, verdict } = check;
      if (see === undefined || verdict !== "skip" || check.expectedFailure !== undefined) return check;
      if (!known.has(see)) known.set(see, why(see));
      const reason = known.get(see);
      return reason === undefined ? check : { ...check, expectedFailure: reason };
    }),
  }));
}

/**
 * The reason to expect that a requirement is broken, if all findings about it are expected. If its cases are not in this run, as in a
 * shard, an entry about one of them gives it.
 */
function excuse(
  see: string,
  marked: readonly ReportCase[],
  entries: readonly Entry[],
  { foundations }: Protocol,
): string | undefined {
  const found = marked.flatMap(({ checks }) => checks.filter((it) => it.requirement === see && isFinding(it)));
  if (found.length > 0)
    return found.every((it) => it.expectedFailure !== undefined) ? found[0]?.expectedFailure : undefined;
  const { plain = [] } = foundations.plain[see] ?? {};
  const ran = new Set(marked.map(({ id }) => id));
  return entries.find((entry) => plain.some((id) => !ran.has(id) && covers(entry, id, see)))?.reason;
}

const MARKED: readonly Verdict[] = ["fail", "warn", "skip"];

/** Tells if all breaches of a case are expected on a day (`2027-03-31`), as far as the run knows so far. */
export const excuses =
  ({ entries }: ExpectedFailures, today: string) =>
  (id: string, checks: readonly Pick<ReportCheck, "requirement" | "verdict">[]): boolean => {
    const valid = entries.filter((entry) => !isPast(entry, today));
    const broken = checks.filter(({ verdict }) => verdict === "fail");
    return broken.every(({ requirement }) => valid.some((entry) => covers(entry, id, requirement)));
  };

/** Marks the broken checks that an entry is about, and those that were not judged because of them. */
function mark({ expectedFailure: _, ...check }: ReportCheck, id: string, entries: readonly Entry[]): ReportCheck {
  const entry = MARKED.includes(check.verdict) && entries.find((it) => covers(it, id, check.requirement));
  return entry ? { ...check, expectedFailure: entry.reason } : check;
}

const isPast = ({ expires }: Entry, today: string) => expires !== undefined && expires.day < today;

const tell = ({ lines: [line], case: cases, requirement, reason, issue, owner, expires }: Entry) => ({
  line,
  ...(cases && { case: cases.map(({ text }) => text) }),
  ...(requirement && { requirement: requirement.map(({ text }) => text) }),
  reason,
  ...(issue !== undefined && { issue }),
  ...(owner !== undefined && { owner }),
  ...(expires && { expires: expires.day }),
});

function problems(entry: Entry, today: string, cases: readonly ReportCase[], protocol: Protocol): ReportProblem[] {
  const { expires } = entry;
  const late = `past its date, ${expires?.day}: ${remove(entry.lines)} or give it a new date`;
  return [
    ...(expires && isPast(entry, today) ? [{ line: expires.line, says: late }] : []),
    ...outdated(entry, stale(entry, cases, protocol)),
  ];
}

/** Says what to do about the patterns that no longer hold: once if no case or no requirement is left, otherwise for each. */
function outdated(entry: Entry, some: readonly Stale[]): ReportProblem[] {
  const gone = (["case", "requirement"] as const)
    .map((key) => some.filter((it) => it.key === key && it.left.length === 0))
    .find(([first, ...more]) => first && entry[first.key]?.length === 1 + more.length);
  if (gone)
    return gone.slice(0, 1).map(({ pattern: { line } }) => ({
      line,
      says: `${gone.map(({ says }) => says).join(", ")}: ${remove(entry.lines)}`,
    }));
  return some.map(({ pattern: { line }, says, left }) => ({
    line,
    says: `${says}: ${left.length > 0 ? "narrow the pattern" : `delete line ${line}`}`,
  }));
}

const remove = ([from, to]: Entry["lines"]) => (from === to ? `delete line ${from}` : `delete lines ${from}-${to}`);
