import { isBroken, isRight } from "./catalogue.ts";
import { findCulprits } from "./culprits.ts";
import {
  breaksAgain,
  doubtful,
  harmsOthers,
  isCrowded,
  isSilent,
  raw,
  stoodStill,
  warnedInAStall,
  wasForgotten,
  wasHarmed,
} from "./doubt.ts";
import { type CaseResult, endOf } from "./execute.ts";
import { bearers, ground } from "./foundation.ts";
import { ENDED_OTHERS, endedAt } from "./outage.ts";
import type { Case } from "./scenario.ts";
import { type Session, settle } from "./session.ts";
import { allTogether, aloneAgain, askAgain, CONFIRMATION, clearHarmed, isLate, openAgain, sample } from "./silences.ts";
import { alone } from "./work.ts";

/** Looks again at what went wrong while these cases ran among others, so that no case is blamed for another. `took` is in ms. */
export async function confirm(cases: readonly Case[], took: number, session: Session): Promise<void> {
  await askAgain(cases, session);
  await openAgain(cases, session);
  if (session.stop) return;
  await recheckPlain(cases, session);
  const silent = () => doubtful(cases, session).filter(isSilent);
  const loud = () => doubtful(cases, session).filter((it) => !isSilent(it));
  const harmful = silent().filter((it) => harmsOthers(it, session));
  // A newcomer who is forgotten while the very next one is served is no sign that the server was upset.
  for (const it of harmful.filter((one) => wasForgotten(one, session)))
    settle({ ...raw(it, session), unstable: true }, session);
  // Who may have kept others from being served has to be known before those are asked again.
  await sample(
    harmful.filter((one) => !wasForgotten(one, session)),
    took,
    session,
  );
  await allTogether(
    [...silent().filter((it) => !harmsOthers(it, session)), ...warnedInAStall(cases, session)],
    took,
    session,
  );
  // What turns out not to be broken explains no others any more: those are looked at then.
  for (let some = await oneByOne(loud(), took, session); some.length > 0; some = await oneByOne(loud(), took, session))
    await whoEndedThem(some, cases, session);
}

/**
 * Runs what failures rest on once more alone where it was right among others: a server that is busy may be late with what goes wrong
 * in a quiet one. Only what is wrong twice is.
 */
async function recheckPlain(cases: readonly Case[], session: Session): Promise<void> {
  const { protocol, results } = session;
  const { foundations } = protocol;
  const needed = new Set(
    doubtful(cases, session).flatMap(({ case: it, checks }) =>
      checks
        .filter(isBroken)
        .flatMap(({ requirement }) => bearers(requirement, it.id, foundations))
        .flatMap((id) => foundations.plain[id]?.plain ?? []),
    ),
  );
  for (const result of [...results.values()]) {
    const { case: it } = result;
    if (!needed.has(it.id) || session.rechecked.has(it.id) || !isRight(result)) continue;
    session.rechecked.add(it.id);
    const again = await alone(it, session);
    if (session.stop || session.signal?.aborted) return;
    if (again.verdict !== "fail" || session.culprits.has(it.id)) continue;
    const third = await alone(it, session);
    if (!session.stop && breaksAgain(again, third)) settle(third, session);
  }
}

/** Runs cases again alone, one after another; resolves to those that pass then. What is wrong alone, too, is confirmed. */
async function oneByOne(
  some: readonly CaseResult[],
  took: number,
  session: Session,
): Promise<readonly (readonly [first: CaseResult, alone: CaseResult])[]> {
  const innocent: (readonly [CaseResult, CaseResult])[] = [];
  const late: CaseResult[] = [];
  for (const first of some) {
    if (session.signal?.aborted || session.stop) return innocent;
    session.rechecked.add(first.case.id);
    if (isLate(took, session)) {
      late.push(first);
      continue;
    }
    let again = await aloneAgain(first, session);
    if (session.culprits.has(first.case.id)) continue;
    // What a server does to one client in some it may do twice by chance.
    const byChance = raw(first, session).checks.some(
      (check) => isBroken(check) && session.protocol.foundations.general.includes(check.requirement),
    );
    for (let i = 0; byChance && i < 2 && breaksAgain(first, again); i++) again = await aloneAgain(first, session);
    if (isCrowded(first)) settle(again, session);
    else if (!breaksAgain(first, again) && wasHarmed(first, session)) settle(again, session);
    else if (!breaksAgain(first, again)) innocent.push([first, again]);
    else if (harmsOthers(first, session) && harmsOthers(again, session)) {
      session.culprits.add(first.case.id);
      session.falls.push({ from: first.beganAt, to: endOf(first), how: ENDED_OTHERS });
      settle(again, session); // Among others it may have been ended by its like.
    }
  }
  const harmed = await clearHarmed(late, session);
  for (const it of late.filter((one) => !harmed.includes(one)))
    settle({ ...raw(it, session), unconfirmed: true }, session);
  return innocent;
}

