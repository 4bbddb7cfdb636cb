import type { Connection } from "../../harness/connection.ts";
import type { Expectation } from "../../harness/expect.ts";
import { isNothing, type Nothing, nothing } from "../../harness/nothing.ts";
import type { Context } from "../../harness/scenario.ts";
import { isServerEnd, type Message } from "../../harness/transcript.ts";
import type { RequirementId } from "../../schemas/v0/requirements.ts";
import { call, heard, request, responseTo, STATS } from "./dialect.ts";
import { UNIMPLEMENTED } from "./protocol.ts";

// The messages and judges of the cases of requests, whichever side is tested.

/** The responses to a request so far. */
export const responsesTo = (client: Connection, id: unknown): Message[] =>
  heard(client).filter(({ type, messageId }) => type === "response" && messageId === id);

/** Texts that a messageId can be. */
export const MESSAGE_IDS: Readonly<Record<string, string>> = {
  empty: "",
  "of 10 KB": "x".repeat(10_000),
  "in other scripts": "ünïcödé 日本語 🦔",
  "with escapes": '\\ " / \b \f \n \r \t \u0000',
  "of a property that all objects have": "__proto__",
  "of a number": "1",
  "that is a JSON text": '{"messageId":"1"}',
};

/** Values that a further property can have. */
export const EXTRA: Readonly<Record<string, unknown>> = {
  "a number": 1,
  "a text": "banana",
  "an object": { a: { b: [] } },
  null: null,
};

/** Texts that are no command of anybody. */
export const ODD_COMMANDS: Readonly<Record<string, string>> = {
  "of one part": "a",
  empty: "",
  "of three parts": "a/b/c",
  "with a dot": "no.such",
  "with a path": "../x",
  "with NUL": "a\0/b",
  "of 64 KiB": `a/${"x".repeat(64 << 10)}`,
  "of a property that all objects have": "__proto__/x",
  "that is such a property": "constructor",
  "in upper case": STATS.toUpperCase(),
};

const CLOSED = "the end of the connection";

/** Sends a request of an odd command, and tells what comes of it. */
export async function fateOfOdd(client: Connection, command: string, id = "odd"): Promise<string | Nothing> {
  client.send(request(command, id));
  const isOver = () => client.transcript.events.some(isServerEnd);
  const came = await client.wait("the response to an odd command", () => {
    const [response] = responsesTo(client, id);
    if (response) return `${response.status} ${response.reason}`;
    return isOver() ? CLOSED : undefined;
  });
  return isNothing(came) && isOver() ? CLOSED : came;
}

/** The fates that a request of an odd command may have. */
export const ODD_FATES = { enum: [`failed ${UNIMPLEMENTED}`, "failed invalid_request", CLOSED] };

/** The response to a command that nobody defines. */
function unimplemented(command: string): Expectation {
  const expected = { commandId: command, status: "failed", reason: UNIMPLEMENTED };
  return {
    title: `failed, ${UNIMPLEMENTED}`,
    type: "object",
    properties: Object.fromEntries(Object.entries(expected).map(([name, value]) => [name, { const: value }])),
    required: Object.keys(expected),
  };
}

/** The part of a context by which a case judges. */
type Judges<Id extends RequirementId> = Pick<Context<Id>, "check">;

/** Waits until the other side must have answered all that was sent before. */
type Fence = (client: Connection) => Promise<Message | Nothing>;

/** Judges the answer to a command that nobody defines, and that the connection works afterwards. */
export async function judgeUnknown(
  { check }: Judges<"unknown.unimplemented" | "invalid.usable">,
  client: Connection,
  command: string,
  fenced: Fence,
): Promise<void> {
  const response = await call(client, command, `unknown ${command}`);
  if (check("unknown.unimplemented", response, unimplemented(command))) check("invalid.usable", await fenced(client));
}

/** Judges that a request which this side may not send is not carried out. */
export async function judgeWrongDirection(
  { check }: Judges<"request.wrong-direction">,
  client: Connection,
  { command, id, fenced }: { readonly command: string; readonly id: string; readonly fenced: Fence },
): Promise<void> {
  client.send(request(command, id, {}));
  await fenced(client);
  const [response] = responsesTo(client, id);
  check("request.wrong-direction", response?.status ?? "no response", { enum: ["failed", "no response"] });
}

/** Judges that an event gets no response. */
export async function judgeEvent(
  { check }: Judges<"event.unanswered">,
  client: Connection,
  { command, id, fenced }: { readonly command: string; readonly id: string; readonly fenced: Fence },
): Promise<void> {
  client.send({ type: "event", messageId: id, commandId: command, data: {} });
  await fenced(client);
  check("event.unanswered", responsesTo(client, id).length, { const: 0, title: "no response" });
}

/** Judges that a request gets a response. A connection that did not open says why. */
export async function judgeAlone(
  { check }: Judges<"request.answered">,
  client: Connection,
  command: string,
  data?: unknown,
): Promise<void> {
  const response = await call(client, command, "alone", data);
  const isUnopened = isNothing(response) && !client.opened;
  check("request.answered", isUnopened ? nothing(client.failure ?? "no connection") : response);
}

/** Judges that each of 10 requests of a command in one go gets its response. */
export async function judgePipelined(
  { check }: Judges<"request.pipelined">,
  client: Connection,
  command: string,
  data?: unknown,
): Promise<void> {
  const ids = Array.from({ length: 10 }, (_, i) => `pipelined-${i}`);
  client.send(...ids.map((id) => request(command, id, data)));
  const responses = await Promise.all(ids.map((id) => responseTo(client, id, command)));
  check("request.pipelined", responses.filter((it) => !isNothing(it)).length, {
    const: ids.length,
    title: "10 responses",
  });
}
