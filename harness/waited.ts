/** The kind of wait that a deaf server may still end: its WebSocket library answers. */
export const HANDSHAKE = "the answer to the handshake";

/** The kind of wait for the end of a connection. */
export const END_OF_CONNECTION = "the end of the connection";

/** The kind of wait for nothing, in which the server is to be silent. */
export const END_OF_SILENCE = "the end of a silence";

/** The number of waits of each kind that are remembered. */
const WAITS_REMEMBERED = 2_000;

/** The waits of one run for one kind of thing. */
export interface Waits {
  /** Waits in vain since the last that ended well, and in all. */
  inVain: number;
  all: number;
  /** The shortest wait that ended well, and the last ones, in ms. */
  best: number;
  tookMs: readonly number[];
  /** The end of the last wait that ended well, in ms of the run's clock. */
  last: number;
  /** The times at which the latest waits began, in ms of the run's clock. */
  begun: number[];
  /** The latest waits that ended well. */
  served: Waited[];
}

/** A wait that is over. Times are in ms of the run's clock. */
export interface Waited {
  readonly began: number;
  readonly ended: number;
}

/** Returns the waits for something that nobody has waited for yet. */
export const noWaits = (): Waits => ({
  inVain: 0,
  all: 0,
  best: Number.POSITIVE_INFINITY,
  tookMs: [],
  last: 0,
  begun: [],
  served: [],
});

/** Adds to the latest. Forgets the oldest, many in one go. */
export function remember<T>(latest: T[], one: T): T[] {
  latest.push(one);
  return latest.length > 2 * WAITS_REMEMBERED ? latest.slice(-WAITS_REMEMBERED) : latest;
}

/**
 * Another wait shows a stall, if it ends in the last part (`end`) of a wait in vain, and takes longer than a part of it (`short`): the
 * server stood still for both.
 */
const SAME_STALL = { end: 0.1, short: 0.5 } as const;

/** Returns when clients began to wait that were served while one waited in vain, or before. */
function servedBeside({ served }: Waits, { began, ended }: Waited): number[] {
  const length = ended - began;
  const isApart = (other: Waited) =>
    other.ended <= ended - SAME_STALL.end * length || other.ended - other.began <= SAME_STALL.short * length;
  return served.filter(isApart).map((other) => other.began);
}

/** This many clients that got it late show that the server was slow. One may have been unlucky. */
const SLOW_FOR_SO_MANY = 2;

/**
 * Tells if others that waited at the same time got it, but late. Then the server may be slow with this one, too, as a virtual machine is
 * while it warms up.
 */
export function wasSlow({ served }: Waits, { began, ended }: Waited): boolean {
  const late = SAME_STALL.short * (ended - began);
  const isLate = (other: Waited) => other.began < ended && other.ended > began && other.ended - other.began > late;
  return served.filter(isLate).length >= SLOW_FOR_SO_MANY;
}

/** Returns when the next client that was served beside one that waited in vain began to wait, in ms of the run's clock. */
function nextBeside(waits: Waits, inVain: Waited): number | undefined {
  const later = servedBeside(waits, inVain).filter((other) => other > inVain.began);
  return later.length === 0 ? undefined : Math.min(...later);
}

/**
 * Returns when the next client that got it began to wait, after one that waited in vain; in ms of the run's clock. Nothing where the
 * server was slow with others meanwhile: they say nothing of this one.
 */
export const nextServed = (waits: Waits, inVain: Waited): number | undefined =>
  wasSlow(waits, inVain) ? undefined : nextBeside(waits, inVain);

/** Counts the clients in a row that waited in vain, around one that did. */
export function inARow(waits: Waits, inVain: Waited): number {
  const before = Math.max(
    Number.NEGATIVE_INFINITY,
    ...servedBeside(waits, inVain).filter((other) => other < inVain.began),
  );
  const after = nextBeside(waits, inVain) ?? Number.POSITIVE_INFINITY;
  return waits.begun.filter((other) => other > before && other < after).length;
}

/** The number of clients served last, whose median distance shows how long one takes. */
const LATEST_SERVED = 17;

/** Returns the time between two that were served, one after another, at most the shortest wait; in ms. */
export function spacing({ served, best }: Waits): number {
  const ends = served.slice(-LATEST_SERVED).map(({ ended }) => ended);
  const gaps = ends.slice(1).map((at, i) => at - (ends[i] as number));
  return Math.min(best, gaps.toSorted((a, b) => a - b)[gaps.length >> 1] ?? best);
}

/** Returns when it last came, and when the next client began to wait for it in vain, in ms of the run's clock. */
export function lastServing({ begun, served, last }: Waits): { readonly from: number; readonly to: number } {
  const next = begun.find((other) => served.every(({ began }) => other > began)) ?? last;
  return { from: last, to: Math.max(last, next) };
}