/**
 * What was wrong among others and is right alone: looks for the case whose input ends the connections of others. Where there is
 * one, it takes the blame; else the breach remains what it is, whoever caused it.
 */
async function whoEndedThem(
  innocent: readonly (readonly [first: CaseResult, alone: CaseResult])[],
  cases: readonly Case[],
  session: Session,
): Promise<void> {
  const [harmed, open] = [true, false].map((it) => innocent.filter(([first]) => wasHarmed(first, session) === it));
  for (const [, alone] of harmed ?? []) settle(alone, session);
  if (open?.length) await whoEnded(open, cases, session);
}

/** The same for those that ran beside no culprit which is known. */
async function whoEnded(
  innocent: readonly (readonly [first: CaseResult, alone: CaseResult])[],
  cases: readonly Case[],
  session: Session,
): Promise<void> {
  const dropped = innocent.map(([first]) => raw(first, session)).filter((it) => wasDropped(it, session));
  const at = momentOf(dropped);
  const wanted = new Set(cases);
  const ran = [...session.results.values()].filter(
    (it) => wanted.has(it.case) && at !== undefined && it.beganAt <= at && it.connections.length > 0,
  );
  const fall = at === undefined ? undefined : { from: at, to: at, how: ENDED_OTHERS, lives: true as const };
  const found = fall ? await findCulprits(ran, fall, session) : [];
  if (fall && found.length > 0) session.falls.push(fall);
  // A search in vain clears nobody.
  for (const it of found.length === 0 ? ran : []) settle(it, session);
  for (const [first, alone] of innocent) {
    if (session.culprits.has(first.case.id)) continue;
    const result = raw(first, session);
    // Who only waited while the server stood still for all was not failed by it.
    const waited = !wasDropped(result, session) && stoodStill(session, first);
    if (found.length > 0 || waited) settle(alone, session);
    else settle({ ...result, unstable: true }, session);
  }
}

/**
 * Where cases were blamed for others, warnings and what could not be judged may have come of that as well; and so may what was ended
 * together with others before anybody knew whose input did it.
 */
export async function reconsider(session: Session): Promise<void> {
  const results = [...session.results.values()];
  if (session.stop || session.culprits.size === 0) return;
  const grounded = ground(results, [], session.protocol.foundations);
  const some = grounded.filter((it) => {
    const { verdict, unstable, checks } = it;
    if (wasDroppedAmongOthers(it, session)) return true;
    return (
      !unstable && (verdict === "warn" || (verdict === "skip" && checks.some((it) => it.verdict === "skip" && !it.see)))
    );
  });
  const budget = session.confirming + Math.max(CONFIRMATION, session.shared.clock());
  for (const first of some) {
    if (session.signal?.aborted || session.confirming >= budget) return;
    const again = await aloneAgain(first, session);
    if (!session.culprits.has(first.case.id) && !breaksAgain(first, again)) settle(again, session);
  }
}

/** Whether a connection of a case was ended for no reason of its own. */
const wasDropped = (it: CaseResult, session: Session): boolean =>
  harmsOthers(it, session) ||
  it.checks.some((check) => isBroken(check) && check.requirement === session.protocol.foundations.dropped);

/** Ends of connections within so many ms are one event. */
const MOMENT = 20;

/** Whether a connection of a case that nobody is known to have ended was ended at the same moment as one of another case. */
function wasDroppedAmongOthers(it: CaseResult, session: Session): boolean {
  if (!(it.unstable || it.unconfirmed) || session.culprits.has(it.case.id) || !wasDropped(it, session)) return false;
  const at = endedAt(raw(it, session).connections);
  return session.breaches.some((other) => {
    const end = other.case === it.case || !wasDropped(other, session) ? undefined : endedAt(other.connections);
    return at !== undefined && end !== undefined && Math.abs(end - at) <= MOMENT;
  });
}

/** When most connections of some cases were ended at the same moment, in ms of the run's clock. */
function momentOf(results: readonly CaseResult[]): number | undefined {
  const times = results.flatMap(({ connections }) => endedAt(connections) ?? []);
  const near = (at: number) => times.filter((other) => Math.abs(other - at) <= MOMENT).length;
  return times.toSorted((a, b) => near(b) - near(a) || a - b)[0];
}
