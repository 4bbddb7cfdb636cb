import { isFinding, VERDICTS, type Verdict } from "../harness/catalogue.ts";
import { groupBy } from "../harness/group.ts";
import type { Harm } from "../harness/judge.ts";
import type { WireEvent } from "../harness/transcript.ts";
import { plural } from "../harness/words.ts";
import type { ReportCase, ReportCheck, ReportRequirement } from "./report.ts";

/** The parts of a check that decide if it is a finding, or rests on one. */
type Judged = Pick<ReportCheck, "requirement" | "verdict" | "see" | "expectedFailure" | "harm">;

/** The parts of a requirement that are needed to find what breaks it. */
type Row = Pick<ReportRequirement, "id" | "suite">;

/** The parts of a case that are needed to choose one. */
type Checked<Check> = Pick<ReportCase, "suite" | "unconfirmed" | "unstable" | "plain"> & {
  readonly checks: readonly Check[];
  readonly connections: readonly { readonly events: readonly WireEvent[] }[];
};

/** A requirement that is broken, or that nobody could judge: the case that shows it best, and all that show it. */
export interface ReportFinding<Requirement, Case, Check> {
  readonly requirement: Requirement;
  readonly verdict: Verdict;
  readonly check: Check;
  readonly shown: Case;
  readonly cases: readonly Case[];
  /** All of it was expected. */
  readonly expected: boolean;
  /** The number of checks that were not judged because of it. */
  readonly resting: number;
}

/** A finding of a report. */
export type ToldFinding = ReportFinding<ReportRequirement, ReportCase, ReportCheck>;

/** Tells if a check is a finding that nobody expects. */
export const isNews = (check: Pick<ReportCheck, "verdict" | "expectedFailure">): boolean =>
  isFinding(check) && check.expectedFailure === undefined;

/**
 * The findings of a report, one for each requirement, in the order of all reports. They are sorted, in this order, by: expected or
 * not, verdict, ends of the server, confirmed or not, the number of checks that rest on them, place in the catalogue.
 */
export function findings<Requirement extends Row, Check extends Judged, Case extends Checked<Check>>(report: {
  readonly requirements: readonly Requirement[];
  readonly cases: readonly (Case & { readonly checks: readonly Check[] })[];
}): readonly ReportFinding<Requirement, Case, Check>[] {
  const found = report.cases.flatMap((it) => it.checks.filter(isFinding).map((check) => ({ it, check })));
  const groups = groupBy(found, ({ check }) => check.requirement);
  const suites = [...new Set(report.cases.map(({ suite }) => suite))];
  const resting = groupBy(
    report.cases.flatMap(({ checks }) => checks.flatMap(({ see }) => see ?? [])),
    (see) => see,
  );
  return report.requirements
    .flatMap((requirement) => {
      const group = groups.get(requirement.id);
      return group ? [finding(requirement, group, suites, resting.get(requirement.id)?.length ?? 0)] : [];
    })
    .toSorted(
      (a, b) =>
        Number(a.expected) - Number(b.expected) ||
        rank(a.verdict) - rank(b.verdict) ||
        Number(isHarm(b.check)) - Number(isHarm(a.check)) ||
        Number(a.shown.unconfirmed ?? 0) - Number(b.shown.unconfirmed ?? 0) ||
        b.resting - a.resting,
    );
}

const isHarm = ({ harm }: Judged): boolean => harm !== undefined;

/** The findings of a report that nobody expects, in the same order. */
export const news: typeof findings = (report) => findings(report).filter(({ expected }) => !expected);

/** The words for what an input does to a server and its clients. */
const HARMS: Readonly<Record<Harm, string>> = {
  end: "it ends the server",
  hang: "it makes the server hang",
  stall: "it keeps the server from serving anybody",
  drop: "it ends the connections of others",
};

/** The parts of a finding that say why it comes first. */
type First = Pick<ReportFinding<unknown, unknown, Judged>, "resting" | "check">;

/** Returns why the first finding comes first, as text behind its name; nothing if there is only one. */
export function beginning([first, second]: readonly First[]): string | undefined {
  if (!first || !second) return undefined;
  const { resting, check } = first;
  const why = [
    ...(check.harm === undefined ? [] : [HARMS[check.harm]]),
    ...(resting === 0 ? [] : [`${plural(resting, "check")} could not be judged because of it`]),
  ];
  return why.length === 0 ? "" : ` (${why.join("; ")})`;
}

/** The rank of a verdict: the worse, the lower. */
const rank = (verdict: Verdict) => -VERDICTS.indexOf(verdict);

/**
 * Makes the finding of a requirement. The case that shows it best comes first by this order: it is not expected to fail, has the worst
 * verdict, is proved to end the server, is stable and confirmed, is of the suite about the requirement, is the plainest form of one on a
 * single connection, is of an early suite, which takes less for granted, explains what rests on it, is a plainest form on several, and has
 * clients that send JSON objects, on few connections, and little.
 */
