import { worst } from "./catalogue.ts";
import type { CaseResult } from "./execute.ts";
import { bearers, brokenFoundations, ground, isBroken } from "./foundation.ts";
import { groupBy } from "./group.ts";
import type { Check } from "./judge.ts";
import { endedAt, findCulprits } from "./outage.ts";
import { AT_ONCE } from "./recorder.ts";
import type { Case } from "./scenario.ts";
import { type Session, settle } from "./session.ts";
import { alone, work } from "./work.ts";

/** Running failures again one by one may take as long as the first pass took, and this long (ms) at least. */
const CONFIRMATION = 5_000;

/** So many of a kind that stay silent alone, and none that does not, are enough: the others are taken to be no different. */
const ENOUGH = 2;

/** So few cases hardly keep a server busy when they run side by side. */
const FEW = 8;

/** A case that ended so many ms before others were seen to be ended may have been one of them. */
const ABOUT = 100;

const ENDED = "connections of other clients were ended";

/** Ends of connections within so many ms are one event. */
const MOMENT = 20;

/** Looks again at what went wrong while these cases ran among others, so that no case is blamed for another. `took` is in ms. */
export async function confirm(cases: readonly Case[], took: number, session: Session): Promise<void> {
  await askAgain(cases, session);
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

/** The results of cases that fail, and for nothing that another requirement explains. */
function doubtful(cases: readonly Case[], session: Session): readonly CaseResult[] {
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

/** Whether a case breaks what says that others are served on. */
const harmsOthers = ({ case: it, checks }: CaseResult, { protocol }: Session): boolean =>
  checks.some((check) => isBroken(check) && check.requirement === protocol.survivalOf(it));

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
  for (const { case: it, verdict } of [...results.values()]) {
    if (!needed.has(it.id) || session.rechecked.has(it.id) || verdict === "fail") continue;
    session.rechecked.add(it.id);
    const again = await alone(it, session);
    if (session.stop || session.signal?.aborted) return;
    if (again.verdict !== "fail" || session.culprits.has(it.id)) continue;
    const third = await alone(it, session);
    if (!session.stop && breaksAgain(again, third)) settle(third, session);
  }
}

/** Whether a case that harms others, known to do so alone, too, ran at the same time as another. */
const wasHarmed = ({ beganAt, durationMs }: CaseResult, session: Session): boolean =>
  [...session.results.values()].some(
    (it) =>
      session.culprits.has(it.case.id) && it.beganAt <= beganAt + durationMs && it.beganAt + it.durationMs >= beganAt,
  ) || session.falls.some(({ from, to }) => from - ABOUT <= beganAt + durationMs && to + ABOUT >= beganAt);

/** Warnings for what did not come while the server stood still. */
function warnedInAStall(cases: readonly Case[], session: Session): readonly CaseResult[] {
  const wanted = new Set(cases);
  return [...session.results.values()].filter(
    (it) => wanted.has(it.case) && it.verdict === "warn" && !othersWereServed(it) && stoodStill(session, it),
  );
}

/** Whether a case fails only for what did not come in time. */
const isSilent = ({ checks }: CaseResult): boolean =>
  checks.some(({ verdict }) => verdict === "fail") &&
  checks.every(({ verdict, silence }) => verdict !== "fail" || silence !== undefined);

/** Whether all that did not come in time came to others meanwhile. */
const othersWereServed = ({ checks }: CaseResult): boolean =>
  checks.every(
    (check) => !isBroken(check) || check.silence === undefined || check.silence.nextServedAfterMs !== undefined,
  );

/** So much of the timeout at most lies between a client who is forgotten and the next who is served. */
const NEXT = 0.05;

/** Whether what did not come in time came to those who began to wait for it right afterwards. */
const wasForgotten = ({ checks }: CaseResult, { shared }: Session): boolean =>
  checks.every(
    (check) =>
      !isBroken(check) || (check.silence?.nextServedAfterMs ?? Number.POSITIVE_INFINITY) <= NEXT * shared.timeout,
  );

/** Whether it waited among more connections than a server is sure to serve. */
const wasCrowded = ({ checks }: CaseResult): boolean =>
  checks.some((check) => isBroken(check) && check.silence?.among !== undefined);

/** Whether something rests on a wait that was cut short. */
const isShort = ({ checks }: CaseResult): boolean =>
  checks.some((check) => (isBroken(check) || check.verdict === "error") && check.silence?.short === true);

/** Runs again, in full and side by side, what rests on waits that were cut short: such a wait is no evidence. */
async function askAgain(cases: readonly Case[], session: Session): Promise<void> {
  const wanted = new Set(cases);
  const grounded = ground([...session.results.values()], [], session.protocol.foundations);
  const some = grounded.filter((it) => wanted.has(it.case) && isShort(it));
  for (const result of (await sideBySide(some, session)).values()) settle(result, session);
}

/** Runs cases again, side by side and with all patience. */
async function sideBySide(some: readonly CaseResult[], session: Session): Promise<ReadonlyMap<Case, CaseResult>> {
  const { shared, options } = session;
  const before = shared.patience.hurry;
  shared.patience.hurry = false;
  const again = await work(
    some.map((it) => it.case),
    session,
    { size: Math.max(options.concurrency, 2) },
  );
  shared.patience.hurry = before;
  return again;
}

/**
 * What did not come in time is asked for again, side by side. What does not come then either is confirmed, where others were
 * served meanwhile; else some are asked alone. What comes then had not come to one client though others were served, which is a
 * breach, or the server had stood still, which is none.
 */
async function allTogether(some: readonly CaseResult[], took: number, session: Session): Promise<void> {
  const again = await sideBySide(some, session);
  const [open, crowded]: [CaseResult[], CaseResult[]] = [[], []];
  for (const first of some) {
    const second = again.get(first.case);
    if (session.culprits.has(first.case.id)) continue;
    if (!second) settle({ ...first, unconfirmed: true }, session);
    else if (!breaksAgain(first, second)) settlePassed(first, second, session);
    else if (wasCrowded(second)) crowded.push(second);
    else if (othersWereServed(second) || othersWereServed(first)) settleFailed(second, session);
    else open.push(second);
  }
  for (const second of open.length > FEW ? [] : open) settleFailed(second, session);
  await sample(open.length > FEW ? [...crowded, ...open] : crowded, took, session);
}

/** Settles a case that failed twice: that is enough. */
function settleFailed(second: CaseResult, session: Session): void {
  session.rechecked.add(second.case.id);
  settle(second, session);
}

/** Runs some of each kind alone: where one passes, nothing is known of those of its kind that were not tried. */
async function sample(some: readonly CaseResult[], took: number, session: Session): Promise<void> {
  const kinds = groupBy(some, (it) => brokenIn(it).join(" "));
  for (const kind of kinds.values()) {
    const cleared: (readonly [first: CaseResult, alone: CaseResult])[] = [];
    const settled = new Set<CaseResult>();
    let confirmed = 0;
    for (const result of kind) {
      const enough = confirmed >= ENOUGH && cleared.length === 0;
      if (settled.has(result) || session.culprits.has(result.case.id)) continue;
      if (enough || isLate(took, session)) {
        const known = cleared.length === 0 || confirmed > 0;
        settle({ ...(known ? raw(result, session) : undecided(result)), unconfirmed: true }, session);
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
      settle(raw(result, session), session);
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
async function clearHarmed(some: readonly CaseResult[], session: Session): Promise<readonly CaseResult[]> {
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
  else if (wasHarmed(first, session) || wasCrowded(first)) settle(second, session);
  else if (othersWereServed(first)) settle({ ...raw(first, session), unstable: true }, session);
  else settle({ ...second, ...(isDoubtful(first, session) && { unstable: true }) }, session);
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
      session.falls.push({ from: first.beganAt, to: first.beganAt + first.durationMs, how: ENDED });
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
  const fall = at === undefined ? undefined : { from: at, to: at, how: ENDED, lives: true as const };
  const found = fall ? await findCulprits(ran, fall, session) : [];
  for (const id of found) session.culprits.add(id);
  // A search in vain clears nobody.
  for (const it of found.length === 0 ? ran : []) settle(it, session);
  for (const [first, alone] of innocent) {
    if (session.culprits.has(first.case.id)) continue;
    if (found.length > 0) settle(alone, session);
    else settle({ ...raw(first, session), unstable: true }, session);
  }
}

/** Where cases were blamed for others, warnings and what could not be judged may have come of that as well. */
export async function reconsider(session: Session): Promise<void> {
  const results = [...session.results.values()];
  if (session.stop || session.culprits.size === 0) return;
  const grounded = ground(results, [], session.protocol.foundations);
  const some = grounded.filter(
    ({ verdict, unstable, checks }) =>
      !unstable &&
      (verdict === "warn" || (verdict === "skip" && checks.some((it) => it.verdict === "skip" && !it.see))),
  );
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

/** When most connections of some cases were ended at the same moment, in ms of the run's clock. */
function momentOf(results: readonly CaseResult[]): number | undefined {
  const times = results.flatMap(({ connections }) => endedAt(connections) ?? []);
  const near = (at: number) => times.filter((other) => Math.abs(other - at) <= MOMENT).length;
  return times.toSorted((a, b) => near(b) - near(a) || a - b)[0];
}

async function aloneAgain(result: CaseResult, session: Session): Promise<CaseResult> {
  const again = await alone(result.case, session);
  session.confirming += again.durationMs;
  return again;
}

const isLate = (took: number, { confirming }: Session) => confirming >= Math.max(CONFIRMATION, took);

/** The result as it was before anything was explained by another requirement. */
const raw = (result: CaseResult, { results }: Session): CaseResult => results.get(result.case) ?? result;

/** Whether something that a case broke is broken again, or cannot be told. */
function breaksAgain(first: CaseResult, again: CaseResult): boolean {
  const broken = new Set(brokenIn(first));
  return again.checks.some(
    (check) => broken.has(check.requirement) && check.verdict !== "pass" && check.verdict !== "info",
  );
}

/**
 * Whether nobody can say if a case that waited in vain met a server that was slow or one that forgot it: there was no other client to tell
 * by.
 */
const isDoubtful = (it: CaseResult, session: Session): boolean =>
  !stoodStill(session, it) && session.options.concurrency === 1;

/** Whether the server stood still for all clients when a case waited in vain. */
function stoodStill({ shared, stalls }: Session, { beganAt, durationMs }: CaseResult): boolean {
  const stall = shared.stalls.find(({ at, ms }) => at <= beganAt + durationMs && at + ms >= beganAt);
  if (stall) stalls.add(stall);
  return stall !== undefined;
}

/** Whether the suite stopped reading because of what came for all cases together. */
const isCrowded = ({ verdict, connections }: CaseResult) =>
  verdict === "error" &&
  connections.some(({ events }) => events.some((it) => it.type === "limit" && it.data.endsWith(AT_ONCE)));

const DOUBTFUL =
  "others that failed like this passed alone, and there was no time to run this one alone (--concurrency 1 does)";

/** A failure of which nobody can say whether the case is to blame, and why. */
function undecided(result: CaseResult): CaseResult {
  const checks = result.checks.map(
    (check): Check =>
      isBroken(check) ? { ...check, verdict: "error", actual: `${check.actual}; but ${DOUBTFUL}` } : check,
  );
  return { ...result, checks, verdict: worst(checks.map(({ verdict }) => verdict)) };
}

/** The requirements that gave a case its verdict. Failures that have them in common are of one kind. */
const brokenIn = ({ checks, verdict }: CaseResult): string[] =>
  checks.flatMap((check) => (check.verdict === verdict ? [check.requirement] : []));

/** The foundations that are broken in what ran so far. */
export const brokenSoFar = ({ results, protocol }: Session): ReadonlyMap<string, string> =>
  brokenFoundations([...results.values()], protocol.foundations);
