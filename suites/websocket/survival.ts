import type { Connection } from "../../harness/connection.ts";
import { isNothing } from "../../harness/nothing.ts";
import type { Context } from "../../harness/scenario.ts";
import { isEnded } from "../../harness/transcript.ts";
import type { Dialect } from "./dialect.ts";

/** Opens connections at the same time; nothing where one did not open. */
export async function together(
  connect: Context["connect"],
  ...names: readonly string[]
): Promise<readonly Connection[] | undefined> {
  const all = await Promise.all(names.map((name) => connect({ name })));
  return all.every(({ opened }) => opened) ? all : undefined;
}

/**
 * Resets connections, and connects once more. Once that is answered, the server has noticed the resets, and what the others say
 * next comes after them.
 */
export async function resetAll(connect: Context["connect"], ...clients: readonly Connection[]): Promise<void> {
  for (const client of clients) client.reset();
  await connect({ name: "after the reset" });
}

/** Does something as a client while a bystander is connected, then judges that the bystander and a newcomer are served on. */
export async function besideBystander<Id extends string>(
  dialect: Dialect,
  context: Context<Id>,
  requirement: Id,
  act: (client: Connection) => Promise<void>,
): Promise<void> {
  const [bystander, client] = (await together(context.connect, "bystander", "client")) ?? [];
  if (!bystander || !client) return;
  await act(client);
  await judgeSurvival(dialect, context, requirement, bystander);
}

/** Judges that a bystander is still connected and that a newcomer is served. */
export async function judgeSurvival<Id extends string>(
  { request, answer, sign, statusOf, words }: Dialect,
  { connect, check }: Context<Id>,
  requirement: Id,
  bystander: Connection,
): Promise<void> {
  const lostBefore = isEnded(bystander);
  bystander.send(request);
  const [newcomer, answered] = await Promise.all([connect({ name: "newcomer" }), answer(bystander)]);
  const lost = lostBefore || (isNothing(answered) && isEnded(bystander));
  check(requirement, lost ? "the bystander's connection ended" : "connected", { const: "connected" });

  check(requirement, statusOf(await sign(newcomer)), { const: "success", title: `a newcomer is ${words.served}` });
}

/** Says why a case needs more connections than the target accepts. */
export const beyondRoom = (room: number, wanted: number): string =>
  `it takes ${wanted} connections at the same time, and the target accepts at most ${room}`;

/** Makes this number of something. */
export const times = <T>(n: number, make: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => make(i));
