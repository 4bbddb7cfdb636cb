import { sleep } from "./sleep.ts";

/** The bounds that a gate keeps. */
interface Bounds {
  /** The most connections at the same time. */
  readonly together: number;
  /** The time between the beginnings of two, in ms. */
  readonly gap: number;
  /** The time for which a connection that ended still counts, in ms: the target notices the end later. */
  readonly lag: number;
}

/** Lets connections begin, in the order in which they ask. */
export interface Gate {
  /** Resolves when one may begin, and counts it. After the end of the run nobody waits any more. */
  turn(signal?: AbortSignal): Promise<void>;
  /** Notes that one has ended. */
  left(): void;
  /** Waits until one ends, for `ms` at most; resolves to `true` if one did. */
  freed(ms: number): Promise<boolean>;
  /** Waits until all have ended, or none does for long. */
  emptied(): Promise<void>;
  /** Sets the bounds from now on. */
  setBounds(bounds: Bounds): void;
}

/** The state of a gate. */
interface GateState {
  bounds: Bounds;
  /** The longest wait for others to end, in ms. */
  readonly most: number;
  /** Resolves when the time since the last beginning has passed. */
  readonly spaced: () => Promise<void>;
  inside: number;
  readonly waiting: Set<() => void>;
}

/** Makes a gate without bounds. A connection waits for others to end for `most` ms at the longest, then begins anyway. */
export function gate(clock: () => number, most: number): Gate {
  const spaced = takingTurns(clock, () => it.bounds.gap);
  const bounds = { together: Number.POSITIVE_INFINITY, gap: 0, lag: 0 };
  const it: GateState = { bounds, most, spaced, inside: 0, waiting: new Set() };
  let tail = Promise.resolve();
  return {
    turn(signal) {
      if (it.bounds.gap > 0 || it.bounds.together < Number.POSITIVE_INFINITY) tail = tail.then(() => enter(it, signal));
      else it.inside += 1;
      return tail;
    },
    left() {
      if (it.bounds.lag > 0) setTimeout(leave, it.bounds.lag, it);
      else leave(it);
    },
    freed: (ms) => freed(it, ms),
    async emptied() {
      while (it.inside > 0) if (!(await freed(it, most))) return;
    },
    setBounds(bounds) {
      it.bounds = bounds;
    },
  };
}

/** Waits until one more may begin, and counts it. */
async function enter(it: GateState, signal: AbortSignal | undefined): Promise<void> {
  while (it.inside >= it.bounds.together && !signal?.aborted) if (!(await freed(it, it.most))) break;
  if (!signal?.aborted) await it.spaced();
  it.inside += 1;
}

function leave(it: GateState): void {
  it.inside -= 1;
  for (const wake of [...it.waiting]) wake();
}

function freed({ waiting }: GateState, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (ended: boolean) => {
      clearTimeout(timer);
      waiting.delete(wake);
      resolve(ended);
    };
    const wake = () => settle(true);
    const timer = setTimeout(settle, ms, false);
    waiting.add(wake);
  });
}

/** Returns a function that resolves for one caller after another, at least `gap` ms apart. */
export function takingTurns(clock: () => number, gap: () => number): () => Promise<void> {
  let last = Number.NEGATIVE_INFINITY;
  let tail = Promise.resolve();
  const next = async () => {
    const early = last + gap() - clock();
    if (early > 0) await sleep(early);
    last = clock();
  };
  return () => {
    tail = tail.then(next);
    return tail;
  };
}
