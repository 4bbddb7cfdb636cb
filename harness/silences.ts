import {
  breaksAgain,
  brokenIn,
  cameToOthers,
  harmsOthers,
  isDoubtful,
  isShort,
  othersWereServed,
  raw,
  undecided,
  wasCrowded,
  wasHarmed,
} from "./doubt.ts";
import type { CaseResult } from "./execute.ts";
import { ground } from "./foundation.ts";
import { groupBy } from "./group.ts";
import { HANDSHAKE } from "./patience.ts";
import type { Case } from "./scenario.ts";
import { isTooLate, type Session, settle } from "./session.ts";
import { alone, work } from "./work.ts";

/** Running failures again one by one may take as long as the first pass took, and this long (ms) at least. */
export const CONFIRMATION = 5_000;

export async function aloneAgain(result: CaseResult, session: Session): Promise<CaseResult> {
  const again = await alone(result.case, session);
  session.confirming += again.durationMs;
  return again;
}

export const isLate = (took: number, session: Session) =>
  session.confirming >= Math.max(CONFIRMATION, took) || isTooLate(session);

/** Runs again, in full and side by side, what rests on waits that were cut short: such a wait is no evidence. */
export async function askAgain(cases: readonly Case[], session: Session): Promise<void> {
  const wanted = new Set(cases);
  const grounded = ground([...session.results.values()], [], session.protocol.foundations);
  const some = grounded.filter((it) => wanted.has(it.case) && isShort(it));
  for (const result of (await sideBySide(some, session)).values()) settle(result, session);
}

/** Runs again, one by one, what could not be judged since the server did not answer a handshake in time: it may have had too many to answer. */
export async function openAgain(cases: readonly Case[], session: Session): Promise<void> {
  const { results, shared } = session;
  const deadline = shared.clock() + CONFIRMATION;
  const isUnopened = ({ verdict, connections }: CaseResult) =>
    verdict === "skip" &&
    connections.some(({ events }) => events.some((it) => it.type === "timeout" && it.what === HANDSHAKE));
  for (const it of cases) {
    const first = results.get(it);
    if (!first || !isUnopened(first)) continue;
    if (session.stop || session.signal?.aborted || shared.clock() > deadline || isTooLate(session)) return;
    const again = await aloneAgain(first, session);
    if (!session.culprits.has(it.id)) settle(again, session);
  }
}

/** Runs cases again, side by side and with all patience. */
async function sideBySide(some: readonly CaseResult[], session: Session): Promise<ReadonlyMap<Case, CaseResult>> {
  const { shared, options } = session;
  const { patience } = shared;
  const before = patience.hurry;
  patience.hurry = false;
  try {
    const cases = some.map((it) => it.case);
    return await work(cases, session, {
      size: Math.max(options.concurrency, 2),
      halt: () => isTooLate(session),
    });
  } finally {
    patience.hurry = before;
  }
}

/** So many cases to which the same did not come, though others were served meanwhile, are no chance. */
const MANY = 16;

/** So few cases hardly keep a server busy when they run side by side. */
const FEW = 8;

/**
 * What did not come in time is asked for again, side by side. What does not come then either is confirmed, where others were
 * served meanwhile; else some are asked alone. What comes then had not come to one client though others were served, which is a
 * breach, or the server had stood still, which is none.
 */
export async function allTogether(all: readonly CaseResult[], took: number, session: Session): Promise<void> {
  const kinds = [...groupBy(all, (it) => brokenIn(it).join(" ")).values()];
  const isCertain = (kind: readonly CaseResult[]) => kind.length >= MANY && kind.every(othersWereServed);
  for (const it of kinds.filter(isCertain).flat()) settleFailed(raw(it, session), session);
  const some = kinds.filter((kind) => !isCertain(kind)).flat();
  const again = await sideBySide(some, session);
  const [open, crowded]: [CaseResult[], CaseResult[]] = [[], []];
  for (const first of some) {
    const second = again.get(first.case);
    if (session.culprits.has(first.case.id)) continue;
    if (!second) settle(notAgain(first, session), session);
    else if (!breaksAgain(first, second)) settlePassed(first, second, session);
    else if (some.length > 1 && wasCrowded(second, session)) crowded.push(second);
    else if (some.length === 1 || othersWereServed(second) || othersWereServed(first)) settleFailed(second, session);
    else open.push(second);
  }
  for (const second of open.length > FEW ? [] : open) settleFailed(second, session);
  await sample(open.length > FEW ? [...crowded, ...open] : crowded, took, session);
}

