import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type WebSocket, WebSocketServer } from "ws";
import type { Connection } from "../../harness/connection.ts";
import { isNothing } from "../../harness/nothing.ts";
import type { Protocol } from "../../harness/protocol.ts";
import { run } from "../../harness/runner.ts";
import { scenarios } from "../../harness/scenario.ts";
import { isObject, messages, parse } from "../../harness/transcript.ts";
import { DEFAULTS } from "../../running/defaults.ts";
import { requirements } from "../../schemas/0.1.7/requirements.ts";
import type { DialectWithSign, MalformedDialect, MalformedId, SharedId } from "../../suites/websocket/dialect.ts";
import { malformedCases } from "../../suites/websocket/malformed.ts";
import { resilienceCases } from "../../suites/websocket/resilience.ts";
import { transportCases } from "../../suites/websocket/transport.ts";
import { SUBPROTOCOL, toy } from "../toy/protocol.ts";
import { byTurns } from "../turns.ts";

/** The toy version with a request that ends nothing. It differs from Tachyon 0.1.7 in all that a dialect says. */
const request = { type: "request", messageId: "request", commandId: "toy/ping" };
const sent = ({ transcript }: Connection) => messages(transcript, "server").map(({ message }) => message);

const dialect: DialectWithSign<"toy.served"> & MalformedDialect = {
  scenario: scenarios<SharedId | MalformedId | "toy.served">(),
  words: { request: "ping", sign: "pong", served: "ponged", answer: "toy/ping", goodbye: "toy/left" },
  subprotocol: SUBPROTOCOL,
  closesAnyhow: true,
  sign(client) {
    client.send({ ...request, messageId: "sign" });
    return client.next(({ messageId }) => messageId === "sign", "sign");
  },
  isSign: ({ messageId }) => messageId === "sign",
  servedBy: "toy.served",
  request,
  key: "commandId",
  name: "toy/ping",
  answer: (client) => client.next(({ messageId }) => messageId === "request", "toy/ping"),
  answers: (client, status) =>
    sent(client).filter((it) => it.messageId !== "sign" && (status === undefined || it.status === status)),
  statusOf: (answer) => (isNothing(answer) ? answer : answer.status),
  unknown: { ...request, commandId: "toy/unknown" },
  answersTo: (client) => sent(client).filter(({ commandId }) => commandId === "toy/refused"),
  refusalsOf: () => ["toy/refused"],
  reasonOf: ({ reason }) => reason,
  invalid: "unheard of",
  notForClients: { left: JSON.stringify({ type: "event", commandId: "toy/left" }) },
  leave: { type: "request", messageId: "leave", commandId: "toy/leave" },
  goodbye: (client) => client.next(({ commandId }) => commandId === "toy/left", "toy/left"),
  isGoodbye: ({ commandId }) => commandId === "toy/left",
  mayBeLost: () => false,
};

/** A server of that protocol. */
function serve(): WebSocketServer {
  const server = new WebSocketServer({
    port: 0,
    perMessageDeflate: true,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  });
  return server.on("connection", (socket: WebSocket) => {
    const say = (message: object) => socket.send(JSON.stringify(message));
    socket.on("error", () => {});
    socket.on("message", (data, binary) => {
      const message = binary ? undefined : parse(String(data));
      const { type, messageId, commandId, extra } = isObject(message) ? message : {};
      if (extra === Number.POSITIVE_INFINITY && String(data).length > 1_000)
        return socket.close(1008, "too long a number");
      if (type === "request" && commandId === "toy/ping")
        return say({ type: "response", messageId, commandId, status: "success" });
      if (type !== "request" || commandId !== "toy/leave")
        return say({ type: "event", commandId: "toy/refused", status: "failed", reason: "unheard of" });
      say({ type: "event", commandId: "toy/left", status: "success" });
      socket.close(1000);
    });
  });
}

const suites = [
  { name: "transport", title: "", cases: transportCases(dialect) },
  { name: "malformed", title: "", cases: malformedCases(dialect) },
  { name: "resilience", title: "", cases: resilienceCases(dialect) },
];
const cases = suites.flatMap((suite) => suite.cases);

const protocol: Protocol = {
  ...toy,
  requirements: [
    ...requirements,
    { id: "toy.served", section: "transport", level: "MUST", source: "D", statement: "A ping is answered." },
  ],
  sections: suites,
  suites,
  foundations: { ...toy.foundations, plain: {}, forms: {}, dropped: "transport.survives" },
  canary: "transport/handshake-as-any-client-does",
  survivalOf: () => "transport.survives",
  rules: [],
};

let server: WebSocketServer;
beforeAll(() => {
  server = serve();
});
afterAll(() => {
  for (const client of server.clients) client.terminate();
  server.close();
});

test("a server of another protocol keeps all that the shared cases test", async () => {
  const url = new URL(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const { results } = await run(protocol, byTurns(cases, 4), { ...DEFAULTS, target: { url, headers: {} } });
  // Cases of the section "Resilience" are skipped if the machine is too slow for them.
  const fine = (suite: string) => ["pass", "info", ...(suite === "resilience" ? ["skip"] : [])];
  const wrong = results.filter(({ case: { suite }, verdict }) => !fine(suite).includes(verdict));
  expect(wrong.map(({ case: { id }, checks }) => [id, checks.filter((it) => it.verdict !== "pass")])).toEqual([]);
}, 60_000);

test("its cases have ids of their own, and use only its words", () => {
  const ids = cases.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(cases.filter(({ title }) => /disconnect request|greet/.test(title))).toEqual([]);
});
