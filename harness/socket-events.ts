import type { IncomingMessage } from "node:http";
import type { WebSocket } from "ws";
import { BODY, BOUNDS, costOf, TOO_MUCH } from "./bounds.ts";
import { base64 } from "./deeds.ts";
import { errorFailure, type Failure, httpFailure, WRONG_NAME } from "./failure.ts";
import { answerer } from "./pongs.ts";
import type { Recorder } from "./recorder.ts";
import { responseText, selectedIn } from "./upgrade.ts";
import { upTo } from "./words.ts";

/** The outcome of a handshake: it succeeded, or why not. */
export interface HandshakeState {
  opened: boolean;
  failure: Failure | undefined;
}

/** A WebSocket whose events are recorded. */
interface Listening {
  readonly socket: WebSocket;
  readonly log: Recorder;
  readonly state: HandshakeState;
}

/** The errors of a TCP connection that the other side reset: it is read from, or written to. */
const RESETS: ReadonlySet<string | undefined> = new Set(["ECONNRESET", "EPIPE"]);

/** Records what happens on a WebSocket, and tells how its handshake went. */
export function recordEvents(
  socket: WebSocket,
  log: Recorder,
  written: () => Promise<void>,
  readsBody = false,
): HandshakeState {
  const state: HandshakeState = { opened: false, failure: undefined };
  const on: Listening = { socket, log, state };
  let reset: { readonly reset?: true } = {};
  socket.on("upgrade", (response) => {
    upgraded(log, response);
    response.socket.once("error", ({ code }: NodeJS.ErrnoException) => {
      if (RESETS.has(code)) reset = { reset: true };
    });
  });
  socket.on("unexpected-response", (_request, response) => {
    if (readsBody) refusedInFull(on, response);
    else refusedInBrief(on, response);
  });
  socket.on("open", () => {
    state.opened = true;
    log.wake();
  });
  socket.on("message", (data: Buffer, isBinary) => {
    received(log, data, isBinary);
  });
  socket.on("ping", answerer(socket, log, written));
  socket.on("pong", (data) => log.controlFrame("server", "pong", data));
  socket.on("error", (error) => failed(on, error));
  socket.on("close", (code, reason) => {
    if (log.over) return;
    const data = reason.toString();
    if (code !== 1006) log.record({ from: "server", type: "close", data, ...(code === 1005 ? {} : { code }) });
    else if (state.opened) log.record({ from: "server", type: "end", ...reset });
    log.end();
  });
  return state;
}

/** Ends a connection on which nothing more is awaited. */
function end({ log, socket }: Listening): void {
  log.end();
  socket.terminate();
}

/** Records the answer to a handshake. */
function upgraded(log: Recorder, response: IncomingMessage, body?: string): void {
  const data = responseText(response, body);
  log.record({ from: "server", type: "upgrade", code: response.statusCode ?? 0, data }, body?.length);
}

function received(log: Recorder, bytes: Buffer, isBinary: boolean): void {
  const data = isBinary ? base64(bytes) : bytes.toString();
  log.record({ from: "server", type: isBinary ? "binary" : "text", data }, isBinary ? data.length : costOf(data));
}

function refused(on: Listening, response: IncomingMessage, body?: string): void {
  if (on.log.over) return;
  upgraded(on.log, response, body);
  const says = body === undefined ? "" : firstLine(body);
  on.state.failure = { ...httpFailure(response.statusCode ?? 0), ...(says !== "" && { says }) };
  end(on);
}

/** The characters that are kept of the first line of a refusal. */
const LINE = 200;

/** Returns the first line of a text that says something in words. A page, and JSON over several lines, begin with none. */
const firstLine = (body: string): string =>
  upTo(body.split(/\r?\n/).find((it) => /\p{L}{2}/u.test(it) && !/^\s*</.test(it)) ?? "", LINE);

