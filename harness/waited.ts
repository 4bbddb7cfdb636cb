/** The kind of wait that a deaf server may still end: its WebSocket library answers. */
export const HANDSHAKE = "the answer to the handshake";

/** The kind of wait for the end of a connection. */
export const END_OF_CONNECTION = "the end of the connection";

/** The kind of wait for nothing, in which the server is to be silent. */
export const END_OF_SILENCE = "the end of a silence";

/** The number of waits of each kind that are remembered. */
const REMEMBERED = 2_000;

/** The waits of one run for one kind of thing. */
export interface Waits {
  /** Waits in vain since the last that ended well, and in all. */
  inVain: number;
  all: number;
  /** The shortest wait that ended well, and the last ones, in ms. */
  best: number;
  took: readonly number[];
  /** The end of the last wait that ended well, in ms of the run's clock. */
  last: number;
  /** The times at which the latest waits began, and those that ended well, in ms of the run's clock. */
  begun: number[];
  served: number[];
}

/** Returns the waits for something that nobody has waited for yet. */
export const noWaits = (): Waits => ({
  inVain: 0,
  all: 0,
  best: Number.POSITIVE_INFINITY,
  took: [],
  last: 0,
  begun: [],
  served: [],
});

/** Adds to the latest times. Forgets the oldest, many in one go. */
export function remember(times: number[], at: number): number[] {
  times.push(at);
  return times.length > 2 * REMEMBERED ? times.slice(-REMEMBERED) : times;
}

/** Returns when the next client that got it began to wait, after `began`; in ms of the run's clock. */
export function nextServed({ served }: Waits, began: number): number | undefined {
  const later = served.filter((other) => other > began);
  return later.length === 0 ? undefined : Math.min(...later);
}

/** Counts the clients in a row around `began` that waited in vain. */
export function inARow(waits: Waits, began: number): number {
  const before = Math.max(Number.NEGATIVE_INFINITY, ...waits.served.filter((other) => other < began));
  const after = nextServed(waits, began) ?? Number.POSITIVE_INFINITY;
  return waits.begun.filter((other) => other > before && other < after).length;
}

/** Returns when it last came, and when the next client began to wait for it in vain, in ms of the run's clock. */
export function lastServing({ begun, served, last }: Waits): { readonly from: number; readonly to: number } {
  const next = begun.find((other) => other > Math.max(Number.NEGATIVE_INFINITY, ...served)) ?? last;
  return { from: last, to: Math.max(last, next) };
}
