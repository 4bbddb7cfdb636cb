import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import type { Requirement } from "../../harness/catalogue.ts";
import type { Fault, Protocol, RunningServer, ServeOptions } from "../../harness/protocol.ts";
import type { Rule } from "../../harness/rule.ts";
import { scenarios } from "../../harness/scenario.ts";
import { validator } from "../../harness/schema.ts";
import { type Message, type MessageEnvelope, messages } from "../../harness/transcript.ts";

/** The subprotocol that clients offer and the server selects. */
export const SUBPROTOCOL = "v2.toy";

const row = <const Id extends string>(id: Id, statement: string) =>
  ({ id, section: id.startsWith("message.") ? "messages" : "echo", level: "MUST", source: "D", statement }) as const;

const requirements = [
  row("message.valid", "Every message validates against the schema."),
  row("echo.answered", "A request is answered with a response of the same messageId."),
  row("echo.value", "The response holds the value of the request."),
] as const satisfies readonly Requirement[];

const scenario = scenarios<(typeof requirements)[number]["id"]>();

/** Writes a request of version 2. */
const request = (messageId: string, value: unknown) => ({ type: "request", messageId, commandId: "toy/echo", value });

/** Resolves to the answer to the request of this id, whichever came first. */
const answerTo = (id: string): Partial<MessageEnvelope> => ({ kind: "response", name: "toy/echo", id });

const alone = scenario({
  id: "echo/alone",
  title: "a client sends a request",
  tests: ["echo.answered", "echo.value"],
  async run({ connect, check }) {
    const client = await connect();
    client.send(request("1", "hello"));
    const answer = await client.next(answerTo("1"));
    if (check("echo.answered", answer)) check("echo.value", answer.value, { const: "hello" });
  },
});

const together = scenario({
  id: "echo/together",
  title: "a client sends two requests at once, and reads the second answer first",
  tests: ["echo.answered", "echo.value"],
  async run({ connect, check }) {
    const client = await connect({ name: "hasty" });
    client.send(request("a", 1), request("b", 2));
    const second = await client.next(answerTo("b"));
    if (!check("echo.answered", second)) return;
    check("echo.value", second.value, { const: 2 });
    check("echo.answered", await client.next(answerTo("a")));
  },
});

const keywords = ["requiresRank"];
const schema = {
  type: "object",
  required: ["type", "messageId", "commandId"],
  properties: { type: { enum: ["request", "response"] }, messageId: { type: "string" }, commandId: { type: "string" } },
  requiresRank: false,
};
const { violations } = validator(keywords);
const violationsOf = (message: Message) => violations(schema, message);

const valid: Rule = {
  requirement: "message.valid",
  judge(transcript) {
    const [wrong] = messages(transcript, "server").flatMap(({ message }) => violationsOf(message));
    return wrong ? { outcome: "broken", actual: wrong.says } : { outcome: "kept", actual: "every message does" };
  },
  needs: (transcript) => [
    transcript.events[
      messages(transcript, "server").find(({ message }) => violationsOf(message).length > 0)?.index ?? -1
    ],
  ],
  gaps: { hide: ["server"], excuse: [] },
};

const faults: Readonly<Record<string, Fault>> = {
  "answers-with-its-own-id": { says: "Numbers its answers itself.", breaks: "echo.answered" },
  "forgets-the-type": { says: "Leaves the type out of an answer.", breaks: "message.valid" },
};

/** A server of version 2. */
async function serve({ port = 0, host = "127.0.0.1", fault }: ServeOptions = {}): Promise<RunningServer> {
  const server = new WebSocketServer({
    port,
    host,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  });
  let answers = 0;
  server.on("connection", (client) => {
    if (client.protocol !== SUBPROTOCOL) return client.close(1002);
    client.on("message", (data) => {
      const { messageId, commandId, value } = JSON.parse(String(data));
      answers += 1;
      const id = fault === "answers-with-its-own-id" ? `own-${answers}` : messageId;
      const type = fault === "forgets-the-type" ? {} : { type: "response" };
      client.send(JSON.stringify({ ...type, messageId: id, commandId, value }));
    });
  });
  await new Promise((resolve) => server.once("listening", resolve));
  return {
    url: `ws://${host}:${(server.address() as AddressInfo).port}`,
    async close() {
      for (const client of server.clients) client.terminate();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function envelope({ type, messageId, commandId }: Message): MessageEnvelope | undefined {
  if (typeof commandId !== "string" || typeof messageId !== "string") return undefined;
  return { kind: String(type), name: commandId, id: messageId };
}

/** A second protocol version, as small as one can be: another envelope, a subprotocol, no greeting. */
export const toy: Protocol = {
  name: "Toy",
  version: "2.0.0",
  subprotocols: [SUBPROTOCOL],
  requirements,
  sections: [
    { name: "messages", title: "Every message", everyMessage: true },
    { name: "echo", title: "Echo" },
  ],
  sources: {},
  clauses: Object.fromEntries(requirements.map(({ id }) => [id, { place: "the toy's document", link: "toy.md" }])),
  causes: { "echo.answered": "The server numbers its messages itself." },
  sets: [],
  withdrawn: {},
  suites: [{ name: "echo", title: "Echo", cases: [alone, together] }],
  foundations: {
    plain: { "echo.answered": { plain: ["echo/alone"], on: [] } },
    forms: { "echo.value": ["echo.answered"] },
    ...{
      varying: {},
      within: {},
      general: [],
      awaited: {},
      formOf: {},
      keptBySilence: [],
      dropped: "echo.answered",
      refused: "echo.answered",
    },
  },
  canary: "echo/alone",
  survivalOf: () => "echo.answered",
  ...{ schemas: [schema], rules: [valid], envelope, violationsOf, latencies: [] },
  address: (target) => target,
  serve,
  faults: async () => faults,
  kills: async () => ({ "forgets-the-type": ["echo/alone"] }),
};
