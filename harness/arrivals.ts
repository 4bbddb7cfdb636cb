import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

/** A client that comes: its request for a WebSocket, and its TCP connection. */
export interface Arrival {
  readonly request: IncomingMessage;
  readonly tcp: Duplex;
  /** The bytes that came behind the request. */
  readonly head: Buffer;
  /** The subprotocol to select, of those that it offers. */
  readonly subprotocol: string | undefined;
}

/** The place where clients come to the suite. Each waits for the answer to its handshake until a case takes it. */
export interface Door {
  /** Notes that a client is there. */
  arrived(arrival: Arrival): void;
  /** Tells if a client waits. */
  readonly waits: boolean;
  /** Waits for a client, `ms` at most. Resolves to true if one is there. */
  came(ms: number, signal?: AbortSignal): Promise<boolean>;
  /** Takes the client that has waited longest. If none is there, waits for one, so many ms at most. */
  next(ms: number, signal?: AbortSignal): Promise<Arrival | undefined>;
}

/** Makes a door at which nobody is yet. */
export function door(): Door {
  const queue: Arrival[] = [];
  const waiting = new Set<() => void>();
  const first = () => {
    while (queue[0]?.tcp.destroyed) queue.shift();
    return queue[0];
  };
  const it: Door = {
    arrived(arrival) {
      arrival.tcp.on("error", () => {}); // A client that goes away before it is taken.
      queue.push(arrival);
      for (const wake of [...waiting]) wake();
    },
    get waits() {
      return first() !== undefined;
    },
    async came(ms, signal) {
      if (first() || signal?.aborted) return first() !== undefined;
      await new Promise<void>((resolve) => {
        const wake = () => {
          clearTimeout(timer);
          signal?.removeEventListener("abort", wake);
          waiting.delete(wake);
          resolve();
        };
        const timer = setTimeout(wake, ms);
        waiting.add(wake);
        signal?.addEventListener("abort", wake);
      });
      return first() !== undefined;
    },
    async next(ms, signal) {
      await it.came(ms, signal);
      return first() && queue.shift();
    },
  };
  return it;
}
