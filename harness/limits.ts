import { type Failure, failedByItself, refusalOf, type Tried } from "./failure.ts";
import { gate } from "./gate.ts";
import {
  forget,
  isLimited,
  isRefusal,
  type KnownLimits,
  learnInLine,
  learnRefused,
  learnServed,
  noneKnown,
  type Refused,
} from "./known-limits.ts";
import { type ByInputs, change, type Keeping, type MeansForAll, measureAll, type ShutOut } from "./measure-all.ts";
import { wordsOfFound } from "./noticed-limits.ts";

/** A case wants more connections at the same time than the target accepts, so it cannot be judged. */
export class BeyondLimit extends Error {}

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
  /** Limits were measured, and there was none. */
  readonly isNone: boolean;
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
   * Measures the limits while nothing else is at work. Resolves to a time in which the target let nobody in, which is no limit; `byInputs`
   * finds out if inputs were the reason.
   */
  measure(means: MeansForAll, byInputs: ByInputs): Promise<ShutOut>;
}

/** The most times that a case runs again for a limit. */
const AGAIN = 5;

/** The number of waits for the whole timeout until a connection ends, which may be in vain. */
const PATIENT = 3;

/** Later waits are this many times shorter. */
const HURRY = 20;

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
    explains: (refused) => (isLimited(known) || known.closes || known.byOne) && isRefusal(known, refused),
    cases: (concurrency) => casesWithin(known, concurrency),
    get isNone() {
      return known.measured > 0 && !isLimited(known);
    },
    get wrong() {
      return known.wrong;
    },
    measure: (means, byInputs) => measureAll(its, means, byInputs),
  };
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

/** The longest time that a connection should wait for those of other cases to begin, in ms. */
const QUEUE = 500;

/** The connections that most cases hold: the client, a bystander and a newcomer. */
const PER_CASE = 3;

/** The most cases at work where the target lets nobody in now and then: each that is at work then runs again. */
const FEW = 4;

/** Returns how many cases can be at work at the same time. */
function casesWithin({ found, gap, closes }: KnownLimits, concurrency: number): number {
  const held = found.together === undefined ? concurrency : Math.floor(found.together / PER_CASE);
  const queued = gap === 0 ? concurrency : Math.floor(QUEUE / gap);
  return Math.max(1, Math.min(concurrency, held, queued, closes ? FEW : concurrency));
}
