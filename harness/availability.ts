import type { Connection } from "./connection.ts";
import { rest } from "./gate.ts";
import { responseOf } from "./upgrade.ts";

/** What a connection fails with where nothing listens or nobody is there. */
const ABSENT = new Set(["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "EHOSTDOWN", "ENOTFOUND", "EAI_AGAIN"]);

/** How a target refuses who comes too soon after another, perhaps: it gets a second attempt a second later (ms). */
const LATER = /^(HTTP (429|503)|ECONNRESET)/;
const SECOND = 1_100;

/** Between two attempts to reach a target that went away, in ms. */
const PAUSE = 50;

/** Whether a target agreed to talk WebSocket, be it with a wrong handshake: that is for a case to judge. */
export const answers = ({ opened, transcript }: Connection): boolean =>
  opened || responseOf(transcript)?.status === 101;

/** Whether the target is there. */
export interface Availability {
  /** When the target was last found missing, in ms of the run's clock; `undefined` while it is there. */
  readonly downSince: number | undefined;
  /** When a connection was last opened, in ms of the run's clock; `undefined` where none ever was. */
  readonly upAt: number | undefined;
  /** Learns from a connection; `proper` is false where its handshake was not that of any client, and may be refused. */
  saw(connection: Connection, proper?: boolean): void;
  /** It accepts connections and says nothing to anybody. */
  hangs(): void;
  /** Tries for so many ms, and at least once, to reach it again; resolves to why not, or to `undefined` where it is back. */
  recover(ms: number): Promise<string | undefined>;
}

/**
 * The availability of one target. `probe` opens a connection as any client would; `hears` tells whether the server says to it what
 * it says to everybody.
 */
export function availability(
  clock: () => number,
  probe: () => Promise<Connection>,
  hears: (connection: Connection) => Promise<boolean> = async () => true,
): Availability {
  let hung = false;
  let absent = false; // Nobody was there, once at least.
  let downSince: number | undefined;
  let upAt: number | undefined;
  return {
    get downSince() {
      return downSince;
    },
    get upAt() {
      return upAt;
    },
    saw(connection, proper = true) {
      const isAbsent = ABSENT.has(connection.failure ?? "");
      if (answers(connection)) {
        // It is there for some, so that it refused others first is for a limit.
        if (upAt === undefined && !absent) downSince = undefined;
        upAt = clock();
      } else if ((upAt === undefined && proper) || isAbsent) downSince ??= clock();
      absent ||= isAbsent;
    },
    hangs() {
      hung = true;
      downSince ??= clock();
    },
    async recover(ms) {
      const began = clock();
      for (;;) {
        const connection = await probe();
        const isThere = answers(connection) && (!hung || (await hears(connection)));
        connection.finish();
        if (isThere) {
          upAt = clock();
          downSince = undefined;
          hung = false;
          return undefined;
        }
        const { failure = "no answer" } = connection;
        const later = upAt === undefined && LATER.test(failure);
        const pause = later ? SECOND : PAUSE;
        if (clock() + pause > began + Math.max(ms, later ? 2 * SECOND - PAUSE : 0)) return failure;
        await rest(pause);
      }
    },
  };
}
