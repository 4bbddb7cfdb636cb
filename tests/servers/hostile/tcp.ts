import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { parityBetween } from "../../../suites/0.1.7/reference/behaviour.ts";
import { nameOf } from "../lobby.ts";
import { CLOSE, closing, frame, PONG, TEXT } from "./bytes.ts";

/** A server that means harm, or is broken as badly, and the right ends of a run against it. */
export interface Hostile {
  start(): Promise<{ url: string; close(): Promise<void> }>;
  /** The exit codes that are right. */
  readonly exit: readonly number[];
}

/** One client, once its request has been read. */
interface Call {
  readonly socket: Socket;
  /** The number of clients that connected before it. */
  readonly n: number;
  /** It offers to compress messages. */
  readonly deflate: boolean;
  /** The answer that its handshake is owed, up to the empty line. */
  readonly head: string;
  /** The greeting that it is owed. */
  readonly greeting: { readonly data: object };
}

/** The acts of a server. The normal ones are those that the protocol asks for. */
export interface Manners {
  connect(socket: Socket, n: number): void;
  upgrade(call: Call): void;
  open(call: Call): void;
  message(call: Call, text: string): void;
  /** Called for the client's close frame. */
  close(call: Call, payload: Buffer): void;
  /** Ends all connections and accepts no more. */
  stop(): void;
}

interface TcpOptions {
  readonly scheme?: "ws" | "wss";
  readonly tls?: boolean;
  /** The server keeps its side of a connection open when the client has closed its own. */
  readonly halfOpen?: boolean;
}

/** The command of a goodbye. */
export const DISCONNECTED = { command: "system/disconnected/response" };

/** Starts a server on bare TCP (or TLS) whose manners are normal but for these. */
export function tcp(
  exit: number | readonly number[],
  change: (normal: Manners) => Partial<Manners> = () => ({}),
  { scheme = "ws", tls = false, halfOpen = false }: TcpOptions = {},
): Hostile {
  const start = async () => {
    const sockets = new Set<Socket>();
    let connected = 0;
    const accept = (socket: Socket) => {
      socket.on("error", () => {});
      socket.on("close", () => sockets.delete(socket));
      sockets.add(socket);
      manners.connect(socket, connected++);
    };
    const options = { allowHalfOpen: halfOpen, noDelay: true };
    const server = tls ? createTlsServer({ ...options, ...identity() }, accept) : createServer(options, accept);
    const stop = () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    };
    const normal = { ...politeness(() => manners), stop };
    const manners: Manners = { ...normal, ...change(normal) };
    server.on("tlsClientError", (_, socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const closed = new Promise<void>((resolve) => server.once("close", resolve));
    const close = () => {
      stop();
      return closed;
    };
    return { url: `${scheme}://127.0.0.1:${port}`, close };
  };
  return { start, exit: [exit].flat() };
}

const identity = () => ({
  key: readFileSync("tests/fixtures/localhost.key"),
  cert: readFileSync("tests/fixtures/localhost.crt"),
});

/** Makes the manners that the protocol asks for. Each step goes on with `manners`, those of the server as it is. */
function politeness(manners: () => Manners): Omit<Manners, "stop"> {
  return {
    connect(socket, n) {
      let request = "";
      socket.on("data", function read(bytes) {
        request += bytes.toString("latin1");
        if (!request.includes("\r\n\r\n")) return;
        socket.off("data", read);
        if (asksForWebSocket(request)) manners().upgrade(callOf(socket, n, request));
        else socket.end("HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n");
      });
    },
    upgrade(call) {
      const { socket } = call;
      socket.write(`${call.head}\r\n`, "latin1");
      socket.on("data", frames(call, manners()));
      manners().open(call);
    },
    open: ({ socket, greeting }) => void socket.write(frame(TEXT, JSON.stringify(greeting))),
    message({ socket }, text) {
      socket.write(frame(TEXT, JSON.stringify(verdict(text))));
      socket.end(frame(CLOSE, closing(1000)));
    },
    close: ({ socket }, payload) => void socket.end(frame(CLOSE, payload)),
  };
}

const asksForWebSocket = (request: string) =>
  /^GET .* HTTP\/1\.1\r\n/.test(request) &&
  [/^upgrade: *websocket/im, /^sec-websocket-key: *\S/im, /^sec-websocket-version: *13\s/im].every((it) =>
    it.test(request),
  );

/** Returns the answer to a message. */
export function verdict(text: string): object {
  const asked = nameOf(text) === "system/disconnect/request";
  return { ...DISCONNECTED, ...(asked ? { status: "success" } : { status: "failed", reason: "invalid_command" }) };
}

function callOf(socket: Socket, n: number, request: string): Call {
  const [key = ""] = /(?<=^sec-websocket-key: *)\S+/im.exec(request) ?? [];
  const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
  const version = new URLSearchParams(request.split(" ")[1]?.split("?").slice(1).join("?")).get("tachyonVersion");
  const data = { tachyonVersion: "0.1.7", versionParity: parityBetween("0.1.7", version) };
  return {
    socket,
    n,
    deflate: /^sec-websocket-extensions:.*permessage-deflate/im.test(request),
    head: `HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n`,
    greeting: { ...{ command: "system/version/response", status: "success" }, data },
  };
}

/** Hands on the first message of a client, and its close frame. */
function frames(call: Call, manners: Manners): (bytes: Buffer) => void {
  let buffer = Buffer.alloc(0);
  let text = "";
  let over = false;
  return (bytes) => {
    buffer = Buffer.concat([buffer, bytes]);
    for (let next = decode(buffer); next && !over; next = decode(buffer)) {
      const { first, payload, size } = next;
      const opcode = first & 0x0f;
      buffer = buffer.subarray(size);
      if (opcode === 9) call.socket.write(frame(PONG, payload));
      if (opcode < 3) text += opcode === 2 ? "binary" : payload;
      over = opcode === 8 || (opcode < 3 && first > 0x7f);
      if (over && opcode === 8) manners.close(call, payload);
      else if (over) manners.message(call, text);
    }
  };
}

/** Returns the first frame of a client in a buffer, unmasked, or nothing if it is not complete. Drops the payload of one without a mask. */
function decode(buffer: Buffer): { first: number; payload: Buffer; size: number } | undefined {
  const [first = 0, second = 0x80] = buffer;
  if (second < 0x80) return { first: CLOSE, payload: Buffer.alloc(0), size: buffer.length };
  const extended = { 254: 2, 255: 8 }[second] ?? 0;
  const start = 6 + extended;
  if (buffer.length < start) return undefined;
  const length = extended === 0 ? second & 0x7f : Number(`0x${buffer.toString("hex", 2, 2 + extended)}`);
  if (buffer.length < start + length) return undefined;
  const mask = buffer.subarray(start - 4, start);
  const payload = buffer.subarray(start, start + length).map((byte, i) => byte ^ (mask[i % 4] ?? 0));
  return { first, payload: Buffer.from(payload), size: start + length };
}
