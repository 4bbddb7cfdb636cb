import { randomUUID } from "node:crypto";
import { WebSocket } from "ws";
import { answer, isObject, type Json } from "./answer.ts";
import { BATTLE, conforming, eventOf, STATUS, type Ways } from "./autohost.ts";

/** Repeats each response when the next request comes. */
function againLater(): Partial<Ways> {
  const last = new WeakMap<WebSocket, Json>();
  return {
    request(socket, request, { send }) {
      const before = last.get(socket);
      if (before) send(socket, before);
      last.set(socket, answer(request));
      send(socket, answer(request));
    },
  };
}

/** Drops a request that comes while another is answered. */
function oneAtATime(): Partial<Ways> {
  let busy = false;
  return {
    request(socket, request, { send }) {
      if (busy) return;
      busy = true;
      send(socket, answer(request));
      setImmediate(() => {
        busy = false;
      });
    },
  };
}

/** A way to misbehave, and the requirement that it breaks. */
interface AutohostFault {
  readonly breaks: string;
  /** The requirements that it breaks besides, in other cases. */
  readonly also?: readonly string[];
  readonly ways: Partial<Ways>;
}

const answering = (change: (response: Json, request: Json) => Json): Partial<Ways> => ({
  answer: (request: Json) => change(answer(request), request),
});
const dataOf = ({ data }: Json): Json => (isObject(data) ? data : {});
const isOdd = (request: Json) => dataOf(request).userId === "banana";

/** Autohosts that misbehave, by their faults. */
export const autohostFaults: Record<string, AutohostFault> = {
  "comes-without-a-token": { breaks: "client.authorization", ways: { headers: {} } },
  "comes-with-another-scheme": {
    breaks: "client.authorization",
    ways: { headers: { Authorization: "Basic YTpzZWNyZXQ=" } },
  },
  "says-no-status": { breaks: "client.status", ways: { opened() {} } },
  "never-comes-again": { breaks: "client.reconnects", ways: { again: () => undefined } },
  "stays-away-after-a-normal-closure": {
    breaks: "client.reconnects",
    ways: { again: (code) => (code === 1000 ? undefined : 5) },
  },
  "leaves-the-command-out": {
    breaks: "message.envelope",
    ways: answering(({ commandId: _, ...response }) => response),
  },
  "says-errors-in-plain-text": {
    breaks: "message.json",
    ways: {
      request: (socket, request, { send }) => {
        const response = answer(request);
        send(socket, response.status === "failed" ? `error: ${response.reason}` : response);
      },
    },
  },
  "answers-twice": {
    breaks: "response.once",
    ways: {
      request: (socket, request, { send }) => {
        send(socket, answer(request));
        send(socket, answer(request));
      },
    },
  },
  "answers-again-later": { breaks: "response.once", ways: againLater() },
  "does-not-answer": { breaks: "request.answered", ways: { request() {} } },
  "makes-ids-of-its-own": {
    breaks: "response.correlated",
    ways: answering((response) => ({ ...response, messageId: randomUUID() })),
  },
  "trims-ids": {
    breaks: "request.echo",
    ways: answering((response) => ({ ...response, messageId: String(response.messageId).slice(0, 200) })),
  },
  "has-reasons-of-its-own": {
    breaks: "response.reason",
    ways: answering((response) => (response.status === "failed" ? { ...response, reason: "nope" } : response)),
  },
  "gives-a-reason-with-success": {
    breaks: "response.status",
    ways: answering((response) => (response.status === "success" ? { ...response, reason: "ok" } : response)),
  },
  "starts-without-data": {
    breaks: "message.schema",
    ways: answering(({ data: _, ...response }) => response),
  },
  "misspells-a-property": {
    breaks: "message.unknown-property",
    ways: answering((response) =>
      response.status === "failed" ? { ...response, detail: "it does not fit" } : response,
    ),
  },
  "repeats-the-id-of-its-status": {
    breaks: "event.id-unique",
    ways: {
      opened: (socket, { send }) => {
        send(socket, { ...eventOf("autohost/status", STATUS), messageId: "status" });
        send(socket, { ...eventOf("autohost/status", STATUS), messageId: "status" });
      },
    },
  },
  "sends-what-servers-send": {
    breaks: "message.direction",
    ways: {
      opened: (socket, { send }) => {
        send(socket, eventOf("autohost/status", STATUS));
        send(socket, eventOf("user/updated", { users: [] }));
      },
    },
  },
  "takes-anything": {
    breaks: "invalid.data",
    ways: answering((response) =>
      response.reason === "invalid_request" ? { ...response, reason: "internal_error" } : response,
    ),
  },
  "calls-unknown-commands-invalid": {
    breaks: "unknown.unimplemented",
    also: ["message.known"],
    ways: answering((response) =>
      response.reason === "command_unimplemented" ? { ...response, reason: "invalid_request" } : response,
    ),
  },
  "refuses-further-properties": {
    breaks: "request.extra",
    ways: answering((response, request) =>
      "extra" in dataOf(request) ? { ...response, status: "failed", reason: "invalid_request" } : response,
    ),
  },
  "answers-events": {
    breaks: "event.unanswered",
    ways: { event: (socket, event, { send }) => send(socket, answer(event)) },
  },
  "dies-on-odd-strings": {
    breaks: "valid.odd-strings",
    ways: {
      request: (socket, request, { send }) => (isOdd(request) ? socket.terminate() : send(socket, answer(request))),
    },
  },
  "ignores-malformed-messages": { breaks: "malformed.closed", ways: { malformed() {} } },
  "drops-the-connection": { breaks: "malformed.code", ways: { malformed: (socket) => socket.terminate() } },
  "closes-without-a-code": { breaks: "malformed.code", ways: { malformed: (socket) => socket.close() } },
  "closes-without-a-reason": { breaks: "malformed.reason", ways: { malformed: (socket) => socket.close(1008) } },
  "reads-binary-messages": {
    breaks: "malformed.binary",
    ways: { binary: (socket) => conforming.send(socket, answer({ messageId: "binary", ...SUBSCRIBED })) },
  },
  "offers-no-subprotocol": { breaks: "client.subprotocol", ways: { offers: [] } },
  "sends-unknown-events": {
    breaks: "message.known",
    ways: {
      opened: (socket, { send }) => {
        send(socket, eventOf("autohost/status", STATUS));
        send(socket, eventOf("autohost/hello", {}));
      },
    },
  },
  "counts-milliseconds": {
    breaks: "message.time",
    ways: {
      opened: (socket, { send }) => {
        send(socket, eventOf("autohost/status", STATUS));
        send(socket, eventOf("autohost/update", { battleId: BATTLE, time: Date.now(), update: { type: "start" } }));
      },
    },
  },
  "answers-one-request-at-a-time": { breaks: "request.pipelined", ways: oneAtATime() },
  "carries-out-what-is-for-users": {
    breaks: "request.wrong-direction",
    also: ["message.known", "message.direction", "message.schema"],
    ways: answering((response, { commandId }) => {
      const { reason: _, ...rest } = response;
      return commandId === "battle/start" ? { ...rest, status: "success" } : response;
    }),
  },
  "leaves-after-a-failure": {
    breaks: "invalid.usable",
    ways: {
      request: (socket, request, { send }) => {
        const response = answer(request);
        send(socket, response);
        if (response.status === "failed") socket.close(1000);
      },
    },
  },
  "sends-no-pongs": { breaks: "transport.ping", ways: { autoPong: false } },
};

