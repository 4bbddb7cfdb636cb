import { gaveWebSocket } from "./availability.ts";
import { isFirst, servesRequests } from "./canary.ts";
import type { Connection } from "./connection.ts";
import { comeAside, isGreeted } from "./dial.ts";
import { hung } from "./doubt.ts";
import { rest } from "./gate.ts";
import { diedOrNot, endHanging, howItFell } from "./outage.ts";
import { HANDSHAKE } from "./patience.ts";
import type { Fall, Session } from "./session.ts";
import { isEnded, isServerEnd } from "./transcript.ts";

/**
 * Opens a connection that does nothing. Its end shows that others are ended. Where a user has one connection, it leaves its own to
 * the cases. Resolves to `undefined` if there is no server.
 */
export async function watch(session: Session): Promise<Connection | undefined> {
  const connection = await comeAside(session, { name: "watcher" });
  if (session.shared.identities.users) connection.finish();
  return gaveWebSocket(connection) ? connection : undefined;
}

/** Resolves to the fall if the server or the watcher has ended by now. A `look` asks with a further connection first. */
export async function hasFallen(watcher: Connection, session: Session, look: boolean): Promise<Fall | undefined> {
  const { target, availability, falls } = session;
  const isOver = () => target.process?.death !== undefined || availability.downSince !== undefined || isEnded(watcher);
  const before = falls.at(-1)?.hangs;
  if (before !== undefined && !isOver()) {
    const missed = await missedByNewcomer(session, before, HANGS * session.shared.timeout);
    if (missed !== undefined && !isOver()) return endHanging(session, missed);
  } else if (look && !isOver()) (await ask(session)).finish();
  return isOver() ? fallShownBy(watcher, session) : undefined;
}

/** The most newcomers that find out if a server is gone, and the time between two, in ms. */
const NEWCOMERS = { most: 4, apart: 25 } as const;

/**
 * Finds out if a server that the suite found running is gone, and not just a connection. A newcomer tells: one that comes while a
 * process ends may still be let in, and is reset.
 */
async function goneOrNot(session: Session): Promise<void> {
  const { availability, signal } = session;
  for (let i = 0; i < NEWCOMERS.most && availability.downSince === undefined && !signal?.aborted; i++) {
    const probe = await ask(session);
    probe.finish();
    if (gaveWebSocket(probe) || hung({ connections: [probe.transcript] })) return;
    await rest(NEWCOMERS.apart, signal);
  }
}

/** A server that hung before hangs again if it gives no answer for so long, in timeouts. */
const HANGS = 0.5;

/** Opens a further connection. Resolves once its handshake is answered, or in vain. */
async function ask(session: Session): Promise<Connection> {
  const probe = await comeAside(session, { name: "probe" });
  session.availability.saw(probe);
  return probe;
}

/**
 * Resolves to the first kind of answer that a newcomer misses, up to the one that others missed `before`; to `undefined` if it misses
 * none. It has so many ms for the handshake, and for that answer.
 */
export async function missedByNewcomer(session: Session, before: string, ms: number): Promise<string | undefined> {
  const over = new AbortController();
  const within = <T>(promise: Promise<T>) => Promise.race([promise, rest(ms, over.signal)]);
  const asked = ask(session);
  try {
    const probe = await within(asked);
    if (!probe || hung({ connections: [probe.transcript] })) return HANDSHAKE;
    const { protocol } = session;
    if (gaveWebSocket(probe) && !(await isGreeted(probe, protocol))) return protocol.greeting;
    if (isFirst(before, protocol) || !gaveWebSocket(probe)) return undefined;
    return (await within(servesRequests(before, session))) ? undefined : before;
  } finally {
    over.abort();
    asked.then(
      (it) => it.finish(),
      () => {},
    );
  }
}

/** Resolves to the fall if the server or the watcher ends within `ms`. */
export async function fallsWithin(ms: number, watcher: Connection, session: Session): Promise<Fall | undefined> {
  await (session.shared.identities.users ? rest(ms, session.signal) : watcher.quiet(ms));
  return hasFallen(watcher, session, true);
}

/** Resolves to how the server or the watcher ended. */
export async function fallShownBy({ transcript }: Connection, session: Session): Promise<Fall> {
  const now = session.shared.clock();
  const end = transcript.events.find((event) => isServerEnd(event) || event.type === "error");
  const to = end?.at ?? now;
  await (session.target.process ? diedOrNot(session) : goneOrNot(session));
  return { from: to, to, ...(await howItFell(session)) };
}
