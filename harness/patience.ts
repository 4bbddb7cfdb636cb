/** How long the waits of one run last: at most the timeout, and less for what a server has failed to send again and again. */
export interface Patience {
  /** Milliseconds to wait for something of this kind. */
  limit(kind: string): number;
  /** It came after so many ms. */
  met(kind: string, ms: number): void;
  /** It did not come in time, though it is `owed`. */
  missed(kind: string, owed: boolean): void;
  /** It sent a message, be it awaited or not. */
  heard(): void;
  /** It refused a connection, though it accepts others. */
  refused(): void;
  /** Whether it fell behind with accepting connections. */
  isBehind(): boolean;
  /** Whether it caught up when it was given time. Then what it failed to send before is forgotten; else it gets no time again. */
  hadTime(caughtUp: boolean): void;
  /**
   * Milliseconds after which a wait is taken to be one for the network, so that more can be asked meanwhile; `undefined` once
   * the server has failed to do in time what it does otherwise: it has enough to do. One that is deaf has not.
   */
  idle(): number | undefined;
}

/** So many waits in vain for one kind, with none that ended well between them, and the server is taken not to send it. */
const ENOUGH = 8;

/** So many waits in vain for anything, without a single message between them, and the server is taken to be deaf. */
const DEAF = 32;

/** So many waits in vain for one kind in all, and it is no longer waited for in full, though it comes now and then. */
const TOO_MANY = 24;

/** What a server may still answer that is deaf: its WebSocket library does. */
export const HANDSHAKE = "the answer to the handshake";

/** Then so much of the timeout is still waited, and always so many times as long as the slowest answer took. */
const SHORT = 0.1;
const MARGIN = 3;

/** In ms. */
const IDLE = 10;

/** The patience of one run. `timeout` is in ms. */
export function patience(timeout: number): Patience {
  const inVain = new Map<string, number>();
  const all = new Map<string, number>();
  const sent = new Set<string>();
  let row = 0;
  let slowest = 0;
  let busy = false;
  let behind = false;
  let hopeless = false;
  return {
    limit(kind) {
      const few = (inVain.get(kind) ?? 0) < ENOUGH && (all.get(kind) ?? 0) < TOO_MANY;
      if (few && (row < DEAF || kind === HANDSHAKE)) return timeout;
      return Math.ceil(Math.min(timeout, Math.max(timeout * SHORT, slowest * MARGIN)));
    },
    met(kind, ms) {
      inVain.delete(kind);
      if (kind !== HANDSHAKE) row = 0;
      sent.add(kind);
      slowest = Math.max(slowest, ms);
    },
    missed(kind, owed) {
      all.set(kind, (all.get(kind) ?? 0) + 1);
      behind ||= kind === HANDSHAKE;
      row += 1;
      inVain.set(kind, (inVain.get(kind) ?? 0) + 1);
      busy ||= owed && sent.has(kind);
    },
    heard() {
      row = 0;
    },
    refused() {
      busy = true;
      behind = true;
    },
    isBehind: () => behind && !hopeless,
    hadTime(caughtUp) {
      hopeless = !caughtUp;
      if (hopeless) return;
      inVain.clear();
      row = 0;
      all.clear();
      behind = false;
    },
    idle: () => (busy && row < DEAF ? undefined : IDLE),
  };
}
