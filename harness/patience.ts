import { type Window, window } from "./window.ts";

/** How long to wait for something. */
export interface Wait {
  /** In ms. */
  readonly limit: number;
  /** It is cut short: that nothing comes is no evidence. */
  readonly short: boolean;
}

/** How long the waits of one run last, and what they tell of the server. */
export interface Patience {
  /** How long to wait for something of this kind. */
  wait(kind: string): Wait;
  /** A wait for something of this kind begins at so many ms of the run's clock. */
  begin(kind: string, at: number): void;
  /** It came: the wait for it began at, and ended at, so many ms of the run's clock. */
  met(kind: string, began: number, ended: number): void;
  /** It did not come in time, though it is `owed`. */
  missed(kind: string, began: number, owed: boolean): void;
  /** The shortest time in which something of this kind came, in ms; infinite where it never did. */
  best(kind: string): number;
  /** When the next client after `began` began to wait for something of this kind that got it, in ms of the run's clock. */
  nextServed(kind: string, began: number): number | undefined;
  /** How many clients in a row, of whom one began to wait at `began`, have waited in vain for something of this kind. */
  inARow(kind: string, began: number): number;
  /** It sent a message, be it awaited or not. */
  heard(): void;
  /** Waits follow one another, so that one in vain delays all others: a kind that never comes is waited for less. */
  hurry: boolean;
  /** So many waits in vain without a single message between them that the server is taken to be deaf. */
  readonly deaf: boolean;
  readonly window: Window;
  /** Forgets what was missed: the server was given a new beginning. */
  forgive(): void;
  /**
   * Milliseconds after which a wait is taken to be one for the network, so that more can be asked meanwhile; `undefined` while
   * the server takes much longer than at its best: it has enough to do.
   */
  idle(): number | undefined;
}

/** So many waits in vain for one kind, with none that ended well between them, and in a hurry it is waited for less. */
const ENOUGH = 8;

/** So many waits in vain for one kind in all, and in a hurry it is waited for less, though it comes now and then. */
const TOO_MANY = 24;

/** So many waits in vain for anything, without a single message between them, and the server is taken to be deaf. */
const DEAF = 32;

/** What a server may still answer that is deaf: its WebSocket library does. */
export const HANDSHAKE = "the answer to the handshake";

/** Then so much of the timeout is still waited, and always so many times as long as the slowest answer took. */
const SHORT = 0.1;
const MARGIN = 3;

/** In ms. */
const IDLE = 10;

/** In a hurry a wait has lasted so much of the timeout when it is taken to be one for the network. */
const LONG = 0.25;

/** A server that takes so much of the timeout longer than at its best has enough to do. */
const BUSY = 0.125;

/** So many waits that ended well are remembered of each kind. */
const REMEMBERED = 2_000;

/** What is known of the waits for one kind. */
interface Kind {
  /** Waits in vain since the last that ended well, and in all. */
  inVain: number;
  all: number;
  /** The shortest wait, in ms. */
  best: number;
  /** When waits began, and those that ended well, in ms of the run's clock: the latest ones. */
  begun: number[];
  served: number[];
}

/** The patience of one run. `timeout` is in ms. */
export function patience(timeout: number): Patience {
  const kinds = new Map<string, Kind>();
  const known = (kind: string): Kind => {
    const one = kinds.get(kind) ?? { inVain: 0, all: 0, best: Number.POSITIVE_INFINITY, begun: [], served: [] };
    kinds.set(kind, one);
    return one;
  };
  let row = 0;
  let slowest = 0;
  let busy = false;
  const waiting = window(timeout);
  return {
    hurry: false,
    window: waiting,
    wait(kind) {
      const { inVain, all } = known(kind);
      const patient = !this.hurry || (inVain < ENOUGH && all < TOO_MANY);
      const limit = Math.ceil(Math.min(timeout, Math.max(timeout * SHORT, slowest * MARGIN)));
      return patient || limit === timeout ? { limit: timeout, short: false } : { limit, short: true };
    },
    begin(kind, at) {
      const one = known(kind);
      one.begun.push(at);
      if (one.begun.length > 2 * REMEMBERED) one.begun = one.begun.slice(-REMEMBERED);
    },
    met(kind, began, ended) {
      const one = known(kind);
      const took = ended - began;
      one.inVain = 0;
      one.best = Math.min(one.best, took);
      one.served.push(began);
      if (one.served.length > 2 * REMEMBERED) one.served = one.served.slice(-REMEMBERED);
      if (kind !== HANDSHAKE) row = 0;
      slowest = Math.max(slowest, took);
      busy = took > one.best + timeout * BUSY;
      // A handshake may be late for the machine that the suite runs on.
      if (kind !== HANDSHAKE) waiting.met(kind, began, took, one.best);
    },
    missed(kind, began, owed) {
      const one = known(kind);
      one.inVain += 1;
      one.all += 1;
      row += 1;
      busy ||= owed && one.served.length > 0 && !one.served.some((other) => other > began);
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
    forgive() {
      for (const one of kinds.values()) Object.assign(one, { inVain: 0, all: 0 });
      [row, busy] = [0, false];
    },
    idle() {
      if (busy && row < DEAF) return undefined;
      return this.hurry ? timeout * LONG : IDLE;
    },
  };
}
