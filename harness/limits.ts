import { type Attempt, type Means, PAUSE, TRIES, triesToLetIn, untilLetIn } from "./attempts.ts";
import { FORGOTTEN, SECOND, SLOWER } from "./connection-rate.ts";
import {
  type Failure,
  failedByItself,
  isTurnedAway,
  NO_ANSWER,
  refusalOf,
  saysNoRoom,
  saysTooMany,
  type Tried,
} from "./failure.ts";
import { type Gate, gate, rest } from "./gate.ts";
import {
  casesWithin,
  forget,
  isLimited,
  isRefusal,
  type KnownLimits,
  learnClosed,
  learnInLine,
  learnMeasured,
  learnRefused,
  learnServed,
  learnShutOut,
  type Measured,
  noneKnown,
  type Refused,
  wordsOfFound,
} from "./known-limits.ts";
import { type Found, measure } from "./measure.ts";

/** A case wants more connections at the same time than the target accepts, so it cannot be judged. */
export class BeyondLimit extends Error {}

/** A time in which a target lets nobody in: so many ms, or for good in some way. */
interface ShutOut {
  readonly ms?: number;
  readonly way?: Failure | undefined;
}

/** Opens a connection as any client does; if it shall `listen`, waits a moment for the server to turn it away. */
type Dial = (listen: boolean) => Promise<Attempt>;

/**
 * Finds the number of wrong inputs after which a target lets nobody in for a while, if it does. `letsIn` waits until it lets somebody in, and
 * resolves to the number of tries; to infinity if it does not.
 */
type Explain = (letsIn: () => Promise<number>) => Promise<number | undefined>;

/** Notices that a target limits connections, finds out how, and keeps below it. */
export interface Limits {
  /** The most connections that the target accepts at the same time; `undefined` if no limit is known. */
  readonly together: number | undefined;
  /** The numbers of connections at the same time that were found one after another, where each is lower than the one before. */
  readonly fewer: readonly number[];
  /** The most connections a second; `undefined` if no limit is known. */
  readonly perSecond: number | undefined;
  /** The known limits in words; `undefined` if there are none. */
  readonly words: string | undefined;
  /** The time that clients, one after another, took by a limit per second, in ms. */
  readonly held: number;
  /** A usual client was refused while others are served. No case shall begin until this was measured or forgotten. */
  readonly suspected: boolean;
  /** The number of wrong inputs after which the target lets nobody in for a while; `undefined` if it is not known to do so. */
  readonly wrong: number | undefined;
  /** The first refusal since the last measurement: when that connection began, in ms of the run's clock, and the way. */
  readonly refusal: Readonly<Refused>;
  /** Has clients come no faster than the target lets them in, one after another: in so many ms each. Tells if that is news. */
  paces(ms: number): boolean;
  /** Forgets refusals that were no limit: the target was away. */
  forget(): void;
  /** Resolves when a connection may begin. */
  turn(signal?: AbortSignal): Promise<void>;
  /** Notes that a connection which had its turn has ended, TCP included. */
  left(): void;
  /** Waits until a connection ends; resolves to `true` if one did in time. */
  freed(): Promise<boolean>;
  /**
   * Learns from a connection, and once more from one that the server ended at once. `usual` says that its handshake and query are
   * those of any client of the right version. The server may refuse others on purpose.
   */
  saw(connection: Tried, usual: boolean): void;
  /**
   * Tells if a case has to run again, since its findings may have come of a limit. `refused` is how its connections were refused. A case
   * runs `again` five times at most, and as often as the suite waits for a target that now and then lets nobody in.
   */
  spoils(it: object, refused: readonly Failure[]): boolean;
  /** Notes that a case is to run again for a limit. */
  again(it: object): void;
  /** Tells if a known limit, or a target that now and then lets nobody in, explains that connections were refused in these ways. */
  explains(refused: readonly Failure[]): boolean;
  /** Returns how many cases can be at work at the same time, `concurrency` at most. */
  cases(concurrency: number): number;
  /**
   * Measures the limits while nothing else is at work. What `dial` opens takes no turn. Resolves to a time in which the target
   * let nobody in, which is no limit.
   */
  measure(dial: Dial, signal?: AbortSignal, shutsOut?: Explain): Promise<ShutOut>;
}

/** The time after which a target has noticed that the last connection ended, in ms. */
const SETTLING = 100;

/** The most times that a case runs again for a limit. */
const AGAIN = 5;

/** The number of waits for the whole timeout until a connection ends, which may be in vain. */
const PATIENT = 3;

/** Later waits are this many times shorter. */
const HURRY = 20;

/** The limits of one target, and the means to keep them. Times are in ms. */
interface Keeping {
  readonly known: KnownLimits;
  readonly gate: Gate;
  readonly clock: () => number;
  readonly timeout: number;
  /** The times that a case was to run again for a limit. */
  readonly reruns: WeakMap<object, number>;
  /** The waits in vain until a connection ends. */
  stuck: number;
}

