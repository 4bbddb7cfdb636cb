import { isBroken } from "./catalogue.ts";
import { endsOthers, findCulprits } from "./culprits.ts";
import { harmsOthers, raw, stoodStill, wasHarmed } from "./doubt.ts";
import type { CaseResult } from "./execute.ts";
import { ENDED_OTHERS, endedAt } from "./outage.ts";
import type { Case } from "./scenario.ts";
import { type Session, settle } from "./session.ts";
import type { Rerun } from "./silences.ts";

/**
 * Looks for the case whose input made these fail, which pass alone. If there is one, it takes the blame. If not, their breach
 * stays, as unstable.
 */
export async function whoEndedThem(
  innocent: readonly Rerun[],
  cases: readonly Case[],
  session: Session,
): Promise<void> {
  const harmed = innocent.filter(([first]) => wasHarmed(first, session));
  const open = innocent.filter((rerun) => !harmed.includes(rerun));
  for (const [, alone] of harmed) settle(alone, session);
  if (open.length > 0) await whoEnded(open, cases, session);
}

/** Does so for those that ran beside no known culprit. */
async function whoEnded(innocent: readonly Rerun[], cases: readonly Case[], session: Session): Promise<void> {
  const cut = innocent.map(([first]) => raw(first, session)).filter((it) => wasDropped(it, session));
  // Where what every client does ends others, no input is special.
  const dropped = cut.length > 0 && (await endsOthers(session)) ? [] : cut;
  const at = momentOf(dropped);
  const wanted = new Set(cases);
  const ran = [...session.results.values()].filter(
    (it) => wanted.has(it.case) && at !== undefined && it.beganAt <= at && it.connections.length > 0,
  );
  const fall = at === undefined ? undefined : { from: at, to: at, ...ENDED_OTHERS, lives: true as const };
  const found = fall ? (await findCulprits(ran, [...session.results.values()], fall, session)).culprits : [];
  if (fall && found.length > 0) session.falls.push(fall);
  // A search that finds nobody takes back the results that it made.
  for (const it of found.length === 0 ? ran : []) settle(it, session);
  for (const [first, alone] of innocent) {
    if (session.culprits.has(first.case.id)) continue;
    const result = raw(first, session);
    // A case that only waited in a stall was not wronged.
    const waited = !wasDropped(result, session) && stoodStill(session, first);
    if (found.length > 0 || waited) settle(alone, session);
    else settle({ ...result, unstable: true }, session);
  }
}

/** Tells if the server ended a connection of a case that gave no reason for it. */
const wasDropped = (it: CaseResult, session: Session): boolean =>
  harmsOthers(it, session) ||
  it.checks.some((check) => isBroken(check) && check.requirement === session.protocol.foundations.dropped);

/** The time within which ends of connections count as one event, in ms. */
const MOMENT = 20;

/** Tells if a connection of a case ended at the same moment as one of another case, and no culprit is known for it. */
export function wasDroppedAmongOthers(it: CaseResult, session: Session): boolean {
  const own = raw(it, session);
  if (!(it.unstable || it.unconfirmed) || session.culprits.has(it.case.id) || !wasDropped(own, session)) return false;
  const at = endedAt(own.connections);
  return session.breaches.some((other) => {
    const end = other.case === it.case || !wasDropped(other, session) ? undefined : endedAt(other.connections);
    return at !== undefined && end !== undefined && Math.abs(end - at) <= MOMENT;
  });
}

/** Returns the moment at which most connections of these cases were ended, in ms of the run's clock. */
function momentOf(results: readonly CaseResult[]): number | undefined {
  const times = results.flatMap(({ connections }) => endedAt(connections) ?? []);
  const near = (at: number) => times.filter((other) => Math.abs(other - at) <= MOMENT).length;
  return times.toSorted((a, b) => near(b) - near(a) || a - b)[0];
}
