/** Limits how many cases are at work at the same time, those that wait included. */
export interface Window {
  /** Tells if one more case may begin while `running` are at work. `size` is the first limit; `at` is in ms of the run's clock. */
  admits(running: number, size: number, at: number): boolean;
  /** Learns from a wait that ended well: when it began, how long it took, and the shortest time that any took; in ms. */
  met(what: string, began: number, tookMs: number, best: number): void;
}

/** The time after which the window doubles, in timeouts. */
const STEP = 0.04;

/** It does not double while answers are late by `some`, and halves when they are late by `much`; in timeouts. */
const LATE_BY = { some: 0.05, much: 0.125 } as const;

/** The number of the latest answers that tell if the server is late, and for how long they do, in timeouts. */
const LATEST_ANSWERS = { answers: 4, for: 0.125 } as const;

/** The number of answers whose median decides if the window halves. */
const SAMPLE = 8;

/** The median has to be the same so many times in a row to show that there is another reason. */
const SURE = 2;

/** A median that differs from the one before by less than this part of it is the same. */
const SAME_MEDIAN = 0.25;

/** A late answer is overtaken by that to a client which began to wait at least so many ms later, and waited less by this part of the lateness. */
const OVERTAKEN = { apart: 20, by: 0.6 } as const;

/** The number of the latest late answers that are overtaken where a server does not do one thing after another. */
const UNORDERED = { of: 24, overtaken: 6 } as const;

/** The latest answers that may have overtaken another. */
const RECENT = 64;

/** The waits of one kind: how late the answers were since the last median, and the median before the window last halved; in ms. */
interface Kind {
  late: number[];
  /** Tells of the latest late answers if they were overtaken: a server that does one thing after another lets nobody overtake. */
  readonly overtaken: boolean[];
  readonly recent: { readonly began: number; readonly ended: number }[];
  before: number | undefined;
  /** The number of times in a row that it was the same. */
  same: number;
}

/** The state of a window. Times are in ms. */
interface WindowState {
  readonly timeout: number;
  /** The first limit, and the most cases at work now; `undefined` until the first is about to begin. */
  first: number;
  most: number | undefined;
  changedAt: number;
  answeredAt: number;
  /** Waits that began before this say nothing, since more cases were at work then. */
  since: number;
  /** There is no limit any more. */
  needless: boolean;
  readonly kinds: Map<string, Kind>;
}

/**
 * Makes the window of one run. Most waits are for the network or in vain, so many cases can wait at the same time. But a server
 * that takes one message after another is late for all of them then. So the window grows step by step, and halves while the
 * server is late. If that does not help, there is another reason, and the limit goes. While later clients are served sooner, there is one,
 * too, and the window grows. `timeout` is in ms.
 */
export function window(timeout: number): Window {
  const it: WindowState = {
    ...{ timeout, first: 0, most: undefined, changedAt: 0, answeredAt: 0, since: 0 },
    ...{ needless: false, kinds: new Map<string, Kind>() },
  };
  return {
    admits: (running, size, at) => admits(it, running, size, at),
    met: (what, began, tookMs, best) => met(it, what, began, { tookMs, best }),
  };
}

/** Tells if the server is late. Where all wait in vain, no answer will tell that it no longer is. */
function isLate({ kinds, answeredAt, timeout }: WindowState, at: number): boolean {
  if (at - answeredAt > timeout * LATEST_ANSWERS.for) return false;
  const ordered = [...kinds.values()].filter((kind) => !isUnordered(kind));
  const latest = ordered.map(({ late, before }) => Math.max(before ?? 0, ...late.slice(-LATEST_ANSWERS.answers)));
  return latest.some((ms) => ms > timeout * LATE_BY.some);
}

function admits(it: WindowState, running: number, size: number, at: number): boolean {
  if (it.most === undefined) [it.most, it.first] = [size, size];
  if (running < it.most) it.since = Math.min(it.since, at);
  if (running >= it.most && at - it.changedAt >= it.timeout * STEP && !isLate(it, at))
    [it.most, it.changedAt] = [2 * it.most, at];
  return it.needless || running < it.most;
}

/** Adds a value to the latest ones, of which `most` are kept. */
function keep<T>(latest: T[], value: T, most: number): void {
  latest.push(value);
  if (latest.length > most) latest.shift();
}

/** Learns if a late answer was overtaken. */
function learnOrder({ overtaken, recent }: Kind, since: number, at: number, late: number): void {
  const before = at - OVERTAKEN.by * late;
  const isOvertaken = recent.some(({ began, ended }) => began > since + OVERTAKEN.apart && ended < before);
  keep(overtaken, isOvertaken, UNORDERED.of);
}

/** Tells if many of the latest late answers were overtaken: then they are not late for the number of cases at work. */
const isUnordered = ({ overtaken }: Kind): boolean => overtaken.filter(Boolean).length >= UNORDERED.overtaken;

/** The time of a wait that ended well, and the shortest of its kind, in ms. */
interface Answered {
  readonly tookMs: number;
  readonly best: number;
}

function met(it: WindowState, what: string, began: number, { tookMs, best }: Answered): void {
  const { kinds, most, timeout } = it;
  it.answeredAt = began + tookMs;
  if (most === undefined || it.needless) return;
  const kind = kinds.get(what) ?? { late: [], overtaken: [], recent: [], before: undefined, same: 0 };
  kinds.set(what, kind);
  const late = tookMs - best;
  if (late > timeout * LATE_BY.some) learnOrder(kind, began, it.answeredAt, late);
  keep(kind.recent, { began, ended: it.answeredAt }, RECENT);
  if (began < it.since) return;
  kind.late.push(late);
  if (kind.late.length < SAMPLE) return;
  const median = kind.late.toSorted((a, b) => a - b)[SAMPLE >> 1] ?? 0;
  kind.late = [];
  const isSame = kind.before !== undefined && Math.abs(median - kind.before) < SAME_MEDIAN * kind.before;
  kind.same = isSame ? kind.same + 1 : 0;
  if (median <= timeout * LATE_BY.much || isUnordered(kind)) kind.before = undefined;
  // Few cases at a time vary little, and show nothing. Of a crowd, the first answers come as late however many wait behind them.
  else if (kind.same >= SURE && most >= it.first) it.needless = true;
  else {
    kind.before = median;
    [it.most, it.changedAt, it.since] = [Math.max(1, most >> 1), began + tookMs, Number.POSITIVE_INFINITY];
    for (const other of kinds.values()) other.late = [];
  }
}
