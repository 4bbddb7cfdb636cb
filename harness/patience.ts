import {
  type Experience,
  forgive,
  known,
  noExperience,
  noteBegin,
  noteEnd,
  noteMet,
  noteMissed,
} from "./experience.ts";
import { inARow, lastServing, nextServed, spacing, type Waited, wasSlow } from "./waited.ts";
import type { Window } from "./window.ts";

/** A wait for something. */
export interface Wait {
  /** The time after which it is in vain, in ms. */
  readonly limit: number;
  /** It is cut short, so nothing that fails to come is evidence. */
  readonly short: boolean;
}

/** Says how long the waits of one run last, and learns from them how the server is. */
export interface Patience {
  /** Returns how long to wait for something of this kind; a short time if the server `hangs`, that is, stopped answering anybody. */
  wait(kind: string, hangs?: boolean): Wait;
  /** Notes that a wait for something of this kind begins. `at` is in ms of the run's clock. */
  begin(kind: string, at: number): void;
  /** Notes that it came. `began` and `ended` are the times of the wait, in ms of the run's clock. */
  met(kind: string, began: number, ended: number): void;
  /** Notes that the connection ended before: the client was not left waiting. */
  ended(kind: string, began: number): void;
  /** Notes that it did not come in time, and if the server `owed` it; `ended` is when the wait was over. */
  missed(kind: string, began: number, owed: boolean, ended?: number): void;
  /** The time for which at least one client waited in vain for what the server owed, in ms. */
  readonly wasted: number;
  /** Returns the shortest time in which something of this kind came, in ms; infinity if it never did. */
  best(kind: string): number;
  /**
   * Returns the time between two clients that got something of this kind, one after another, in ms. It is no longer than the shortest time
   * in which it came.
   */
  spacing(kind: string): number;
  /**
   * Returns the time that the server, at its best, takes to serve one after another all that wait in vain for something of this kind, in
   * ms.
   */
  backlog(kind: string): number;
  /** Tells if something of this kind ever came that was awaited. */
  came(kind: string): boolean;
  /** Returns when the next client that got something of this kind began to wait, after one that waited in vain; in ms of the run's clock. */
  nextServed(kind: string, inVain: Waited): number | undefined;
  /** Tells if others that waited for something of this kind at the same time got it, but late. */
  wasLate(kind: string, inVain: Waited): boolean;
  /** Counts the clients in a row around one that waited in vain for something of this kind. */
  inARow(kind: string, inVain: Waited): number;
  /** Returns when something of this kind last came, and when the next client began to wait for it in vain, in ms of the run's clock. */
  lastServing(kind: string): { readonly from: number; readonly to: number };
  /** Tells if something of this kind came before, and many waited for it in vain since; or if `despair` was called for it. */
  stopped(kind: string): boolean;
  /** Tells if the last answers of this kind came late, and nobody gets one in time now: the server does one thing after another. */
  isBehind(kind: string): boolean;
  /** Notes the kind that nobody seems to get any more, if there is one: until `forgive`, waits for it are short. */
  despair(kind: string | undefined): void;
  /** Notes that the server sent a message, awaited or not. */
  heard(): void;
  /** Waits follow one another, so each in vain delays all others. A kind that never comes is waited for less. */
  hurry: boolean;
  /** Acts without hurry; then it is as it was before. */
  unhurried<T>(act: () => Promise<T>): Promise<T>;
  /** Too many waits were in vain, without a message between them: the server is taken to be deaf. */
  readonly deaf: boolean;
  /** Several were. If nothing else comes either, the server is taken to be deaf, too. */
  readonly ignored: boolean;
  /** Something came that was awaited, beside the answers to handshakes. */
  readonly served: boolean;
  readonly window: Window;
  /** Forgets what was missed, when the server was started again. */
  forgive(): void;
  /**
   * Returns the time after which a wait is idle, so that another case may begin, in ms; `undefined` while the server is busy, since
   * it takes much longer than at its best.
   */
  idle(): number | undefined;
}

/** After this many waits in vain in a row for one kind, waits for it are shorter in a hurry. */
const VAIN_IN_A_ROW = 8;

/** After this many waits in vain in all for one kind, waits for it are shorter in a hurry, even if it comes now and then. */
const VAIN_IN_ALL = 24;

