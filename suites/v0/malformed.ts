import type { Connection } from "../../harness/connection.ts";
import { isNothing } from "../../harness/nothing.ts";
import type { Context } from "../../harness/scenario.ts";
import { heard, isEnded, isServerEnd, type Message } from "../../harness/transcript.ts";
import { END_OF_CONNECTION } from "../../harness/waited.ts";
import { besideBystander } from "../websocket/survival.ts";
import { asSent, slug } from "../websocket/words.ts";
import { dialect, request, STATS } from "./dialect.ts";
import { POLICY, scenario } from "./protocol.ts";

const json = JSON.stringify;

/** Malformed messages, by their mistake; each is made of a request. */
export const malformedTexts = (whole: Message): Readonly<Record<string, string>> => ({
  "a word": "banana",
  empty: "",
  "cut off": json(whole).slice(0, -1),
  "two objects": json(whole) + json(whole),
  "a comma too many": json(whole).replace(/}$/, ",}"),
  "a comment": `${json(whole)} // bye`,
  "a number that is none": json(whole).replace(/}$/, ',"extra":NaN}'),
  "a line break in a text": json(whole).replace(/}$/, ',"extra":"\n"}'),
  "single quotes": json(whole).replaceAll('"', "'"),
  null: "null",
  "a number": "0",
  "a text": json(json(whole)),
  "an array": json([whole]),
  "an empty object": "{}",
  "no type": json({ ...whole, type: undefined }),
  "another type": json({ ...whole, type: "banana" }),
  "a space behind the type": json({ ...whole, type: `${whole.type} ` }),
  "type in upper case": json({ ...whole, type: "REQUEST" }),
  "a number as type": json({ ...whole, type: 1 }),
  "no messageId": json({ ...whole, messageId: undefined }),
  "a number as messageId": json({ ...whole, messageId: 1 }),
  "null as messageId": json({ ...whole, messageId: null }),
  "true as messageId": json({ ...whole, messageId: true }),
  "an object as messageId": json({ ...whole, messageId: { id: whole.messageId } }),
  "no commandId": json({ ...whole, commandId: undefined }),
  "a number as commandId": json({ ...whole, commandId: 1 }),
  "an array as commandId": json({ ...whole, commandId: [whole.commandId] }),
});

/** The close frame of the other side. */
const closing = ({ transcript }: Connection) =>
  transcript.events.flatMap((event) => (event.type === "close" && isServerEnd(event) ? [event] : []))[0];

const closedWith = (code: number) => ({
  title: `a close frame with code ${code}`,
  type: "object",
  properties: { frame: { const: true }, code: { const: code } },
  required: ["frame", "code"],
});

type Refusing = Pick<Context<"malformed.closed" | "malformed.code" | "malformed.reason">, "check">;

/** Judges how the other side ends a connection over a message that is none. */
export async function judgeRefusal(client: Connection, { check }: Refusing): Promise<void> {
  const ending = await client.closed();
  if (!check("malformed.closed", ending) || isNothing(ending)) return;
  if (!check("malformed.code", ending, closedWith(POLICY))) return;
  const expected = { title: "a reason in the close frame", type: "string", minLength: 1 };
  check("malformed.reason", closing(client)?.data ?? "", expected, ending);
}

/** The end of a connection may come so long after an answer, in ms: a server may close it later. */
const END_BEHIND_ANSWER = 500;

/**
 * Sends a malformed message and a request behind it. Judges how the server ends the connection. If it answers the request, it has read on,
 * so there is no need to wait.
 */
async function judgeMalformed(text: string, client: Connection, context: Refusing): Promise<void> {
  client.send(text, dialect.request);
  const isAnswer = ({ messageId, type }: Message) => type === "response" && messageId === dialect.request.messageId;
  const fate = await client.wait(
    END_OF_CONNECTION,
    () => heard(client).find(isAnswer) ?? (isEnded(client) || undefined),
  );
  if (fate !== true) await client.quiet(END_BEHIND_ANSWER);
  if (isEnded(client)) return judgeRefusal(client, context);
  const title = "the end of the connection, and no answer to the request behind";
  context.check("malformed.closed", fate, { title, not: {} });
}

const malformed = Object.entries(malformedTexts(request(STATS, "malformed"))).map(([name, text]) =>
  scenario({
    id: `malformed/${slug(name)}`,
    title: `a client sends ${asSent(text)}`,
    given: text,
    tests: ["malformed.closed", "malformed.code", "malformed.reason", "malformed.survives"],
    run: (context) =>
      besideBystander(dialect, context, "malformed.survives", (client) => judgeMalformed(text, client, context)),
  }),
);

/** The cases of the section "Malformed messages". */
export const malformedMessageCases = [
  ...malformed,

  scenario({
    id: "malformed/binary",
    title: `a client sends ${STATS} in a binary message`,
    tests: ["malformed.binary", "malformed.survives"],
    run: (context) =>
      besideBystander(dialect, context, "malformed.survives", async (client) => {
        client.send(Buffer.from(json(request(STATS, "binary"))));
        client.send(dialect.request);
        await dialect.answer(client);
        const success = heard(client).find(({ messageId, status }) => messageId === "binary" && status === "success");
        const came = success ? "carried out" : "not carried out";
        context.check("malformed.binary", came, { const: "not carried out" }, success);
      }),
  }),
];
