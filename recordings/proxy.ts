import {
  type ClientRequest,
  createServer,
  type IncomingMessage,
  request as plain,
  type RequestOptions,
} from "node:http";
import { request as secure } from "node:https";
import { type AddressInfo, connect, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import type { Side, WireEvent } from "../harness/transcript.ts";
import { requestText } from "../harness/upgrade.ts";
import { answering, endToEnd, headOf, pathAt, towards, wrongAnswer } from "./heads.ts";
import { type Hiding, hiding, pairs } from "./hide.ts";
import type { RecordedEvent } from "./recorded.ts";
import { type Opened, relay } from "./relay.ts";

/** The options of a proxy. */
export interface ProxyOptions {
  readonly target: URL;
  /** The header of the user and password in the url that was given. */
  readonly basic?: string | undefined;
  readonly host: string;
  readonly port: number;
  readonly ca?: string | undefined;
  readonly insecure?: boolean;
  /** Texts that must stand in no recording. */
  readonly secrets: readonly string[];
  /** The time, in ms. */
  readonly clock: () => number;
  readonly record: (recorded: RecordedEvent) => void;
  /** Called when the target cannot be reached, with the reason. */
  readonly unreachable: (failure: string) => void;
  /** More is recorded than can be written. */
  readonly crowded: () => boolean;
}

/** A proxy that runs. */
export interface RunningProxy {
  readonly url: string;
  /** The number of connections that are open. */
  readonly open: number;
  /** Room is free again. */
  relieve(): void;
  /** Accepts no more, reads what came to its end, and then ends all connections. Nobody ended those, so their end is not recorded. */
  close(): Promise<void>;
}

/** The largest head that is read, in bytes. */
const HEAD = 64 << 10;

/** What came must be read in this time (ms) once nothing more is accepted. */
const LAST = 2_000;

/**
 * Starts a proxy for WebSockets. It passes on bytes as they are: a client and a server see the frames of one another, however
 * they are fragmented, masked or compressed. Beside that it reads along. Requests that ask for no WebSocket are passed on, and not
 * recorded. Rejects if it cannot listen.
 */
export async function proxy(options: ProxyOptions): Promise<RunningProxy> {
  const open = new Set<Opened>();
  let count = 0;
  let closing = false;
  const server = createServer({ maxHeaderSize: HEAD, noDelay: true });
  server.on("request", (request, response) => {
    const outgoing = ask(options, request);
    outgoing.on("response", (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.statusMessage, endToEnd(answer).flat());
      answer.on("error", () => response.destroy());
      answer.pipe(response);
    });
    outgoing.on("error", ({ code, message }: NodeJS.ErrnoException) => {
      options.unreachable(code ?? message);
      if (!response.headersSent) response.writeHead(502);
      response.end();
    });
    response.on("close", () => outgoing.destroy());
    request.pipe(outgoing);
  });
  server.on("upgrade", (request, socket, head) => {
    count += 1;
    const id = String(count);
    const hidden = hiding(options.secrets);
    const path = pathAt(options.target, request.url ?? "/");
    hidden.learn(request.rawHeaders, path);
    const url = hidden.redact(`${options.target.protocol}//${options.target.host}${path}`);
    const isWebSocket = request.headers.upgrade?.toLowerCase() === "websocket";
    let isFirst = true;
    const note = (event: Unstamped) => {
      const stamped = { at: options.clock(), ...event } as WireEvent;
      if (!closing && isWebSocket)
        options.record({ connection: id, ...(isFirst && { url }), event: hidden.hide(stamped) });
      isFirst = false;
    };
    join({ ...options, open, note, hidden, request, client: socket as Socket, head });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, resolve);
  });
  const { address, family, port } = server.address() as AddressInfo;
  return {
    url: `ws://${family === "IPv6" ? `[${address}]` : address}:${port}`,
    get open() {
      return open.size;
    },
    relieve() {
      for (const it of open) it.relieve();
    },
    async close() {
      server.close();
      await Promise.race([Promise.all(Array.from(open, (it) => it.idle())), pause(LAST, undefined, { ref: false })]);
      closing = true;
      for (const it of open) it.destroy();
      server.closeAllConnections();
    },
  };
}

