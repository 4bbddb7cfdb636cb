import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { urlAt } from "../harness/place.ts";
import type { WireEvent } from "../harness/transcript.ts";
import { askTarget, HEAD_BYTES, type Reaching } from "./ask-target.ts";
import { join, type NotedEvent } from "./handshake.ts";
import { endToEnd, pathAt } from "./http-heads.ts";
import type { RecordedEvent } from "./recorded.ts";
import { hiding } from "./redact.ts";
import type { Relayed } from "./relay.ts";

/** The options of a proxy. */
export interface ProxyOptions extends Reaching {
  readonly host: string;
  readonly port: number;
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
  /** Room is free again. */
  relieve(): void;
  /** Accepts no more, reads all bytes that came, and ends all connections. No peer ended them, so their end is not recorded. */
  close(): Promise<void>;
}

/** Once nothing more is accepted, the proxy has this time to read all that came, in ms. */
const TIME_TO_READ = 2_000;

/**
 * Starts a proxy for WebSockets. It passes on bytes as they are: a client and a server see the frames of one another, however
 * they are fragmented, masked or compressed. Beside that it reads along. Requests that ask for no WebSocket are passed on, and not
 * recorded. Rejects if it cannot listen.
 */
export async function proxy(options: ProxyOptions): Promise<RunningProxy> {
  const open = new Set<Relayed>();
  let count = 0;
  let closing = false;
  const server = createServer({ maxHeaderSize: HEAD_BYTES, noDelay: true });
  server.on("request", (request, response) => {
    guarded(response, () => passOn(options, request, response));
  });
  server.on("upgrade", (request, socket, head) => {
    guarded(socket, () => {
      count += 1;
      const client = { request, client: socket as Socket, head };
      join({ ...options, ...client, open, ...noting(options, request, String(count), () => closing) });
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, resolve);
  });
  return {
    url: urlAt(server.address() as AddressInfo),
    relieve() {
      for (const it of open) it.relieve();
    },
    async close() {
      server.close();
      await Promise.race([
        Promise.all(Array.from(open, (it) => it.idle())),
        pause(TIME_TO_READ, undefined, { ref: false }),
      ]);
      closing = true;
      for (const it of open) it.destroy();
      server.closeAllConnections();
    },
  };
}

/** Node.js may read a header from a client that it refuses to write to the target. */
function guarded(client: { destroy(): unknown }, attempt: () => void): void {
  try {
    attempt();
  } catch {
    client.destroy();
  }
}

/** Notes the events on the connection of a client, without its secrets. */
function noting(
  { target, secrets, clock, record }: ProxyOptions,
  request: IncomingMessage,
  connection: string,
  isOver: () => boolean,
) {
  const hidden = hiding(secrets);
  const path = pathAt(target, request.url ?? "/");
  hidden.learn(request.rawHeaders, path);
  let first: { url?: string } = { url: hidden.redact(`${target.protocol}//${target.host}${path}`) };
  const isWebSocket = request.headers.upgrade?.toLowerCase() === "websocket";
  const note = (event: NotedEvent) => {
    const stamped = { at: clock(), ...event } as WireEvent;
    if (isWebSocket && !isOver()) record({ connection, ...first, event: hidden.hide(stamped) });
    first = {};
  };
  return { hidden, note };
}

/** Passes on a request that asks for no WebSocket. */
function passOn(options: ProxyOptions, request: IncomingMessage, response: ServerResponse): void {
  const outgoing = askTarget(options, request);
  outgoing.on("response", (answer) =>
    guarded(response, () => {
      answer.on("error", () => response.destroy());
      response.writeHead(answer.statusCode ?? 502, answer.statusMessage, endToEnd(answer).flat());
      answer.pipe(response);
    }),
  );
  let isLeft = false;
  outgoing.on("error", ({ code, message }: NodeJS.ErrnoException) => {
    if (isLeft) return;
    options.unreachable(code ?? message);
    if (!response.headersSent) response.writeHead(502);
    response.end();
  });
  response.on("close", () => {
    isLeft = true;
    outgoing.destroy();
  });
  request.pipe(outgoing);
}
