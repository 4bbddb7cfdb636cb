import type { Connection } from "../../harness/connection.ts";
import type { Expectation } from "../../harness/expect.ts";
import { isNothing, type Nothing } from "../../harness/nothing.ts";
import { isEnded, isServerEnd } from "../../harness/transcript.ts";
import type { Dialect } from "./dialect.ts";

/** The close code of what is too big. */
const BIG_CODE = 1009;

const CLOSED = "a close frame";
const closeWith = (code: unknown) => `${CLOSED} with code ${code}`;
const TOO_BIG = closeWith(BIG_CODE);
const END = "the end of the TCP connection";

/** The ends by which a server may refuse a message, and any code of a close frame where the version names none. */
const endsOf = ({ closesAnyhow }: Dialect, ...others: readonly string[]): Expectation => {
  const some = { enum: [...others, "failed", "ignored", TOO_BIG, END] };
  return closesAnyhow ? { anyOf: [some, { type: "string", pattern: `^${CLOSED}` }] } : some;
};

/** The fates that a server may give a message that is big or deep, and malformed. */
export const refusalFate = (dialect: Dialect): Expectation => ({
  title: `${dialect.words.answer} failed, silence and a connection that still works, ${dialect.closesAnyhow ? CLOSED : TOO_BIG}, or ${END}`,
  ...endsOf(dialect),
});

/** The fates that a server may give a request that is big or deep. */
export const anyFate = (dialect: Dialect): Expectation => ({
  title: `success, ${refusalFate(dialect).title}`,
  ...endsOf(dialect, "success"),
});

/** A WebSocket layer may find a message of more bytes too big. */
const SMALL = 4_000;

/** Anybody may refuse a message of more bytes (8 KiB) in any way: a WebSocket layer may end the connection by its own rules. */
export const BIG = 8 << 10;

/** The fates that a server may give a request that is so many bytes long. */
export function fateOf(dialect: Dialect, length: number): Expectation {
  if (length > BIG) return anyFate(dialect);
  return length > SMALL ? { title: `success, or ${TOO_BIG}`, enum: ["success", TOO_BIG] } : { const: "success" };
}

/** Tells if a server may ignore a request that is so many bytes long. */
export const mayIgnore = (length: number): boolean => length > BIG;

/** Tells if the WebSocket layer of a server found a message of so many bytes too big, as it may. */
export const wasTooBig = (length: number, { transcript }: Connection): boolean =>
  length > SMALL && transcript.events.some((it) => isServerEnd(it) && it.type === "close" && it.code === BIG_CODE);

/** The reason why nothing is judged of a message that was too big. */
export const TOO_LONG = "the message was too big for its WebSocket layer";

/** Tells the fate of a message that may be too big for a server. It is `ignored` only if the connection still works. */
export async function fate(
  { request, answers, statusOf, words }: Dialect,
  client: Connection,
  ignorable = true,
): Promise<string | Nothing> {
  const end = () => answers(client)[0] ?? (isEnded(client) || undefined);
  const first = await client.wait(ignorable ? "what becomes of a big command" : words.answer, end, {
    owed: !ignorable,
  });
  if (isNothing(first) && !ignorable) return first;
  if (isNothing(first)) client.send(request);
  const last = isNothing(first) ? await client.wait(words.answer, end) : first;
  if (isNothing(last)) return last;
  const [answer] = answers(client);
  if (answer) return isNothing(first) ? "ignored" : String(statusOf(answer));
  const ending = await client.closed();
  if (isNothing(ending)) return ending;
  return ending.frame ? closeWith(ending.code ?? "none") : END;
}
