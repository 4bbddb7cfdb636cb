/** Limits how many cases are at work at the same time, those that wait included. */
export interface Window {
  /** Tells if one more case may begin while `running` are at work. `size` is the first limit; `at` is in ms of the run's clock. */
  admits(running: number, size: number, at: number): boolean;
  /** Learns from a wait that ended well: when it began, how long it took, and the shortest time that one ever took; in ms. */
  met(what: string, began: number, took: number, best: number): void;
}

/** The time after which the window doubles, in timeouts. */
const STEP = 0.04;

/** It does not double while answers are late by `some`, and halves when they are late by `much`; in timeouts. */
const LATE = { some: 0.05, much: 0.125 } as const;

/** The number of the latest answers that tell if the server is late, and the time for which they do, in timeouts. */
const RECENT = { answers: 4, for: 0.125 } as const;

/** The number of answers whose median decides if the window halves. */
const MANY = 8;

/** A median that differs from the one before by less than this part of it is the same. */
const SAME = 0.25;

/**
 * Makes the window of one run. Most waits are for the network or in vain, so many cases can wait at the same time. But a server
 * that takes one message after another is late for all of them then. So the window grows step by step, and halves while the
 * server is late. If that does not help, there is another reason, and the limit goes. `timeout` is in ms.
 */
export function window(timeout: number): Window {
  let most: number | undefined;
  let first = 0;
  let changedAt = 0;
  /** Waits that began before this say nothing, since more cases were at work then. In ms of the run's clock. */
  let since = 0;
  let needless = false;
  /** By what was waited for: how late it was, and the median before the window last halved; in ms. */
  const kinds = new Map<string, { late: number[]; before: number | undefined }>();
  let answeredAt = 0;
  // Where all wait in vain, no answer will tell that it no longer is.
  const isLate = (at: number) => {
    if (at - answeredAt > timeout * RECENT.for) return false;
    const latest = [...kinds.values()].map(({ late, before }) => Math.max(before ?? 0, ...late.slice(-RECENT.answers)));
    return latest.some((ms) => ms > timeout * LATE.some);
  };
  return {
    admits(running, size, at) {
      if (most === undefined) [most, first] = [size, size];
      if (running < most) since = Math.min(since, at);
      if (running >= most && at - changedAt >= timeout * STEP && !isLate(at)) [most, changedAt] = [2 * most, at];
      return needless || running < most;
    },
    met(what, began, took, best) {
      if (most === undefined || needless || began < since) return;
      answeredAt = began + took;
      const kind = kinds.get(what) ?? { late: [], before: undefined };
      kinds.set(what, kind);
      kind.late.push(took - best);
      if (kind.late.length < MANY) return;
      const median = kind.late.toSorted((a, b) => a - b)[MANY >> 1] ?? 0;
      kind.late = [];
      const isSame = kind.before !== undefined && Math.abs(median - kind.before) < SAME * kind.before;
      if (median <= timeout * LATE.much) kind.before = undefined;
      // Few cases at a time vary little, and show nothing.
      else if (isSame && most >= first) needless = true;
      else {
        kind.before = median;
        most = Math.max(1, most >> 1);
        changedAt = began + took;
        since = Number.POSITIVE_INFINITY;
        for (const it of kinds.values()) it.late = [];
      }
    },
  };
}
