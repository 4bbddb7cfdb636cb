import type { Connection } from "../../harness/connection.ts";
import type { Case, Context } from "../../harness/scenario.ts";
import { acceptFor, askedWith, responseOf } from "../../harness/upgrade.ts";
import type { Dialect, DialectWithSign } from "./dialect.ts";
import { type Ask, answered, answerTo, fieldOf, header, outcome, setting, without } from "./heads.ts";
import { slug } from "./words.ts";

/** The cases of the handshake, part of the section "WebSocket transport". */
export const handshakeCases = <Own extends string>(dialect: DialectWithSign<Own>): readonly Case[] => [
  ...asked(dialect),
  ...spacedOut(dialect),
  ...visited(dialect),
  ownOrigin(dialect),
  ...subprotocols(dialect),
  ...extensions(dialect),
];

const asked = ({ scenario }: Dialect) =>
  Object.entries<Ask>({
    "as any client does": (head) => head,
    "with header names in lower case": (head) => ({
      ...head,
      headers: head.headers.map(([name, value]) => [name.toLowerCase(), value]),
    }),
    "with header values in other case": (head) =>
      setting(setting(head, "Upgrade", "WebSocket"), "Connection", "UPGRADE"),
    "with Connection: keep-alive, Upgrade": (head) => setting(head, "Connection", "keep-alive, Upgrade"),
    "with Connection: Upgrade, keep-alive": (head) => setting(head, "Connection", "Upgrade, keep-alive"),
    "with Connection in two lines": (head) => {
      const { headers, ...rest } = setting(head, "Connection", "Upgrade");
      return { ...rest, headers: [...headers, ["Connection", "keep-alive"]] };
    },
  }).map(([name, ask]) =>
    scenario({
      id: `transport/handshake-${slug(name)}`,
      title: `a client asks for a WebSocket ${name}`,
      given: ask,
      tests: ["transport.handshake"],
      async run(context) {
        judgeHandshake(context, "transport.handshake", await context.connect({ handshake: { ask } }));
      },
    }),
  );

/** Writes the values of all headers anew, except those named. */
const rewriting =
  (rewrite: (value: string) => string, ...but: readonly string[]): Ask =>
  (head) => ({
    ...head,
    headers: head.headers.map(([name, value]) => [name, but.includes(name) ? value : rewrite(value)]),
  });

const spacedOut = ({ scenario }: Dialect) =>
  Object.entries<Ask>({
    "spaces around all header values": rewriting((value) => `  ${value}  `),
    "spaces behind all header values": rewriting((value) => `${value}  `),
    "tabs before all header values": rewriting((value) => `\t${value}`),
    // A tab behind the value of Connection keeps Node.js from seeing an upgrade at all, which no server on Node.js could mend.
    "tabs behind all header values but one": rewriting((value) => `${value}\t`, "Connection"),
  }).map(([name, ask]) =>
    scenario({
      id: `transport/header-whitespace-${slug(name.replace(/ all.*/, ""))}`,
      title: `a client asks for a WebSocket with ${name}`,
      given: ask,
      tests: ["transport.header-whitespace"],
      async run(context) {
        judgeHandshake(context, "transport.header-whitespace", await context.connect({ handshake: { ask } }));
      },
    }),
  );

/** A further header of a browser: it is no credential, and says nothing of who may connect. */
const VISITED: Readonly<Record<string, Ask>> = {
  "cookies of a web site": (head) => setting(head, "Cookie", "_ga=GA1.1.1449571347.1764280000; theme=dark"),
};

const visited = <Own extends string>({ scenario, sign, servedBy }: DialectWithSign<Own>) =>
  Object.entries(VISITED).map(([name, ask]) =>
    scenario({
      id: `transport/handshake-with-${slug(name)}`,
      title: `a client asks for a WebSocket with ${name}`,
      given: ask,
      tests: ["transport.handshake", servedBy],
      async run(context) {
        const client = await context.connect({ handshake: { ask } });
        if (!judgeHandshake(context, "transport.handshake", client)) return;
        context.check(servedBy, await sign(client));
      },
    }),
  );