/** The result of a case for which there was no time to run again. */
const notAgain = (first: CaseResult, session: Session): CaseResult => ({
  ...(isTooLate(session) && cameToOthers(first, session) ? undecided(first) : first),
  unconfirmed: true,
});

/** Settles a case that failed twice: that is enough. */
function settleFailed(second: CaseResult, session: Session): void {
  session.rechecked.add(second.case.id);
  settle(second, session);
}

/** So many of a kind that stay silent alone, and none that does not, are enough: the others are taken to be no different. */
const ENOUGH = 2;

/** Runs some of each kind alone: where one passes, nothing is known of those of its kind that were not tried. */
export async function sample(some: readonly CaseResult[], took: number, session: Session): Promise<void> {
  const kinds = groupBy(some, (it) => brokenIn(it).join(" "));
  for (const kind of kinds.values()) {
    const cleared: (readonly [first: CaseResult, alone: CaseResult])[] = [];
    const settled = new Set<CaseResult>();
    let confirmed = 0;
    for (const result of kind) {
      const enough = confirmed >= ENOUGH && cleared.length === 0;
      if (settled.has(result) || session.culprits.has(result.case.id)) continue;
      if (enough || isLate(took, session)) {
        const isKnown =
          confirmed > 0 || (cleared.length === 0 && !(isTooLate(session) && cameToOthers(result, session)));
        settle({ ...(isKnown ? raw(result, session) : undecided(result)), unconfirmed: true }, session);
        continue;
      }
      const again = await aloneAgain(result, session);
      if (session.signal?.aborted || session.stop) return;
      if (session.culprits.has(result.case.id)) continue;
      if (!(await isSure(result, again, session))) {
        cleared.push([result, again]);
        continue;
      }
      confirmed += 1;
      settleFailed(raw(result, session), session);
      if (!harmsOthers(result, session)) continue;
      session.culprits.add(result.case.id);
      const open = kind.filter((it) => it !== result && !settled.has(it) && !cleared.some(([first]) => first === it));
      for (const it of await clearHarmed(open, session)) settled.add(it);
    }
    // Who upset the server has to be known before it is said why these failed.
    for (const [first, alone] of cleared) settlePassed(first, alone, session);
  }
}

/** Whether a failure is one alone, too. What one client in some misses may be missed twice by chance. */
async function isSure(first: CaseResult, again: CaseResult, session: Session): Promise<boolean> {
  if (!breaksAgain(first, again)) return false;
  if (!harmsOthers(first, session)) return true;
  const more = await Promise.all([1, 2].map(() => aloneAgain(first, session)));
  return more.every((it) => breaksAgain(first, it));
}

/** Runs those again, side by side, that ran at the same time as a culprit; resolves to those that pass then: it harmed them. */
export async function clearHarmed(some: readonly CaseResult[], session: Session): Promise<readonly CaseResult[]> {
  const again = await sideBySide(
    some.filter((it) => !session.culprits.has(it.case.id) && wasHarmed(it, session)),
    session,
  );
  const innocent = some.filter((first) => {
    const second = again.get(first.case);
    return second !== undefined && !breaksAgain(first, second);
  });
  for (const { case: it } of innocent) settle(again.get(it) as CaseResult, session);
  return innocent;
}

/**
 * Settles a case that failed and passes now: it was harmed, or forgotten though others were served, or all had to wait. One that failed
 * alone, too, and passed only after that, fails now and then.
 */
function settlePassed(first: CaseResult, second: CaseResult, session: Session): void {
  if (breaksAgain(first, second)) settle({ ...raw(first, session), unstable: true }, session);
  else if (wasHarmed(first, session) || wasCrowded(first, session)) settle(second, session);
  else if (othersWereServed(first)) settle({ ...raw(first, session), unstable: true }, session);
  else settle({ ...second, ...(isDoubtful(first, session) && { unstable: true }) }, session);
}
