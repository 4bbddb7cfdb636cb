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
    pace: () => (Number.isFinite(rate) ? bucketOf(clock, rate, begins, ends) : UNPACED),
  };
}

/** The pace of a connection that holds nothing back. */
export const UNPACED: Pace = {
  bursts: (all) => [all],
  act: (_, deed) => deed(),
  pending: undefined,
  drop() {},
};

/** A pace by a bucket of tokens. Calls `begins` when it begins to hold something back, and `ends` when it holds nothing any more. */
function bucketOf(clock: () => number, rate: number, begins: () => void, ends: () => void): Pace {
  const queue: { readonly messages: number; readonly deed: () => void }[] = [];
  let tokens = BURST;
  let last = clock();
  let timer: NodeJS.Timeout | undefined;
  let pending: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;

  const refill = () => {
    const now = clock();
    tokens = Math.min(BURST, tokens + ((now - last) / 1_000) * rate);
    last = now;
  };
  const pump = () => {
    refill();
    for (let next = queue[0]; next && next.messages <= tokens; next = queue[0]) {
      queue.shift();
      tokens -= next.messages;
      next.deed();
    }
    const [next] = queue;
    if (next) timer = setTimeout(pump, Math.ceil(((next.messages - tokens) / rate) * 1_000));
    else settle();
  };
  const settle = () => {
    if (!pending) return;
    pending.resolve();
    pending = undefined;
    ends();
  };
  return {
    bursts: (all) =>
      Array.from({ length: Math.ceil(all.length / BURST) }, (_, i) => all.slice(i * BURST, (i + 1) * BURST)),
    act(messages, deed) {
      queue.push({ messages, deed });
      if (pending) return;
      pump();
      if (queue.length === 0) return;
      let resolve = () => {};
      const promise = new Promise<void>((it) => {
        resolve = it;
      });
      pending = { promise, resolve };
      begins();
    },
    get pending() {
      return pending?.promise;
    },
    drop() {
      clearTimeout(timer);
      queue.length = 0;
      settle();
    },
  };
}
