import type { IncomingMessage } from "node:http";
import type { WebSocket } from "ws";
import { BODY, costOf, LIMITS, TOO_MUCH } from "./bounds.ts";
import { base64 } from "./deeds.ts";
import { answerer } from "./pongs.ts";
import type { Recorder } from "./recorder.ts";
import { WRONG_NAME } from "./unreachable.ts";
import { responseText } from "./upgrade.ts";

/** The outcome of a handshake: it succeeded, or why not. */
export interface State {
  opened: boolean;
  failure: string | undefined;
}

/** Records what happens on a WebSocket, and tells how its handshake went. */
export function listen(socket: WebSocket, log: Recorder, written: () => Promise<void>, readsBody = false): State {
  const state: State = { opened: false, failure: undefined };
  const end = () => {
    log.end();
    socket.terminate();
  };
  const upgrade = (response: IncomingMessage, body?: string) => {
    const data = responseText(response, body);
    log.record({ from: "server", type: "upgrade", code: response.statusCode ?? 0, data }, body?.length);
  };
  const refused = (response: IncomingMessage, body?: string) => {
    if (log.over) return;
    upgrade(response, body);
    state.failure = `HTTP ${response.statusCode}`;
    end();
  };
  const failed = (error: NodeJS.ErrnoException) => {
    if (log.over) return;
    state.failure ??= failureOf(error);
    if (fail(error, state, log)) end();
  };

  socket.on("upgrade", (response) => upgrade(response));
  socket.on("unexpected-response", (_request, response) => {
    if (!readsBody) return refused(response);
    bodyOf(response).then(
      (body) => refused(response, body),
      (error) => {
        failed(error);
        end();
      },
    );
  });
  socket.on("open", () => {
    state.opened = true;
    log.wake();
  });
  socket.on("message", (data: Buffer, isBinary) => {
    const text = isBinary ? base64(data) : data.toString();
    const size = isBinary ? text.length : costOf(text);
    log.record({ from: "server", type: isBinary ? "binary" : "text", data: text }, size);
  });
  socket.on("ping", answerer(socket, log, written));
  socket.on("pong", (data) => log.control("server", "pong", data));
  socket.on("error", failed);
  socket.on("close", (code, reason) => {
    if (log.over) return;
    const data = reason.toString();
    if (code !== 1006) log.record({ from: "server", type: "close", data, ...(code === 1005 ? {} : { code }) });
    else if (state.opened) log.record({ from: "server", type: "end" });
    log.end();
  });
  return state;
}

/** Reads the body of a response. Throws if it is too long or does not come to its end. */
async function bodyOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > LIMITS.body) throw Object.assign(new Error("too long"), { code: BODY });
  }
  return Buffer.concat(chunks).toString();
}

/** The parts of a TLS error that say which names a certificate has. */
interface WithCertificate {
  readonly cert?: { readonly subjectaltname?: string; readonly subject?: { readonly CN?: string } };
}

/** Names the failure of a handshake; if the certificate is of another host, with the names that it has. */
function failureOf({ code, message, cert }: NodeJS.ErrnoException & WithCertificate): string {
  const names = cert?.subjectaltname?.replaceAll(/(^|, )[^:,]+:/g, "$1") ?? cert?.subject?.CN;
  return code === WRONG_NAME && names !== undefined ? `${WRONG_NAME} ${names}` : code || message;
}

/** Records an error. Returns true if the suite ends the connection for it. */
function fail({ code = "", message }: NodeJS.ErrnoException, { opened }: State, log: Recorder): boolean {
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
  const data = [code, message].filter(Boolean).join(": ");
  // The cases of the handshake say which part of it is wrong: no message was sent.
  const handshake = opened || code ? {} : { handshake: true as const };
  log.record({ from: "server", type: "error", data, failure, ...handshake });
  return false;
}
