import { type Level, type Verdict, worst } from "../../harness/catalogue.ts";
import { whySkipped } from "../findings.ts";
import type { Report, ReportCase, ReportCheck, ReportRequirement } from "../report.ts";
import { type ChangedLatency, changedLatencies } from "./latencies.ts";

/** The effect of a change. An `exposed` breach was not judged before, so nobody can tell if it is new. */
export type Kind = "broken" | "exposed" | "warned" | "unjudged" | "fixed" | "judged" | "observed";

/** The cause of a change: the server alone, the case, the protocol version, the server or the suite, or verdicts that vary. */
export type Cause = "server" | "case" | "protocol" | "suite" | "unstable";

/** A requirement of which a case says something else than before. */
export interface Change {
  readonly kind: Kind;
  readonly cause: Cause;
  readonly case: string;
  readonly title: string;
  readonly requirement: string;
  readonly level: Level;
  readonly expected: string;
  readonly old: CaseOutcome;
  readonly new: CaseOutcome;
  /** The reason why it is expected to fail now. */
  readonly expectedFailure?: string;
}

/** The finding of a case on a requirement. */
interface CaseOutcome {
  readonly verdict: Verdict;
  readonly actual: string;
  /** The requirement that is broken, where it was not judged for that. */
  readonly see?: string;
  /** The cause that kept it from being judged, in the same words wherever it is the same one. */
  readonly why?: string;
}

/** A case that is in one of the reports only. */
export interface Single {
  readonly id: string;
  readonly title: string;
  readonly verdict: Verdict;
}

/** A requirement whose verdict changed. */
export interface ChangedRequirement {
  readonly id: string;
  readonly level: Level;
  readonly old: Verdict | "not tested";
  readonly new: Verdict | "not tested";
}

/** One of the two reports in short, with the obstacles to testing its target. */
type ComparedReport = Pick<
  Report,
  "suite" | "protocol" | "target" | "startedAt" | "verdict" | "limit" | "stalls" | "unexplained"
>;

/** The changes between two reports. */
export interface Comparison {
  readonly old: ComparedReport;
  readonly new: ComparedReport;
  /**
   * `regressed`: something broke that no change of a case explains and nobody expects. `incomplete`: this is not known, since a
   * MUST is no longer judged, something broken was not judged before, or the new run is not whole.
   */
  readonly outcome: "ok" | "regressed" | "incomplete";
  /** The end of the target in the new run, in words, if it did not end in the old one: it went away, or no case explains its end. */
  readonly lost?: string;
  /** The end of the target in the old run, in words, if the new run saw none, and ran to its end. */
  readonly stays?: string;
  readonly changes: readonly Change[];
  readonly newCases: readonly Single[];
  readonly removedCases: readonly Single[];
  readonly requirements: readonly ChangedRequirement[];
  readonly latencies: readonly ChangedLatency[];
}

/** Compares two reports, the older first. */
export function compareReports(before: Report, after: Report): Comparison {
  const [old, now] = [byId(before.cases), byId(after.cases)];
  const changes = after.cases.flatMap((it) => {
    const was = old.get(it.id);
    return was ? changesOf(was, it, before, after) : [];
  });
  const requirements = changedRequirements(before, after);
  const [ended, ends] = [endOf(before), endOf(after)];
  const lost = ended === undefined ? ends : undefined;
  const stays = ends === undefined && after.stop === undefined ? ended : undefined;
  return {
    old: side(before),
    new: side(after),
    outcome: outcomeOf({ changes, requirements, ...(lost !== undefined && { lost }) }, before, after),
    ...(lost !== undefined && { lost }),
    ...(stays !== undefined && { stays }),
    changes,
    newCases: after.cases.filter(({ id }) => !old.has(id)).map(single),
    removedCases: before.cases.filter(({ id }) => !now.has(id)).map(single),
    requirements,
    latencies: changedLatencies(before, after),
  };
}

/** The end of the target in words, if no case takes the blame for it. */
const endOf = ({ stop, unexplained = [] }: Report): string | undefined =>
  stop?.reason === "lost" ? stop.why : unexplained[0]?.words;

function outcomeOf(
  { changes, requirements, lost }: Pick<Comparison, "changes" | "requirements" | "lost">,
  before: Report,
  after: Report,
): Comparison["outcome"] {
  if (lost !== undefined || changes.some(isRegression)) return "regressed";
  const old = byId(before.cases);
  const comparable = after.cases.some(({ id }) => old.has(id));
  const part = ({ shard }: Report) => shard && `${shard.index}/${shard.of}`;
  const whole = after.stop === undefined && part(after) === part(before);
  const judged = !changes.some(isInconclusive) && !requirements.some(isDropped);
  return comparable && whole && judged ? "ok" : "incomplete";
}

/** Tells if a MUST that was judged is not tested any more. */
export const isDropped = ({ level, old, new: now }: ChangedRequirement): boolean =>
  level === "MUST" && now === "not tested" && old !== "not tested" && STATES[old] !== "inconclusive";

