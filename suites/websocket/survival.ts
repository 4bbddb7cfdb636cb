import type { Connection } from "../../harness/connection.ts";
import { isNothing } from "../../harness/nothing.ts";
import { ended } from "../../harness/reading.ts";
import type { ConnectOptions, Context } from "../../harness/scenario.ts";
import { heard, isEnded } from "../../harness/transcript.ts";
import type { Dialect } from "./dialect.ts";

/** Opens connections at the same time; nothing where one did not open. */
export async function together(
  connect: Context["connect"],
  ...clients: readonly ConnectOptions[]
): Promise<readonly Connection[] | undefined> {
  const all = await Promise.all(clients.map((it) => connect(it)));
  return all.every(({ opened }) => opened) ? all : undefined;
}

/**
 * Resets connections, and connects once more. Once that is answered, the server has noticed the resets, and what the others say
 * next comes after them.
 */
export async function resetAll(context: Scarce, ...clients: readonly Connection[]): Promise<void> {
  for (const client of clients) client.reset();
  await makeRoom(context, await context.connect({ name: "after the reset" }));
}

type Scarce = Pick<Context, "connect" | "room" | "exclusive">;

/** Closes the connection of a client that has done its part, where a newcomer could come as nobody else. */
async function makeRoom({ room, exclusive }: Scarce, client: Connection): Promise<void> {
  if (!exclusive || room > 2 || !client.opened || isEnded(client)) return;
  client.close(1000);
  await client.closed();
}

/**
 * Does something as a client while a bystander is connected, then judges that the bystander and a newcomer are served on. Where the
 * suite can come as one user only, who has one connection, there is no bystander.
 */
export async function besideBystander<Id extends string>(
  dialect: Dialect,
  context: Context<Id>,
  requirement: Id,
  act: (client: Connection) => Promise<void>,
): Promise<void> {
  if (context.exclusive && context.room < 2) {
    const client = await context.connect({ name: "client", acts: true });
    if (client.opened) await act(client);
    return context.skip(requirement, beyondRoom(context, 2));
  }
  const [bystander, client] =
    (await together(context.connect, { name: "bystander" }, { name: "client", acts: true })) ?? [];
  if (!bystander || !client) return;
  await act(client);
  await judgeSurvival(dialect, context, requirement, bystander, client);
}

/** Judges that a bystander is still connected and that a newcomer is served. The client may have to make room for the newcomer. */
export async function judgeSurvival<Id extends string>(
  { request, answer, sign, isGoodbye, statusOf, words }: Dialect,
  context: Context<Id>,
  requirement: Id,
  bystander: Connection,
  client?: Connection,
): Promise<void> {
  const { connect, check } = context;
  if (client) await makeRoom(context, client);
  const lostBefore = isEnded(bystander);
  const dismissed = heard(bystander).some(isGoodbye);
  bystander.send(request);
  const [newcomer, answered] = await Promise.all([connect({ name: "newcomer" }), answer(bystander)]);
  const lost = lostBefore || (isNothing(answered) && isEnded(bystander));
  const still = dismissed ? "the bystander was told that its connection is over" : "connected";
  const end = lost ? ended(bystander.transcript) : undefined;
  check(requirement, lost ? "the bystander's connection ended" : still, { const: "connected" }, end);

  check(requirement, statusOf(await sign(newcomer)), { const: "success", title: `a newcomer is ${words.served}` });
}

/** Says why a case needs more connections than the target accepts. */
export const beyondRoom = ({ room, exclusive }: Pick<Context, "room" | "exclusive">, wanted: number): string =>
  exclusive
    ? `it takes ${wanted} users at the same time, and the suite can come as ${room === 1 ? "one" : room} only (--as)`
    : `it takes ${wanted} connections at the same time, and the target accepts at most ${room}`;

/** Makes this number of something. */
export const times = <T>(n: number, make: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => make(i));