const SUBSCRIBED = { commandId: "autohost/subscribeUpdates", data: { since: 1 } };

const later = (ms: number, what: () => void) => void setTimeout(what, ms).unref();

/** Ways to be an autohost that conform, too. */
export const unusualAutohosts: Record<string, Partial<Ways>> = {
  "lacks every command": {
    answer: ({ messageId, commandId }) => ({
      ...{ type: "response", messageId, commandId },
      ...{ status: "failed", reason: "command_unimplemented", details: "later" },
    }),
  },
  "takes its time, answers out of order, and tells its status late and often": {
    offers: ["v0.9.tachyon", "v0.tachyon"],
    opened: (socket, { send }) => {
      for (const ms of [20, 30, 40])
        later(ms, () => socket.readyState === WebSocket.OPEN && send(socket, eventOf("autohost/status", STATUS)));
    },
    request: (socket, request, { send }) =>
      later(Math.random() * 3, () => socket.readyState === WebSocket.OPEN && send(socket, answer(request))),
    again: () => 15,
  },
  "lays its messages out over lines, and sends updates unasked": {
    headers: { authorization: "bearer autohost-token" },
    send: (socket, message) => socket.send(JSON.stringify(message, null, 2)),
    request: (socket, request, { send }) => {
      const update = { battleId: BATTLE, time: Date.now() * 1_000, update: { type: "start" } };
      send(socket, eventOf("autohost/update", update));
      send(socket, answer(request));
    },
  },
};