/** Tells if a MUST is no longer judged, or if a breach is judged now that was not before, though the case itself did not change. */
const isInconclusive = ({ kind, cause, level, expectedFailure }: Change) =>
  (kind === "exposed" || (kind === "unjudged" && level === "MUST")) &&
  cause !== "case" &&
  expectedFailure === undefined;

const byId = <T extends { readonly id: string }>(items: readonly T[]) => new Map(items.map((it) => [it.id, it]));
const single = ({ id, title, verdict }: ReportCase): Single => ({ id, title, verdict });
const side = ({ suite, protocol, target, startedAt, verdict, limit, stalls, unexplained }: Report): ComparedReport => ({
  suite,
  protocol,
  target,
  startedAt,
  verdict,
  ...(limit !== undefined && { limit }),
  ...(stalls && { stalls }),
  ...(unexplained && { unexplained }),
});

/** Tells if something broke that is not expected, and no change of the case explains it. */
export const isRegression = ({ kind, cause, expectedFailure }: Change): boolean =>
  kind === "broken" && cause !== "case" && expectedFailure === undefined;

function changesOf(was: ReportCase, is: ReportCase, before: Report, after: Report): Change[] {
  const cause = causeOf(was, is, before, after);
  const checks = [...is.checks, ...was.checks];
  return [...new Set(checks.map(({ requirement }) => requirement))].flatMap((requirement): Change[] => {
    const [old, now] = [outcome(was, requirement), outcome(is, requirement)];
    const own = checks.filter((it) => it.requirement === requirement);
    const check = own.find((it) => is.checks.includes(it) && it.verdict === now.verdict) ?? (own[0] as ReportCheck);
    const lenient = before.target.strict !== after.target.strict && check.level === "SHOULD";
    const kind = kindOf(lenient ? leniently(old) : old, lenient ? leniently(now) : now);
    if (!kind) return [];
    const { level, expected, expectedFailure } = check;
    const why = expectedFailure === undefined ? {} : { expectedFailure };
    return [{ kind, cause, case: is.id, title: is.title, requirement, level, expected, old, new: now, ...why }];
  });
}

/**
 * The finding of a case on a requirement, over all its checks. If there is no check, it is not judged, for the reason that the case has.
 */
function outcome(it: ReportCase, requirement: string): CaseOutcome {
  const own = it.checks.filter((check) => check.requirement === requirement);
  const verdict = worst(
    own.map((check) => check.verdict),
    "skip",
  );
  const shown = (own.length > 0 || it.verdict !== "skip" ? own : it.checks).filter(
    (check) => check.verdict === verdict,
  );
  const see = verdict === "skip" ? shown.find((check) => check.see !== undefined)?.see : undefined;
  const told =
    own.length > 0 ? [...new Set(shown.map((check) => check.actual))].join("; ") : whySkipped({ checks: shown }).why;
  const actual = told || "not judged";
  return {
    verdict,
    actual,
    ...(see !== undefined && { see }),
    ...(STATES[verdict] === "inconclusive" && { why: see === undefined ? (shown[0]?.why ?? actual) : `see ${see}` }),
  };
}

/** An outcome as a run without `--strict` has it, for two reports of which only one was strict. */
const leniently = (outcome: CaseOutcome): CaseOutcome =>
  outcome.verdict === "fail" ? { ...outcome, verdict: "warn" } : outcome;

type State = "kept" | "inconclusive" | "warn" | "fail";
const STATES: Readonly<Record<Verdict, State>> = {
  pass: "kept",
  info: "kept",
  skip: "inconclusive",
  error: "inconclusive",
  warn: "warn",
  fail: "fail",
};

/** The kind of a change, by the states of a requirement before and now. */
const CHANGES: Readonly<Record<State, Readonly<Partial<Record<State, Kind>>>>> = {
  kept: { inconclusive: "unjudged", warn: "warned", fail: "broken" },
  inconclusive: { kept: "judged", warn: "warned", fail: "exposed" },
  warn: { kept: "fixed", inconclusive: "unjudged", fail: "broken" },
  fail: { kept: "fixed", inconclusive: "unjudged", warn: "fixed" },
};

function kindOf(old: CaseOutcome, now: CaseOutcome): Kind | undefined {
  const kind = CHANGES[STATES[old.verdict]][STATES[now.verdict]];
  if (kind) return kind;
  const observed = old.verdict === "info" || now.verdict === "info";
  return observed && old.actual !== now.actual ? "observed" : undefined;
}

function causeOf(was: ReportCase, is: ReportCase, before: Report, after: Report): Cause {
  if (was.digest !== is.digest) return "case";
  if (was.unstable || is.unstable) return "unstable";
  if (before.protocol.version !== after.protocol.version) return "protocol";
  return before.suite.version === after.suite.version ? "server" : "suite";
}

function changedRequirements(before: Report, after: Report): ChangedRequirement[] {
  const old = byId(before.requirements);
  return after.requirements
    .map((row) => ({ id: row.id, level: row.level, old: tested(old.get(row.id)), new: tested(row) }))
    .filter((row) => row.old !== row.new);
}

const tested = (row: ReportRequirement | undefined): ChangedRequirement["old"] =>
  row && row.cases.length > 0 ? row.verdict : "not tested";
