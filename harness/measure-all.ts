import { type Attempt, type Entrance, entranceBy, type Means, SETTLING, TRIES, untilLetIn } from "./attempts.ts";
import { SECOND, SLOWER } from "./connection-rate.ts";
import {
  type Failure,
  failedByItself,
  isTurnedAway,
  NO_ANSWER,
  reachesNobody,
  refusalOf,
  saysNoRoom,
  saysTooMany,
} from "./failure.ts";
import type { Gate } from "./gate.ts";
import {
  isLimited,
  type KnownLimits,
  learnClosed,
  learnMeasured,
  learnShutOut,
  type Measured,
} from "./known-limits.ts";
import { type Found, measure } from "./measure.ts";
import { restsFor } from "./rests.ts";
import { sleep } from "./sleep.ts";

/** A time in which a target lets nobody in: so many ms, or for good in some way. */
export interface ShutOut {
  readonly ms?: number;
  /** The time until that was found out, if it is longer. */
  readonly tookMs?: number;
  readonly way?: Failure | undefined;
}

/** Opens a connection as any client does; if it shall `listen`, waits a moment for the server to turn it away. */
export type Dial = (listen: boolean) => Promise<Attempt>;

/** The ways to explain by inputs that a target lets nobody in for a while. */
export interface ByInputs {
  /** Finds the number of wrong inputs after which it does so, if there is one. */
  many(entrance: Entrance): Promise<number | undefined>;
  /** Blames a case that does so alone; tells if there is one. */
  one(entrance: Entrance): Promise<boolean>;
  /** Enough wrong inputs came to be the reason. */
  readonly mayBeMany: boolean;
  /** A case is known that does so alone. */
  readonly isOne: boolean;
}

/** The limits of one target, and the means to keep them. Times are in ms. */
export interface Keeping {
  readonly known: KnownLimits;
  readonly gate: Gate;
  readonly clock: () => number;
  readonly timeout: number;
  /** The times that a case was to run again for a limit. */
  readonly reruns: WeakMap<object, number>;
  /** The waits in vain until a connection ends. */
  stuck: number;
}

/** Has the gate keep the bounds as they are known now. */
export function change({ known, gate, clock }: Keeping): void {
  known.changedAt = clock();
  gate.setBounds({ together: known.found.together ?? Number.POSITIVE_INFINITY, gap: known.gap, lag: known.lag });
}

/** The means to measure all limits of a target. */
export interface MeansForAll {
  /** Opens a connection that takes no turn. */
  readonly dial: Dial;
  readonly signal: AbortSignal | undefined;
  /** The target served nobody when it first refused one. */
  readonly stoodStill: boolean;
}

/**
 * Measures the limits while nothing else is at work. Resolves to a time in which the target let nobody in, which is no limit; `byInputs`
 * finds out if inputs were the reason.
 */
export async function measureAll(
  its: Keeping,
  { dial, signal, stoodStill }: MeansForAll,
  byInputs: ByInputs,
): Promise<ShutOut> {
  const { known, gate, clock } = its;
  const { at } = known.refusal;
  known.suspected = false;
  await gate.emptied();
  await sleep(SETTLING, signal);
  const ways = [...known.ways.values()];
  const come = () => dial(ways.some(isTurnedAway));
  const rests = restsFor(known, ways, byInputs.isOne);
  const began = clock();
  const { tries, way } = await untilLetIn(come, rests, signal);
  if (way !== undefined || signal?.aborted) return { way, tookMs: clock() - at };
  const met: Met = {
    ways,
    come,
    tries,
    lasted: clock() - began,
    until: clock(),
    closed: tries > TRIES ? clock() - at : 0,
    stoodStill: stoodStill && ways.every(({ code }) => code === NO_ANSWER),
  };
  return (
    (await shutByInputs(its, met, entranceBy(come, rests, signal), byInputs)) ?? (await measureOnce(its, met, signal))
  );
}

/** The way in which a client was let in again after others were refused. Times are in ms. */
interface Met {
  readonly ways: readonly Failure[];
  /** Opens a connection as any client does. */
  readonly come: () => Promise<Attempt>;
  readonly tries: number;
  /** The time that it took, and its end. */
  readonly lasted: number;
  readonly until: number;
  /** The time since the first refusal, if nobody was let in at once: none else. */
  readonly closed: number;
  /** The target served nobody when it first refused one, and gave none of them an answer. */
  readonly stoodStill: boolean;
}

