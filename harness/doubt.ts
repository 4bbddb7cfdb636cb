import { isBroken, isFinding, isRight, withChecks } from "./catalogue.ts";
import { isShownByMessage, showing } from "./evidence.ts";
import { type CaseResult, endOf } from "./execute.ts";
import { brokenFoundations, type Foundations } from "./foundation.ts";
import { isOwnGoodbye } from "./goodbyes.ts";
import { grounded } from "./ground.ts";
import type { Check } from "./judge.ts";
import type { Pass } from "./pass.ts";
import { loadSuitesOf, type Protocol } from "./protocol.ts";
import type { Case } from "./scenario.ts";
import { type Stall, wasStillFor } from "./shared.ts";
import { wasLost } from "./transcript.ts";
import { HANDSHAKE } from "./waited.ts";

// Says what the results of cases that ran among others leave open.

/** Returns the requirements that gave a case its verdict. Failures with the same ones are of one kind. */
export const brokenIn = (it: CaseResult): string[] => decisive(it).map(({ requirement }) => requirement);

/** Returns the kind of a failure. */
export const failureKind = (it: CaseResult): string => brokenIn(it).join(" ");

/** Tells if something that `first` broke is broken in `again` too, or could not be judged there. */
export function breaksAgain(first: CaseResult, again: CaseResult): boolean {
  const broken = new Set(brokenIn(first));
  return again.checks.some((check) => broken.has(check.requirement) && !isRight(check));
}

/** Returns a result as it was before other requirements explained any of it. */
export const ungrounded = (result: CaseResult, { results }: Pass): CaseResult => results.get(result.case) ?? result;

/** Tells if a case breaks the requirement that the server goes on serving others. */
export const harmsOthers = ({ case: it, checks }: CaseResult, { protocol }: Pass): boolean =>
  checks.some((check) => isBroken(check) && check.requirement === protocol.survivalOf(it));

/** The time around a fall, in ms, in which a case that ran counts as hit by it. */
const AROUND_FALL = 100;

/** Tells if a case ran at the same time as a known culprit, around a fall or a restart, or beside a load that the server did not stand. */
export function wasHarmed(result: CaseResult, pass: Pass): boolean {
  const load = loadSuitesOf(pass.protocol);
  // Once one culprit is known, others of its kind need not be proved.
  const isHarmful = (it: CaseResult) =>
    pass.ends.culprits.has(it.case.id) ||
    (pass.ends.culprits.size > 0 && it.case !== result.case && harmsOthers(it, pass)) ||
    (load.has(it.case.suite) && it.case !== result.case && it.checks.some(isFinding));
  // One that says goodbye, and restarts, is away until it is back.
  const away = [...pass.standstills.told].flatMap(({ at, ms, goodbye }) =>
    goodbye && ms > 0 ? { from: at, to: at + ms } : [],
  );
  return (
    [...pass.results.values()].some((it) => isHarmful(it) && overlaps(result, it.beganAt, endOf(it))) ||
    [...pass.ends.falls, ...away].some(({ from, to }) => overlaps(result, from - AROUND_FALL, to + AROUND_FALL))
  );
}

/** Tells if a case ran at some time between these, in ms of the run's clock. */
export const overlaps = (result: CaseResult, from: number, to: number): boolean =>
  from <= endOf(result) && to >= result.beganAt;

/** Tells if a case fails only for messages that did not come in time. */
export const isSilent = ({ checks }: CaseResult): boolean =>
  checks.some(({ verdict }) => verdict === "fail") &&
  checks.every(({ verdict, silence }) => verdict !== "fail" || silence !== undefined);

/** Returns the checks that gave a case its verdict. */
const decisive = ({ checks, verdict }: CaseResult): readonly Check[] =>
  checks.filter((check) => check.verdict === verdict);

/** Returns what a case that failed waited for in vain. */
export const missedBy = (it: CaseResult): string[] => decisive(it).flatMap(({ silence }) => silence?.what ?? []);

/** Returns the connections of a case whose handshake had no answer in time. */
const unanswered = ({ connections }: Pick<CaseResult, "connections">) =>
  connections.filter(({ events }) => events.some((it) => it.type === "timeout" && it.what === HANDSHAKE));

