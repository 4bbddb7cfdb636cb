import { leave } from "./attempts.ts";
import type { Connection } from "./connection.ts";
import { SECOND } from "./connection-rate.ts";
import { dial } from "./dial.ts";
import type { Bench } from "./execute.ts";
import { isNothing } from "./nothing.ts";
import type { OneEach } from "./noticed-limits.ts";
import type { Protocol } from "./protocol.ts";
import { hangUp, share } from "./shared.ts";
import { sleep } from "./sleep.ts";
import { headersOf } from "./target.ts";
import { heard, isEnded } from "./transcript.ts";

/**
 * A server that ends the first connection of a user over the second does so within `times` the time that the second took to log in, and
 * `least` ms. After one client has waited in vain for its login, each other one waits `unanswered` ms.
 */
const IN_TURN = { times: 4, least: 100, unanswered: 500 } as const;

/** A client that came as a user. The server may have refused or ended it, or not have answered. */
interface Newcomer {
  readonly client: Connection;
  readonly isAnswered: boolean;
}

/** Connects as the user of this number. */
type Come = (user: number) => Promise<Newcomer>;

/** Tells if a client was let in, and is still there. */
const isThere = ({ client }: Newcomer): boolean => client.opened && !isEnded(client);

/** Has clients come as users, sees something by them, and lets them leave together. */
type Meeting = <T>(see: (come: Come) => Promise<T>) => Promise<T>;

/**
 * Finds out if a user has one connection, before anything else is at work. The server may end the first over the second, leave it
 * unanswered, refuse the second, or send it the answers to the first. Then users are lent from now on: those that can be connected side by
 * side. Also finds out if the server counts the messages of all connections of a user together: then these have one pace.
 */
export async function noticeExclusive(bench: Bench): Promise<void> {
  const { protocol, target, shared, signal } = bench;
  if (!protocol.login || headersOf(target).anonymous) return;
  const aside = share(shared.timeout);
  const cut = () => hangUp(aside);
  signal?.addEventListener("abort", cut);
  const login = protocol.login.bind(protocol);
  let answers = true;
  const isAnswered = async (client: Connection) => {
    if (answers) answers = !isNothing(await login(client)) || isEnded(client);
    else await client.quiet(IN_TURN.unanswered);
    return answers && !isEnded(client);
  };
  const meeting: Meeting = async (see) => {
    const clients: Connection[] = [];
    const seen = await see(async (user) => {
      const client = await dial({ ...bench, shared: aside }, { name: "user", user }, { patient: true });
      clients.push(client);
      return { client, isAnswered: client.opened && (await isAnswered(client)) };
    });
    await Promise.all(clients.map(leave));
    return seen;
  };
  const look = () => meeting((come) => whyOneConnection(come, login, aside.clock));
  try {
    const first = await look();
    // Twice, since a server may end a connection by chance.
    const why = first === undefined || first === "mixed-up" || (await look()) ? first : undefined;
    const stayed = why && (await meeting((come) => usersThatStay(come, 1 + (target.others?.length ?? 0))));
    // A server that lets nobody in by now tells nothing about its users.
    if (why && stayed && stayed.length > 0) shared.identities.lend(stayed, why);
    const isPaced = Number.isFinite(shared.pacing.rate);
    if (isPaced && (await countsTogether(why !== undefined, meeting, login, bench))) shared.pacing.join();
  } finally {
    signal?.removeEventListener("abort", cut);
  }
}

/**
 * Connects twice as one user, and says why a user is to have one connection: the server ends the first over the second, or answers it no
 * more, or refuses the second and serves another user; or it mixes them up. Resolves to nothing where both are served.
 */
async function whyOneConnection(
  come: Come,
  login: NonNullable<Protocol["login"]>,
  clock: () => number,
): Promise<OneEach | undefined> {
  const first = await come(0);
  // One that is ended anyway shows nothing.
  if (first.isAnswered) await login(first.client);
  if (!isThere(first)) return undefined;
  const [began, knew] = [clock(), heard(first.client).length];
  const second = await come(0);
  if (!isThere(second)) return isThere(first) && isThere(await come(1)) ? "accepted" : undefined;
  await first.client.quiet(Math.max(IN_TURN.least, IN_TURN.times * (clock() - began)));
  if (isEnded(first.client)) return "accepted";
  if (!first.isAnswered) return undefined;
  if (!second.isAnswered) return heard(first.client).length > knew ? "mixed-up" : undefined;
  const known = heard(second.client).length;
  if (!isNothing(await login(first.client))) return undefined;
  if (heard(second.client).length > known) return "mixed-up";
  if (isEnded(first.client)) return undefined;
  // The first stays open and deaf, unless the server forgets clients that often anyway.
  const another = await come(0);
  const isSame =
    !another.isAnswered || isNothing(await login(another.client)) || isNothing(await login(another.client));
  return isSame ? undefined : "accepted";
}

/** Connects as so many users at the same time, and resolves to the numbers of those that stay. */
async function usersThatStay(come: Come, count: number): Promise<number[]> {
  const all: Newcomer[] = [];
  for (let user = 0; user < count; user++) all.push(await come(user));
  await all.at(-1)?.client.quiet(IN_TURN.least);
  return [...all.keys()].filter((user) => all[user] && isThere(all[user]));
}

/** The number of connections of a user that together send as much as a server could take for too much. */
const TOO_MANY_FOR_USER = 4;

/**
 * Tells if a server ends several connections of a user though each keeps the pace, and leaves a single one alone. They send side by side;
 * one after another where a user has one connection. Looks twice, since a server may end a connection by chance.
 */
async function countsTogether(
  inTurn: boolean,
  meeting: Meeting,
  login: NonNullable<Protocol["login"]>,
  { shared: { pacing }, signal }: Pick<Bench, "shared" | "signal">,
): Promise<boolean> {
  // Each has sent one message already.
  const send = (it: Connection) => Promise.all(Array.from({ length: pacing.burst - 1 }, () => login(it)));
  const areLeft = (count: number) => meeting((come) => (inTurn ? leavesOneByOne : leavesAll)(count, come, send));
  if ((await areLeft(TOO_MANY_FOR_USER)) !== false) return false;
  for (const count of [1, TOO_MANY_FOR_USER]) {
    await sleep((pacing.burst / pacing.rate) * SECOND, signal);
    if ((await areLeft(count)) !== (count === 1)) return false;
  }
  return true;
}

type Send = (client: Connection) => Promise<unknown>;

/** Has connections of a user send side by side. Tells if none is ended; resolves to nothing if one is before any sends much. */
async function leavesAll(count: number, come: Come, send: Send): Promise<boolean | undefined> {
  const all: Newcomer[] = [];
  for (let i = 0; i < count; i++) all.push(await come(0));
  // It may end one over the number of connections.
  await all.at(-1)?.client.quiet(IN_TURN.least);
  if (!all.every((it) => isThere(it) && it.isAnswered)) return undefined;
  await Promise.all(all.map(({ client }) => send(client)));
  return all.every(isThere);
}

/** Has connections of a user send one after another. Tells if none is ended; resolves to nothing if one is not let in, or not answered. */
async function leavesOneByOne(count: number, come: Come, send: Send): Promise<boolean | undefined> {
  for (let i = 0; i < count; i++) {
    const it = await come(0);
    if (!it.client.opened || (isThere(it) && !it.isAnswered)) return undefined;
    if (isThere(it)) await send(it.client);
    if (!isThere(it)) return false;
    await leave(it.client);
  }
  return true;
}
