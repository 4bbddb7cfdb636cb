import { createHash } from "node:crypto";
import type { Connection } from "../../harness/connection.ts";
import { askedWith, type Head, responseOf } from "../../harness/upgrade.ts";
import { disconnect, disconnected, greeting, scenario, statusOf } from "./protocol.ts";
import { judgeSurvival, resetAll } from "./survival.ts";

type Ask = (head: Head) => Head;

/** What RFC 6455, 1.3 wants hashed behind the key that the client sent. */
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

const HUNG = "no answer to the handshake";

const without = (head: Head, ...names: string[]): Head => ({
  ...head,
  headers: head.headers.filter(([name]) => !names.includes(name.toLowerCase())),
});
const setting = (head: Head, name: string, value: string): Head => {
  const rest = without(head, name.toLowerCase());
  return { ...rest, headers: [...rest.headers, [name, value]] };
};
const plain = (head: Head) =>
  without(head, "connection", "upgrade", "sec-websocket-key", "sec-websocket-version", "sec-websocket-extensions");
const targeting =
  (change: (target: string, host: string) => string): Ask =>
  (head) => ({ ...head, target: change(head.target, head.headers.find(([name]) => name === "Host")?.[1] ?? "") });

/** What became of a handshake: the status of the answer, or why there is none. */
const outcome = ({ transcript, failure }: Connection): string => {
  const response = responseOf(transcript);
  if (response) return `HTTP ${response.status}`;
  return failure === HUNG ? HUNG : `the end of the TCP connection (${failure})`;
};

/** The value of a header of the answer, `none` where there is none; where there is no answer, what became of it. */
const header = (connection: Connection, name: string): string => {
  const response = responseOf(connection.transcript);
  return response ? (response.headers.get(name) ?? "none") : outcome(connection);
};

const asked = Object.entries<Ask>({
  "as any client does": (head) => head,
  "with header names in lower case": (head) => ({
    ...head,
    headers: head.headers.map(([name, value]) => [name.toLowerCase(), value]),
  }),
  "with header values in other case": (head) => setting(setting(head, "Upgrade", "WebSocket"), "Connection", "UPGRADE"),
  "with Connection: keep-alive, Upgrade": (head) => setting(head, "Connection", "keep-alive, Upgrade"),
  "with spaces around header values": (head) => ({
    ...head,
    headers: head.headers.map(([name, value]) => [name, `  ${value}  `]),
  }),
}).map(([name, ask]) =>
  scenario({
    id: `transport/handshake-${slug(name)}`,
    title: `a client asks for a WebSocket ${name}`,
    given: ask,
    tests: ["transport.handshake"],
    async run({ connect, check }) {
      const client = await connect({ handshake: { ask } });
      const answer = responseOf(client.transcript);
      const key = askedWith(client.transcript, "sec-websocket-key");
      const seen = answer && {
        status: answer.status,
        upgrade: answer.headers.get("upgrade")?.toLowerCase(),
        connection: answer.headers
          .get("connection")
          ?.toLowerCase()
          .split(/\s*,\s*/),
        accept: answer.headers.get("sec-websocket-accept"),
      };
      const accept = createHash("sha1").update(`${key}${GUID}`).digest("base64");
      check("transport.handshake", seen ?? outcome(client), {
        title: `status 101, Upgrade: websocket, Connection: Upgrade, Sec-WebSocket-Accept: ${accept}`,
        type: "object",
        properties: {
          status: { const: 101 },
          upgrade: { const: "websocket" },
          connection: { type: "array", contains: { const: "upgrade" } },
          accept: { const: accept },
        },
        required: ["status", "upgrade", "connection", "accept"],
      });
    },
  }),
);

const http = Object.entries<Ask>({
  GET: plain,
  "GET of HTTP/1.0": (head) => ({ ...plain(head), protocol: "HTTP/1.0" }),
  POST: (head) => ({
    ...setting(setting(plain(head), "Content-Type", "application/json"), "Content-Length", "2"),
    method: "POST",
    body: "{}",
  }),
}).map(([name, ask]) =>
  scenario({
    id: `transport/http-${slug(name)}`,
    title: `a client sends a plain ${name}`,
    given: ask,
    tests: ["transport.http"],
    async run({ connect, check }) {
      check("transport.http", outcome(await connect({ handshake: { ask } })), {
        title: "an HTTP status other than 101, or the end of the TCP connection, in time",
        not: { enum: ["HTTP 101", HUNG] },
      });
    },
  }),
);

