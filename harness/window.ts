/** Limits how many cases are at work at the same time, those that wait included. */
export interface Window {
  /** Tells if one more case may begin while `running` are at work. `size` is the first limit; `at` is in ms of the run's clock. */
  admits(running: number, size: number, at: number): boolean;
  /** Notes that a wait begins; returns a function to call when it is over. */
  begin(what: string, at: number): () => void;
  /** Learns that a wait was in vain. */
  missed(what: string, at: number): void;
  /** Tells if the latest answers of a kind were late. */
  isLate(what: string): boolean;
  /** Learns from a wait that ended well: when it began, how long it took, and the shortest time that one ever took; in ms. */
  met(what: string, began: number, took: number, best: number): void;
}

/** The time after which the window doubles, in timeouts. */
const STEP = 0.04;

/** It does not double while answers are late by `some`, and halves when they are late by `much`; in timeouts. */
const LATE = { some: 0.05, much: 0.125 } as const;

/** The number of the latest answers that tell if the server is late. */
const RECENT = 4;

/** The time for which answers tell that, and for which they do while older waits go on; in timeouts. */
const HOLDS = { mostly: 0.125, waiting: 0.5 } as const;

/** The waits of one kind. */
interface Kind {
  /** Those that are not over, the oldest first, but for those that began before another which was answered: they are in vain. */
  readonly open: Set<{ readonly began: number }>;
  /** The lateness of the latest answers, and of all since the median was last taken, in ms. */
  latest: number[];
  late: number[];
  /** The time of the last answer, or of the last wait in vain while the server was late; in ms of the run's clock. */
  answeredAt: number;
  /** Waits in vain while it was late, since the window last changed. */
  missed: number;
  /** The median before the window last halved, and how often in a row that did not change it. */
  before: number | undefined;
  same: number;
}

const newKind = (): Kind => ({
  ...{ open: new Set(), latest: [], late: [], answeredAt: 0, missed: 0, before: undefined, same: 0 },
});

/** The number of answers whose median decides if the window halves. */
const MANY = 8;

/** A median that differs from the one before by less than these parts of it is the same, or much the same. */
const SAME = { quite: 0.05, much: 0.25 } as const;

/** Tells if the medians before and after the window halved show that it did not matter; a median much the same may be chance once. */
function isNeedless(kind: Kind, median: number): boolean {
  const { before = 0 } = kind;
  const differs = Math.abs(median - before) / before;
  kind.same = differs < SAME.much ? kind.same + 1 : 0;
  return differs < SAME.quite || kind.same > 1;
}

/**
 * Makes the window of one run. Most waits are for the network or in vain, so many cases can wait at the same time. But a server
 * that takes one message after another is late for all of them then. So the window grows step by step, once answers show that the
 * last step did no harm or none comes at all, and halves while the server is late. If that does not help, there is another reason,
 * and the limit goes. `timeout` is in ms.
 */
export function window(timeout: number): Window {
  let most: number | undefined;
  let changedAt = 0;
  /** Waits that began before this say nothing, since more cases were at work then. In ms of the run's clock. */
  let since = 0;
  let needless = false;
  const kinds = new Map<string, Kind>();
  const known = (what: string): Kind => {
    const kind = kinds.get(what) ?? newKind();
    kinds.set(what, kind);
    return kind;
  };
  // Where all wait in vain, no answer will tell that it no longer is.
  const isLate = ({ open, latest, before = 0, answeredAt }: Kind, at: number) =>
    Math.max(before, ...latest) > timeout * LATE.some &&
    at - answeredAt <= timeout * (open.size > 0 ? HOLDS.waiting : HOLDS.mostly);
  const isUnknown = ({ open, latest }: Kind, at: number) => {
    const [oldest] = open;
    return latest.length < RECENT && oldest && at - Math.max(oldest.began, changedAt) <= timeout * HOLDS.mostly;
  };
  const halve = (at: number) => {
    [most, changedAt] = [Math.max(1, (most ?? 1) >> 1), at];
    since = Number.POSITIVE_INFINITY;
    for (const it of kinds.values()) [it.late, it.missed] = [[], 0];
  };
  return {
    admits(running, size, at) {
      most ??= size;
      if (running < most) since = Math.min(since, at);
      const isHeld = () =>
        kinds.size === 0
          ? at < timeout * HOLDS.mostly
          : [...kinds.values()].some((kind) => isLate(kind, at) || isUnknown(kind, at));
      if (running >= most && at - changedAt >= timeout * STEP && !isHeld()) {
        [most, changedAt] = [2 * most, at];
        for (const kind of kinds.values()) [kind.before, kind.same] = [undefined, 0];
      }
      return needless || running < most;
    },
    begin(what, at) {
      const { open } = known(what);
      const wait = { began: at };
      open.add(wait);
      return () => open.delete(wait);
    },
    missed(what, at) {
      if (most === undefined || needless || !this.isLate(what)) return;
      const kind = known(what);
      kind.answeredAt = at;
      kind.missed += 1;
      if (kind.missed >= Math.min(most, MANY)) halve(at);
    },
    isLate: (what) => Math.max(0, ...(kinds.get(what)?.latest ?? [])) > timeout * LATE.much,
    met(what, began, took, best) {
      const kind = known(what);
      kind.answeredAt = began + took;
      kind.latest = [...kind.latest, took - best].slice(-RECENT);
      for (const wait of kind.open) {
        if (wait.began >= began) break;
        kind.open.delete(wait);
      }
      if (most === undefined || needless || began < since) return;
      kind.late.push(took - best);
      if (kind.late.length < MANY) return;
      const median = kind.late.toSorted((a, b) => a - b)[MANY >> 1] ?? 0;
      kind.late = [];
      if (median <= timeout * LATE.much) kind.before = undefined;
      else if (isNeedless(kind, median)) needless = true;
      else {
        kind.before = median;
        halve(kind.answeredAt);
      }
    },
  };
}
