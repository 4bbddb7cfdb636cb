import type { Outgoing } from "../../harness/connection.ts";
import { isNothing } from "../../harness/nothing.ts";
import type { Context } from "../../harness/scenario.ts";
import { messages } from "../../harness/transcript.ts";
import type { RequirementId } from "../../schemas/0.1.7/requirements.ts";
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
  scenario,
  statusOf,
} from "./protocol.ts";
import { refusalsOf } from "./reaction.ts";

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
    async run({ connect, check }) {
      const client = await connect();
      const all = Array<Outgoing>(requests).fill(disconnect);
      if (together) client.send(...all);
      else for (const request of all) client.send(request);
      if (!check("disconnect.answered", await disconnected(client))) return;
      await client.closed();
      check("disconnect.once", goodbyesOf(client).length, { const: 1, title: `one ${DISCONNECTED}` });
    },
  }),
);

const extended = Object.entries({
  "a-number": { extra: 1 },
  "an-object": { extra: { nested: ["a", null] } },
  null: { extra: null },
  data: { data: {} },
  status: { status: "failed" },
  "a-message-id": { messageId: "7c6f4f4e" },
  "a-non-ascii-name": { größe: "ü" },
  "a-long-text": { extra: "x".repeat(4_000) },
  // Where the length of a frame begins to take two bytes more.
  ...Object.fromEntries([125, 126, 127].map((length) => [`${length}-bytes-in-all`, filling(length)])),
  "100-properties": Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`property${i}`, i])),
}).map(([name, extra]) =>
  scenario({
    id: `disconnect/extra-${name}`,
    title: `a client sends a disconnect request with further properties: ${name.replaceAll("-", " ")}`,
    given: extra,
    tests: ["disconnect.extra-properties"],
    run: (context) => expectSuccess(context, "disconnect.extra-properties", { ...disconnect, ...extra }),
  }),
);

const spelled = Object.entries({
  "spaces-around": `  {"command":"${DISCONNECT}"}  `,
  "spaces-inside": `{ "command" : "${DISCONNECT}" }`,
  "tabs-and-line-breaks": `\r\n{\r\n\t"command":\r\n\t\t"${DISCONNECT}"\r\n}\r\n`,
  "escaped-slashes": `{"command":"${DISCONNECT.replaceAll("/", "\\/")}"}`,
  "one-escaped-letter": `{"command":"\\u0073${DISCONNECT.slice(1)}"}`,
  "escaped-letters": `{"command":"${escapeAll(DISCONNECT)}"}`,
  "escaped-name": `{"${escapeAll("command")}":"${DISCONNECT}"}`,
  "command-last": `{"a":1,"b":{"command":"banana"},"command":"${DISCONNECT}"}`,
}).map(([name, text]) =>
  scenario({
    id: `disconnect/spelled-${name}`,
    title: `a client spells the JSON of a disconnect request with ${name.replaceAll("-", " ")}`,
    given: text,
    tests: ["disconnect.encoding"],
    run: (context) => expectSuccess(context, "disconnect.encoding", text),
  }),
);

const followed = Object.entries({
  "an-unknown-command": { command: "conformance/unknown/request" },
  "no-json": "banana",
  "a-response": { command: GREETING, status: "failed", reason: "internal_error" },
}).map(([name, later]) =>
  scenario({
    id: `disconnect/followed-by-${name}`,
    title: `a client sends more after its disconnect request: ${name.replaceAll("-", " ")}`,
    given: later,
    tests: ["disconnect.answered", "disconnect.final"],
    async run({ connect, check }) {
      const client = await connect();
      client.send(disconnect, later);
      if (!check("disconnect.answered", await disconnected(client))) return;
      await client.closed();
      const answers = messages(client.transcript, "server")
        .map(({ message }) => message)
        .filter((message) => message.status === "failed" && refusalsOf(later).includes(nameOf(message) ?? ""));
      check("disconnect.final", answers, {
        title: "no answer to what came after the request",
        type: "array",
        maxItems: 0,
      });
    },
  }),
);

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
      // Only a second request tells one that is never answered from one that came too early.
      const again = isNothing(first) && !isNothing(greeted);
      if (again) client.send(disconnect);
      const answer = again ? await disconnected(client) : first;
      const end = isNothing(answer) ? answer : await client.closed();

      const request = DISCONNECT.replace("request", "response");
      const wrong = messages(client.transcript, "server").filter(({ message }) => nameOf(message) === request);
      check("disconnect.request-only", wrong.length, { const: 0, title: `no ${request}` });
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
    run: (context) => expectSuccess(context, "disconnect.no-login", disconnect),
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
  ...extended,
  ...spelled,
  ...followed,

  scenario({
    id: "disconnect/isolated",
    title: "a client asks to be disconnected while two others are connected",
    tests: ["disconnect.answered", "disconnect.isolated"],
    async run({ connect, check }) {
      const [client, ...others] = await Promise.all([
        connect({ name: "client" }),
        connect({ name: "bystander" }),
        connect({ name: "second bystander" }),
      ]);
      client.send(disconnect);
      if (!check("disconnect.answered", await disconnected(client))) return;
      for (const bystander of others) bystander.send(disconnect);
      for (const bystander of others) {
        check("disconnect.isolated", statusOf(await disconnected(bystander)), {
          const: "success",
          title: "a bystander's own request is answered with success",
        });
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

/** Sends a request on a connection of its own and judges that it is carried out. */
async function expectSuccess<Id extends RequirementId>(
  { connect, check }: Context<Id>,
  requirement: Id,
  request: Outgoing,
): Promise<void> {
  const client = await connect();
  client.send(request);
  check(requirement, statusOf(await disconnected(client)), { const: "success" });
}

function escapeAll(text: string): string {
  return Array.from(text, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`).join("");
}

/** A property that makes a disconnect request so many bytes long. */
function filling(length: number): { extra: string } {
  return { extra: "x".repeat(length - JSON.stringify({ ...disconnect, extra: "" }).length) };
}