/** An event whose time is now unless it says so. */
type Unstamped = WireEvent extends infer E
  ? E extends WireEvent
    ? Omit<E, "at"> & { readonly at?: number }
    : never
  : never;

type Reaching = Pick<ProxyOptions, "target" | "basic" | "ca" | "insecure">;

/** Makes the request of a client at the target. */
function ask({ target, basic, ca, insecure = false }: Reaching, request: IncomingMessage): ClientRequest {
  const isSecure = target.protocol === "wss:";
  const how: RequestOptions & { ca?: string } = {
    host: target.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: target.port || (isSecure ? 443 : 80),
    method: request.method,
    path: pathAt(target, request.url ?? "/"),
    // Flat, as Node.js has them: names keep their spelling and order.
    headers: towards(target, request, basic).flat() as never,
    setHost: false,
    maxHeaderSize: HEAD,
    // A peer that has said all may still listen.
    createConnection: ({ host, port }) =>
      isSecure
        ? connectTls({
            host: host ?? "",
            port: Number(port),
            servername: /^[\d.]+$|:/.test(host ?? "") ? "" : (host ?? ""),
            rejectUnauthorized: !insecure,
            ALPNProtocols: ["http/1.1"],
            ...(ca !== undefined && { ca }),
          })
        : connect({ host: host ?? "", port: Number(port), allowHalfOpen: true, noDelay: true }),
  };
  return (isSecure ? secure : plain)(how);
}

/** A client that asks for a WebSocket. */
interface Joining extends Omit<ProxyOptions, "record"> {
  readonly open: Set<Opened>;
  readonly note: (event: Unstamped) => void;
  readonly hidden: Hiding;
  readonly request: IncomingMessage;
  readonly client: Socket;
  /** The bytes that came behind its request. */
  readonly head: Buffer;
}

/** Passes on the handshake of a client, and what follows it. */
function join(it: Joining): void {
  const { open, note, request, client, head } = it;
  const { method = "GET", url: target = "/", httpVersion, rawHeaders } = request;
  const text = requestText({ method, target, protocol: `HTTP/${httpVersion}`, headers: pairs(rawHeaders) });
  note({ from: "client", type: "upgrade", data: text.trimEnd().replaceAll("\r\n", "\n") });

  const outgoing = ask(it, request);
  const waiting: Opened = {
    relieve() {},
    idle: async () => {},
    destroy() {
      outgoing.destroy();
      client.destroy();
    },
  };
  open.add(waiting);
  let isOver = false;
  /** Notes once which side ended TCP first: the other end is ours. */
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
    open.delete(waiting);
    isOver = true;
    accept(it, response);
    relay({ ...it, note: (event) => note(event), server, extensions: response.headers["sec-websocket-extensions"] });
    if (head.length > 0) client.unshift(head);
    if (first.length > 0) server.unshift(first);
  });
  outgoing.on("response", (response) => {
    refuse(it, response);
    response.once("close", () => over("server", "client"));
  });
  outgoing.on("error", (error) => {
    if (isOver) return;
    fail(it, error);
    over("server", "client");
  });
  outgoing.end();
}

/** Notes the answer of the server, and returns the first line of its head. */
function answered(
  { note, hidden }: Joining,
  { statusCode = 0, statusMessage = "", rawHeaders }: IncomingMessage,
): string {
  hidden.learn(rawHeaders);
  const first = `HTTP/1.1 ${statusCode} ${statusMessage}`;
  note({ from: "server", type: "upgrade", code: statusCode, data: headOf(first, pairs(rawHeaders)).join("\n") });
  return first;
}

const send = (client: Socket, lines: readonly string[]) => client.write(`${lines.join("\r\n")}\r\n\r\n`, "latin1");

function accept(it: Joining, response: IncomingMessage): void {
  const first = answered(it, response);
  const wrong = wrongAnswer(it.request, response);
  if (wrong !== undefined) it.note({ from: "server", type: "error", data: wrong, handshake: true });
  send(it.client, headOf(first, [...endToEnd(response), ...answering(response)]));
}

function refuse(it: Joining, response: IncomingMessage): void {
  const first = answered(it, response);
  send(it.client, headOf(first, [...endToEnd(response), ["Connection", "close"]]));
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
  send(client, headOf("HTTP/1.1 502 Bad Gateway", headers));
  client.end(words);
}
