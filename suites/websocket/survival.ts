import type { Connection } from "../../harness/connection.ts";
import { ended } from "../../harness/ending.ts";
import { isNothing } from "../../harness/nothing.ts";
import type { ConnectOptions, Context } from "../../harness/scenario.ts";
import { heard, isEnded } from "../../harness/transcript.ts";
import type { Dialect } from "./dialect.ts";

/** The client that does what a case is about, if the case has others beside it. */
export const ACTING = { name: "client", acts: true } as const satisfies ConnectOptions;

/** Connects a bystander and the client that acts, in a way of its own, at the same time; nothing where one did not open. */
export async function withBystander(
  connect: Context["connect"],
  how: ConnectOptions = {},
): Promise<{ readonly bystander: Connection; readonly client: Connection } | undefined> {
  const [bystander, client] = await Promise.all([connect({ name: "bystander" }), connect({ ...how, ...ACTING })]);
  return bystander.opened && client.opened ? { bystander, client } : undefined;
}

/**
 * Resets connections, and connects once more. The answer to that shows that the server has noticed the resets, and what the others say next
 * comes after them.
 */
export async function resetAll(context: Scarce, ...clients: readonly Connection[]): Promise<void> {
  for (const client of clients) client.reset();
  await makeRoom(context, await context.connect({ name: "after the reset" }));
}

type Scarce = Pick<Context, "connect" | "exclusive">;

/** Closes the connection of a client that has done its part, if a newcomer would take another user, for whom other cases wait. */
async function makeRoom({ exclusive }: Pick<Scarce, "exclusive">, client: Connection): Promise<void> {
  if (!exclusive || !client.opened || isEnded(client)) return;
  client.close(1000);
  await client.closed();
}

/**
 * Does something as a client while a bystander is connected, then judges that the bystander and a newcomer are still served. There is no
 * bystander if the suite can come as one user only, who has one connection.
 */
export async function besideBystander<Id extends string>(
  dialect: Dialect,
  context: Context<Id>,
  requirement: Id,
  act: (client: Connection) => Promise<void>,
  how: ConnectOptions = {},
): Promise<void> {
  if (context.exclusive && context.room < 2) {
    const client = await context.connect({ ...how, ...ACTING });
    if (client.opened) await act(client);
    return context.skip(requirement, beyondRoom(context, 2));
  }
  const both = await withBystander(context.connect, how);
  if (!both) return;
  await act(both.client);
  await judgeSurvival(dialect, context, requirement, both.bystander, both.client);
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
  const dismissed = heard(bystander).find(isGoodbye);
  bystander.send(request);
  const comes = async () => sign(await connect({ name: "newcomer" }));
  const [served, answered] = await Promise.all([comes(), answer(bystander)]);
  const lost = lostBefore || (isNothing(answered) && isEnded(bystander));
  const still = dismissed ? "the bystander was told that its connection is over" : "connected";
  const shownBy = lost ? ended(bystander.transcript) : dismissed;
  check(requirement, lost ? "the bystander's connection ended" : still, { const: "connected" }, shownBy);

  check(requirement, statusOf(served), { const: "success", title: `a newcomer is ${words.served}` });
}

/** Says why a case needs more connections than the target accepts. */
const beyondRoom = ({ room, exclusive }: Pick<Context, "room" | "exclusive">, wanted: number): string =>
  exclusive
    ? `it takes ${wanted} users at the same time, and the suite can come as ${room === 1 ? "one" : room} only (--as)`
    : `it takes ${wanted} connections at the same time, and the target accepts at most ${room}`;

/** Tells if a case can have so many connections. If not, says so of the requirements that take them. */
export function hasRoom<Id extends string>(
  context: Pick<Context<Id>, "room" | "exclusive" | "skip">,
  wanted: number,
  ...requirements: readonly Id[]
): boolean {
  if (context.room >= wanted) return true;
  for (const id of requirements) context.skip(id, beyondRoom(context, wanted));
  return false;
}

/** Makes this number of something. */
export const times = <T>(n: number, make: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => make(i));