/** After this many waits in vain for anything, without a message between them, the server is taken to be deaf. */
const VAIN_FOR_ANYTHING = 32;

/** After this many waits in vain in a row for one kind, side by side, a newcomer tests if anybody still gets it. */
const VAIN_SIDE_BY_SIDE = 16;

/** The part of the timeout after which an answer is late. */
const LATE_ANSWER = 0.4;

/** The length of a shorter wait, in timeouts. */
const SHORTER_WAIT = 0.1;

/** A shorter wait is at least this many times as long as the slowest answer took. */
const TIMES_SLOWEST = 3;

/** The time after which a wait is idle, in ms. */
const IDLE_AFTER = 10;

/** The time after which a wait is idle in a hurry, in timeouts. */
const IDLE_IN_HURRY = 0.25;

/** Makes the patience of one run. `timeout` is in ms. */
export function patience(timeout: number): Patience {
  const it = noExperience(timeout);
  return {
    get hurry() {
      return it.hurry;
    },
    set hurry(hurry) {
      it.hurry = hurry;
    },
    unhurried: (act) => unhurried(it, act),
    window: it.window,
    wait: (kind, hangs = false) => waitFor(it, kind, hangs),
    begin: (kind, at) => noteBegin(it, kind, at),
    met: (kind, began, ended) => noteMet(it, kind, began, ended),
    ended: (kind, began) => noteEnd(it, kind, began),
    missed: (kind, began, owed, ended = began) => noteMissed(it, kind, { began, owed, ended }),
    best: (kind) => known(it, kind).best,
    spacing: (kind) => spacing(known(it, kind)),
    backlog: (kind) => backlog(it, kind),
    came: (kind) => Number.isFinite(known(it, kind).best),
    nextServed: (kind, inVain) => nextServed(known(it, kind), inVain),
    wasLate: (kind, inVain) => wasSlow(known(it, kind), inVain),
    inARow: (kind, inVain) => inARow(known(it, kind), inVain),
    lastServing: (kind) => lastServing(known(it, kind)),
    stopped: (kind) => stopped(it, kind),
    isBehind: (kind) => isBehind(it, kind),
    despair(kind) {
      it.hopeless = kind;
    },
    heard() {
      it.row = 0;
    },
    get deaf() {
      return it.row >= VAIN_FOR_ANYTHING;
    },
    get ignored() {
      return it.row >= VAIN_IN_A_ROW;
    },
    get served() {
      return it.served;
    },
    get wasted() {
      return it.wasted;
    },
    forgive: () => forgive(it),
    idle: () => idle(it),
  };
}

async function unhurried<T>(it: Experience, act: () => Promise<T>): Promise<T> {
  const { hurry } = it;
  it.hurry = false;
  try {
    return await act();
  } finally {
    it.hurry = hurry;
  }
}

function waitFor(it: Experience, kind: string, hangs: boolean): Wait {
  const { hurry, slowest, timeout, hopeless } = it;
  const { inVain, all } = known(it, kind);
  const patient = !hangs && kind !== hopeless && (!hurry || (inVain < VAIN_IN_A_ROW && all < VAIN_IN_ALL));
  const limit = Math.ceil(Math.min(timeout, Math.max(timeout * SHORTER_WAIT, slowest * TIMES_SLOWEST)));
  return patient || limit === timeout ? { limit: timeout, short: false } : { limit, short: true };
}

function stopped(it: Experience, kind: string): boolean {
  const { best, inVain } = known(it, kind);
  return it.hopeless === kind || (Number.isFinite(best) && inVain >= (it.hurry ? VAIN_IN_A_ROW : VAIN_SIDE_BY_SIDE));
}

function backlog(it: Experience, kind: string): number {
  const { best, inVain } = known(it, kind);
  return Number.isFinite(best) ? best * inVain : 0;
}

function isBehind(it: Experience, kind: string): boolean {
  const { best, tookMs, inVain } = known(it, kind);
  return tookMs.length > 0 && Math.min(...tookMs) > LATE_ANSWER * it.timeout && best * inVain > it.timeout;
}

function idle({ busy, row, hurry, timeout }: Experience): number | undefined {
  if (busy && row < VAIN_FOR_ANYTHING) return undefined;
  return hurry ? timeout * IDLE_IN_HURRY : IDLE_AFTER;
}
