import { type Failure, isAbsent, isTurnedAway, NO_ANSWER, reachesNobody, refusalOf, type Tried } from "./failure.ts";
import { sleep } from "./sleep.ts";

/** The parts of a connection that measuring needs. */
export interface Attempt extends Tried {
  close(code: number): void;
  closed(): Promise<unknown>;
  finish(): void;
  forget(): void;
}

/** The means to measure. */
export interface Means {
  /** Opens a connection as any client would. */
  readonly dial: () => Promise<Attempt>;
  readonly clock: () => number;
  /** The number of connections that were accepted before one was refused. */
  readonly served: number;
  /** The target served nobody at all when one was refused. A limit on those who come at the same time may do that, a pace does not. */
  readonly stoodStill?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The most tries to get in at once where a client was refused. */
export const TRIES = 4;

/** The time between two tries, in ms. */
export const PAUSE = 100;

/** The time after which a target has noticed that connections ended, in ms. */
export const SETTLING = 100;

/** The longest time that a client takes to leave, in ms. */
const LEAVING = 300;

/** Tells if a target lets a client in, at once or in a moment. */
export async function letsIn(dial: Means["dial"], signal: AbortSignal | undefined): Promise<boolean> {
  for (let tries = 0; tries < TRIES; tries++) {
    const connection = await dial();
    await leave(connection);
    if (connection.opened) return true;
    await sleep(PAUSE, signal);
  }
  return false;
}

/**
 * Waits until a target lets a client in. Resolves to the number of tries, and to the way in which it refuses if it never does. `rests` are
 * the times before further tries, in ms.
 */
export async function untilLetIn(
  dial: Means["dial"],
  rests: readonly number[],
  signal: AbortSignal | undefined,
): Promise<{ readonly tries: number; readonly way?: Failure }> {
  for (let tries = 1; ; tries++) {
    const client = await dial();
    const way = refusalOf(client);
    await leave(client);
    if (client.failure && isAbsent(client.failure.code)) return { tries, way: client.failure };
    // A server that gives no answer is there.
    if (way === undefined || way.code === NO_ANSWER || signal?.aborted) return { tries };
    const ms = rests[tries - 1];
    // One that gave out a WebSocket is there, too.
    if (ms === undefined && isTurnedAway(way)) return { tries };
    if (ms === undefined || (reachesNobody(way) && tries >= TRIES)) return { tries, way };
    await sleep(ms, signal);
  }
}

/** The means to see if a target lets clients in: plain ones, which no limit of the suite holds up. */
export interface Entrance {
  /** Tells if one is let in now. */
  isOpen(): Promise<boolean>;
  /** Waits until one is let in. Resolves to the number of tries; to infinity if the target lets nobody in any more. */
  opens(): Promise<number>;
}

/** Makes an entrance of clients that come one at a time; `rests` are the times before further tries, in ms. */
export function entranceBy(
  come: () => Promise<Attempt>,
  rests: readonly number[],
  signal: AbortSignal | undefined,
): Entrance {
  const isOpen = async () => {
    const client = await come();
    const way = refusalOf(client);
    await leave(client);
    return client.opened && way === undefined;
  };
  const opens = async () => {
    for (let tries = 1; !signal?.aborted; tries++) {
      if (await isOpen()) return tries;
      const ms = rests[tries - 1];
      if (ms === undefined) break;
      await sleep(ms, signal);
    }
    return Number.POSITIVE_INFINITY;
  };
  return { isOpen, opens };
}

/** Opens a connection, and tries some more times where it is refused. A server may not have noticed yet that a user left. */
export async function insisting<T extends Attempt>(open: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    const connection = await open();
    if (refusalOf(connection) === undefined || tries === TRIES) return connection;
    connection.forget();
    await sleep(PAUSE);
  }
}

/** Ends a connection, and waits until the target has noticed. */
export async function leave(connection: Attempt): Promise<void> {
  if (connection.opened) {
    connection.close(1000);
    await Promise.race([connection.closed(), sleep(LEAVING)]);
  }
  connection.finish();
  connection.forget();
}
