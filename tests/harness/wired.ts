import { Socket } from "node:net";
import { afterEach, jest } from "@jest/globals";
import { type ConnectionOptions, connect } from "../../harness/connect.ts";
import type { Connection } from "../../harness/connection.ts";
import { decode, type ReadFrame } from "../../harness/frame.ts";
import { share } from "../../harness/shared.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import { webSocketServer } from "../servers/websocket.ts";

/** The things to close after the current test, the last first. To import this is enough. */
export const closing: (() => unknown)[] = [];
afterEach(async () => {
  jest.restoreAllMocks();
  for (const close of closing.splice(0).toReversed()) await close();
});

/** Opens a WebSocket to a url, as a case does. */
export function connecting(url: string, handshake?: ConnectionOptions["handshake"]): Promise<Connection> {
  const shared = share(2_000);
  closing.push(() => shared.sockets.forEach((destroy) => void destroy()));
  return connect(new URL(url), { headers: {}, handshake, idle() {}, protocol }, shared);
}

/** Connects to a server that only keeps what it gets after the handshake. */
export async function wired(act: (socket: Socket, bytes: Buffer) => void = () => {}) {
  let got = Buffer.alloc(0);
  let socket: Socket | undefined;
  let news = () => {};
  const errors: (string | undefined)[] = [];
  const server = await webSocketServer({
    open(peer) {
      if (socket) return; // Another client, that only passes by.
      socket = peer.socket;
      socket.removeAllListeners("data").on("data", (bytes: Buffer) => {
        got = Buffer.concat([got, bytes]);
        act(peer.socket, bytes);
        news();
      });
      socket.on("error", ({ code }: NodeJS.ErrnoException) => errors.push(code));
      socket.on("close", () => news());
    },
    message() {},
  });
  closing.push(server.close);
  const connection = await connecting(server.url);
  const until = async (done: () => boolean) => {
    while (!done()) {
      await new Promise<void>((resolve) => {
        news = resolve;
      });
    }
  };
  return {
    connection,
    url: server.url,
    socket: socket as Socket,
    errors,
    /** Resolves to all that came once it is this many frames. */
    async frames(count: number): Promise<ReadFrame[]> {
      await until(() => framesIn(got).length >= count);
      return framesIn(got);
    },
    /** Resolves to all that came by the end of the connection. */
    async all(): Promise<Buffer> {
      await until(() => socket?.destroyed === true);
      return got;
    },
  };
}

/** Returns the whole frames in some bytes. */
export function framesIn(bytes: Buffer): ReadFrame[] {
  const next = decode(bytes);
  return next ? [next.frame, ...framesIn(bytes.subarray(next.size))] : [];
}
/** Notes each write to a socket, with how much waits before it, and the turns of the event loop between. */
export function spied(): (string | number)[] {
  const log: (string | number)[] = [];
  const write = Socket.prototype.write;
  jest.spyOn(Socket.prototype, "write").mockImplementation(function (this: Socket, ...args: unknown[]) {
    log.push(Buffer.from(args[0] as string).toString("latin1"), this.writableLength + this.writableCorked);
    return Reflect.apply(write, this, args);
  } as Socket["write"]);
  const turn = () => {
    if (log.at(-1) !== "turn") log.push("turn");
    if (jest.isMockFunction(Socket.prototype.write)) setImmediate(turn);
  };
  turn();
  return log;
}