/** Tells if a handshake of a case had no answer in time. */
export const missedHandshake = (it: Pick<CaseResult, "connections">): boolean => unanswered(it).length > 0;

/** Tells if the server stood still for most of each wait of a case that was in vain. It may have served others just before and after. */
export function waitedInStalls({ connections }: CaseResult, { shared }: Pass): boolean {
  const inVain = connections.flatMap(({ events }) => events.filter((it) => it.type === "timeout"));
  return inVain.length > 0 && inVain.every(({ at, afterMs = 0 }) => wasStillFor(at - afterMs, shared));
}

/**
 * Tells if others got meanwhile what this case missed. If that is a handshake, all others around have to be answered: a limit may leave out
 * some.
 */
export const othersWereServed = (it: CaseResult, pass: Pass): boolean =>
  !waitedInStalls(it, pass) &&
  unanswered(it).every(wasLost) &&
  decisive(it).every(({ silence }) => silence === undefined || silence.nextServedAfterMs !== undefined);

/** A server that only forgot one client serves the next within this part of the timeout. */
const NEXT = 0.05;

/** Tells if clients that began to wait right afterwards got what this case missed. */
export const wasForgotten = (it: CaseResult, { shared }: Pass): boolean =>
  decisive(it).every(
    ({ silence }) => (silence?.nextServedAfterMs ?? Number.POSITIVE_INFINITY) <= NEXT * shared.timeout,
  );

/** Tells if a case waited among more connections than a server is sure to serve. */
export const wasCrowded = (it: CaseResult, { protocol }: Pass): boolean =>
  decisive(it).some(
    ({ silence }) =>
      silence?.among !== undefined && (silence.nextServedAfterMs === undefined || silence.what === protocol.greeting),
  );

/** Tells if a case waited in vain for anything in a crowd of which nobody was served meanwhile. */
export const waitedInCrowd = ({ checks }: CaseResult): boolean =>
  checks.some(({ silence }) => silence?.among !== undefined && silence.nextServedAfterMs === undefined);

/** Tells if a finding of a case rests on a wait that was cut short. */
export const isShort = ({ checks }: CaseResult): boolean =>
  checks.some((check) => isFinding(check) && check.silence?.short === true);

/**
 * Tells if it is open whether the server was slow or forgot the client, since there was no stall. A missed handshake counts if a later one
 * was answered.
 */
export const isDoubtful = (it: CaseResult, pass: Pass): boolean =>
  !stoodStill(it, pass) &&
  decisive(it).some(({ silence }) => silence?.what !== HANDSHAKE || silence.nextServedAfterMs !== undefined);

/** Tells if a case ran in a stall of the server. */
export const stoodStill = (it: CaseResult, pass: Pass): boolean => stallAround(it, pass) !== undefined;

const stallAround = (result: CaseResult, { shared }: Pass): Stall | undefined =>
  shared.stalls.find(({ at, ms }) => overlaps(result, at, at + ms));

/** Makes the run tell of the stall that a case ran in, if it ran in one: the stall decides its verdict. */
export function tellStall(result: CaseResult, pass: Pass): void {
  const stall = stallAround(result, pass);
  if (stall) pass.standstills.told.add(stall);
}

/** Tells if the suite stopped reading because too much came for all cases together. */
export const hitRunBound = ({ verdict, connections }: CaseResult) =>
  verdict === "error" &&
  connections.some(({ events }) => events.some((it) => it.type === "limit" && it.scope === "run"));

/** Tells if the server sent at other times what this case missed, and may only have been late under the load of others. */
export const mayBeLate = (it: CaseResult, pass: Pass): boolean =>
  decisive(it).some(({ silence }) => silence !== undefined && pass.shared.patience.came(silence.what)) &&
  hadCompany(it, pass);

/** Tells if another case was at work meanwhile, or went wrong before. A case that mostly waits is no load. */
const hadCompany = (result: CaseResult, { results }: Pass): boolean =>
  [...results.values()].some(
    (it) =>
      it.case !== result.case &&
      !it.case.waits &&
      it.beganAt <= endOf(result) &&
      (isFinding(it) || (it.connections.length > 0 && endOf(it) >= result.beganAt)),
  );

