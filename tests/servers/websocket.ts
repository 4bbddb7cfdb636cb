import { createHash } from "node:crypto";
import type { AddressInfo } from "node:net";
import { createServer, type Socket } from "node:net";
import { closing, frame } from "./frames.ts";

/** One client of the small WebSocket server below the tests' own Tachyon servers. */
export interface Peer {
  /** The query of the URL, without the question mark, as it came. */
  readonly query: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly socket: Socket;
  /** Sends a text (or with opcode 2 a binary) message, perhaps in fragments. */
  send(payload: string, fragments?: number, opcode?: number): void;
  /** Sends a close frame and ends the TCP connection. */
  close(code?: number, reason?: string): void;
}

/** The handlers of a server for its clients. */
export interface Handlers {
  /** An HTTP status to refuse the upgrade with. */
  refuse?(query: string, headers: ReadonlyMap<string, string>): number | undefined;
  open(peer: Peer): void;
  message(peer: Peer, text: string, binary: boolean): void;
  closed?(peer: Peer): void;
}

/** Starts a WebSocket server on bare TCP. It shares neither code nor libraries with the reference server. */
export async function webSocketServer(
  handlers: Handlers,
  listenAt = 0,
): Promise<{ url: string; port: number; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    accept(socket, handlers);
  });
  await new Promise<void>((resolve) => server.listen(listenAt, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `ws://127.0.0.1:${port}`,
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function accept(socket: Socket, handlers: Handlers): void {
  let buffer = Buffer.alloc(0);
  let receive: ((bytes: Buffer) => void) | undefined;
  socket.on("data", (chunk) => {
    if (receive) return receive(chunk);
    buffer = Buffer.concat([buffer, chunk]);
    const end = buffer.indexOf("\r\n\r\n");
    if (end < 0) return;
    const [request = "", ...lines] = buffer.toString("latin1", 0, end).split("\r\n");
    const headers = new Map(
      lines.map((line) => [line.split(":", 1)[0]?.toLowerCase() ?? "", line.slice(line.indexOf(":") + 1).trim()]),
    );
    const query = request.split(" ")[1]?.split("?").slice(1).join("?") ?? "";
    const key = headers.get("sec-websocket-key");
    const status = key === undefined ? 426 : handlers.refuse?.(query, headers);
    if (status !== undefined)
      return void socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
    const digest = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
    socket.write(
      `HTTP/1.1 101 Ok\r\nUpgrade: WebSocket\r\nConnection: upgrade\r\nSec-WebSocket-Accept: ${digest}\r\n\r\n`,
    );
    const peer = peerOf(socket, query, headers);
    receive = frames(peer, handlers);
    socket.on("close", () => handlers.closed?.(peer));
    handlers.open(peer);
    receive(buffer.subarray(end + 4));
  });
}

function peerOf(socket: Socket, query: string, headers: ReadonlyMap<string, string>): Peer {
  return {
    query,
    headers,
    socket,
    send(payload, fragments = 1, opcode = 1) {
      const bytes = Buffer.from(payload);
      const size = Math.ceil(bytes.length / fragments) || 1;
      for (let i = 0; i < fragments; i++) {
        const part = bytes.subarray(i * size, (i + 1) * size);
        socket.write(frame(i === 0 ? opcode : 0, part, i === fragments - 1));
      }
    },
    close(code, reason) {
      socket.end(frame(8, closing(code, reason)));
    },
  };
}

function frames(peer: Peer, handlers: Handlers): (bytes: Buffer) => void {
  let buffer = Buffer.alloc(0);
  let message: Buffer[] = [];
  let opcode = 0;
  return (bytes) => {
    buffer = Buffer.concat([buffer, bytes]);
    for (;;) {
      const next = decode(buffer);
      if (!next) return;
      buffer = buffer.subarray(next.size);
      if (next.opcode === 8) return void peer.socket.end(frame(8, next.payload));
      if (next.opcode === 9) peer.socket.write(frame(10, next.payload));
      if (next.opcode > 7) continue;
      if (next.opcode !== 0) opcode = next.opcode;
      message.push(next.payload);
      if (!next.final) continue;
      const whole = Buffer.concat(message);
      message = [];
      handlers.message(peer, whole.toString(), opcode === 2);
    }
  };
}

/** Returns the first frame in a buffer, unmasked, or nothing if it is not complete. */
function decode(buffer: Buffer): { opcode: number; final: boolean; payload: Buffer; size: number } | undefined {
  if (buffer.length < 2) return undefined;
  const [first, second] = [buffer.readUInt8(0), buffer.readUInt8(1) & 0x7f];
  const extended = second === 126 ? 2 : second === 127 ? 8 : 0;
  const start = 2 + extended + 4;
  if (buffer.length < start) return undefined;
  const length = second === 126 ? buffer.readUInt16BE(2) : second === 127 ? Number(buffer.readBigUInt64BE(2)) : second;
  if (buffer.length < start + length) return undefined;
  const mask = buffer.subarray(start - 4, start);
  const payload = Buffer.from(buffer.subarray(start, start + length).map((byte, i) => byte ^ (mask[i % 4] as number)));
  return { opcode: first & 0x0f, final: (first & 0x80) !== 0, payload, size: start + length };
}
