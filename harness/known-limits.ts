import { gapOf, SECOND, SLOWER } from "./connection-rate.ts";
import { type Failure, isTurnedAway, saysLimit, UNKNOWN, wordsOfFailure } from "./failure.ts";
import type { Found } from "./measure.ts";
import { afterRefused, afterServed, type Spell } from "./spell.ts";

/** A refusal: when the connection began, in ms of the run's clock, and the way. */
export interface Refused {
  readonly at: number;
  readonly way: Failure;
}

/** The knowledge of the limits of one target, and how it came about. Times are in ms. */
export interface KnownLimits {
  found: Found;
  /** The time between the beginnings of two connections. */
  gap: number;
  /** The time for which an ended connection still counts. */
  lag: number;
  /** The time of the last change. */
  changedAt: number;
  /** The ways in which connections were refused, by their words. */
  readonly ways: Map<string, Failure>;
  /** Steps in a row that were not enough. */
  inVain: number;
  /** Clients served since the last step, and all of them. */
  row: number;
  total: number;
  /** The time that clients, one after another, took by a limit per second. */
  held: number;
  /** The times at which clients of the last second were served. */
  readonly served: number[];
  /** The connections that were served in the second before the target first refused one. */
  before: number;
  /** The first refusal since the last measurement. */
  refusal: Refused;
  /** The last clients that were refused in a row. */
  spell: Spell | undefined;
  /** A usual client was refused: there may be a limit. */
  suspected: boolean;
  /** The number of measurements. */
  measured: number;
  /** The target lets nobody in now and then, and no limit explains that. */
  closes: boolean;
  /** The numbers of connections at the same time that were found one after another, where each is lower than the one before. */
  readonly fewer: number[];
  /** The number of those after which it was measured again. */
  asked: number;
  /** It does so after so many wrong inputs. */
  wrong: number | undefined;
  /** It does so after one input. */
  byOne: boolean;
  /** The search is over for good: there is no limit. */
  hopeless: boolean;
}

/** After this many steps in vain, there was no limit. */
const IN_VAIN = 4;

/** This many clients served in a row show that the last step was enough. */
const CALM = 100;

/** The number of measurements that may find nothing before the search ends. A stall looks like a limit. */
const VAIN = 1;

/** The connections a second that a busy machine may not be able to make again. */
const FAST = 32;

/** The factor of all steps together, at most. */
const SLOWEST = 5;

/** The time for which an ended connection still counts, after the first step and at most, in ms. */
const LAG = { first: 10, most: 100 } as const;

/** The limits of a target of which nothing is known yet. */
export const noneKnown = (): KnownLimits => ({
  ...{ found: {}, gap: 0, lag: 0, changedAt: 0, ways: new Map(), inVain: 0, row: 0, total: 0, held: 0, served: [] },
  ...{ before: 0, spell: undefined, refusal: { at: 0, way: UNKNOWN } },
  ...{ suspected: false, measured: 0, closes: false, wrong: undefined, byOne: false, hopeless: false },
  ...{ fewer: [], asked: 0 },
});

/** Tells if a limit is known. */
export const isLimited = ({ found, gap }: KnownLimits): boolean => found.together !== undefined || gap > 0;

const isFound = ({ together, perSecond }: Found): boolean => together !== undefined || perSecond !== undefined;

/** The clients in a row that a target refuses which lets nobody in. One that refuses a share serves others between. */
const SHUT = 5;

/** Tells if a target let nobody in for a while. */
const isShut = ({ spell }: KnownLimits): boolean => spell !== undefined && spell.count >= SHUT;

/** Learns that the target served a client that `began` at a time. Both are in ms of the run's clock. */
export function learnServed(known: KnownLimits, now: number, began: number): void {
  known.spell = afterServed(known.spell, began);
  known.total += 1;
  known.held += known.gap;
  known.row += 1;
  known.served.push(now);
  while ((known.served[0] ?? 0) < now - SECOND) known.served.shift();
  if (known.row >= CALM) known.inVain = 0;
}

/**
 * Learns how the target refused a connection that began at `began`. `usual` says that its handshake and query are those of any client.
 * Tells if the bounds changed.
 */
export function learnRefused(known: KnownLimits, way: Failure, usual: boolean, began: number): boolean {
  if (known.hopeless) return false;
  if (!usual && !saysLimit(way)) return learnLate(known, way, began);
  known.spell = afterRefused(known.spell, began);
  if (known.ways.size === 0) known.before = known.served.filter((at) => at > began - SECOND).length;
  known.ways.set(wordsOfFailure(way), way);
  if (!isLimited(known)) {
    if (!known.suspected) known.refusal = { at: began, way };
    known.suspected = true;
    return false;
  }
  if (began < known.changedAt) return false;
  const before = known.suspected;
  step(known);
  if (known.suspected && !before) known.refusal = { at: began, way };
  return true;
}

