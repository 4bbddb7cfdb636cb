import type { ClientRequest, IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { WebSocket } from "ws";
import type { Nothing } from "./nothing.ts";
import { costOf, LIMITS, type Recorder, recorder, type Shared } from "./recorder.ts";
import { isObject, json, type Message, type Transcript } from "./transcript.ts";

/** What can be sent: an object as JSON, a string as it stands in a text frame, bytes in a binary frame. */
export type Outgoing = object | string | Uint8Array;

/** How a connection is opened. */
export interface ConnectionOptions {
  /** What the connection is for, in a case with several. */
  readonly name?: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** PEM certificates to trust instead of the system's. */
  readonly ca?: string | undefined;
  /** Accept any certificate. */
  readonly insecure?: boolean | undefined;
  /** Called when a wait turns out to be one for the network. */
  readonly idle: () => void;
  /** How a message of this protocol names its schema. */
  readonly nameOf: (message: Message) => string | undefined;
}

/** How the server ended a connection: with a close frame (and a code, if it holds one), or without. */
export interface Ending {
  readonly frame: boolean;
  readonly code?: number;
}

/** One connection to the target. All that happens on it is in its transcript. */
export interface Connection {
  readonly transcript: Transcript;
  /** Whether the WebSocket handshake succeeded. */
  readonly opened: boolean;
  /** What went wrong where it did not: `ECONNREFUSED`, `HTTP 401`, … */
  readonly failure: string | undefined;
  /** Sends messages, all in one TCP segment where they fit. Does nothing on a connection that is over. */
  send(...outgoing: readonly Outgoing[]): void;
  /** The first message not yet taken that has this name, or that matches; `what` says in words what is awaited. */
  next(wanted: string | ((message: Message) => boolean), what?: string): Promise<Message | Nothing>;
  /** The end of the connection by the server. */
  closed(): Promise<Ending | Nothing>;
  /** Waits for what the transcript shows. */
  wait: Recorder["wait"];
  /** Closes the connection and freezes its transcript. */
  finish(): void;
}

/** Opens a connection. A handshake that fails is no exception but a connection that did not open. */
export async function connect(url: URL, options: ConnectionOptions, shared: Shared): Promise<Connection> {
  let tcp: Socket | undefined;
  const log = recorder(shared, options.idle, () => socket.terminate());
  const socket = new WebSocket(url, {
    headers: options.headers,
    ...(options.ca === undefined ? {} : { ca: options.ca }),
    rejectUnauthorized: !options.insecure,
    perMessageDeflate: false,
    autoPong: false,
    maxPayload: LIMITS.message,
    maxHeaderSize: LIMITS.head,
    finishRequest(request) {
      log.record({ from: "client", type: "upgrade", data: requestHead(request) });
      request.once("socket", (it) => {
        tcp = it;
      });
      request.end();
    },
  });
  const state = listen(socket, log);
  const destroy = () => socket.terminate();
  shared.sockets.add(destroy);
  socket.once("close", () => shared.sockets.delete(destroy));

  await log.wait("the answer to the handshake", () => state.opened || undefined);
  if (!state.opened && !log.over) {
    state.failure = "no answer to the handshake";
    log.end();
    socket.terminate();
  }

  const { events } = log;
  return {
    transcript: { url: url.href, ...(options.name === undefined ? {} : { name: options.name }), events },
    ...state,
    wait: log.wait,
    next: reader(log, options.nameOf),
    closed: () => log.wait("the end of the connection", () => (log.over ? ended(log) : undefined)),
    send(...outgoing) {
      if (socket.readyState !== WebSocket.OPEN) return;
      tcp?.cork();
      for (const it of outgoing) {
        const payload = typeof it === "string" || it instanceof Uint8Array ? it : JSON.stringify(it);
        log.record(
          typeof payload === "string"
            ? { from: "client", type: "text", data: payload }
            : { from: "client", type: "binary", data: base64(payload) },
        );
        socket.send(payload);
      }
      tcp?.uncork();
    },
    finish() {
      if (socket.readyState === WebSocket.OPEN) {
        log.record({ from: "client", type: "close", code: 1000, data: "" });
        socket.close(1000);
      }
      log.freeze();
    },
  };
}

/** Records what happens on a WebSocket, and tells whether and why not it opened. */
function listen(socket: WebSocket, log: Recorder): { opened: boolean; failure: string | undefined } {
  const state: ReturnType<typeof listen> = { opened: false, failure: undefined };
  const upgrade = (response: IncomingMessage) =>
    log.record({ from: "server", type: "upgrade", code: response.statusCode ?? 0, data: responseHead(response) });

  socket.on("upgrade", upgrade);
  socket.on("unexpected-response", (_request, response) => {
    upgrade(response);
    state.failure = `HTTP ${response.statusCode}`;
    log.end();
    socket.terminate();
  });
  socket.on("open", () => {
    state.opened = true;
    log.wake();
  });
  socket.on("message", (data: Buffer, isBinary) => {
    const text = isBinary ? base64(data) : data.toString();
    log.record(
      { from: "server", type: isBinary ? "binary" : "text", data: text },
      isBinary ? text.length : costOf(text),
    );
  });
  socket.on("ping", answerer(socket, log));
  socket.on("pong", (data) => log.record({ from: "server", type: "pong", data: base64(data) }, data.length));
  socket.on("error", (error: NodeJS.ErrnoException) => {
    if (log.over) return;
    const { code = "", message } = error;
    state.failure ??= code || message;
    if (code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH") {
      log.record({ from: "client", type: "limit", data: `a message of more than ${LIMITS.message} bytes` });
      log.end();
      socket.terminate();
    } else if (code.startsWith("WS_ERR_")) {
      log.record({ from: "server", type: "violation", data: message });
      log.record({ from: "client", type: "close", data: "failed the connection" });
    } else {
      log.record({
        from: "server",
        type: code ? "error" : "violation",
        data: [code, message].filter(Boolean).join(": "),
      });
    }
  });
  socket.on("close", (code, reason) => {
    if (log.over) return;
    const data = reason.toString();
    if (code !== 1006) log.record({ from: "server", type: "close", data, ...(code === 1005 ? {} : { code }) });
    else if (state.opened) log.record({ from: "server", type: "end" });
    log.end();
  });
  return state;
}

/** Answers pings: of several only the latest (RFC 6455, 5.5.3), and none once the server has said that it closes. */
function answerer(socket: WebSocket, log: Recorder): (data: Buffer) => void {
  let latest: Buffer | undefined;
  return (data) => {
    log.record({ from: "server", type: "ping", data: base64(data) }, data.length);
    const answering = latest !== undefined;
    latest = data;
    if (answering) return;
    setImmediate(() => {
      const payload = latest;
      latest = undefined;
      if (payload === undefined || socket.readyState !== WebSocket.OPEN) return;
      socket.pong(payload);
      log.record({ from: "client", type: "pong", data: base64(payload) });
    });
  };
}

/** The `next` of a connection: each message is taken once, in whatever order it came. */
function reader(log: Recorder, nameOf: ConnectionOptions["nameOf"]): Connection["next"] {
  const unread: Message[] = [];
  let upTo = 0;
  return (wanted, what) => {
    const matches = typeof wanted === "string" ? (message: Message) => nameOf(message) === wanted : wanted;
    return log.wait(what ?? (typeof wanted === "string" ? wanted : "a message"), () => {
      for (const event of log.events.slice(upTo)) {
        const message = event.from === "server" ? json(event) : undefined;
        if (isObject(message)) unread.push(message);
      }
      upTo = log.events.length;
      const place = unread.findIndex(matches);
      return place < 0 ? undefined : unread.splice(place, 1)[0];
    });
  };
}

/** How the server ended a connection that is over, or `undefined` where it was not the server. */
function ended({ events }: Recorder): Ending | undefined {
  const last = events.at(-1);
  if (last?.type === "end") return { frame: false };
  if (last?.type !== "close") return undefined;
  return last.code === undefined ? { frame: true } : { frame: true, code: last.code };
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");

function requestHead(request: ClientRequest): string {
  const headers = Object.entries(request.getHeaders()).map(([name, value]) => `${name}: ${value}`);
  return [`${request.method} ${request.path} HTTP/1.1`, ...headers].join("\n");
}

function responseHead({ httpVersion, statusCode, statusMessage, rawHeaders }: IncomingMessage): string {
  const headers = rawHeaders.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${rawHeaders[i + 1]}`] : []));
  return [`HTTP/${httpVersion} ${statusCode} ${statusMessage}`, ...headers].join("\n");
}
