import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { WebSocket } from "ws";
import type { Nothing } from "./nothing.ts";
import { HANDSHAKE } from "./patience.ts";
import { answerer } from "./pongs.ts";
import { type Ending, ended, reader, type Wanted } from "./reading.ts";
import { base64, costOf, LIMITS, type Recorder, recorder } from "./recorder.ts";
import { type Shared, young } from "./shared.ts";
import { inSegments, reset } from "./tcp.ts";
import { cut, type EnvelopeReader, type Message, type Transcript } from "./transcript.ts";
import { ask, type Handshake, NO_ANSWER, responseText } from "./upgrade.ts";

/** What can be sent: an object as JSON, a string as it stands in a text frame, bytes in a binary frame. */
export type Outgoing = object | string | Uint8Array;

/** How a connection is opened. */
export interface ConnectionOptions {
  /** What the connection is for, in a case with several. */
  readonly name?: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** They hold no credential. */
  readonly anonymous?: boolean;
  readonly handshake?: Handshake | undefined;
  /** PEM certificates to trust instead of the system's. */
  readonly ca?: string | undefined;
  /** Accept any certificate. */
  readonly insecure?: boolean | undefined;
  /** Called when a wait turns out to be one for the network. */
  readonly idle: () => void;
  /** What the protocol says of connections and messages. */
  readonly protocol: { readonly subprotocols: readonly string[]; readonly envelope: EnvelopeReader };
}

/** What bytes are that a client writes itself. */
export interface Written {
  readonly type: "text" | "ping" | "violation";
  readonly data: string;
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
  /**
   * Writes bytes as they are, each part in a TCP segment of its own; `what` is what they are, as it stands in the transcript:
   * a `violation` where they break RFC 6455, nothing where they belong to what stands there. Does nothing on a connection that
   * is over.
   */
  write(what: Written | undefined, ...parts: readonly Uint8Array[]): Promise<void>;
  /** The first message not yet taken that is wanted; `what` says in words what is awaited. */
  next(wanted: Wanted, what?: string): Promise<Message | Nothing>;
  /** The end of the connection by the server. */
  closed(): Promise<Ending | Nothing>;
  /** Waits for what the transcript shows. */
  wait: Recorder["wait"];
  /** Waits for so many ms, or until the connection is over. */
  quiet(ms: number): Promise<void>;
  /** Sends a close frame, without a code an empty one. A reason is at most 123 bytes long. */
  close(code?: number, reason?: string): void;
  /** Resets the TCP connection. */
  reset(): void;
  /** Reads no further: nothing that the server sends is answered, its close frame neither. */
  ignore(): void;
  /** Closes the connection and freezes its transcript. */
  finish(): void;
  /** Drops the transcript, once it is judged. */
  forget(): void;
}

