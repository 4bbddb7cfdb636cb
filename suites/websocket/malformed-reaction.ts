import type { Connection } from "../../harness/connection.ts";
import type { Outgoing } from "../../harness/deeds.ts";
import { isNothing, type Nothing, nothing, whyNothing } from "../../harness/nothing.ts";
import type { Message } from "../../harness/transcript.ts";
import type { MalformedDialect } from "./dialect.ts";

/** The kind of wait for what answers a malformed command, if anything does. */
export const MALFORMED_ANSWER = "the answer to a malformed command";

/** The reaction of a server to a malformed command. */
export interface Reaction {
  /** The success that it gave: it carried the command out. */
  readonly success: Message | undefined;
  /** The failed response that it gave. */
  readonly refusal: Message | Nothing;
  /** The message that shows that the connection was ended as it must be, or still worked. */
  readonly afterwards: Message | Nothing;
}

/**
 * Sends a malformed command with a request behind it. If that shows too little, sends it once more, alone, on `another` connection. If the
 * command is refused there, the server was not slow before: it answered neither the command nor the request.
 */
export async function reactTo(
  dialect: MalformedDialect,
  client: Connection,
  another: () => Promise<Connection>,
  input: Outgoing,
  bystander?: Connection,
): Promise<Reaction> {
  const fenced = await reactToFenced(dialect, client, input, bystander);
  const isSilent = fenced !== undefined && isNothing(fenced.refusal) && isNothing(fenced.afterwards);
  if (fenced && (fenced.success || !isSilent)) return fenced;
  const single = await reactToSingle(dialect, await another(), input, bystander);
  return fenced && !isNothing(single.refusal) ? fenced : single;
}

/**
 * Sends a malformed command with a request behind it as a fence, whose answer comes last. If only the request is answered, the command met
 * silence or was itself carried out. This cannot tell which, and returns nothing.
 */
async function reactToFenced(
  { request, answer, answersTo, isGoodbye, statusOf }: MalformedDialect,
  client: Connection,
  input: Outgoing,
  bystander?: Connection,
): Promise<Reaction | undefined> {
  client.send(input, request);
  const end = await answer(client);
  const all = answersTo(client, input, bystander);
  const success = all.find((it) => statusOf(it) === "success" && !isGoodbye(it));
  const refusal = all.find((it) => statusOf(it) === "failed");
  // A refusal may be lost where the server ends the connection while the request comes.
  const isSilent = isNothing(end) && whyNothing(end).silence !== undefined;
  if (!success && !refusal) return isSilent ? { success, refusal: end, afterwards: end } : undefined;
  return { success, refusal: refusal ?? nothing("a success"), afterwards: end };
}

/** Sends a malformed command alone, and waits for an answer as long as the timeout: an asynchronous server may be late. */
async function reactToSingle(
  { request, answer, answersTo, isGoodbye, statusOf }: MalformedDialect,
  client: Connection,
  input: Outgoing,
  bystander?: Connection,
): Promise<Reaction> {
  client.send(input);
  const first = await client.wait(MALFORMED_ANSWER, () => answersTo(client, input, bystander)[0], {
    owed: false,
  });
  if (isNothing(first) || !isGoodbye(first)) client.send(request);
  const afterwards = await answer(client);
  if (isNothing(first) || statusOf(first) !== "success") return { success: undefined, refusal: first, afterwards };
  return { success: first, refusal: nothing("a success"), afterwards };
}
