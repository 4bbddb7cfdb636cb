import type { Connection } from "../../harness/connection.ts";
import type { Outgoing } from "../../harness/deeds.ts";
import { isNothing, type Nothing, whyNothing } from "../../harness/nothing.ts";
import { heard, type Message } from "../../harness/transcript.ts";
import { expectSuccess, spellings } from "../websocket/requests.ts";
import { ACTING } from "../websocket/survival.ts";
import { sayLost, spaced } from "../websocket/words.ts";
import { dialect } from "./dialect.ts";
import { extraCases } from "./disconnect-extra.ts";
import { mayBeLost } from "./messages-facts.ts";
import {
  asksToLogIn,
  DISCONNECT,
  DISCONNECTED,
  disconnect,
  disconnected,
  GREETING,
  goodbyesOf,
  greeting,
  NO_LOGIN,
  nameOf,
  refusalsOf,
  scenario,
  statusOf,
} from "./protocol.ts";

/** Tells if an answer may be lost: a server that answers the first of several commands, and then closes, resets the others. */
const isLost = (answer: Message | Nothing, { transcript }: Connection): boolean =>
  isNothing(answer) && mayBeLost(transcript);

const pipelined = [
  { name: "2-in-a-row", requests: 2, together: false },
  { name: "10-in-a-row", requests: 10, together: false },
  { name: "2-in-one-segment", requests: 2, together: true },
  { name: "10-in-one-segment", requests: 10, together: true },
].map(({ name, requests, together }) =>
  scenario({
    id: `disconnect/${name}`,
    title: `a client sends ${requests} disconnect requests ${together ? "in one TCP segment" : "in a row"}`,
    given: { requests, together },
    tests: ["disconnect.answered", "disconnect.once"],
    async run({ connect, check, skip, unasked }) {
      const client = await connect();
      const all = Array<Outgoing>(requests).fill(disconnect);
      if (together) client.send(...all);
      else for (const request of all) client.send(request);
      const answer = await disconnected(client);
      if (isLost(answer, client)) return sayLost({ skip, unasked }, "disconnect.answered", client.transcript);
      if (!check("disconnect.answered", answer)) return;
      await client.closed();
      const goodbyes = goodbyesOf(client);
      check("disconnect.once", goodbyes.length, { const: 1, title: `one ${DISCONNECTED}` }, goodbyes[1]);
    },
  }),
);

const spelled = Object.entries(spellings(dialect)).map(([name, text]) =>
  scenario({
    id: `disconnect/spelled-${name}`,
    title: `a client spells the JSON of a disconnect request with ${spaced(name)}`,
    given: text,
    tests: ["disconnect.encoding"],
    run: (context) => expectSuccess(dialect, context, "disconnect.encoding", text),
  }),
);

const followed = Object.entries({
  "an-unknown-command": { command: "conformance/unknown/request" },
  "no-json": "banana",
  "a-response": { command: GREETING, status: "failed", reason: "internal_error" },
}).map(([name, later]) =>
  scenario({
    id: `disconnect/followed-by-${name}`,
    title: `a client sends more after its disconnect request: ${spaced(name)}`,
    given: later,
    tests: ["disconnect.answered", "disconnect.final"],
    async run({ connect, check, skip, unasked }) {
      const client = await connect();
      client.send(disconnect, later);
      const answer = await disconnected(client);
      if (isLost(answer, client)) return sayLost({ skip, unasked }, "disconnect.answered", client.transcript);
      if (!check("disconnect.answered", answer)) return;
      await client.closed();
      const answers = heard(client).filter(
        (message) => message.status === "failed" && refusalsOf(later).includes(nameOf(message) ?? ""),
      );
      check("disconnect.final", answers, {
        title: "no answer to what came after the request",
        type: "array",
        maxItems: 0,
      });
    },
  }),
);

/** A server that did not answer the first request at all answers a second one within this part of a timeout. */
const ANSWERS_SECOND_WITHIN = 0.25;

/** Tells if the answer that came after a second request is a late one to the first, for which the client waited in vain. */
function isLate({ transcript: { events } }: Connection, vain: Nothing): boolean {
  const { silence } = whyNothing(vain);
  const asked = events.findLast(({ from, type }) => from === "client" && type === "text");
  const answered = events.find(({ from, type, at }) => from === "server" && type === "text" && at >= (asked?.at ?? 0));
  return (
    silence !== undefined &&
    asked !== undefined &&
    answered !== undefined &&
    answered.at - asked.at > ANSWERS_SECOND_WITHIN * silence.afterMs
  );
}