const strict = Object.entries<Ask>({
  "without a key": (head) => without(head, "sec-websocket-key"),
  "with Sec-WebSocket-Version: 12": (head) => setting(head, "Sec-WebSocket-Version", "12"),
  "by POST": (head) => ({ ...setting(head, "Content-Length", "0"), method: "POST" }),
}).map(([name, ask]) =>
  scenario({
    id: `transport/strict-${slug(name)}`,
    title: `a client asks for a WebSocket ${name}`,
    given: ask,
    tests: ["transport.strict-handshake", "transport.survives"],
    async run(context) {
      const bystander = await context.connect({ name: "bystander" });
      const client = await context.connect({ name: "client", handshake: { ask, violation: name } });
      context.check("transport.strict-handshake", outcome(client), { title: "no 101", not: { const: "HTTP 101" } });
      await judgeSurvival(context, "transport.survives", bystander);
    },
  }),
);

const odd = Object.entries<Ask>({
  "the request target //": targeting((target) => target.replace(/^[^?]*/, "//")),
  "an absolute URL as its request target": targeting((target, host) => `http://${host}${target}`),
  "a broken percent escape in its path": targeting((target) => target.replace(/\?|$/, "%zz$&")),
  "a broken percent escape in its query": targeting((target) => `${target}&a=%`),
  "an empty Host": (head) => setting(head, "Host", ""),
  "a Host with a space": (head) => setting(head, "Host", "local host"),
  "a Host with an open bracket": (head) => setting(head, "Host", "[::1"),
  "a query of 8 KiB": targeting((target) => `${target}&a=${"x".repeat(8 << 10)}`),
  "a query of 64 KiB": targeting((target) => `${target}&a=${"x".repeat(64 << 10)}`),
}).map(([name, ask]) =>
  scenario({
    id: `transport/odd-${slug(name)}`,
    title: `a client asks for a WebSocket with ${name}`,
    given: ask,
    tests: ["transport.survives"],
    async run(context) {
      const bystander = await context.connect({ name: "bystander" });
      await context.connect({ name: "client", handshake: { ask } });
      await judgeSurvival(context, "transport.survives", bystander);
    },
  }),
);

const NONE = ["one.conformance", "two.conformance"];

/** What a client can meet before the first frame. */
export const handshakeCases = [
  ...asked,
  ...http,

  scenario({
    id: "transport/subprotocol-none",
    title: "a client offers no subprotocol",
    tests: ["transport.subprotocol"],
    async run({ connect, check }) {
      check("transport.subprotocol", header(await connect(), "sec-websocket-protocol"), { const: "none" });
    },
  }),

  scenario({
    id: "transport/subprotocol-unknown",
    title: "a client offers two subprotocols that no server knows",
    tests: ["transport.subprotocol"],
    async run({ connect, check }) {
      const ask: Ask = (head) => setting(head, "Sec-WebSocket-Protocol", NONE.join(", "));
      const client = await connect({ handshake: { ask } });
      const refused = responseOf(client.transcript)?.status !== 101;
      check("transport.subprotocol", refused ? outcome(client) : header(client, "sec-websocket-protocol"), {
        title: `none selected, or one of those that were offered (${NONE.join(", ")}), or no 101`,
        ...(refused ? { not: { const: HUNG } } : { enum: ["none", ...NONE] }),
      });
    },
  }),

  scenario({
    id: "transport/extensions-none",
    title: "a client offers no extension",
    tests: ["transport.extensions"],
    async run({ connect, check }) {
      check("transport.extensions", header(await connect(), "sec-websocket-extensions"), { const: "none" });
    },
  }),

  scenario({
    id: "transport/extensions-unknown",
    title: "a client offers an extension that no server knows",
    tests: ["transport.extensions"],
    async run({ connect, check }) {
      const ask: Ask = (head) => setting(head, "Sec-WebSocket-Extensions", "x-conformance; a=1");
      check("transport.extensions", header(await connect({ handshake: { ask } }), "sec-websocket-extensions"), {
        title: "no extension, or the one that was offered",
        type: "string",
        pattern: "^(none|x-conformance\\b[^,]*)$",
      });
    },
  }),

  scenario({
    id: "transport/extensions-deflate",
    title: "a client offers permessage-deflate, and compresses its disconnect request where the server accepts",
    tests: ["transport.extensions"],
    async run({ connect, check }) {
      const client = await connect({ handshake: { deflate: true } });
      if (!check("transport.extensions", await greeting(client))) return;
      client.send(disconnect);
      check("transport.extensions", statusOf(await disconnected(client)), { const: "success" });
    },
  }),

  ...strict,

  scenario({
    id: "transport/reset-in-the-handshake",
    title: "a client resets its connection in the middle of the handshake",
    tests: ["transport.survives"],
    async run(context) {
      const bystander = await context.connect({ name: "bystander" });
      await resetAll(context.connect, await context.connect({ name: "client", handshake: { half: true } }));
      await judgeSurvival(context, "transport.survives", bystander);
    },
  }),

  ...odd,
];

function slug(words: string): string {
  return words
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");
}
