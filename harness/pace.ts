/** The messages that go out at once. Servers allow 20, and the network may bring some together that were sent apart. */
const BURST = 16;

/** Paces the messages of clients, since servers drop clients that are too fast. */
export interface Pacing {
  /** The time for which at least one connection held something back, in ms. */
  readonly held: number;
  /** Makes the pace of one connection. */
  pace(): Pace;
}

/** The pace of one connection. All that it does is done in order. */
export interface Pace {
  /** Cuts messages for one go into parts that the pace allows. */
  bursts<T>(all: readonly T[]): readonly (readonly T[])[];
  /** Does something that sends so many messages, no more than one of these parts: at once, or when they may go out. */
  act(messages: number, deed: () => void): void;
  /** Resolves once nothing is held back; `undefined` if nothing is. */
  readonly pending: Promise<void> | undefined;
  /** Drops all that is held back: the connection is over. */
  drop(): void;
}

/** Makes the pacing of one run: each connection sends so many messages a second at most. `clock` is in ms. */
export function pacing(clock: () => number, rate: number): Pacing {
  let waiting = 0;
  let since = 0;
  let total = 0;
  const begins = () => {
    if (waiting++ === 0) since = clock();
  };
  const ends = () => {
    if (--waiting === 0) total += clock() - since;
  };
  return {
    get held() {
      return total + (waiting > 0 ? clock() - since : 0);
    },
    pace: () =>
      Number.isFinite(rate)
        ? paceBy({ rate, clock, begins, ends, queue: [], tokens: BURST, filled: clock() })
        : UNPACED,
  };
}

/** The pace of a connection that holds nothing back. */
export const UNPACED: Pace = {
  bursts: (all) => [all],
  act: (_, deed) => deed(),
  pending: undefined,
  drop() {},
};

/** A bucket of tokens, by which a connection sends. Times are in ms. */
interface Bucket {
  readonly rate: number;
  readonly clock: () => number;
  /** Called when it begins to hold something back, and when it holds nothing any more. */
  readonly begins: () => void;
  readonly ends: () => void;
  readonly queue: { readonly messages: number; readonly deed: () => void }[];
  tokens: number;
  filled: number;
  timer?: NodeJS.Timeout;
  pending?: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;
}

/** A pace by a bucket. */
const paceBy = (bucket: Bucket): Pace => ({
  bursts: (all) =>
    Array.from({ length: Math.ceil(all.length / BURST) }, (_, i) => all.slice(i * BURST, (i + 1) * BURST)),
  act(messages, deed) {
    bucket.queue.push({ messages, deed });
    if (bucket.pending) return;
    pump(bucket);
    if (bucket.queue.length > 0) hold(bucket);
  },
  get pending() {
    return bucket.pending?.promise;
  },
  drop() {
    clearTimeout(bucket.timer);
    bucket.queue.length = 0;
    release(bucket);
  },
});

/** Does what the tokens allow, and comes back for the rest. */
function pump(bucket: Bucket): void {
  const { queue, rate } = bucket;
  refill(bucket);
  for (let next = queue[0]; next && next.messages <= bucket.tokens; next = queue[0]) {
    queue.shift();
    bucket.tokens -= next.messages;
    next.deed();
  }
  const [next] = queue;
  if (!next) {
    release(bucket);
    return;
  }
  const wait = Math.ceil(((next.messages - bucket.tokens) / rate) * 1_000);
  bucket.timer = setTimeout(pump, wait, bucket);
}

function refill(bucket: Bucket): void {
  const now = bucket.clock();
  bucket.tokens = Math.min(BURST, bucket.tokens + ((now - bucket.filled) / 1_000) * bucket.rate);
  bucket.filled = now;
}

/** Begins to hold something back. */
function hold(bucket: Bucket): void {
  let resolve = () => {};
  const promise = new Promise<void>((it) => {
    resolve = it;
  });
  bucket.pending = { promise, resolve };
  bucket.begins();
}

/** Wakes all who wait until nothing is held back. */
function release(bucket: Bucket): void {
  if (!bucket.pending) return;
  bucket.pending.resolve();
  bucket.pending = undefined;
  bucket.ends();
}