/** Finds out if inputs shut everybody out, or are known to; resolves to the time for which they did. */
async function shutByInputs(
  its: Keeping,
  { ways, tries, until }: Met,
  entrance: Entrance,
  byInputs: ByInputs,
): Promise<ShutOut | undefined> {
  const { known, clock } = its;
  const isNew = known.wrong === undefined && !isLimited(known);
  // Clients that came just before may have been let in between, so that no spell shows it.
  if (isNew && (await byInputs.one(entrance))) {
    known.byOne = true;
    return { tookMs: clock() - known.refusal.at };
  }
  const mayBeMany = isNew && !ways.some((way) => isTurnedAway(way) || saysNoRoom(way));
  const shut = mayBeMany ? await shutByWrong(its, entrance, byInputs) : undefined;
  known.closes ||= byInputs.isOne;
  return shut ?? (known.closes ? closedAgain(its, tries, until) : undefined);
}

/** Measures a target that lets clients in again. Resolves to the time for which it was closed, if no limit explains that. */
async function measureOnce(
  its: Keeping,
  { ways, come, tries, lasted, until, closed, stoodStill }: Met,
  signal: AbortSignal | undefined,
): Promise<ShutOut> {
  const { known, clock } = its;
  if (tries > TRIES && lasted > BY_SECOND) {
    // Each measurement would close it again, and a search for an input counts for it.
    if (clock() > until + SECOND) await sleep(lasted, signal);
    const perSecond = ways.some(saysTooMany) ? (SECOND * known.total) / until : known.before / SLOWER;
    learnMeasured(known, { perSecond: Math.max(1, perSecond) }, { again: true, served: true });
    change(its);
    return {};
  }
  await sleep(SETTLING, signal); // The target has to notice that this client left.
  const { more, ...seen } = await measured({ dial: come, clock, served: known.total, stoodStill, signal }, known.found);
  if (more === undefined || signal?.aborted) return {};
  if (more.fell) return { way: known.refusal.way };
  const mayCount = seen.again && closed > 0 && !ways.some(reachesNobody);
  const found = mayCount ? orByPeriod(more, closed, its) : more;
  learnMeasured(known, found, seen, closed > 0);
  if (found !== more) await sleep(closed, signal); // It counts all who came to measure that.
  change(its);
  return known.closes ? { ms: closed } : {};
}

/**
 * Returns what was found, or else the connections a second of a target that counts all of a longer period, those that it refuses too: no
 * flood gets in. It let nobody in for so many ms.
 */
const orByPeriod = (found: Found, ms: number, { known }: Keeping): Found =>
  isLimited(known) || found.together !== undefined || found.perSecond !== undefined
    ? found
    : { ...found, perSecond: Math.max(1, (SECOND * known.before) / Math.max(ms, SECOND)) };

/** Finds out if wrong inputs shut everybody out; resolves to the last time for which they did. */
async function shutByWrong(
  { known, clock }: Keeping,
  entrance: Entrance,
  byInputs: ByInputs,
): Promise<ShutOut | undefined> {
  let ms = 1;
  const opens = async () => {
    const since = clock();
    const tries = await entrance.opens();
    ms = Math.max(1, clock() - since);
    return tries;
  };
  learnShutOut(known, await byInputs.many({ ...entrance, opens }));
  return known.wrong === undefined ? undefined : { ms, tookMs: clock() - known.refusal.at };
}

/** Learns that a target which lets nobody in now and then let a client in again after so many tries, at `until`. A search followed. */
function closedAgain({ known }: Keeping, tries: number, until: number): ShutOut {
  const { at } = known.refusal;
  learnClosed(known);
  // Before the first try, the cases at work had to end: that time is not the server's.
  const to = tries > 1 ? until : (known.spell?.to ?? at);
  return { ms: Math.max(1, to - at) };
}

/** The longest time for which a target lets nobody in that counts connections by the second, in ms. */
const BY_SECOND = 3_000;

/** The part of a handshake that nobody answers, from both its ends, between which somebody has to be served for it to count as refused. */
const STILL = 0.25;

/** Measures, and says if connections were refused meanwhile, and if any was accepted. */
async function measured(means: Means, found: Found): Promise<{ readonly more: Found | undefined } & Measured> {
  let [again, served] = [false, false];
  const servedAt: number[] = [];
  /** A target that serves nobody for most of a handshake stands still, also if it goes on a moment too late. That is no refusal. */
  const patiently = async () => {
    const began = means.clock();
    const attempt = await means.dial();
    const part = STILL * (means.clock() - began);
    const isStill = !servedAt.some((at) => at > began + part && at < means.clock() - part);
    const way = refusalOf(attempt);
    const isByChance = way !== undefined && (failedByItself(way) || (way.code === NO_ANSWER && isStill));
    return isByChance ? means.dial() : attempt;
  };
  const dial = async () => {
    const attempt = await patiently();
    const way = refusalOf(attempt);
    if (way === undefined) servedAt.push(means.clock());
    again ||= way !== undefined;
    served ||= attempt.opened && way === undefined;
    return way !== undefined && attempt.opened ? { ...attempt, opened: false, failure: way } : attempt;
  };
  const more = await measure({ ...means, dial }, found);
  return { more, again, served };
}