/** Learns that the target may have noticed late that others had left: an odd client was refused as its limit refuses, or on purpose. */
function learnLate(known: KnownLimits, way: Failure, began: number): boolean {
  if (!isLimited(known) || !known.ways.has(wordsOfFailure(way)) || began < known.changedAt || known.lag >= LAG.most)
    return false;
  known.lag = longer(known.lag);
  return true;
}

/** The answers to a measurement: connections were refused again, and some were served. */
export interface Measured {
  readonly again: boolean;
  readonly served: boolean;
}

/** Learns what a measurement found; `closed` says that the target let nobody in for a while before. */
export function learnMeasured(known: KnownLimits, more: Found, { again, served }: Measured, closed = false): void {
  known.measured += 1;
  if (!served) {
    giveUp(known, true);
    return;
  }
  // A busy machine cannot repeat what was too much for the target. Later refusals will show if this is still too fast.
  const isOpen = !isFound({ ...known.found, ...more }) && !again && known.measured <= VAIN;
  const saysSo = [...known.ways.values()].some(saysLimit); // A server that dies resets connections, too.
  const guess = isOpen && saysSo && known.before >= FAST ? known.before : undefined;
  const perSecond = more.perSecond ?? (guess && guess / SLOWER);
  known.found = { ...known.found, ...more, ...(perSecond && { perSecond }) };
  if ((more.together ?? Number.POSITIVE_INFINITY) < (known.fewer.at(-1) ?? Number.POSITIVE_INFINITY))
    known.fewer.push(more.together as number);
  // A stall ends no WebSocket at once.
  const isSure = known.measured > VAIN || [...known.ways.values()].every(isTurnedAway);
  if (isFound(known.found)) {
    if (perSecond) known.gap = gapOf(perSecond);
    known.inVain = 0;
  } else if (closed)
    known.closes = known.measured > VAIN; // The first time, the target may not have noticed yet that others left.
  else giveUp(known, isSure);
}

/** Learns that the target lets one client in after another, in so many ms each. Tells if that is slower than what was known. */
export function learnInLine(known: KnownLimits, ms: number): boolean {
  const perSecond = SECOND / ms;
  if (perSecond >= (known.found.perSecond ?? Number.POSITIVE_INFINITY)) return false;
  known.found = { ...known.found, perSecond };
  known.gap = gapOf(perSecond);
  return true;
}

/** Forgets refusals that were no limit. */
export function forget(known: KnownLimits): void {
  known.suspected = false;
  if (!isLimited(known)) known.ways.clear();
}

/** Makes connections slower, since the bounds were not enough. */
function step(known: KnownLimits): void {
  known.inVain += 1;
  known.row = 0;
  if (known.inVain > IN_VAIN) {
    if (measuresAgain(known)) return;
    // No pace is slow enough. If nobody was served meanwhile, it lets nobody in now and then.
    known.closes = isShut(known);
    if (known.closes) unbound(known);
    else giveUp(known, true);
    return;
  }
  known.lag = longer(known.lag);
  const { perSecond } = known.found;
  if (perSecond !== undefined) known.gap = Math.min(SLOWER * known.gap, SLOWEST * gapOf(perSecond));
  else known.suspected ||= known.inVain > 1 && known.measured === 1; // There may be a limit per second, too.
}

/**
 * Has the connections at the same time measured again, since a target that does not free those that ended accepts fewer and fewer. Tells if
 * it does: once for each number.
 */
function measuresAgain(known: KnownLimits): boolean {
  const { found, fewer, asked } = known;
  if (found.together === undefined || asked === fewer.length) return false;
  const { together: _, ...rest } = found;
  Object.assign(known, { found: rest, asked: fewer.length, inVain: 0, suspected: true });
  return true;
}

const longer = (lag: number) => Math.min(LAG.most, lag === 0 ? LAG.first : 2 * lag);

/** The most times that the suite waits for a target which lets nobody in. */
const WAITS = { mostly: 30, wrong: 100 } as const;

/** Learns after how many wrong inputs the target lets nobody in, if it does. */
export function learnShutOut(known: KnownLimits, wrong: number | undefined): void {
  known.wrong = wrong;
  known.closes ||= wrong !== undefined;
}

/** Learns that the target let nobody in once more, which no limit explains. */
export function learnClosed(known: KnownLimits): void {
  known.measured += 1;
  if (known.measured > WAITS[known.wrong === undefined ? "mostly" : "wrong"]) giveUp(known, true);
}

function giveUp(known: KnownLimits, forGood: boolean): void {
  known.hopeless = forGood;
  known.closes = false;
  known.ways.clear();
  unbound(known);
}

/** Lifts the bounds of a target that has no limit. */
function unbound(known: KnownLimits): void {
  known.found = {};
  [known.gap, known.lag] = [0, 0];
}

/** Tells if connections were refused in a way that a limit explains. */
export const isRefusal = ({ ways }: KnownLimits, refused: readonly Failure[]): boolean =>
  refused.some((way) => ways.has(wordsOfFailure(way)));
