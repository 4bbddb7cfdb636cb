import type { ClientRequest, IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Side, WireEvent } from "../harness/transcript.ts";
import { headerPairs, headLines, requestText } from "../harness/upgrade.ts";
import { askTarget, type Reaching } from "./ask-target.ts";
import { answering, endToEnd, wrongAnswer } from "./http-heads.ts";
import type { Hiding } from "./redact.ts";
import { type Relayed, relay } from "./relay.ts";

/** An event whose time is now unless it says so. */
export type NotedEvent = WireEvent extends infer E
  ? E extends WireEvent
    ? Omit<E, "at"> & { readonly at?: number }
    : never
  : never;

/** A client that asks for a WebSocket. */
interface Joining extends Reaching {
  /** The connections that are open. */
  readonly open: Set<Relayed>;
  readonly note: (event: NotedEvent) => void;
  readonly hidden: Hiding;
  readonly request: IncomingMessage;
  readonly client: Socket;
  /** The bytes that came behind its request. */
  readonly head: Buffer;
  readonly clock: () => number;
  /** Called when the target cannot be reached, with the reason. */
  readonly unreachable: (failure: string) => void;
  /** Tells if more is recorded than can be written. */
  readonly crowded: () => boolean;
}

/** Passes on the handshake of a client, and all that follows it. */
export function join(it: Joining): void {
  const { open, note, request, client } = it;
  // Where a header cannot be passed on, this throws, and nothing of the client is recorded.
  const outgoing = askTarget(it, request);
  noteRequest(it);
  const waiting = unrelayed(outgoing, client);
  open.add(waiting);
  let isOver = false;
  let isAnswered = false;
  /** Notes once which side ended TCP first. The proxy ends the other one. */
  const over = (...sides: readonly Side[]) => {
    open.delete(waiting);
    if (!isOver) for (const from of sides) note({ from, type: "end" });
    isOver = true;
  };
  const left = () => {
    over("client", "server");
    outgoing.destroy();
  };
  client.on("error", () => {}); // "close" follows.
  client.once("close", left);
  outgoing.on("upgrade", (response, server: Socket, first) => {
    client.off("close", left);
    over();
    accept(it, response);
    goOn(it, server, first, response.headers["sec-websocket-extensions"]);
  });
  outgoing.on("response", (response) => {
    isAnswered = true;
    refuse(it, response);
    response.once("close", () => over("server", "client"));
  });
  outgoing.on("error", (error) => {
    if (isOver || isAnswered) return;
    fail(it, error);
    over("server", "client");
  });
  outgoing.end();
}

/** Passes on all that follows a handshake. Some of it may be there already. */
function goOn(it: Joining, server: Socket, first: Buffer, extensions: string | undefined): void {
  const { client, head } = it;
  relay({ ...it, server, extensions });
  if (head.length > 0) client.unshift(head);
  if (first.length > 0) server.unshift(first);
}

/** Notes the request of a client. */
function noteRequest({ note, request }: Joining): void {
  const { method = "GET", url: target = "/", httpVersion, rawHeaders } = request;
  const text = requestText({ method, target, protocol: `HTTP/${httpVersion}`, headers: headerPairs(rawHeaders) });
  note({ from: "client", type: "upgrade", data: text.trimEnd().replaceAll("\r\n", "\n") });
}

/** A handshake without an answer yet, as something that can be ended. */
const unrelayed = (outgoing: ClientRequest, client: Socket): Relayed => ({
  relieve() {},
  idle: async () => {},
  destroy() {
    outgoing.destroy();
    client.destroy();
  },
});

/** Notes the answer of the server, and returns the first line of its head. */
function answered(
  { note, hidden }: Joining,
  { statusCode = 0, statusMessage = "", rawHeaders }: IncomingMessage,
): string {
  hidden.learn(rawHeaders);
  const first = `HTTP/1.1 ${statusCode} ${statusMessage}`;
  note({
    from: "server",
    type: "upgrade",
    code: statusCode,
    data: headLines(first, headerPairs(rawHeaders)).join("\n"),
  });
  return first;
}

const send = (client: Socket, lines: readonly string[]) => client.write(`${lines.join("\r\n")}\r\n\r\n`, "latin1");

function accept(it: Joining, response: IncomingMessage): void {
  const first = answered(it, response);
  const wrong = wrongAnswer(it.request, response);
  if (wrong !== undefined) it.note({ from: "server", type: "error", data: wrong, handshake: true });
  send(it.client, headLines(first, [...endToEnd(response), ...answering(response)]));
}

function refuse(it: Joining, response: IncomingMessage): void {
  const first = answered(it, response);
  send(it.client, headLines(first, [...endToEnd(response), ["Connection", "close"]]));
  response.on("error", () => it.client.end()); // The server ended in the middle of it.
  response.pipe(it.client);
}

/** Tells a client that there is no target. */
function fail({ note, client, unreachable }: Joining, { code, message }: NodeJS.ErrnoException): void {
  note({ from: "server", type: "error", data: [code, message].filter(Boolean).join(": ") });
  unreachable(code ?? message);
  const words = `The target of this proxy could not be reached: ${code ?? message}\n`;
  const headers: [string, string][] = [
    ["Connection", "close"],
    ["Content-Type", "text/plain"],
    ["Content-Length", String(Buffer.byteLength(words))],
  ];
  send(client, headLines("HTTP/1.1 502 Bad Gateway", headers));
  client.end(words);
}
