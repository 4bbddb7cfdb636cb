import type { Connection } from "../../harness/connection.ts";
import { isNothing, type Nothing } from "../../harness/nothing.ts";
import { isEnded, isObject, type Message, originOf, readFrom } from "../../harness/transcript.ts";
import { isUnimplemented } from "./protocol.ts";

/** The event that tells a client its own user. */
export const SELF = "user/self";

/** Awaits what a client is told of its own user. */
export async function selfOf(client: Connection): Promise<Message | Nothing> {
  const event = await client.next({ kind: "event", name: SELF }, SELF);
  if (isNothing(event)) return event;
  return isObject(event.data) && isObject(event.data.user) ? event.data.user : {};
}

/** A property of what came, or why nothing did. */
export const propertyOf = (it: Message | Nothing, name: string): unknown => (isNothing(it) ? it : it[name]);

/** The data of a response or event, or why there is none. */
export const dataOf = (it: Message | Nothing): Message | Nothing =>
  isNothing(it) ? it : isObject(it.data) ? it.data : readFrom(originOf(it), {});

/** Tells if a server says that it lacks a command. */
export const isLacking = (response: Message | Nothing): boolean => !isNothing(response) && isUnimplemented(response);

/** Tells if the end of the connection came in place of a response. */
export const endedInstead = (response: Message | Nothing, client: Connection): response is Nothing =>
  isNothing(response) && isEnded(client);

/** The reason why nothing is judged if a server lacks a command: it may lack any. */
export const LACKS = "the server lacks the command";

/** The reason why nothing is judged if a server does not say who a user is: it should. */
export const UNTOLD = "a user is not told who it is: see self.sent";

/** The reason why a case is skipped that needs two users. */
export const ONE_USER = "it takes two users, and the suite can come as one only (--as)";

/** Stands for what must not come, where nothing of it came. */
export const NOTHING_OF_IT = "nothing of it";
