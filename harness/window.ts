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

/** The state of a window. Times are in ms. */
interface Opening {
  readonly timeout: number;
  /** The most cases at work; nothing before the first is about to begin. */
  most: number | undefined;
  changedAt: number;
  /** Waits that began before this say nothing, since more cases were at work then. */
  since: number;
  /** There is no limit any more. */
  needless: boolean;
  readonly kinds: Map<string, Kind>;
}

/**
 * Makes the window of one run. Most waits are for the network or in vain, so many cases can wait at the same time. But a server
 * that takes one message after another is late for all of them then. So the window grows step by step, once answers show that the
 * last step did no harm or none comes at all, and halves while the server is late. If that does not help, there is another reason,
 * and the limit goes. `timeout` is in ms.
 */
export function window(timeout: number): Window {
  const it: Opening = {
    ...{ timeout, most: undefined, changedAt: 0, since: 0 },
    ...{ needless: false, kinds: new Map<string, Kind>() },
  };
  return {
    admits: (running, size, at) => admits(it, running, size, at),
    begin(what, at) {
      const { open } = known(it, what);
      const wait = { began: at };
      open.add(wait);
      return () => open.delete(wait);
    },
    missed: (what, at) => missed(it, what, at),
    isLate: (what) => isVeryLate(it, what),
    met: (what, began, took, best) => met(it, known(it, what), began, { took, best }),
  };
}

function known({ kinds }: Opening, what: string): Kind {
  const kind = kinds.get(what) ?? newKind();
  kinds.set(what, kind);
  return kind;
}

/** Tells if the server is late. Where all wait in vain, no answer will tell that it no longer is. */
const isLate = ({ open, latest, before = 0, answeredAt }: Kind, at: number, timeout: number) =>
  Math.max(before, ...latest) > timeout * LATE.some &&
  at - answeredAt <= timeout * (open.size > 0 ? HOLDS.waiting : HOLDS.mostly);

/** Tells if answers are still to come that will show if the last step did harm. */
function isUnknown({ open, latest }: Kind, at: number, { changedAt, timeout }: Opening): boolean {
  const [oldest] = open;
  if (latest.length >= RECENT || !oldest) return false;
  return at - Math.max(oldest.began, changedAt) <= timeout * HOLDS.mostly;
}

const isVeryLate = ({ kinds, timeout }: Opening, what: string) =>
  Math.max(0, ...(kinds.get(what)?.latest ?? [])) > timeout * LATE.much;

/** Tells if the window has to stay as it is for now. */
function isHeld(it: Opening, at: number): boolean {
  const { kinds, timeout } = it;
  if (kinds.size === 0) return at < timeout * HOLDS.mostly;
  return [...kinds.values()].some((kind) => isLate(kind, at, timeout) || isUnknown(kind, at, it));
}

function admits(it: Opening, running: number, size: number, at: number): boolean {
  it.most ??= size;
  if (running < it.most) it.since = Math.min(it.since, at);
  if (running >= it.most && at - it.changedAt >= it.timeout * STEP && !isHeld(it, at)) {
    [it.most, it.changedAt] = [2 * it.most, at];
    for (const kind of it.kinds.values()) [kind.before, kind.same] = [undefined, 0];
  }
  return it.needless || running < it.most;
}

function halve(it: Opening, at: number): void {
  [it.most, it.changedAt] = [Math.max(1, (it.most ?? 1) >> 1), at];
  it.since = Number.POSITIVE_INFINITY;
  for (const kind of it.kinds.values()) [kind.late, kind.missed] = [[], 0];
}

function missed(it: Opening, what: string, at: number): void {
  if (it.most === undefined || it.needless || !isVeryLate(it, what)) return;
  const kind = known(it, what);
  kind.answeredAt = at;
  kind.missed += 1;
  if (kind.missed >= Math.min(it.most, MANY)) halve(it, at);
}

/** The time of a wait that ended well, and the shortest of its kind. */
interface Answered {
  readonly took: number;
  readonly best: number;
}

function met(it: Opening, kind: Kind, began: number, { took, best }: Answered): void {
  kind.answeredAt = began + took;
  kind.latest = [...kind.latest, took - best].slice(-RECENT);
  for (const wait of kind.open) {
    if (wait.began >= began) break;
    kind.open.delete(wait);
  }
  if (it.most === undefined || it.needless || began < it.since) return;
  kind.late.push(took - best);
  if (kind.late.length < MANY) return;
  const median = kind.late.toSorted((a, b) => a - b)[MANY >> 1] ?? 0;
  kind.late = [];
  if (median <= it.timeout * LATE.much) kind.before = undefined;
  else if (isNeedless(kind, median)) it.needless = true;
  else {
    kind.before = median;
    halve(it, kind.answeredAt);
  }
}
