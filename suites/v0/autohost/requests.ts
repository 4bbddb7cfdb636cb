import { isNothing } from "../../../harness/nothing.ts";
import { isEnded } from "../../../harness/transcript.ts";
import { spellings } from "../../websocket/requests.ts";
import { slug, spaced } from "../../websocket/words.ts";
import { heard, responseTo } from "../dialect.ts";
import {
  EXTRA,
  fateOfOdd,
  judgeAlone,
  judgeEvent,
  judgePipelined,
  judgeUnknown,
  judgeWrongDirection,
  MESSAGE_IDS,
  ODD_COMMANDS,
  ODD_FATES,
} from "../request-judges.ts";
import { afterAll, SUBSCRIBE, SUBSCRIPTION, autohostCase as scenario, subscribe } from "./talk.ts";

const echoes = Object.entries(MESSAGE_IDS).map(([name, id]) =>
  scenario({
    id: `requests/id-${slug(name)}`,
    title: `the server sends ${SUBSCRIBE} with a messageId ${name}`,
    given: id,
    tests: ["request.echo"],
    async run({ peer, check }) {
      const client = await peer();
      client.send(subscribe(id));
      const response = await responseTo(client, id, SUBSCRIBE);
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

const unknowns = ["conformance/unknown", "autohost/conformance"].map((command) =>
  scenario({
    id: `requests/unknown-${slug(command)}`,
    title: `the server sends a request of ${command}, which nobody defines`,
    given: command,
    tests: ["unknown.unimplemented", "invalid.usable"],
    run: async (context) => judgeUnknown(context, await context.peer(), command, afterAll),
  }),
);

const odds = Object.entries(ODD_COMMANDS).map(([name, command]) =>
  scenario({
    id: `requests/odd-command-${slug(name)}`,
    title: `the server sends a request of a command ${name}`,
    given: command,
    tests: ["unknown.odd"],
    async run({ peer, check }) {
      check("unknown.odd", await fateOfOdd(await peer(), command, `odd, ${name}`), ODD_FATES);
    },
  }),
);

const wrongDirections = ["battle/start", "user/info"].map((command) =>
  scenario({
    id: `requests/wrong-direction-${slug(command)}`,
    title: `the server sends a request of ${command}, which is none for autohosts`,
    given: command,
    tests: ["request.wrong-direction"],
    run: async (context) =>
      judgeWrongDirection(context, await context.peer(), { command, id: `wrong ${command}`, fenced: afterAll }),
  }),
);

const events = Object.entries({ known: "autohost/status", unknown: "conformance/happened" }).map(([name, command]) =>
  scenario({
    id: `requests/event-${name}`,
    title: `the server sends an event: ${command}`,
    given: command,
    tests: ["event.unanswered"],
    run: async (context) =>
      judgeEvent(context, await context.peer(), { command, id: `event ${name}`, fenced: afterAll }),
  }),
);

/** The cases of requests that a server sends to an autohost. */
export const autohostRequestCases = [
  scenario({
    id: "requests/alone",
    title: `the server sends ${SUBSCRIBE}`,
    tests: ["request.answered"],
    run: async (context) => judgeAlone(context, await context.peer(), SUBSCRIBE, SUBSCRIPTION),
  }),

  scenario({
    id: "requests/pipelined",
    title: `the server sends ${SUBSCRIBE} 10 times in one go`,
    tests: ["request.pipelined"],
    run: async (context) => judgePipelined(context, await context.peer(), SUBSCRIBE, SUBSCRIPTION),
  }),

  ...echoes,
  ...extras,
  ...encodings,
  ...unknowns,
  ...wrongDirections,
  ...events,

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
