import type { Connection } from "../../harness/connection.ts";
import { isNothing, type Nothing } from "../../harness/nothing.ts";
import type { Context } from "../../harness/scenario.ts";
import { isServerEnd, type Message } from "../../harness/transcript.ts";
import { plural } from "../../harness/words.ts";
import { TOO_LONG, wasTooBig } from "../websocket/fate.ts";
import { expectSuccess, spellings } from "../websocket/requests.ts";
import { besideBystander } from "../websocket/survival.ts";
import { slug, spaced } from "../websocket/words.ts";
import { ONE_USER } from "./answers.ts";
import { call, dialect, request, responseName, responseTo, STATS, statusOf } from "./dialect.ts";
import { scenario } from "./protocol.ts";
import {
  aloneCase,
  EXTRA,
  eventCases,
  judgeOdd,
  judgePipelined,
  MESSAGE_IDS,
  ODD_COMMANDS,
  pipelinedCase,
  type Requester,
  responsesTo,
  unknownCases,
  wrongDirectionCases,
} from "./request-cases.ts";

/** A command that takes data. */
const INFO = "user/info";

/** Sends a request that is answered last, and waits for the answer: an answer that has not come by then was not sent at once. */
const fence = (client: Connection): Promise<Message | Nothing> => call(client, STATS, "fence");

const echoes = Object.entries(MESSAGE_IDS).map(([name, id]) =>
  scenario({
    id: `requests/id-${slug(name)}`,
    title: `a client sends ${STATS} with a messageId ${name}`,
    given: id,
    tests: ["request.echo"],
    async run({ connect, check, unasked }) {
      const client = await connect();
      client.send(request(STATS, id));
      const response = await client.next(
        // A response that names another command breaks `response.correlated`.
        ({ type, commandId, messageId }) => type === "response" && (commandId === STATS || messageId === id),
        responseName(STATS),
      );
      if (isNothing(response) && wasTooBig(id.length, client)) return unasked("request.echo", TOO_LONG);
      check("request.echo", isNothing(response) ? response : response.messageId, {
        const: id,
        title: "the messageId of the request",
      });
    },
  }),
);

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

/** Properties that only responses and events have. */
const ofResponses = scenario({
  id: "requests/extra-of-responses",
  title: `a client sends ${STATS} with the further properties of a response that failed`,
  tests: ["request.extra"],
  async run({ connect, check }) {
    const client = await connect();
    client.send({ ...request(STATS, "extra"), status: "failed", reason: "internal_error" });
    check("request.extra", statusOf(await responseTo(client, "extra", STATS)), { const: "success" });
  },
});

const encodings = Object.entries(spellings(dialect)).map(([name, text]) =>
  scenario({
    id: `requests/spelled-${name}`,
    title: `a client sends ${STATS}, spelled with ${spaced(name)}`,
    given: text,
    tests: ["request.encoding"],
    run: (context) => expectSuccess(dialect, context, "request.encoding", text),
  }),
);

const USER: Requester = {
  scenario,
  sender: "a client",
  meet: ({ connect }) => connect(),
  plain: { command: STATS },
  fence,
  idOf: (kind) => kind,
};

const odds = Object.entries(ODD_COMMANDS).map(([name, command]) =>
  scenario({
    id: `requests/odd-command-${slug(name)}`,
    title: `a client sends a request of a command ${name}`,
    given: command,
    tests: ["unknown.odd", "malformed.survives"],
    run: (context) =>
      besideBystander(dialect, context, "malformed.survives", (client) => judgeOdd(context, client, command)),
  }),
);

/** Values that data cannot have. */
const ODD_DATA: Readonly<Record<string, unknown>> = {
  null: null,
  "a text": "banana",
  "a number": 7,
  "an array": [null],
};

const oddData = Object.entries(ODD_DATA).map(([name, data]) =>
  scenario({
    id: `requests/data-that-is-${slug(name)}`,
    title: `a client sends a request of ${INFO} whose data is ${name}`,
    given: data,
    tests: ["malformed.survives"],
    run: (context) =>
      besideBystander(dialect, context, "malformed.survives", async (client) => {
        client.send(request(INFO, "odd-data", data));
        await fence(client);
      }),
  }),
);

const wrongDirections = wrongDirectionCases(
  USER,
  ["battle/start", "autohost/kill", "user/self"],
  (command) => `a user sends a request of ${command}, which only others may send`,
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
  return `${plural(count, "response")}, ${ended ? "and the connection was closed" : isNothing(after) ? "and silence afterwards" : "and the connection goes on"}`;
}

/** The cases of the section "Requests and errors". */
export const requestCases = [
  aloneCase(USER),
  scenario({
    id: "requests/id-of-another-user",
    title: `two users send ${STATS} with the same messageId`,
    tests: ["request.answered"],
    async run({ connect, check, users, unasked }) {
      if (users < 2) return unasked("request.answered", ONE_USER);
      const both = await Promise.all([connect({ name: "one" }), connect({ name: "another", user: 1 })]);
      // No user knows the ids of another.
      const responses = await Promise.all(both.map((client) => call(client, STATS, "of-two-users")));
      for (const response of responses) check("request.answered", response, { title: "a response to each of them" });
    },
  }),
  pipelinedCase(USER),
  scenario({
    id: "requests/pipelined-in-turn",
    title: `a client sends ${STATS} and a command that nobody defines in turn, 10 requests in one go`,
    tests: ["request.pipelined"],
    async run({ connect, check }) {
      const client = await connect();
      const sent = Array.from({ length: 10 }, (_, i) => [`turn-${i}`, i % 2 ? "conformance/unknown" : STATS] as const);
      client.send(...sent.map(([id, command]) => request(command, id)));
      judgePipelined(await Promise.all(sent.map(([id, command]) => responseTo(client, id, command))), check);
    },
  }),
  ...echoes,
  ...extras,
  ofResponses,
  ...encodings,
  ...unknownCases(USER, ["conformance/unknown", "system/conformance"]),
  ...odds,
  ...oddData,
  ...wrongDirections,
  ...eventCases(USER, { known: "user/self", unknown: "conformance/happened", "named-as-a-request": STATS }),

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
      const stray = { type: "response", messageId: "stray", commandId: STATS, status: "success" };
      report("response.stray", await tellOf(context, "stray", stray));
    },
  }),
];