/** Opens a connection. A handshake that fails is no exception but a connection that did not open. */
export async function connect(url: URL, options: ConnectionOptions, shared: Shared): Promise<Connection> {
  await shared.limits.turn();
  let tcp: Socket | undefined;
  let asked: Promise<void> | undefined;
  let writing = Promise.resolve();
  const log = recorder(shared, options.idle, () => socket.terminate());
  const { handshake } = options;
  const socket = new WebSocket(url, [...options.protocol.subprotocols], {
    headers: options.headers,
    ...(options.ca === undefined ? {} : { ca: options.ca }),
    rejectUnauthorized: !options.insecure,
    perMessageDeflate: handshake?.deflate ? { threshold: 0 } : false,
    autoPong: false,
    maxPayload: LIMITS.message,
    maxFragments: LIMITS.fragments,
    maxHeaderSize: LIMITS.head,
    finishRequest(request) {
      request.once("socket", (it) => {
        tcp = it;
      });
      asked = ask(request, log, handshake);
    },
  });
  const state = listen(socket, log, () => writing);
  const destroy = () => socket.terminate();
  shared.sockets.add(destroy);
  const grown = young(shared);
  socket.once("close", () => {
    grown();
    shared.sockets.delete(destroy);
    shared.limits.left();
  });

  // The server has its time for an answer once all is sent.
  if (handshake?.half || handshake?.bytewise) await asked;
  if (!handshake?.half) await log.wait(HANDSHAKE, () => state.opened || undefined);
  if (!handshake?.half && !state.opened && !log.over) {
    state.failure = NO_ANSWER;
    log.end();
    socket.terminate();
  }

  const { events } = log;
  const { name, anonymous } = options;
  let ignoring = false;
  return {
    transcript: {
      url: url.href,
      ...(name === undefined ? {} : { name }),
      ...(anonymous ? { anonymous } : {}),
      events,
    },
    ...state,
    wait: log.wait,
    async quiet(ms) {
      await log.wait("the end of a silence", () => log.over || undefined, { exactly: ms });
    },
    next: reader(log, options.protocol.envelope),
    closed: () => log.wait("the end of the connection", () => (log.over ? ended(log) : undefined)),
    send(...outgoing) {
      if (socket.readyState !== WebSocket.OPEN) return;
      tcp?.cork();
      for (const it of outgoing) {
        const payload = typeof it === "string" || it instanceof Uint8Array ? it : JSON.stringify(it);
        log.record(
          typeof payload === "string"
            ? { from: "client", type: "text", data: cut(payload, LIMITS.sent) }
            : { from: "client", type: "binary", data: base64(payload) },
        );
        socket.send(payload);
      }
      tcp?.uncork();
    },
    async write(what, ...parts) {
      if (socket.readyState !== WebSocket.OPEN || !tcp) return;
      if (what) log.record({ from: "client", ...what });
      const to = tcp;
      writing = writing.then(() => inSegments(to, parts));
      await writing;
    },
    close(code, reason = "") {
      if (socket.readyState !== WebSocket.OPEN) return;
      log.record({ from: "client", type: "close", data: reason, ...(code === undefined ? {} : { code }) });
      socket.close(code, reason);
    },
    reset() {
      log.record({ from: "client", type: "end" });
      log.end();
      if (tcp) reset(tcp);
    },
    ignore() {
      ignoring = true;
      tcp?.pause();
    },
    finish() {
      if (socket.readyState === WebSocket.OPEN && !ignoring) {
        log.record({ from: "client", type: "close", code: 1000, data: "" });
        socket.close(1000);
      } else if (!log.over) socket.terminate();
      log.freeze();
    },
    forget: () => log.forget(tcp?.bytesRead ?? 0),
  };
}

/** Records what happens on a WebSocket, and tells whether and why not it opened. */
function listen(
  socket: WebSocket,
  log: Recorder,
  written: () => Promise<void>,
): { opened: boolean; failure: string | undefined } {
  const state: ReturnType<typeof listen> = { opened: false, failure: undefined };
  const upgrade = (response: IncomingMessage) =>
    log.record({ from: "server", type: "upgrade", code: response.statusCode ?? 0, data: responseText(response) });

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
  socket.on("ping", answerer(socket, log, written));
  socket.on("pong", (data) => log.control("server", "pong", data));
  socket.on("error", (error: NodeJS.ErrnoException) => {
    if (log.over) return;
    const { code = "", message } = error;
    state.failure ??= code || message;
    const limit = TOO_MUCH[code];
    if (limit !== undefined) {
      log.record({ from: "client", type: "limit", data: limit });
      log.end();
      socket.terminate();
    } else if (code.startsWith("WS_ERR_") || code.startsWith("Z_")) {
      log.record({ from: "server", type: "violation", data: message });
      log.record({ from: "client", type: "close", data: "failed the connection" });
      log.end();
      socket.terminate();
    } else {
      const data = [code, message].filter(Boolean).join(": ");
      // Which part of a handshake is wrong is for the cases of the handshake to say: no message was sent.
      const handshake = state.opened || code ? {} : { handshake: true as const };
      log.record({ from: "server", type: "error", data, ...handshake });
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

/** What `ws` says where a server exceeds a bound of the suite. */
const TOO_MUCH: Readonly<Record<string, string>> = {
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: `a message of more than ${LIMITS.message} bytes`,
  WS_ERR_TOO_MANY_BUFFERED_PARTS: `a message in more than ${LIMITS.fragments} fragments`,
};