/** Makes the limits of one target, of which none is known yet. `timeout` is in ms. */
export function limits(clock: () => number, timeout: number): Limits {
  const known = noneKnown();
  const its: Keeping = { known, gate: gate(clock, timeout), clock, timeout, reruns: new WeakMap(), stuck: 0 };
  return {
    get together() {
      return known.found.together;
    },
    get fewer() {
      return known.fewer;
    },
    get perSecond() {
      return known.found.perSecond;
    },
    get words() {
      return wordsOfFound(known.found, known.fewer);
    },
    get held() {
      return known.held;
    },
    get suspected() {
      return known.suspected && known.total > 0 && !known.hopeless;
    },
    get refusal() {
      return known.refusal;
    },
    paces: (ms) => pace(its, ms),
    forget: () => forget(known),
    turn: its.gate.turn,
    left: its.gate.left,
    freed: () => freed(its),
    saw: (connection, usual) => learn(its, connection, usual),
    spoils: (it, refused) => spoils(its, it, refused),
    again: (it) => void its.reruns.set(it, timesAgain(its, it) + 1),
    explains: (refused) => (isLimited(known) || known.closes) && isRefusal(known, refused),
    cases: (concurrency) => casesWithin(known, concurrency),
    get wrong() {
      return known.wrong;
    },
    measure: (dial, signal, shutsOut) => measureAll(its, dial, signal, shutsOut),
  };
}

/** Has the gate keep the bounds as they are known now. */
function change({ known, gate, clock }: Keeping): void {
  known.changedAt = clock();
  gate.keep({ together: known.found.together ?? Number.POSITIVE_INFINITY, gap: known.gap, lag: known.lag });
}

function pace(its: Keeping, ms: number): boolean {
  if (!learnInLine(its.known, ms)) return false;
  change(its);
  return true;
}

async function freed(its: Keeping): Promise<boolean> {
  const { gate, timeout } = its;
  const ended = await gate.freed(its.stuck < PATIENT ? timeout : timeout / HURRY);
  if (!ended) its.stuck += 1;
  return ended;
}

function learn(its: Keeping, connection: Tried, usual: boolean): void {
  const { known, clock } = its;
  const way = refusalOf(connection);
  const began = connection.transcript.events[0]?.at ?? 0;
  if (connection.opened && way === undefined) learnServed(known, clock(), began);
  if (way !== undefined && !failedByItself(way) && learnRefused(known, way, usual, began)) change(its);
}

const timesAgain = ({ reruns }: Keeping, it: object): number => reruns.get(it) ?? 0;

function spoils(its: Keeping, it: object, refused: readonly Failure[]): boolean {
  const { known } = its;
  const most = known.closes ? Number.POSITIVE_INFINITY : AGAIN; // The waits for such a target have a bound of their own.
  return known.total > 0 && timesAgain(its, it) < most && isRefusal(known, refused);
}

async function measureAll(
  its: Keeping,
  dial: Dial,
  signal: AbortSignal | undefined,
  shutsOut: Explain = async () => undefined,
): Promise<ShutOut> {
  const { known, gate, clock } = its;
  const { at } = known.refusal;
  known.suspected = false;
  await gate.emptied();
  await rest(SETTLING, signal);
  const ways = [...known.ways.values()];
  const listens = ways.some(isTurnedAway);
  const come = () => dial(listens);
  const began = clock();
  const kind = known.wrong !== undefined ? "shutOut" : ways.some(saysTooMany) ? "tooMany" : "others";
  const rests = RESTS[kind];
  const { tries, way } = await untilLetIn(come, rests, signal);
  if (way !== undefined || signal?.aborted) return { way };
  if (known.wrong === undefined && !isLimited(known) && !listens && !ways.some(saysNoRoom))
    learnShutOut(known, await shutsOut(() => triesToLetIn(come, rests, signal)));
  const closed = { ms: tries > TRIES ? clock() - at : 0 };
  if (known.closes) {
    learnClosed(known);
    // Before the first try, the cases at work had to end: that time is not the server's.
    const to = tries > 1 ? clock() : (known.spell?.to ?? at);
    return { ms: Math.max(1, to - at) };
  }
  if (tries > TRIES && clock() - began > BY_SECOND) {
    // Each measurement would close it again.
    const perSecond = ways.some(saysTooMany) ? (SECOND * known.total) / clock() : known.before / SLOWER;
    learnMeasured(known, { perSecond: Math.max(1, perSecond) }, { again: true, served: true });
    change(its);
    return {};
  }
  await rest(SETTLING, signal); // The target has to notice that this client left.
  const { more, ...seen } = await measured({ dial: come, clock, served: known.total, signal }, known.found);
  if (more === undefined || signal?.aborted) return {};
  if (more.fell) return { way: known.refusal.way };
  learnMeasured(known, more, seen, closed.ms > 0);
  change(its);
  return known.closes ? closed : {};
}

/** The longest time for which a target lets nobody in that counts connections by the second, in ms. */
const BY_SECOND = 3_000;

/**
 * The times before further tries to get in, in ms. Who says that there are too many says it to each try, for a period at most. Others
 * may shut out for longer with each try, so these come ever later.
 */
const RESTS = {
  tooMany: Array.from({ length: 12 }, () => SECOND),
  /** It is known to let clients in again. */
  shutOut: Array.from({ length: 30 }, () => SECOND / 5),
  others: [...Array.from({ length: TRIES - 1 }, () => PAUSE), 1_400, 2 * FORGOTTEN],
} as const;

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