function finding<Requirement extends Row, Check extends Judged, Case extends Checked<Check>>(
  requirement: Requirement,
  group: readonly { readonly it: Case; readonly check: Check }[],
  suites: readonly string[],
  resting: number,
): ReportFinding<Requirement, Case, Check> {
  // A case in which another finding rests on it shows its cause best.
  const explains = ({ it }: (typeof group)[number]) => it.checks.some(({ see }) => see === requirement.id);
  const sorted = group.toSorted(
    (a, b) =>
      Number(a.check.expectedFailure !== undefined) - Number(b.check.expectedFailure !== undefined) ||
      rank(a.check.verdict) - rank(b.check.verdict) ||
      Number(isHarm(b.check)) - Number(isHarm(a.check)) ||
      Number(a.it.unstable ?? 0) - Number(b.it.unstable ?? 0) ||
      Number(a.it.unconfirmed ?? 0) - Number(b.it.unconfirmed ?? 0) ||
      Number(a.it.suite !== requirement.suite) - Number(b.it.suite !== requirement.suite) ||
      Number(isPlainest(b.it)) - Number(isPlainest(a.it)) ||
      suites.indexOf(a.it.suite) - suites.indexOf(b.it.suite) ||
      Number(explains(b)) - Number(explains(a)) ||
      Number(a.it.plain !== true) - Number(b.it.plain !== true) ||
      Number(sendsNoObject(a.it)) - Number(sendsNoObject(b.it)) ||
      a.it.connections.length - b.it.connections.length ||
      sentIn(a.it) - sentIn(b.it),
  );
  const [{ it: shown, check }] = sorted as [(typeof group)[number]];
  return {
    requirement,
    verdict: check.verdict,
    check,
    shown,
    cases: [...new Set(sorted.map(({ it }) => it))],
    expected: check.expectedFailure !== undefined,
    resting,
  };
}

/** Tells if a case has a single client, which does what any does. Among several the plain thing may be another than the one that is broken. */
const isPlainest = ({ plain, connections }: Pick<Checked<unknown>, "plain" | "connections">): boolean =>
  plain === true && connections.length <= 1;

/** The number of different things that clients sent in a case: one that is not answered may send its request again. */
const sentIn = ({ connections }: Pick<Checked<unknown>, "connections">): number =>
  connections.reduce((sum, { events }) => {
    const sent = events.filter(({ from }) => from === "client");
    return sum + new Set(sent.map((it) => `${it.type} ${"data" in it ? it.data : ""}`)).size;
  }, 0);

/** Tells if a client of a case sent a text that does not even begin as a JSON object. A long one is cut in a report. */
const sendsNoObject = ({ connections }: Pick<Checked<unknown>, "connections">): boolean =>
  connections.some(({ events }) =>
    events.some((it) => it.from === "client" && it.type === "text" && !/^\s*\{/.test(it.data)),
  );

/** Items, the worst first. */
export const worstFirst = <T extends { readonly verdict: Verdict }>(items: readonly T[]): readonly T[] =>
  items.toSorted((a, b) => rank(a.verdict) - rank(b.verdict));

/** The parts of a check that say why it was not judged. */
type MaybeSkipped = Pick<ReportCheck, "verdict" | "actual" | "see">;

/** Cases that were skipped for the same reason. */
interface Skipped<Case> {
  readonly why: string;
  /** The requirement to look at, where that is broken. */
  readonly see: string | undefined;
  readonly cases: readonly Case[];
}

/** Returns the reason for a skipped case, and the requirement that it rests on, if there is one. */
export function whySkipped({ checks }: { readonly checks: readonly MaybeSkipped[] }): Omit<Skipped<never>, "cases"> {
  const skipped = checks.filter(({ verdict }) => verdict === "skip");
  const { see, actual = "" } = skipped.find((it) => it.see !== undefined) ?? skipped[0] ?? {};
  return { why: see === undefined ? actual : `see ${see}`, see };
}

/** Groups the skipped cases by the reason. */
export const skippedBy = <T extends Pick<ReportCase, "verdict"> & { readonly checks: readonly MaybeSkipped[] }>(
  cases: readonly T[],
): readonly Skipped<T>[] =>
  Array.from(
    groupBy(
      cases.filter(({ verdict }) => verdict === "skip"),
      (it) => whySkipped(it).why,
    ),
    ([why, some]) => ({ why, see: some[0] && whySkipped(some[0]).see, cases: some }),
  );

/** Counts the items of each verdict, the worst first. */
export const tally = (items: Iterable<{ readonly verdict: Verdict }>): readonly (readonly [Verdict, number])[] => {
  const groups = groupBy(items, ({ verdict }) => verdict);
  return VERDICTS.toReversed().flatMap((verdict) => {
    const n = groups.get(verdict)?.length ?? 0;
    return n > 0 ? [[verdict, n] as const] : [];
  });
};