const ownOrigin = ({ scenario }: Dialect) =>
  scenario({
    id: "transport/handshake-with-an-origin-of-its-own",
    title: "a web page of the server itself asks for a WebSocket",
    tests: ["transport.handshake"],
    async run(context) {
      const ask: Ask = (head) => setting(head, "Origin", `http://${fieldOf(head, "Host")}`);
      const client = await context.connect({ handshake: { ask } });
      // A server may serve no web pages, and then says so with 403 (RFC 6455, 4.2.2).
      if (responseOf(client.transcript)?.status === 403) context.check("transport.handshake", outcome(client));
      else judgeHandshake(context, "transport.handshake", client);
    },
  });

const PROTOCOL = "sec-websocket-protocol";
const EXTENSIONS = "sec-websocket-extensions";
const UNKNOWN = ["one.conformance", "two.conformance"];

const subprotocols = ({ scenario, subprotocol }: Dialect) => [
  scenario({
    id: "transport/subprotocol-none",
    title: "a client offers no subprotocol",
    tests: ["transport.subprotocol"],
    async run(context) {
      if (subprotocol === undefined)
        context.check("transport.subprotocol", header(await context.connect(), PROTOCOL), { const: "none" });
      else judgeSubprotocol(context, await context.connect({ handshake: { ask: (head) => without(head, PROTOCOL) } }));
    },
  }),

  scenario({
    id: "transport/subprotocol-unknown",
    title: "a client offers two subprotocols that no server knows",
    tests: ["transport.subprotocol"],
    async run(context) {
      const ask: Ask = (head) => setting(head, "Sec-WebSocket-Protocol", UNKNOWN.join(", "));
      judgeSubprotocol(context, await context.connect({ handshake: { ask } }), ...UNKNOWN);
    },
  }),
];

/** Judges that a server selects one of the subprotocols that it was offered, or none, or refuses the handshake. */
function judgeSubprotocol(
  { check }: Context<"transport.subprotocol">,
  client: Connection,
  ...offered: readonly string[]
): void {
  const refused = responseOf(client.transcript)?.status !== 101;
  const one = offered.length > 0 ? `, or one of those that were offered (${offered.join(", ")})` : "";
  const expected = { title: `none selected${one}, or no 101`, ...(refused ? {} : { enum: ["none", ...offered] }) };
  const came = refused ? answered(client) : header(client, PROTOCOL);
  check("transport.subprotocol", came, expected, answerTo(client));
}

const extensions = ({ scenario }: Dialect) => [
  scenario({
    id: "transport/extensions-none",
    title: "a client offers no extension",
    tests: ["transport.extensions"],
    async run({ connect, check }) {
      const client = await connect();
      check("transport.extensions", header(client, EXTENSIONS), { const: "none" }, answerTo(client));
    },
  }),

  scenario({
    id: "transport/extensions-unknown",
    title: "a client offers an extension that no server knows",
    tests: ["transport.extensions"],
    async run({ connect, check }) {
      const ask: Ask = (head) => setting(head, "Sec-WebSocket-Extensions", "x-conformance; a=1");
      const client = await connect({ handshake: { ask } });
      const expected = {
        title: "no extension, or the one that was offered",
        type: "string",
        pattern: "^(none|x-conformance\\b[^,]*)$",
      };
      check("transport.extensions", header(client, EXTENSIONS), expected, answerTo(client));
    },
  }),
];

/** Judges that a handshake is answered as it must be. */
function judgeHandshake<Id extends string>({ check }: Context<Id>, requirement: Id, client: Connection): boolean {
  const answer = responseOf(client.transcript);
  const accept = acceptFor(askedWith(client.transcript, "sec-websocket-key"));
  const seen = answer && {
    status: answer.status,
    upgrade: answer.headers.get("upgrade")?.toLowerCase(),
    connection: answer.headers
      .get("connection")
      ?.toLowerCase()
      .split(/\s*,\s*/),
    accept: answer.headers.get("sec-websocket-accept"),
    answersTheKey: answer.headers.get("sec-websocket-accept") === accept,
  };
  return check(requirement, seen ?? answered(client), {
    title: `status 101, Upgrade: websocket, Connection: Upgrade, Sec-WebSocket-Accept: ${accept}`,
    type: "object",
    properties: {
      status: { const: 101 },
      upgrade: { const: "websocket" },
      connection: { type: "array", contains: { const: "upgrade" } },
      answersTheKey: { const: true },
    },
    required: ["status", "upgrade", "connection", "answersTheKey"],
  });
}
