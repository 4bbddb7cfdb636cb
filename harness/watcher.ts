import { gaveWebSocket } from "./availability.ts";
import { isFirst, servesRequests } from "./canary.ts";
import type { Connection } from "./connection.ts";
import { BEHIND } from "./cut-off.ts";
import { comeAside, isGreeted } from "./dial.ts";
import { missedHandshake } from "./doubt.ts";
import { refusalOf } from "./failure.ts";
import { AWAY, diedOrNot, endHanging, howItFell } from "./fall.ts";
import { isOwnGoodbye } from "./goodbyes.ts";
import type { Fall, Pass } from "./pass.ts";
import { sleep } from "./sleep.ts";
import { isEnded, isLoss } from "./transcript.ts";
import { HANDSHAKE } from "./waited.ts";

/**
 * Opens a connection that does nothing. Its end shows that the server ends others. Where a user has one connection, the watcher leaves its
 * own to the cases. Resolves to `undefined` if there is no server.
 */
export async function watch(pass: Pass): Promise<Connection | undefined> {
  const first = await comeAside(pass, { name: "watcher" });
  // A server may lose one handshake in some. One that hung before hangs again.
  const hung = pass.ends.falls.at(-1)?.hangs !== undefined;
  const again = !hung && missedHandshake({ connections: [first.transcript] });
  if (again) first.finish();
  const connection = again ? await comeAside(pass, { name: "watcher" }) : first;
  if (pass.shared.identities.users) connection.finish();
  return gaveWebSocket(connection) ? connection : undefined;
}

/** Resolves to the fall if the server or the watcher has ended by now. A `look` asks with a further connection first. */
export async function hasFallen(watcher: Connection, pass: Pass, look: boolean): Promise<Fall | undefined> {
  const { target, availability } = pass;
  const { falls } = pass.ends;
  const isOver = () => target.process?.death !== undefined || availability.downSince !== undefined || isEnded(watcher);
  const { hangs, refuses } = falls.at(-1) ?? {};
  if (hangs !== undefined && !isOver()) {
    const missed = await missedByNewcomer(pass, hangs, HANGS * pass.shared.timeout);
    if (missed !== undefined && !isOver()) return endHanging(pass, missed);
  } else if ((look || refuses) && !isOver()) {
    const newcomer = await ask(pass);
    newcomer.finish();
    // A client with an open connection does not notice that the server refuses everybody else, as it did before.
    const way = refuses && refusalOf(newcomer);
    if (way) availability.refuses(pass.shared.clock(), way);
  }
  return isOver() ? fallShownBy(watcher, pass) : undefined;
}

/** The most newcomers that find out if a server is gone, and the time between two, in ms. */
const NEWCOMERS_TO_LOOK = { most: 4, apart: 25 } as const;

/**
 * Finds out if a server that the suite found running is gone, and not just a connection. A newcomer tells: one that comes while a
 * process ends may still be let in, and is reset.
 */
async function goneOrNot(pass: Pass): Promise<void> {
  const { availability, signal } = pass;
  for (let i = 0; i < NEWCOMERS_TO_LOOK.most && availability.downSince === undefined && !signal?.aborted; i++) {
    const newcomer = await ask(pass);
    newcomer.finish();
    if (gaveWebSocket(newcomer) || missedHandshake({ connections: [newcomer.transcript] })) return;
    await sleep(NEWCOMERS_TO_LOOK.apart, signal);
  }
}

/** A server that hung before hangs again if it gives no answer for so long, in timeouts. */
const HANGS = 0.5;

/** Opens a further connection. Resolves once its handshake is answered or given up. */
async function ask(pass: Pass): Promise<Connection> {
  const newcomer = await comeAside(pass, { name: "newcomer" });
  pass.availability.saw(newcomer);
  return newcomer;
}

/**
 * Resolves to the first kind of answer that a newcomer misses, up to the one that others missed `before`; to `undefined` if it misses
 * none. It has so many ms for the handshake, and for that answer.
 */
export async function missedByNewcomer(pass: Pass, before: string, ms: number): Promise<string | undefined> {
  const over = new AbortController();
  const within = <T>(promise: Promise<T>) => Promise.race([promise, sleep(ms, over.signal)]);
  const asked = ask(pass);
  try {
    const newcomer = await within(asked);
    if (!newcomer || missedHandshake({ connections: [newcomer.transcript] })) return HANDSHAKE;
    const { protocol } = pass;
    if (gaveWebSocket(newcomer) && !(await isGreeted(newcomer, protocol))) return protocol.greeting;
    if (isFirst(before, protocol) || !gaveWebSocket(newcomer)) return undefined;
    return (await within(servesRequests(before, pass))) ? undefined : before;
  } finally {
    over.abort();
    asked.then(
      (it) => it.finish(),
      () => {},
    );
  }
}

/** Resolves to the fall if the server or the watcher ends within `ms`. */
export async function fallsWithin(ms: number, watcher: Connection, pass: Pass): Promise<Fall | undefined> {
  await (pass.shared.identities.users ? sleep(ms, pass.signal) : watcher.quiet(ms));
  return hasFallen(watcher, pass, true);
}

/** Resolves to how the server or the watcher ended. */
export async function fallShownBy(watcher: Connection, pass: Pass): Promise<Fall> {
  const { transcript } = watcher;
  const now = pass.shared.clock();
  const end = transcript.events.find(isLoss);
  const to = end?.at ?? now;
  pass.ends.saysGoodbye ||= transcript.events.some((event) => isOwnGoodbye(event, pass.protocol));
  await (pass.target.process ? diedOrNot(pass) : goneOrNot(pass));
  const fell = await howItFell(pass);
  return { from: to, to, ...fell, spares: fell.endKind === AWAY && (await staysOpen(watcher, pass)) };
}

/** Tells if a watcher stays connected to a server that accepts nobody. The end of a process ends all connections at about the same time. */
async function staysOpen(watcher: Connection, { shared, target }: Pass): Promise<boolean> {
  if (shared.identities.users || target.process?.death) return false;
  await watcher.quiet(BEHIND);
  return !watcher.transcript.events.some(isLoss);
}