/** The cases of the section "Disconnect". */
export const disconnectCases = [
  scenario({
    id: "disconnect/alone",
    title: "a client that was greeted asks to be disconnected",
    tests: [
      "disconnect.answered",
      "disconnect.no-login",
      "disconnect.success",
      "disconnect.clean-close",
      "disconnect.request-only",
    ],
    async run({ connect, check, skip }) {
      const client = await connect();
      const greeted = await greeting(client);
      client.send(disconnect);
      const first = await disconnected(client);
      // The first may only have come too early. A second one shows if requests are never answered.
      const again = isNothing(first) && !isNothing(greeted);
      if (again) client.send(disconnect);
      const second = again ? await disconnected(client) : first;
      const answer = isNothing(first) && isLate(client, first) ? first : second;
      const end = isNothing(answer) ? answer : await client.closed();

      const response = DISCONNECT.replace("request", "response");
      const wrong = heard(client).find((message) => nameOf(message) === response);
      check("disconnect.request-only", wrong ?? "none", { const: "none", title: `no ${response}` });
      if (!check("disconnect.answered", answer)) return;
      const asked = asksToLogIn(client, answer) ? answer : NO_LOGIN;
      const kept = check("disconnect.no-login", isNothing(first) ? first : asked, {
        const: NO_LOGIN,
        title: "the first request is answered, and no login is asked for",
      });
      if (!kept) return;
      check("disconnect.success", answer.status, { const: "success" });
      if (isNothing(end))
        return skip("disconnect.clean-close", "the server did not end the connection: see disconnect.closes");
      check("disconnect.clean-close", end, {
        title: "a close frame with code 1000 or none",
        type: "object",
        properties: { frame: { const: true }, code: { const: 1000 } },
      });
    },
  }),

  scenario({
    id: "disconnect/at-once",
    title: "a client asks to be disconnected right after the 101, without reading the greeting",
    tests: ["disconnect.no-login"],
    run: (context) => expectSuccess(dialect, context, "disconnect.no-login", disconnect),
  }),

  scenario({
    id: "disconnect/no-login",
    title: "a client without credentials asks to be disconnected",
    tests: ["disconnect.no-login"],
    async run({ connect, check }) {
      const client = await connect({ anonymous: true });
      client.send(disconnect);
      check("disconnect.no-login", statusOf(await disconnected(client)), { const: "success" });
    },
  }),

  ...pipelined,
  ...extraCases,
  ...spelled,
  ...followed,

  scenario({
    id: "disconnect/isolated",
    title: "a client asks to be disconnected while two others are connected",
    tests: ["disconnect.answered", "disconnect.isolated"],
    async run({ connect, check, skip }) {
      const [client, ...others] = await Promise.all([
        connect(ACTING),
        connect({ name: "bystander" }),
        connect({ name: "second bystander" }),
      ]);
      client.send(disconnect);
      const answer = await disconnected(client);
      const dismissed = others.filter((bystander) => goodbyesOf(bystander).length > 0);
      const unasked = "an answer that it did not ask for";
      const own = { const: "success", title: "a bystander's own request is answered with success" };
      if (isNothing(answer) && dismissed.length > 0) {
        check("disconnect.isolated", unasked, own);
        return skip("disconnect.answered", "another client got the answer: see disconnect.isolated");
      }
      if (!check("disconnect.answered", answer)) return;
      if (!others.every(({ opened }) => opened)) return skip("disconnect.isolated", "a bystander was not let in");
      for (const bystander of others) bystander.send(disconnect);
      for (const bystander of others) {
        const status = statusOf(await disconnected(bystander));
        check("disconnect.isolated", dismissed.includes(bystander) ? unasked : status, own);
      }
    },
  }),

  scenario({
    id: "disconnect/reconnect",
    title: "a client asks to be disconnected and connects again as soon as it has the answer",
    tests: ["disconnect.answered", "disconnect.reconnect"],
    async run({ connect, check }) {
      const first = await connect({ name: "first" });
      await greeting(first);
      first.send(disconnect);
      if (!check("disconnect.answered", await disconnected(first))) return;
      const again = await connect({ name: "again" });
      check("disconnect.reconnect", statusOf(await greeting(again)), { const: "success", title: "a greeting" });
    },
  }),
];
