/**
 * The messages that go out at once, in all and in seconds of the rate. Servers allow 20, and the network may bring some together that were
 * sent apart. A lower rate is for servers that allow less.
 */
const BURST = { most: 16, seconds: 2 } as const;

/** Paces the messages of clients, since servers drop clients that are too fast. */
export interface Pacing {
  /** The messages a second that go out at most. */
  readonly rate: number;
  /** The messages that go out at once at most. */
  readonly burst: number;
  /** The time for which at least one connection held something back, in ms. */
  readonly heldMs: number;
  /** All connections of a user have one pace. */
  readonly joined: boolean;
  /** From now on all connections of a user have one pace. */
  join(): void;
  /** Makes the pace of one connection. Those of one user come with equal `credentials`. */
  pace(credentials: unknown): Pace;
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

/**
 * Makes the pacing of one run: each connection sends so many messages a second at most, or all those of a user do, where the target counts
 * these together. `clock` is in ms.
 */
export function pacing(clock: () => number, rate: number): Pacing {
  const users = new Map<string, Bucket>();
  let joined = false;
  let waiting = 0;
  let since = 0;
  let total = 0;
  const begins = () => {
    if (waiting++ === 0) since = clock();
  };
  const ends = () => {
    if (--waiting === 0) total += clock() - since;
  };
  const burst = Math.max(1, Math.min(BURST.most, Math.floor(BURST.seconds * rate)));
  const bucket = (tokens: number): Bucket => ({ rate, burst, clock, queue: [], tokens, filled: clock() });
  /** One that begins empty: nobody knows how much the target has counted before. */
  const bucketOf = (credentials: unknown) => {
    const user = JSON.stringify(credentials);
    const its = users.get(user) ?? bucket(0);
    users.set(user, its);
    return its;
  };
  return {
    rate,
    burst,
    get heldMs() {
      return total + (waiting > 0 ? clock() - since : 0);
    },
    get joined() {
      return joined;
    },
    join() {
      joined = true;
    },
    pace: (credentials) =>
      Number.isFinite(rate)
        ? paceBy(joined ? bucketOf(credentials) : bucket(burst), { waiting: 0, begins, ends })
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

/** A connection that sends by a bucket. */
interface Sender {
  /** The deeds that are held back. */
  waiting: number;
  /** Called when it begins to hold something back, and when it holds nothing any more. */
  readonly begins: () => void;
  readonly ends: () => void;
  pending?: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;
}

interface HeldBack {
  readonly messages: number;
  readonly deed: () => void;
  readonly sender: Sender;
}

/** A bucket of tokens, by which one or several connections send, in the order in which they ask. Times are in ms. */
interface Bucket {
  readonly rate: number;
  readonly burst: number;
  readonly clock: () => number;
  queue: HeldBack[];
  tokens: number;
  filled: number;
  timer?: NodeJS.Timeout | undefined;
}

/** The pace of a connection by a bucket. */
const paceBy = (bucket: Bucket, sender: Sender): Pace => ({
  bursts: (all) =>
    Array.from({ length: Math.ceil(all.length / bucket.burst) }, (_, i) =>
      all.slice(i * bucket.burst, (i + 1) * bucket.burst),
    ),
  act(messages, deed) {
    // A deed that sends nothing waits for its own connection alone.
    if (messages === 0 && sender.waiting === 0) return deed();
    const isFirst = bucket.queue.length === 0;
    bucket.queue.push({ messages, deed, sender });
    sender.waiting += 1;
    if (isFirst && !bucket.timer) pump(bucket);
    if (sender.waiting > 0 && !sender.pending) hold(sender);
  },
  get pending() {
    return sender.pending?.promise;
  },
  drop() {
    bucket.queue = bucket.queue.filter((it) => it.sender !== sender);
    sender.waiting = 0;
    release(sender);
    if (!bucket.timer) return;
    // The next one may need fewer tokens than the timer waits for.
    clearTimeout(bucket.timer);
    pump(bucket);
  },
});

/** Does what the tokens allow, and comes back for the rest. */
function pump(bucket: Bucket): void {
  bucket.timer = undefined;
  refill(bucket);
  for (let next = bucket.queue[0]; next && next.messages <= bucket.tokens; next = bucket.queue[0]) {
    bucket.queue.shift();
    bucket.tokens -= next.messages;
    next.sender.waiting -= 1;
    next.deed();
    if (next.sender.waiting === 0) release(next.sender);
  }
  const [next] = bucket.queue;
  if (!next) return;
  const wait = Math.ceil(((next.messages - bucket.tokens) / bucket.rate) * 1_000);
  bucket.timer = setTimeout(pump, wait, bucket);
}

function refill(bucket: Bucket): void {
  const now = bucket.clock();
  bucket.tokens = Math.min(bucket.burst, bucket.tokens + ((now - bucket.filled) / 1_000) * bucket.rate);
  bucket.filled = now;
}

/** Begins to hold something back. */
function hold(sender: Sender): void {
  let resolve = () => {};
  const promise = new Promise<void>((it) => {
    resolve = it;
  });
  sender.pending = { promise, resolve };
  sender.begins();
}

/** Wakes all who wait until nothing is held back. */
function release(sender: Sender): void {
  if (!sender.pending) return;
  sender.pending.resolve();
  sender.pending = undefined;
  sender.ends();
}