const DOUBTFUL =
  "that may be the doing of other cases, and there was no time to run this one alone (--concurrency 1 does)";

/**
 * Turns failures into errors, since nobody can say if the case itself is to blame. A failure that a message of the server shows stays, and
 * so does one that a lost handshake explains.
 */
export function undecided(result: CaseResult, protocol: Pick<Protocol, "goodbye">): CaseResult {
  const { connections } = result;
  const lost = new Set(connections.flatMap((it, index) => (wasLost(it) ? index : [])));
  const isSure = ({ evidence }: Check) => {
    if (!evidence) return lost.size > 0;
    // A culprit may have had the server say goodbye to all.
    const isOwn = showing(evidence, connections).some((event) => isOwnGoodbye(event, protocol));
    return lost.has(evidence.connection) || (isShownByMessage(evidence, connections) && !isOwn);
  };
  const isOpen = (check: Check) => isBroken(check) && !isSure(check);
  const checks = result.checks.map(
    (check): Check =>
      isOpen(check) ? { ...check, verdict: "error", actual: `${check.actual}; but ${DOUBTFUL}` } : check,
  );
  return withChecks(result, checks);
}

/** Returns a result whose findings, and what rests on them, are not judged, since the server ended meanwhile. */
export function inconclusive(result: CaseResult, how: string): CaseResult {
  const open = new Set(result.checks.filter(isFinding).map(({ requirement }) => requirement));
  const checks = result.checks.map((check) => {
    const { see, ...rest } = check;
    const isOpen = isFinding(check) || (see !== undefined && open.has(see));
    return isOpen ? { ...rest, verdict: "skip" as const, actual: `not judged: ${how} while it ran`, why: how } : check;
  });
  return withChecks(result, checks);
}

/** Returns the foundations that are broken in the results so far. */
export const brokenSoFar = ({ results, protocol }: Pass): ReadonlyMap<string, string> =>
  brokenFoundations([...results.values()], protocol.foundations);

/** Returns the failures that no other requirement explains, and that did not run again yet. */
export function doubtful(cases: readonly Case[], pass: Pass): readonly CaseResult[] {
  const { protocol, results } = pass;
  const { culprits } = pass.ends;
  const wanted = new Set(cases);
  const known = brokenSoFar(pass);
  // A requirement whose plainest form is known to be broken is broken in all forms. But one malformed command is not like another.
  const isKnown = ({ case: { id }, checks }: CaseResult) =>
    checks.every(({ verdict, requirement }) => {
      const form = protocol.foundations.plain[requirement];
      return verdict !== "fail" || (known.has(requirement) && !form?.upset && !form?.plain.includes(id));
    });
  return [...results.values()]
    .map((it) => grounded(it, known, protocol.foundations))
    .filter(
      (it) =>
        wanted.has(it.case) &&
        !culprits.has(it.case.id) &&
        !pass.rechecked.has(it.case.id) &&
        !it.unstable &&
        ((it.verdict === "fail" && !isKnown(it)) || hitRunBound(it) || isFormWarned(it, protocol.foundations)),
    );
}

/** Tells if a case warns of a form of something that a server may do wrong now and then. */
const isFormWarned = ({ verdict, checks }: CaseResult, { formOf }: Foundations): boolean =>
  verdict === "warn" && checks.some((check) => check.verdict === "warn" && check.requirement in formOf);

/** Returns the warnings of cases that waited in vain in a stall, among too many connections, or beside a load. */
export function warnedInVain(cases: readonly Case[], pass: Pass): readonly CaseResult[] {
  const wanted = new Set(cases);
  return [...pass.results.values()].filter(
    (it) =>
      wanted.has(it.case) &&
      it.verdict === "warn" &&
      ((!othersWereServed(it, pass) && (stoodStill(it, pass) || wasCrowded(it, pass))) ||
        (missedBy(it).length > 0 && wasHarmed(it, pass))),
  );
}
