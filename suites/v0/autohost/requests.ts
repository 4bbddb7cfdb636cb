import { isNothing } from "../../../harness/nothing.ts";
import { heard, isEnded } from "../../../harness/transcript.ts";
import { TOO_LONG, wasTooBig } from "../../websocket/fate.ts";
import { spellings } from "../../websocket/requests.ts";
import { slug, spaced } from "../../websocket/words.ts";
import { responseTo } from "../dialect.ts";
import {
  aloneCase,
  EXTRA,
  eventCases,
  judgeOdd,
  MESSAGE_IDS,
  ODD_COMMANDS,
  pipelinedCase,
  type Requester,
  unknownCases,
  wrongDirectionCases,
} from "../request-cases.ts";
import { afterAll, SUBSCRIBE, SUBSCRIPTION, autohostCase as scenario, subscribe } from "./talk.ts";

const echoes = Object.entries(MESSAGE_IDS).map(([name, id]) =>
  scenario({
    id: `requests/id-${slug(name)}`,
    title: `the server sends ${SUBSCRIBE} with a messageId ${name}`,
    given: id,
    tests: ["request.echo"],
    async run({ peer, check, unasked }) {
      const client = await peer();
      client.send(subscribe(id));
      const response = await responseTo(client, id, SUBSCRIBE);
      if (isNothing(response) && wasTooBig(id.length, client)) return unasked("request.echo", TOO_LONG);
      // The message that came instead; a response that comes first may be a late one, to an earlier case.
      const other = heard(client).find(({ type, commandId }) => type === "response" && commandId === SUBSCRIBE);
      check("request.echo", isNothing(response) ? (other?.messageId ?? response) : response.messageId, {
        const: id,
        title: "the messageId of the request",
      });
    },
  }),
);

const extras = Object.entries(EXTRA).map(([name, extra]) =>
  scenario({
    id: `requests/extra-${slug(name)}`,
    title: `the server sends ${SUBSCRIBE} with further properties, ${name}`,
    given: extra,
    tests: ["request.extra"],
    async run({ peer, check }) {
      const client = await peer();
      const id = `extra ${name}`;
      client.send({ ...subscribe(id), data: { ...SUBSCRIPTION, extra }, extra });
      const response = await responseTo(client, id, SUBSCRIBE);
      check("request.extra", isNothing(response) ? response : (response.reason ?? "success"), {
        title: "not refused for a further property",
        not: { const: "invalid_request" },
      });
    },
  }),
);

const encodings = Object.entries(spellings({ request: subscribe("spelled"), key: "commandId", name: SUBSCRIBE })).map(
  ([name, text]) =>
    scenario({
      id: `requests/spelled-${name}`,
      title: `the server sends ${SUBSCRIBE}, spelled with ${spaced(name)}`,
      given: text,
      tests: ["request.encoding"],
      async run({ peer, check }) {
        const client = await peer();
        const id = `spelled with ${name}`;
        client.send(text.replace('"spelled"', JSON.stringify(id)));
        const response = await responseTo(client, id, SUBSCRIBE);
        check("request.encoding", isNothing(response) ? response : (response.reason ?? "success"), {
          title: "not refused for its spelling",
          not: { const: "invalid_request" },
        });
      },
    }),
);

const SERVER: Requester = {
  scenario,
  sender: "the server",
  meet: ({ peer }) => peer(),
  plain: { command: SUBSCRIBE, data: SUBSCRIPTION },
  fence: afterAll,
  idOf: (kind, row) => `${kind}-${slug(row)}`,
};

const odds = Object.entries(ODD_COMMANDS).map(([name, command]) =>
  scenario({
    id: `requests/odd-command-${slug(name)}`,
    title: `the server sends a request of a command ${name}`,
    given: command,
    tests: ["unknown.odd"],
    async run({ peer, ...context }) {
      await judgeOdd(context, await peer(), command, `odd, ${name}`);
    },
  }),
);

const wrongDirections = wrongDirectionCases(
  SERVER,
  ["battle/start", "user/info"],
  (command) => `the server sends a request of ${command}, which is none for autohosts`,
);

/** The cases of requests that a server sends to an autohost. */
export const autohostRequestCases = [
  aloneCase(SERVER),
  pipelinedCase(SERVER),
  ...echoes,
  ...extras,
  ...encodings,
  ...unknownCases(SERVER, ["conformance/unknown", "autohost/conformance"]),
  ...wrongDirections,
  ...eventCases(SERVER, { known: "autohost/status", unknown: "conformance/happened" }),

  scenario({
    id: "requests/stray-response",
    title: "the server sends a response that nobody asked for",
    tests: ["response.stray"],
    async run({ peer, report }) {
      const client = await peer();
      client.send({ type: "response", messageId: "stray", commandId: "system/disconnect", status: "success" });
      const after = await afterAll(client);
      const then = isEnded(client) ? "the connection was closed" : isNothing(after) ? "silence" : "it goes on";
      report("response.stray", `a response that nobody asked for: ${then}`);
    },
  }),

  ...odds,
];
