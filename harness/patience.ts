/** How long the waits of one run last: at most the timeout, and less for what a server has failed to send again and again. */
export interface Patience {
  /** Milliseconds to wait for something of this kind. */
  limit(kind: string): number;
  /** It came after so many ms. */
  met(kind: string, ms: number): void;
  /** It did not come in time, though it is `owed`. */
  missed(kind: string, owed: boolean): void;
  /** It refused a connection, though it accepts others. */
  refused(): void;
  /**
   * Milliseconds after which a wait is taken to be one for the network, so that more can be asked meanwhile; `undefined` once
   * the server has failed to do in time what it does otherwise: it has enough to do.
   */
  idle(): number | undefined;
}

/** So many waits in vain for one kind, with none that ended well between them, and the server is taken not to send it. */
const ENOUGH = 8;

/** Then so much of the timeout is still waited, and always so many times as long as the slowest answer took. */
const SHORT = 0.1;
const MARGIN = 3;

/** In ms. */
const IDLE = 10;

/** The patience of one run. `timeout` is in ms. */
export function patience(timeout: number): Patience {
  const inVain = new Map<string, number>();
  const sent = new Set<string>();
  let slowest = 0;
  let busy = false;
  return {
    limit(kind) {
      if ((inVain.get(kind) ?? 0) < ENOUGH) return timeout;
      return Math.ceil(Math.min(timeout, Math.max(timeout * SHORT, slowest * MARGIN)));
    },
    met(kind, ms) {
      inVain.delete(kind);
      sent.add(kind);
      slowest = Math.max(slowest, ms);
    },
    missed(kind, owed) {
      inVain.set(kind, (inVain.get(kind) ?? 0) + 1);
      busy ||= owed && sent.has(kind);
    },
    refused() {
      busy = true;
    },
    idle: () => (busy ? undefined : IDLE),
  };
}
