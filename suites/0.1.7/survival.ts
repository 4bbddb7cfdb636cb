import type { Connection } from "../../harness/connection.ts";
import { isNothing } from "../../harness/nothing.ts";
import type { Context } from "../../harness/scenario.ts";
import { isEnded } from "../../harness/transcript.ts";
import type { RequirementId } from "../../schemas/0.1.7/requirements.ts";
import { disconnect, disconnected, greeting, statusOf } from "./protocol.ts";

/** Opens connections at the same time; nothing where one did not open. */
export async function together(
  connect: Context["connect"],
  ...names: readonly string[]
): Promise<readonly Connection[] | undefined> {
  const all = await Promise.all(names.map((name) => connect({ name })));
  return all.every(({ opened }) => opened) ? all : undefined;
}

/**
 * Resets connections, and connects once more: when that is answered the server has noticed them, and what the others say next
 * comes after it.
 */
export async function resetAll(connect: Context["connect"], ...clients: readonly Connection[]): Promise<void> {
  for (const client of clients) client.reset();
  await connect({ name: "after the reset" });
}

/** Does something as a client while a bystander is connected, then judges that the bystander and a newcomer are served on. */
export async function besideBystander<Id extends RequirementId>(
  context: Context<Id>,
  requirement: Id,
  act: (client: Connection) => Promise<void>,
): Promise<void> {
  const [bystander, client] = (await together(context.connect, "bystander", "client")) ?? [];
  if (!bystander || !client) return;
  await act(client);
  await judgeSurvival(context, requirement, bystander);
}

/** Judges that a bystander is still connected and that a newcomer is greeted. */
export async function judgeSurvival<Id extends RequirementId>(
  { connect, check }: Context<Id>,
  requirement: Id,
  bystander: Connection,
): Promise<void> {
  const lostBefore = isEnded(bystander);
  bystander.send(disconnect);
  const [newcomer, goodbye] = await Promise.all([connect({ name: "newcomer" }), disconnected(bystander)]);
  const lost = lostBefore || (isNothing(goodbye) && isEnded(bystander));
  check(requirement, lost ? "the bystander's connection ended" : "connected", { const: "connected" });

  check(requirement, statusOf(await greeting(newcomer)), { const: "success", title: "a newcomer is greeted" });
}
