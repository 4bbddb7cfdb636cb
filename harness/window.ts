/** How many cases may be at work at the same time, those that wait included. */
export interface Window {
  /** Tells if one more may begin at so many ms of the run's clock, while so many are at work; `size` is where it starts. */
  admits(running: number, size: number, at: number): boolean;
  /** Learns from a wait for something that ended well: when it began, and how long it took, of which `best` was the shortest ever; in ms. */
  met(what: string, began: number, took: number, best: number): void;
}

/** The window doubles each time that so much of the timeout has passed. */
const STEP = 0.125;

/** It does not while answers are late by so much of the timeout, and halves when they are late by so much. */
const LATE = { some: 0.05, much: 0.125 } as const;

/** So many of the latest answers tell if it is. */
const RECENT = 4;

/** So many answers show whether the server is late. */
const MANY = 8;

/** What has come down to less than this part of what it was has improved. */
const BETTER = 0.75;

/** After so many halvings in a row that improved nothing the server is late for a reason of its own. */
const IN_VAIN = 2;

/**
 * The window of one run. Many cases wait at the same time, since most waits are for the network or in vain: but a server that takes
 * one message after another is late for all of them then. So their number grows step by step, and halves while the server is
 * late; where fewer are no help, it is late for a reason of its own, and all may wait together. `timeout` is in ms.
 */
export function window(timeout: number): Window {
  let most: number | undefined;
  let changedAt = 0;
  /** What began before this says nothing: more were at work then. */
  let since = 0;
  /** So often in a row nothing had improved when the window was halved. */
  let inVain = 0;
  let needless = false;
  /** By what was waited for: how late it was, and the median of that before the window was last halved. */
  const kinds = new Map<string, { late: number[]; before: number | undefined }>();
  const isLate = () => {
    const latest = [...kinds.values()].map(({ late, before }) => Math.max(before ?? 0, ...late.slice(-RECENT)));
    return latest.some((ms) => ms > timeout * LATE.some);
  };
  return {
    admits(running, size, at) {
      most ??= size;
      if (running < most) since = Math.min(since, at);
      if (running >= most && at - changedAt >= timeout * STEP && !isLate()) [most, changedAt] = [2 * most, at];
      return needless || running < most;
    },
    met(what, began, took, best) {
      if (most === undefined || needless || began < since) return;
      const kind = kinds.get(what) ?? { late: [], before: undefined };
      kinds.set(what, kind);
      kind.late.push(took - best);
      if (kind.late.length < MANY) return;
      const median = kind.late.toSorted((a, b) => a - b)[MANY >> 1] ?? 0;
      kind.late = [];
      inVain = kind.before !== undefined && median > BETTER * kind.before ? inVain + 1 : 0;
      if (median <= timeout * LATE.much) kind.before = undefined;
      else if (most > 1 && inVain >= IN_VAIN) needless = true;
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
