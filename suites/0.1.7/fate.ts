import type { Connection } from "../../harness/connection.ts";
import type { Expectation } from "../../harness/expect.ts";
import { isNothing, type Nothing } from "../../harness/nothing.ts";
import { isEnded } from "../../harness/transcript.ts";
import { DISCONNECTED, disconnect, goodbyesOf } from "./protocol.ts";

const TOO_BIG = "a close frame with code 1009";

/** What a server may do with a message that is big or deep, and malformed. */
export const REFUSAL: Expectation = {
  title: `${DISCONNECTED} failed, silence and a connection that still works, ${TOO_BIG}, or the end of the TCP connection`,
  enum: ["failed", "ignored", TOO_BIG, "the end of the TCP connection"],
};

/** What a server may do with a request that is big or deep. */
export const ANY_FATE: Expectation = {
  title: `success, ${REFUSAL.title}`,
  enum: ["success", "failed", "ignored", TOO_BIG, "the end of the TCP connection"],
};

/** In bytes: what a WebSocket layer may find too big at the earliest, and what anybody may refuse in any way. */
const SMALL = 4_000;
const BIG = 8 << 10;

/** What a server may do with a request that is so many bytes long. */
export function fateOf(length: number): Expectation {
  if (length > BIG) return ANY_FATE;
  return length > SMALL ? { title: `success, or ${TOO_BIG}`, enum: ["success", TOO_BIG] } : { const: "success" };
}

/** Whether a server may ignore a request that is so many bytes long. */
export const mayIgnore = (length: number): boolean => length > BIG;

/**
 * What became of a message that may be too big for a server. Where it was `ignored`, which it may be, it is seen that the connection
 * works.
 */
export async function fate(client: Connection, ignorable = true): Promise<string | Nothing> {
  const end = () => goodbyesOf(client)[0] ?? (isEnded(client) || undefined);
  const first = await client.wait(ignorable ? "what becomes of a big command" : DISCONNECTED, end, {
    owed: !ignorable,
  });
  if (isNothing(first) && !ignorable) return first;
  if (isNothing(first)) client.send(disconnect);
  const last = isNothing(first) ? await client.wait(DISCONNECTED, end) : first;
  if (isNothing(last)) return last;
  const [answer] = goodbyesOf(client);
  if (answer) return isNothing(first) ? "ignored" : String(answer.status);
  const ending = await client.closed();
  if (isNothing(ending)) return ending;
  return ending.frame ? `a close frame with code ${ending.code ?? "none"}` : "the end of the TCP connection";
}
