import { setTimeout as sleep } from "node:timers/promises";

/** The bounds that a gate keeps. */
export interface Bounds {
  /** The most connections at the same time. */
  readonly together: number;
  /** The time between the beginnings of two, in ms. */
  readonly gap: number;
  /** The time for which an ended one still counts, since the target notices later, in ms. */
  readonly lag: number;
}

/** Lets connections begin, in the order in which they ask. */
export interface Gate {
  /** Resolves when one may begin, and counts it. */
  turn(): Promise<void>;
  /** Notes that one has ended. */
  left(): void;
  /** Waits until one ends, for `ms` at most; resolves to `true` if one did. */
  freed(ms: number): Promise<boolean>;
  /** Waits until all have ended, or none does for long. */
  emptied(): Promise<void>;
  /** Sets the bounds from now on. */
  keep(bounds: Bounds): void;
}

/** Makes a gate without bounds. A connection waits for others to end for `most` ms at the longest, then begins anyway. */
export function gate(clock: () => number, most: number): Gate {
  let bounds: Bounds = { together: Number.POSITIVE_INFINITY, gap: 0, lag: 0 };
  let inside = 0;
  const spaced = takingTurns(clock, () => bounds.gap);
  let tail = Promise.resolve();
  const waiting = new Set<() => void>();
  const out = () => {
    inside -= 1;
    for (const wake of [...waiting]) wake();
  };
  const freed = (ms: number) =>
    new Promise<boolean>((resolve) => {
      const settle = (ended: boolean) => {
        clearTimeout(timer);
        waiting.delete(wake);
        resolve(ended);
      };
      const wake = () => settle(true);
      const timer = setTimeout(settle, ms, false);
      waiting.add(wake);
    });
  const enter = async () => {
    while (inside >= bounds.together) if (!(await freed(most))) break;
    await spaced();
    inside += 1;
  };
  return {
    turn() {
      if (bounds.gap > 0 || bounds.together < Number.POSITIVE_INFINITY) tail = tail.then(enter);
      else inside += 1;
      return tail;
    },
    left() {
      if (bounds.lag > 0) setTimeout(out, bounds.lag);
      else out();
    },
    freed,
    async emptied() {
      while (inside > 0) if (!(await freed(most))) return;
    },
    keep(it) {
      bounds = it;
    },
  };
}

/** Returns a function that resolves for one caller after another, at least `gap` ms apart. */
export function takingTurns(clock: () => number, gap: () => number): () => Promise<void> {
  let last = Number.NEGATIVE_INFINITY;
  let tail = Promise.resolve();
  const next = async () => {
    const early = last + gap() - clock();
    if (early > 0) await rest(early);
    last = clock();
  };
  return () => {
    tail = tail.then(next);
    return tail;
  };
}

/** Waits for `ms`, or until the run ends. */
export const rest = (ms: number, signal?: AbortSignal): Promise<void> =>
  sleep(Math.ceil(ms), undefined, signal && { signal }).catch(() => {});
