import type { Connection } from "../../harness/connection.ts";
import type { Expectation } from "../../harness/expect.ts";
import { isNothing, type Nothing, nothing } from "../../harness/nothing.ts";
import type { Context } from "../../harness/scenario.ts";
import { isServerEnd, type Message } from "../../harness/transcript.ts";
import { spellings } from "../websocket/requests.ts";
import { besideBystander } from "../websocket/survival.ts";
import { slug, spaced } from "../websocket/words.ts";
import { call, dialect, heard, request, responseTo, STATS, statusOf } from "./dialect.ts";
import { scenario, UNIMPLEMENTED } from "./protocol.ts";

/** The responses to a request so far. */
export const responsesTo = (client: Connection, id: unknown): Message[] =>
  heard(client).filter(({ type, messageId }) => type === "response" && messageId === id);

/** Sends a request that is answered last, and waits for that: what has not come by then was not sent at once. */
const fence = (client: Connection): Promise<Message | Nothing> => call(client, STATS, "fence");

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

const echoes = Object.entries(MESSAGE_IDS).map(([name, id]) =>
  scenario({
    id: `requests/id-${slug(name)}`,
    title: `a client sends ${STATS} with a messageId ${name}`,
    given: id,
    tests: ["request.echo"],
    async run({ connect, check }) {
      const client = await connect();
      client.send(request(STATS, id));
      const response = await client.next(
        ({ type, commandId }) => type === "response" && commandId === STATS,
        `the response to ${STATS}`,
      );
      check("request.echo", isNothing(response) ? response : response.messageId, {
        const: id,
        title: "the messageId of the request",
      });
    },
  }),
);

/** Values that a further property can have. */
export const EXTRA: Readonly<Record<string, unknown>> = {
  "a number": 1,
  "a text": "banana",
  "an object": { a: { b: [] } },
  null: null,
};

const extras = Object.entries(EXTRA).map(([name, extra]) =>
  scenario({
    id: `requests/extra-${slug(name)}`,
    title: `a client sends ${STATS} with a further property, ${name}`,
    given: extra,
    tests: ["request.extra"],
    async run({ connect, check }) {
      const client = await connect();
      client.send({ ...request(STATS, "extra"), extra });
      check("request.extra", statusOf(await responseTo(client, "extra", STATS)), { const: "success" });
    },
  }),
);

const encodings = Object.entries(spellings(dialect)).map(([name, text]) =>
  scenario({
    id: `requests/spelled-${name}`,
    title: `a client sends ${STATS}, spelled with ${spaced(name)}`,
    given: text,
    tests: ["request.encoding"],
    async run({ connect, check }) {
      const client = await connect();
      client.send(text);
      check("request.encoding", statusOf(await dialect.answer(client)), { const: "success" });
    },
  }),
);

/** The response to a command that nobody defines. */
export function unimplemented(command: string): Expectation {
  const expected = { commandId: command, status: "failed", reason: UNIMPLEMENTED };
  return {
    title: `failed, ${UNIMPLEMENTED}`,
    type: "object",
    properties: Object.fromEntries(Object.entries(expected).map(([name, value]) => [name, { const: value }])),
    required: Object.keys(expected),
  };
}

const unknowns = ["conformance/unknown", "system/conformance"].map((command) =>
  scenario({
    id: `requests/unknown-${slug(command)}`,
    title: `a client sends a request of ${command}, which nobody defines`,
    given: command,
    tests: ["unknown.unimplemented", "invalid.usable"],
    async run({ connect, check }) {
      const client = await connect();
      const response = await call(client, command, "unknown");
      const kept = check("unknown.unimplemented", response, unimplemented(command));
      if (kept) check("invalid.usable", await fence(client));
    },
  }),
);

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

const odds = Object.entries(ODD_COMMANDS).map(([name, command]) =>
  scenario({
    id: `requests/odd-command-${slug(name)}`,
    title: `a client sends a request of a command ${name}`,
    given: command,
    tests: ["unknown.odd", "malformed.survives"],
    run: (context) =>
      besideBystander(dialect, context, "malformed.survives", async (client) => {
        context.check("unknown.odd", await fateOfOdd(client, command), ODD_FATES);
      }),
  }),
);

const wrongDirections = ["battle/start", "autohost/kill"].map((command) =>
  scenario({
    id: `requests/wrong-direction-${slug(command)}`,
    title: `a user sends a request of ${command}, which only others may send`,
    given: command,
    tests: ["request.wrong-direction"],
    async run({ connect, check }) {
      const client = await connect();
      client.send(request(command, "wrong", {}));
      await fence(client);
      const [response] = responsesTo(client, "wrong");
      check("request.wrong-direction", response?.status ?? "no response", { enum: ["failed", "no response"] });
    },
  }),
);

const EVENTS = { known: "user/self", unknown: "conformance/happened" };

const events = Object.entries(EVENTS).map(([name, command]) =>
  scenario({
    id: `requests/event-${name}`,
    title: `a client sends an event: ${command}`,
    given: command,
    tests: ["event.unanswered"],
    async run({ connect, check }) {
      const client = await connect();
      client.send({ type: "event", messageId: "event", commandId: command, data: {} });
      await fence(client);
      check("event.unanswered", responsesTo(client, "event").length, { const: 0, title: "no response" });
    },
  }),
);

/** Says what a server does with something that the protocol leaves open. */
async function tellOf(
  { connect }: Pick<Context, "connect">,
  id: string,
  ...messages: readonly object[]
): Promise<string> {
  const client = await connect();
  client.send(...messages);
  const after = await fence(client);
  const count = responsesTo(client, id).length;
  const ended = client.transcript.events.find(isServerEnd);
  return `${count} responses, ${ended ? "and the connection was closed" : isNothing(after) ? "and silence afterwards" : "and the connection goes on"}`;
}

/** The cases of the section "Requests and errors". */
export const requestCases = [
  scenario({
    id: "requests/alone",
    title: `a client sends ${STATS}`,
    tests: ["request.answered"],
    async run({ connect, check }) {
      const client = await connect();
      const response = await call(client, STATS, "alone");
      if (isNothing(response) && !client.opened) check("request.answered", nothing(client.failure ?? "no connection"));
      else check("request.answered", response);
    },
  }),

  scenario({
    id: "requests/pipelined",
    title: `a client sends ${STATS} 10 times in one go`,
    tests: ["request.pipelined"],
    async run({ connect, check }) {
      const client = await connect();
      const ids = Array.from({ length: 10 }, (_, i) => `pipelined-${i}`);
      client.send(...ids.map((id) => request(STATS, id)));
      const responses = await Promise.all(ids.map((id) => responseTo(client, id, STATS)));
      check("request.pipelined", responses.filter((it) => !isNothing(it)).length, {
        const: ids.length,
        title: "10 responses",
      });
    },
  }),

  ...echoes,
  ...extras,
  ...encodings,
  ...unknowns,
  ...odds,
  ...wrongDirections,
  ...events,

  scenario({
    id: "requests/duplicate-id",
    title: `a client sends ${STATS} twice with the same messageId`,
    tests: ["request.duplicate-id"],
    async run({ report, ...context }) {
      const twice = await tellOf(context, "twice", request(STATS, "twice"), request(STATS, "twice"));
      report("request.duplicate-id", twice);
    },
  }),

  scenario({
    id: "requests/stray-response",
    title: "a client sends a response that nobody asked for",
    tests: ["response.stray"],
    async run({ report, ...context }) {
      const stray = { type: "response", messageId: "stray", commandId: "battle/start", status: "success" };
      report("response.stray", await tellOf(context, "stray", stray));
    },
  }),
];
