import type { Connection } from "./connection.ts";
import { SECOND_OVER } from "./connection-rate.ts";
import { type Failure, isAbsent, UNKNOWN } from "./failure.ts";
import { sleep } from "./sleep.ts";
import { isWrongHandshake } from "./transcript.ts";
import { responseOf } from "./upgrade.ts";

/** Tells if a failure may mean that a client came too soon after another. */
const isTooSoon = ({ code, status }: Failure) => status === 429 || status === 503 || code === "ECONNRESET";

/** The time between two attempts to reach a target that went away, in ms. */
const BETWEEN_ATTEMPTS = 50;

/** Tells if a target agreed to talk WebSocket. Its handshake may be wrong: a case judges that. */
export const gaveWebSocket = ({ opened, transcript }: Connection): boolean =>
  opened || responseOf(transcript)?.status === 101 || transcript.events.some(isWrongHandshake);

/** Knows if the target is there. */
export interface Availability {
  /** The time since which the target is missing, in ms of the run's clock; `undefined` while it is there. */
  readonly downSince: number | undefined;
  /** The time at which a connection was last opened, in ms of the run's clock; `undefined` if none ever was. */
  readonly upAt: number | undefined;
  /** Learns from a connection. `usual` is false if its handshake was an odd one, which the server may refuse. */
  saw(connection: Connection, usual?: boolean): void;
  /** Notes that the target accepts connections, and gives nobody this kind of answer. */
  hangs(missed: string): void;
  /** Notes that the target, or a gateway in front of it, refuses everybody since a time in ms of the run's clock. */
  refuses(since: number, way: Failure): void;
  /** The way in which it last did so. */
  readonly refusal: Failure | undefined;
  /** Tries to reach the target for `ms`, and at least once. Resolves to why it cannot, or to `undefined` if it is back. */
  recover(ms: number): Promise<Failure | undefined>;
}

/** The means to find out if a target is there. */
interface RecoveryMeans {
  readonly clock: () => number;
  /** Opens a connection as any client would. */
  readonly open: () => Promise<Connection>;
  /** Tells if it, or a client like it, gets this kind of answer. */
  readonly hears: (connection: Connection, missed: string) => Promise<boolean>;
}

/** The knowledge of a target. Times are in ms of the run's clock. */
interface Presence {
  downSince: number | undefined;
  upAt: number | undefined;
  /** It accepted connections, and gave nobody this kind of answer. */
  missed: string | undefined;
  /** Nobody was there, at least once. */
  absent: boolean;
  refusal: Failure | undefined;
}

/**
 * Makes the availability of one target. `open` opens a connection as any client would. `hears` tells if that, or a client like it, gets
 * a kind of answer that others missed.
 */
export function availability(
  clock: () => number,
  open: () => Promise<Connection>,
  hears: RecoveryMeans["hears"],
): Availability {
  const known: Presence = {
    downSince: undefined,
    upAt: undefined,
    missed: undefined,
    absent: false,
    refusal: undefined,
  };
  return {
    get downSince() {
      return known.downSince;
    },
    get upAt() {
      return known.upAt;
    },
    saw: (connection, usual = true) => learn(known, connection, usual, clock),
    hangs(missed) {
      known.missed = missed;
      known.downSince ??= clock();
    },
    get refusal() {
      return known.refusal;
    },
    refuses(since, way) {
      if (!isAbsent(way.code)) known.refusal = way;
      known.downSince ??= since;
    },
    recover: (ms) => recover(known, ms, { clock, open, hears }),
  };
}

function learn(known: Presence, connection: Connection, usual: boolean, clock: () => number): void {
  const isGone = isAbsent(connection.failure?.code);
  if (gaveWebSocket(connection)) {
    // It is there for some, so a limit made it refuse others before.
    if (known.upAt === undefined && !known.absent) known.downSince = undefined;
    known.upAt = clock();
  } else if ((known.upAt === undefined && usual) || isGone) known.downSince ??= clock();
  known.absent ||= isGone;
}

async function recover(
  known: Presence,
  ms: number,
  { clock, open, hears }: RecoveryMeans,
): Promise<Failure | undefined> {
  const began = clock();
  for (;;) {
    const connection = await open();
    const isThere =
      gaveWebSocket(connection) && (known.missed === undefined || (await hears(connection, known.missed)));
    connection.finish();
    if (isThere) {
      Object.assign(known, { upAt: clock(), downSince: undefined, missed: undefined, refusal: undefined });
      return undefined;
    }
    const { failure = UNKNOWN } = connection;
    if (known.refusal !== undefined && connection.failure && !isAbsent(failure.code)) known.refusal = failure;
    const later = known.upAt === undefined && isTooSoon(failure);
    const pause = later ? SECOND_OVER : BETWEEN_ATTEMPTS;
    if (clock() + pause > began + Math.max(ms, later ? 2 * SECOND_OVER - BETWEEN_ATTEMPTS : 0)) return failure;
    await sleep(pause);
  }
}
