import { type Window, window } from "./window.ts";

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
  /** Notes that a wait for something of this kind begins; returns a function to call when it is over. `at` is in ms of the run's clock. */
  begin(kind: string, at: number): () => void;
  /** Notes that it came. `began` and `ended` are the times of the wait, in ms of the run's clock. */
  met(kind: string, began: number, ended: number): void;
  /** Notes that it did not come in time, and if the server `owed` it; `ended` is when the wait was over. */
  missed(kind: string, began: number, owed: boolean, ended?: number): void;
  /** The time for which at least one client waited in vain for what the server owed, in ms. */
  readonly wasted: number;
  /** Returns the shortest time in which something of this kind came, in ms; infinity if it never did. */
  best(kind: string): number;
  /** Returns when the next client that got something of this kind began to wait, after `began`; in ms of the run's clock. */
  nextServed(kind: string, began: number): number | undefined;
  /** Counts the clients in a row around `began` that waited in vain for something of this kind. */
  inARow(kind: string, began: number): number;
  /** Notes that the server sent a message, awaited or not. */
  heard(): void;
  /** Waits follow one another, so each in vain delays all others. A kind that never comes is waited for less. */
  hurry: boolean;
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
const ENOUGH = 8;

/** After this many waits in vain in all for one kind, waits for it are shorter in a hurry, though it comes now and then. */
const TOO_MANY = 24;

/** After this many waits in vain for anything, without a message between them, the server is taken to be deaf. */
const DEAF = 32;

/** The kind of wait that a deaf server may still end: its WebSocket library answers. */
export const HANDSHAKE = "the answer to the handshake";

/** The length of a shorter wait, in timeouts. */
const SHORT = 0.1;

/** It is at least this many times as long as the slowest answer took. */
const MARGIN = 3;

/** The time after which a wait is idle, in ms. */
const IDLE = 10;

/** The time after which a wait is idle in a hurry, in timeouts. */
const LONG = 0.25;

/** A server that takes this much longer than at its best is busy, in timeouts. */
const BUSY = 0.125;

/** The number of waits of each kind that are remembered. */
const REMEMBERED = 2_000;

/** The waits for one kind. */
interface Kind {
  /** Waits in vain since the last that ended well, and in all. */
  inVain: number;
  all: number;
  /** The shortest wait, in ms. */
  best: number;
  /** The times at which the latest waits began, and those that ended well, in ms of the run's clock. */
  begun: number[];
  served: number[];
}

/** Makes the patience of one run. `timeout` is in ms. */
export function patience(timeout: number): Patience {
  const kinds = new Map<string, Kind>();
  const known = (kind: string): Kind => {
    const waits = kinds.get(kind) ?? { inVain: 0, all: 0, best: Number.POSITIVE_INFINITY, begun: [], served: [] };
    kinds.set(kind, waits);
    return waits;
  };
  let row = 0;
  let slowest = 0;
  let busy = false;
  let served = false;
  let wasted = 0;
  let wastedUntil = 0;
  const waiting = window(timeout);
  return {
    hurry: false,
    window: waiting,
    wait(kind, hangs = false) {
      const { inVain, all } = known(kind);
      const patient = !hangs && (!this.hurry || (inVain < ENOUGH && all < TOO_MANY));
      const limit = Math.ceil(Math.min(timeout, Math.max(timeout * SHORT, slowest * MARGIN)));
      return patient || limit === timeout ? { limit: timeout, short: false } : { limit, short: true };
    },
    begin(kind, at) {
      const waits = known(kind);
      waits.begun.push(at);
      if (waits.begun.length > 2 * REMEMBERED) waits.begun = waits.begun.slice(-REMEMBERED);
      return kind === HANDSHAKE ? () => {} : waiting.begin(kind, at);
    },
    met(kind, began, ended) {
      const waits = known(kind);
      const took = ended - began;
      waits.inVain = 0;
      waits.best = Math.min(waits.best, took);
      waits.served.push(began);
      if (waits.served.length > 2 * REMEMBERED) waits.served = waits.served.slice(-REMEMBERED);
      if (kind !== HANDSHAKE) [row, served] = [0, true];
      slowest = Math.max(slowest, took);
      busy = took > waits.best + timeout * BUSY;
      // A handshake may be late because of the machine that the suite runs on.
      if (kind !== HANDSHAKE) waiting.met(kind, began, took, waits.best);
    },
    missed(kind, began, owed, ended = began) {
      const waits = known(kind);
      if (owed && kind !== HANDSHAKE) waiting.missed(kind, ended);
      if (owed) {
        wasted += Math.max(0, ended - Math.max(began, wastedUntil));
        wastedUntil = Math.max(wastedUntil, ended);
      }
      waits.inVain += 1;
      waits.all += 1;
      row += 1;
      busy ||= owed && waits.served.length > 0 && !waits.served.some((other) => other > began);
    },
    best: (kind) => known(kind).best,
    nextServed(kind, began) {
      const later = known(kind).served.filter((other) => other > began);
      return later.length === 0 ? undefined : Math.min(...later);
    },
    inARow(kind, began) {
      const { begun, served } = known(kind);
      const before = Math.max(Number.NEGATIVE_INFINITY, ...served.filter((other) => other < began));
      const after = this.nextServed(kind, began) ?? Number.POSITIVE_INFINITY;
      return begun.filter((other) => other > before && other < after).length;
    },
    heard() {
      row = 0;
    },
    get deaf() {
      return row >= DEAF;
    },
    get ignored() {
      return row >= ENOUGH;
    },
    get served() {
      return served;
    },
    get wasted() {
      return wasted;
    },
    forgive() {
      for (const waits of kinds.values()) Object.assign(waits, { inVain: 0, all: 0 });
      [row, busy] = [0, false];
    },
    idle() {
      if (busy && row < DEAF) return undefined;
      return this.hurry ? timeout * LONG : IDLE;
    },
  };
}
