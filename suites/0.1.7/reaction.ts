import type { Connection, Outgoing } from "../../harness/connection.ts";
import { isNothing, type Nothing, nothing } from "../../harness/nothing.ts";
import { isObject, type Message, messages, parse } from "../../harness/transcript.ts";
import { DISCONNECTED, disconnect, disconnected, GREETING, nameOf } from "./protocol.ts";

/** How a server took a malformed command. */
export interface Reaction {
  /** The success that it gave: it carried the command out. */
  readonly success: Message | undefined;
  /** The failed response that it gave. */
  readonly refusal: Message | Nothing;
  /** What shows that the connection was ended as it must be, or still worked. */
  readonly afterwards: Message | Nothing;
}

/** The responses whose `failed` refuses a malformed command: `disconnected`, or that of the command it names. */
export function refusalsOf(input: Outgoing): string[] {
  const message = typeof input === "string" ? parse(input) : input;
  const command = isObject(message) ? nameOf(message) : undefined;
  const named = command !== undefined && /^[^/]+\/[^/]+\/request$/.test(command);
  return named ? [DISCONNECTED, command.replace(/request$/, "response")] : [DISCONNECTED];
}

/**
 * Sends a malformed command with a disconnect request behind it, which fences it: by the answer to the request all is said.
 * Where only the request is answered, the command met silence or was itself carried out, and this cannot tell: `undefined`.
 */
export async function fenced(
  client: Connection,
  input: Outgoing,
  greetings: () => number,
): Promise<Reaction | undefined> {
  client.send(input, disconnect);
  const end = await disconnected(client);
  const answers = answersTo(client, input, greetings);
  const success = answers.find((answer) => answer.status === "success" && nameOf(answer) !== DISCONNECTED);
  const refusal = answers.find(({ status }) => status === "failed");
  if (!success && !refusal) return undefined;
  return { success, refusal: refusal ?? nothing("a success"), afterwards: end };
}

/** Sends a malformed command alone, and waits for an answer as long as the timeout: an asynchronous server may be late. */
export async function patiently(client: Connection, input: Outgoing, greetings: () => number): Promise<Reaction> {
  client.send(input);
  const answer = await client.wait("the answer to a malformed command", () => answersTo(client, input, greetings)[0], {
    owed: false,
  });
  if (isNothing(answer) || nameOf(answer) !== DISCONNECTED) client.send(disconnect);
  const afterwards = await disconnected(client);
  if (isNothing(answer) || answer.status === "failed") return { success: undefined, refusal: answer, afterwards };
  return { success: answer, refusal: nothing("a success"), afterwards };
}

/** The answers that a server has given so far; of its greetings those beyond the number owed. */
function answersTo(client: Connection, input: Outgoing, greetings: () => number): Message[] {
  const names = refusalsOf(input);
  const all = messages(client.transcript, "server").map(({ message }) => message);
  const extra = all
    .filter((message) => nameOf(message) === GREETING && message.status === "success")
    .slice(greetings());
  return all.filter(
    (message) =>
      names.includes(nameOf(message) ?? "") &&
      (nameOf(message) !== GREETING || message.status === "failed" || extra.includes(message)),
  );
}