/** Reads the first line of a refusal, as far as it comes with its head: many say there what is wrong. */
function refusedInBrief(on: Listening, response: IncomingMessage): void {
  const chunks: Buffer[] = [];
  const tell = () => {
    const line = firstLine(Buffer.concat(chunks).toString());
    refused(on, response, line === "" ? undefined : line);
  };
  response.on("data", (some) => chunks.push(some));
  // A reset behind the answer is none before it.
  response.socket.prependOnceListener("error", tell);
  setImmediate(tell);
}

/** Reads the body of a refusal, too. */
function refusedInFull(on: Listening, response: IncomingMessage): void {
  bodyOf(response).then(
    (body) => refused(on, response, body),
    (error) => {
      failed(on, error);
      end(on);
    },
  );
}

function failed(on: Listening, error: NodeJS.ErrnoException): void {
  const { log, state } = on;
  if (log.over) return;
  state.failure ??= failureOf(error);
  if (fail(error, state, log)) end(on);
}

/** Reads the body of a response. Throws if it is too long or does not come to its end. */
async function bodyOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > BOUNDS.body) throw Object.assign(new Error("too long"), { code: BODY });
  }
  return Buffer.concat(chunks).toString();
}

/** The parts of a TLS error that say which names a certificate has. */
interface WithCertificate {
  readonly cert?: { readonly subjectaltname?: string; readonly subject?: { readonly CN?: string } };
}

/** Names the failure of a handshake; if the certificate is of another host, with the names that it has. */
function failureOf({ code, message, cert }: NodeJS.ErrnoException & WithCertificate): Failure {
  const names = cert?.subjectaltname?.replaceAll(/(^|, )[^:,]+:/g, "$1") ?? cert?.subject?.CN;
  return { ...errorFailure(code || message), ...(code === WRONG_NAME && names !== undefined && { names }) };
}

/** An error of the parser of HTTP, with the bytes that it could not parse. */
interface Unparsed {
  readonly rawPacket?: Buffer;
}

/** Tells if an answer that is no right HTTP opens a WebSocket all the same: a head whose lines end otherwise than by CRLF, for one. */
const isBadUpgrade = ({ rawPacket }: Unparsed): boolean =>
  rawPacket !== undefined && /^HTTP\/1\.\d 101\b/.test(rawPacket.toString("latin1"));

/**
 * The headers in which a server selects, how many it may, and the complaints of a WebSocket, which knows nothing of what a case offers by
 * itself. What it complains of in an extension that it offered is the server's.
 */
const SELECTING = [
  ["sec-websocket-protocol", 1, /subprotocol/],
  ["sec-websocket-extensions", Number.POSITIVE_INFINITY, /no extension was requested/],
] as const;

/** Records an error. Returns true if the suite ends the connection for it. */
function fail(error: NodeJS.ErrnoException & Unparsed, { opened }: HandshakeState, log: Recorder): boolean {
  const { code = "", message } = error;
  const bound = TOO_MUCH[code];
  const failure = code || message;
  if (bound) {
    log.record({ from: "client", type: "limit", ...bound });
    return true;
  }
  if (code.startsWith("WS_ERR_") || code.startsWith("Z_")) {
    log.record({ from: "server", type: "violation", data: message, failure });
    log.record({ from: "client", type: "close", data: "failed the connection", by: "suite" });
    return true;
  }
  const [header, most] = SELECTING.find(([, , complaint]) => complaint.test(message)) ?? [];
  const selected = header === undefined ? undefined : selectedIn(log, header, most);
  const data =
    selected === undefined
      ? [code, message].filter(Boolean).join(": ")
      : `the suite ended it: it offered ${selected} to see the answer, and does not speak it`;
  // The cases of the handshake say which part of it is wrong: no message was sent.
  const handshake = !opened && (!code || isBadUpgrade(error)) && { handshake: true as const };
  log.record({ from: "server", type: "error", data, failure, ...handshake });
  return false;
}
