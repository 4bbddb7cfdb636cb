import type { Connection } from "../../harness/connection.ts";
import type { Expectation } from "../../harness/expect.ts";
import { wordsOfFailure } from "../../harness/failure.ts";
import { isNothing, type Nothing, nothing } from "../../harness/nothing.ts";
import type { Case, Context } from "../../harness/scenario.ts";
import { heard, isServerEnd, type Message } from "../../harness/transcript.ts";
import { END_OF_CONNECTION } from "../../harness/waited.ts";
import type { MakeCase } from "../websocket/dialect.ts";
import { answerTo } from "../websocket/heads.ts";
import { slug } from "../websocket/words.ts";
import { call, request, responseTo, STATS } from "./dialect.ts";
import { UNIMPLEMENTED } from "./protocol.ts";

// The messages and cases of requests that are alike, whichever side is tested.

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
  "of digits with zeros before them": "007",
  "of markup": "<b>1+1%20&amp;</b>",
  "that is a JSON text": '{"messageId":"1"}',
  "of a number with zeros": "0012.50",
  "with spaces around": "  spaces around  ",
  "in both cases": "Both-Cases",
  "of characters that compose": "u\u0308 \ufb01 \u00c5",
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
  "with a space behind it": `${STATS} `,
  "with a part more": `${STATS}/request`,
  "with two slashes": STATS.replace("/", "//"),
  "with a dot for its slash": STATS.replace("/", "."),
  "with NUL behind it": `${STATS}\0/b`,
};

/** Sends a request of an odd command, and judges what becomes of it. */
export async function judgeOdd(
  { check }: Pick<Context<"unknown.odd">, "check">,
  client: Connection,
  command: string,
  id = "odd",
): Promise<void> {
  client.send(request(command, id));
  const isOver = () => client.transcript.events.some(isServerEnd);
  const came = await client.wait("the response to an odd command", () => {
    const [response] = responsesTo(client, id);
    if (response) return [response.status, response.reason].filter((it) => it !== undefined).join(" ");
    return isOver() ? END_OF_CONNECTION : undefined;
  });
  const fate = isNothing(came) && isOver() ? END_OF_CONNECTION : came;
  check("unknown.odd", fate, ODD_FATES, responsesTo(client, id)[0]);
}

/** The fates that a request of an odd command may have. */
const ODD_FATES = { enum: [`failed ${UNIMPLEMENTED}`, "failed invalid_request", END_OF_CONNECTION] };

/** The requirements on requests that hold for whichever side gets them. */
type SharedId =
  | "request.answered"
  | "request.pipelined"
  | "unknown.unimplemented"
  | "invalid.usable"
  | "request.wrong-direction"
  | "event.unanswered";

/** A side that sends requests to the one that is tested. */
export interface Requester {
  readonly scenario: MakeCase<SharedId>;
  /** The sender in titles. */
  readonly sender: string;
  /** Gives a connection on which it sends. */
  readonly meet: (context: Pick<Context, "connect" | "peer">) => Promise<Connection>;
  /** A request that works at any moment. */
  readonly plain: { readonly command: string; readonly data?: unknown };
  /** Waits until the other side must have answered all that was sent before. */
  readonly fence: (client: Connection) => Promise<Message | Nothing>;
  /** Makes a messageId of a kind of request, and of the row that it stands in: cases may share a connection. */
  readonly idOf: (kind: string, row: string) => string;
}

/** The case of a request that gets a response. A connection that did not open says why. */
export const aloneCase = ({ scenario, sender, meet, plain: { command, data } }: Requester): Case =>
  scenario({
    id: "requests/alone",
    title: `${sender} sends ${command}`,
    tests: ["request.answered"],
    async run({ check, ...context }) {
      const client = await meet(context);
      const response = await call(client, command, "alone", data);
      const isUnopened = isNothing(response) && !client.opened;
      if (!isUnopened) return void check("request.answered", response);
      const why = nothing(client.failure ? wordsOfFailure(client.failure) : "no connection");
      check("request.answered", why, undefined, answerTo(client));
    },
  });

/** The case of 10 requests in one go, each of which gets its response. */
export const pipelinedCase = ({ scenario, sender, meet, plain: { command, data } }: Requester): Case =>
  scenario({
    id: "requests/pipelined",
    title: `${sender} sends ${command} 10 times in one go`,
    tests: ["request.pipelined"],
    async run({ check, ...context }) {
      const client = await meet(context);
      const ids = Array.from({ length: 10 }, (_, i) => `pipelined-${i}`);
      client.send(...ids.map((id) => request(command, id, data)));
      judgePipelined(await Promise.all(ids.map((id) => responseTo(client, id, command))), check);
    },
  });

/** Judges if all requests that were sent in one go were answered. */
export function judgePipelined(
  responses: readonly (Message | Nothing)[],
  check: Context<"request.pipelined">["check"],
): void {
  const count = responses.filter((it) => !isNothing(it)).length;
  const expected = { const: responses.length, title: `${responses.length} responses` };
  check("request.pipelined", count, expected, responses.find(isNothing));
}

/** The cases of commands that nobody defines: they are refused, and the connection works afterwards. */
export const unknownCases = ({ scenario, sender, meet, fence }: Requester, commands: readonly string[]): Case[] =>
  commands.map((command) =>
    scenario({
      id: `requests/unknown-${slug(command)}`,
      title: `${sender} sends a request of ${command}, which nobody defines`,
      given: command,
      tests: ["unknown.unimplemented", "invalid.usable"],
      async run({ check, ...context }) {
        const client = await meet(context);
        const response = await call(client, command, `unknown-${slug(command)}`);
        if (check("unknown.unimplemented", response, unimplemented(command)))
          check("invalid.usable", await fence(client));
      },
    }),
  );

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

/** The cases of requests that this side may not send: none is carried out. */
export const wrongDirectionCases = (
  { scenario, meet, fence, idOf }: Requester,
  commands: readonly string[],
  titleOf: (command: string) => string,
): Case[] =>
  commands.map((command) =>
    scenario({
      id: `requests/wrong-direction-${slug(command)}`,
      title: titleOf(command),
      given: command,
      tests: ["request.wrong-direction"],
      async run({ check, ...context }) {
        const client = await meet(context);
        const id = idOf("wrong", command);
        client.send(request(command, id, {}));
        await fence(client);
        const [response] = responsesTo(client, id);
        check(
          "request.wrong-direction",
          response?.status ?? "no response",
          { enum: ["failed", "no response"] },
          response,
        );
      },
    }),
  );

/** The cases of events, which get no response: one that the protocol defines, one that it does not, one named as a request is. */
export const eventCases = (
  { scenario, sender, meet, fence, idOf }: Requester,
  commands: Readonly<Record<string, string>>,
): Case[] =>
  Object.entries(commands).map(([name, command]) =>
    scenario({
      id: `requests/event-${name}`,
      title: `${sender} sends an event: ${command}`,
      given: command,
      tests: ["event.unanswered"],
      async run({ check, ...context }) {
        const client = await meet(context);
        const id = idOf("event", name);
        client.send({ type: "event", messageId: id, commandId: command, data: {} });
        await fence(client);
        const responses = responsesTo(client, id);
        check("event.unanswered", responses.length, { const: 0, title: "no response" }, responses[0]);
      },
    }),
  );
