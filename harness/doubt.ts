import { isBroken, isFinding, isRight, withChecks } from "./catalogue.ts";
import { type CaseResult, endOf } from "./execute.ts";
import { brokenFoundations, ground } from "./foundation.ts";
import type { Check } from "./judge.ts";
import { HANDSHAKE } from "./patience.ts";
import type { Case } from "./scenario.ts";
import type { Session } from "./session.ts";

/** What results of cases that ran among others leave open. */

/** The requirements that gave a case its verdict. Failures that have them in common are of one kind. */
export const brokenIn = (it: CaseResult): string[] => decisive(it).map(({ requirement }) => requirement);

/** Whether something that a case broke is broken again, or cannot be told. */
export function breaksAgain(first: CaseResult, again: CaseResult): boolean {
  const broken = new Set(brokenIn(first));
  return again.checks.some((check) => broken.has(check.requirement) && !isRight(check));
}

/** The result as it was before anything was explained by another requirement. */
export const raw = (result: CaseResult, { results }: Session): CaseResult => results.get(result.case) ?? result;

/** Whether a case breaks what says that others are served on. */
export const harmsOthers = ({ case: it, checks }: CaseResult, { protocol }: Session): boolean =>
  checks.some((check) => isBroken(check) && check.requirement === protocol.survivalOf(it));

/** A case that ended so many ms before others were seen to be ended may have been one of them. */
const ABOUT = 100;

/** Whether a case that harms others, known to do so alone, too, ran at the same time as another. */
export const wasHarmed = (result: CaseResult, session: Session): boolean =>
  [...session.results.values()].some(
    (it) => session.culprits.has(it.case.id) && overlaps(result, it.beganAt, endOf(it)),
  ) || session.falls.some(({ from, to }) => overlaps(result, from - ABOUT, to + ABOUT));

/** Whether a case ran at some time between these, in ms of the run's clock. */
const overlaps = (result: CaseResult, from: number, to: number): boolean =>
  from <= endOf(result) && to >= result.beganAt;

/** Whether a case fails only for what did not come in time. */
export const isSilent = ({ checks }: CaseResult): boolean =>
  checks.some(({ verdict }) => verdict === "fail") &&
  checks.every(({ verdict, silence }) => verdict !== "fail" || silence !== undefined);

/** The checks that gave a case its verdict. */
const decisive = ({ checks, verdict }: CaseResult): readonly Check[] =>
  checks.filter((check) => check.verdict === verdict);

/** Whether a handshake of a case had no answer in time. */
const hung = ({ connections }: CaseResult): boolean =>
  connections.some(({ events }) => events.some((it) => it.type === "timeout" && it.what === HANDSHAKE));

/** Whether all that did not come in time came to others meanwhile. Of an answer to a handshake that is not known. */
export const othersWereServed = (it: CaseResult): boolean =>
  !hung(it) && decisive(it).every(({ silence }) => silence === undefined || silence.nextServedAfterMs !== undefined);

/** So much of the timeout at most lies between a client who is forgotten and the next who is served. */
const NEXT = 0.05;

/** Whether what did not come in time came to those who began to wait for it right afterwards. */
export const wasForgotten = (it: CaseResult, { shared }: Session): boolean =>
  decisive(it).every(
    ({ silence }) => (silence?.nextServedAfterMs ?? Number.POSITIVE_INFINITY) <= NEXT * shared.timeout,
  );

/** Whether it waited among more connections than a server is sure to serve. */
export const wasCrowded = (it: CaseResult, { protocol }: Session): boolean =>
  decisive(it).some(
    ({ silence }) =>
      silence?.among !== undefined && (silence.nextServedAfterMs === undefined || silence.what === protocol.greeting),
  );

/** Whether something rests on a wait that was cut short. */
export const isShort = ({ checks }: CaseResult): boolean =>
  checks.some((check) => isFinding(check) && check.silence?.short === true);

/**
 * Whether nobody can say if a case that waited in vain met a server that was slow or one that forgot it: it did not stand still, and no other
 * client waited for the same.
 */
export const isDoubtful = (it: CaseResult, session: Session): boolean =>
  !stoodStill(session, it) && decisive(it).some(({ silence }) => silence?.what !== HANDSHAKE);

/** Whether the server stood still for all clients when a case waited in vain. */
export function stoodStill({ shared, stalls }: Session, result: CaseResult): boolean {
  const stall = shared.stalls.find(({ at, ms }) => overlaps(result, at, at + ms));
  if (stall) stalls.add(stall);
  return stall !== undefined;
}

/** Whether the suite stopped reading because of what came for all cases together. */
export const isCrowded = ({ verdict, connections }: CaseResult) =>
  verdict === "error" &&
  connections.some(({ events }) => events.some((it) => it.type === "limit" && it.scope === "run"));

/** Tells if what did not come did so at other times: a server that comes late under load has not failed by that. */
export const cameToOthers = (it: CaseResult, { shared }: Session): boolean =>
  decisive(it).some(({ silence }) => silence !== undefined && Number.isFinite(shared.patience.best(silence.what)));

const DOUBTFUL =
  "others that failed like this passed alone, and there was no time to run this one alone (--concurrency 1 does)";

/** A failure of which nobody can say whether the case is to blame, and why. */
export function undecided(result: CaseResult): CaseResult {
  const checks = result.checks.map(
    (check): Check =>
      isBroken(check) ? { ...check, verdict: "error", actual: `${check.actual}; but ${DOUBTFUL}` } : check,
  );
  return withChecks(result, checks);
}

/** The foundations that are broken in what ran so far. */
export const brokenSoFar = ({ results, protocol }: Session): ReadonlyMap<string, string> =>
  brokenFoundations([...results.values()], protocol.foundations);

/** The results of cases that fail, and for nothing that another requirement explains. */
export function doubtful(cases: readonly Case[], session: Session): readonly CaseResult[] {
  const { protocol, results, culprits } = session;
  const wanted = new Set(cases);
  const known = brokenSoFar(session);
  // What is broken in its plainest form, which was looked at before, is so in others.
  const isKnown = ({ case: { id }, checks }: CaseResult) =>
    checks.every(
      ({ verdict, requirement }) =>
        verdict !== "fail" || (known.has(requirement) && !protocol.foundations.plain[requirement]?.plain.includes(id)),
    );
  return ground([...results.values()], [], protocol.foundations).filter(
    (it) =>
      wanted.has(it.case) &&
      !culprits.has(it.case.id) &&
      !session.rechecked.has(it.case.id) &&
      !it.unstable &&
      ((it.verdict === "fail" && !isKnown(it)) || isCrowded(it)),
  );
}

/** Warnings for what did not come while the server stood still. */
export function warnedInAStall(cases: readonly Case[], session: Session): readonly CaseResult[] {
  const wanted = new Set(cases);
  return [...session.results.values()].filter(
    (it) => wanted.has(it.case) && it.verdict === "warn" && !othersWereServed(it) && stoodStill(session, it),
  );
}
