import { insisting } from "./attempts.ts";
import { gaveWebSocket } from "./availability.ts";
import { type ConnectionOptions, connect } from "./connect.ts";
import type { Connection } from "./connection.ts";
import { type Failure, UNKNOWN } from "./failure.ts";
import { guest } from "./guest.ts";
import { isNothing } from "./nothing.ts";
import type { Protocol } from "./protocol.ts";
import { lastOf, openRenewed } from "./renewal.ts";
import type { ConnectOptions } from "./scenario.ts";
import { hangUp, type Shared, seemsToHang, share } from "./shared.ts";
import { headersOf, type Target } from "./target.ts";
import { isEnded, messages, wasLost } from "./transcript.ts";

/** The means to open a connection. */
export interface Access {
  readonly protocol: Protocol;
  readonly target: Target;
  readonly shared: Shared;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens one connection as any client would. Returns its failure, or `undefined` where `isRight`: by default that is any WebSocket, even
 * with a wrong handshake. `timeout` is in ms.
 */
export async function probe(
  protocol: Protocol,
  target: Target,
  timeout: number,
  isRight: (connection: Connection) => boolean = gaveWebSocket,
): Promise<Failure | undefined> {
  const shared = share(timeout);
  const connection = await dial({ protocol, target, shared });
  await hearsOut(connection, { protocol, shared });
  hangUp(shared);
  return isRight(connection) ? undefined : (connection.failure ?? UNKNOWN);
}

/**
 * Calls back when the case waits (`idle`) or the connection has `left`; `unpaced` sends without pauses; `patient` tries again where a
 * server may not have noticed yet that a user left.
 */
type Dialling = Partial<Pick<ConnectionOptions, "idle" | "left" | "unpaced">> & { readonly patient?: boolean };

/** Tells if a client comes as any client of the right version does. A server may refuse others on purpose. */
export function comesAsAny({ query, anonymous, user, handshake }: ConnectOptions, target: Target): boolean {
  if (query !== undefined || handshake) return false;
  return !(anonymous || user) || headersOf(target, anonymous, user).anonymous === headersOf(target).anonymous;
}

/** Opens one connection to the target, when its limits allow. */
export async function dial(
  { protocol, target, shared, signal }: Access,
  asked: ConnectOptions = {},
  { idle = () => {}, left = () => {}, unpaced, patient = shared.identities.users !== undefined }: Dialling = {},
): Promise<Connection> {
  const { query, name, acts = name === undefined, anonymous, user, as, handshake } = asked;
  const { ca, insecure } = target;
  const sent = headersOf(target, anonymous, user);
  const options = { name, acts, ...sent, handshake, unpaced, ca, insecure, signal, idle, protocol };
  const address = protocol.address(target.url, query);
  const last = lastOf(left);
  const open = () =>
    openRenewed(target.renewals ?? new Map(), sent.headers, !handshake?.ask, (headers) =>
      connect(address, { ...options, headers, left: last.next() }, shared),
    );
  const usual = comesAsAny(asked, target);
  const connection = await (patient && usual ? insisting(open) : open());
  last.end();
  // A second connection of a user may always be refused: that shows no limit. Neither does one that the suite cut, one that came while
  // nobody was served, or one that alone was lost.
  if (!signal?.aborted && !seemsToHang(shared) && !wasLost(connection.transcript))
    shared.limits.saw(connection, usual && as === undefined);
  return connection;
}

/** A client waits so long for a greeting before it may leave, in timeouts. */
const POLITE = 0.125;

/** Waits a moment until a client is greeted. A server may end over a client that leaves before, through no fault of a case. */
async function hearsOut(
  connection: Connection,
  { protocol, shared }: Pick<Access, "protocol" | "shared">,
): Promise<void> {
  if (protocol.greeting === undefined || !connection.opened) return;
  const heard = () => messages(connection.transcript, "server").length > 0 || isEnded(connection) || undefined;
  await connection.wait("a word", heard, { owed: false, exactly: POLITE * shared.timeout });
}

/** Opens one connection that belongs to no case, as any user that is free. */
export async function comeAside(access: Omit<Access, "signal">, options: ConnectOptions = {}): Promise<Connection> {
  const visitor = guest(access.shared.identities, {});
  const connection = await visitor.connect(options, (it, left) => dial(access, it, { left }));
  if (!connection.opened) visitor.leave();
  await hearsOut(connection, access);
  const finish = () => {
    connection.finish();
    visitor.leave();
  };
  return { ...connection, finish };
}

/** Tells if a client gets the greeting of the protocol, or a connection if the protocol has none. */
export const isGreeted = async (client: Connection, { greeting }: Protocol): Promise<boolean> =>
  greeting === undefined ? client.opened : !isNothing(await client.next(greeting));
