import type { Connection } from "../../harness/connection.ts";
import { isNothing } from "../../harness/nothing.ts";
import type { Context } from "../../harness/scenario.ts";
import { isEnded } from "../../harness/transcript.ts";
import type { RequirementId } from "../../schemas/0.1.7/requirements.ts";
import { disconnect, disconnected, greeting, greetingsOf, statusOf } from "./protocol.ts";

/** What others show after a client did something that could upset the server. */
export interface Survival {
  /** A bystander lost its connection over it, or no newcomer can connect. */
  readonly harmed: boolean;
  /** The bystander's own disconnect request is carried out: the control for what such requests prove elsewhere. */
  readonly control: boolean;
}

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
  { connect, check, skip }: Context<Id>,
  requirement: Id,
  bystander: Connection,
): Promise<Survival> {
  const wasGreeted = greetingsOf(bystander) > 0;
  const lostBefore = isEnded(bystander);
  bystander.send(disconnect);
  const [newcomer, goodbye] = await Promise.all([connect({ name: "newcomer" }), disconnected(bystander)]);
  const lost = lostBefore || (isNothing(goodbye) && isEnded(bystander));
  const blameless = lost && (await losesBystanders(connect));
  if (blameless) skip(requirement, "a disconnect request alone ends bystanders too: see disconnect.isolated");
  else check(requirement, lost ? "the bystander's connection ended" : "connected", { const: "connected" });

  const welcome = await greeting(newcomer);
  if (newcomer.opened && isNothing(welcome) && !wasGreeted)
    skip(requirement, "the bystander was not greeted either: see version.greeting");
  else check(requirement, statusOf(welcome), { const: "success", title: "a newcomer is greeted" });
  return {
    harmed: (lost && !blameless) || !newcomer.opened,
    control: !isNothing(goodbye) && goodbye.status === "success",
  };
}

/** Whether a bystander loses its connection, or cannot leave as it should, when a client asks to be disconnected. */
async function losesBystanders(connect: Context["connect"]): Promise<boolean> {
  const [bystander, client] = (await together(connect, "bystander, as a control", "client, as a control")) ?? [];
  if (!bystander || !client) return false;
  client.send(disconnect);
  await disconnected(client);
  bystander.send(disconnect);
  const goodbye = await disconnected(bystander);
  return isNothing(goodbye) ? isEnded(bystander) : goodbye.status !== "success";
}
