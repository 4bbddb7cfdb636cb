import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { Readable } from "node:stream";
import { createServer as createTlsServer } from "node:tls";
import { constants, deflateRawSync } from "node:zlib";
import { parityBetween } from "../../suites/0.1.7/reference/behaviour.ts";
import { nameOf } from "./lobby.ts";

/** A server that means harm, or is broken as badly, and the right ends of a run against it. */
export interface Hostile {
  start(): Promise<{ url: string; close(): Promise<void> }>;
  /** The exit codes that are right. */
  readonly exit: readonly number[];
  /** Options of the run. */
  readonly args: readonly string[];
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
interface Manners {
  connect(socket: Socket, n: number): void;
  upgrade(call: Call): void;
  open(call: Call): void;
  message(call: Call, text: string): void;
  /** Called for the client's close frame. */
  close(call: Call, payload: Buffer): void;
  /** Ends all connections and accepts no more. */
  stop(): void;
}

interface Options {
  readonly scheme?: "ws" | "wss";
  readonly tls?: boolean;
  /** The server keeps its side of a connection open when the client has closed its own. */
  readonly halfOpen?: boolean;
  readonly args?: readonly string[];
}

/** The exit codes if the server conforms, but may send more than the suite reads. The run is incomplete then. */
const EITHER = [0, 1];

/** The first byte of a frame: FIN, and the opcode. */
const [TEXT, CLOSE, PING, PONG] = [0x81, 0x88, 0x89, 0x8a];
const [BEGIN, CONTINUE, COMPRESSED] = [0x01, 0x00, 0xc1];

/** Text that upsets a terminal, an XML parser or a JSON reader, and its part that can stand in an HTTP head. */
const EVIL =
  "\0\x01\x1b[31mRED\x1b[0m\x1b]0;title\x07\r\n\t\b ]]> ]]&gt; <script>&amp;&#0; <!-- --> \u202e\u2066\u200b\ufeff \x9b31m\x7f\x85 \ufffe\uffff\u{1fffe} \u2028\u2029";
const LONE = "\ud800 \udfff \udc00\ud800";
const HEAD = EVIL.replace(/[^\t\x20-\x7e\x80-\xff]/g, "");

const DISCONNECTED = { command: "system/disconnected/response" };
const FOREIGN = { command: "lobby/x/response", status: "success" };
const UNKNOWN = '"command":"system/x/response","status":"success"';

/** Payloads that no server may send in a close frame: wrong codes, a single byte, a reason that is no UTF-8. */
const CLOSES = [
  ...[0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65535].map((code) => closing(code)),
  Buffer.from([3]),
  closing(1000, Buffer.from([0xff, 0xfe])),
  closing(1000, Buffer.alloc(300, "x")),
];

/** Frames that RFC 6455 forbids a server. */
const FORBIDDEN = {
  masked: [Buffer.from([TEXT, 0x82, 1, 2, 3, 4, 0x7b ^ 1, 0x7d ^ 2])],
  "with a reserved bit": [0x40, 0x20, 0x10, 0x70].flatMap((bit) => [frame(TEXT | bit, "{}"), frame(PING | bit)]),
  "with a reserved opcode": [3, 4, 7, 0xb, 0xf].map((opcode) => frame(0x80 | opcode, "{}")),
  "of no message": [frame(0x80, "{}"), frame(CONTINUE, "{}"), Buffer.concat([frame(BEGIN, "{"), frame(TEXT, "{}")])],
  "of control messages in fragments or too long": [frame(0x09, "x"), frame(0x08), frame(PING, "x".repeat(126))],
  "with text that is no UTF-8": [
    [0xff, 0xfe, 0x80],
    [0xed, 0xa0, 0x80],
    [0xc0, 0x80],
    [0xf4, 0x90, 0x80, 0x80],
  ].map((bytes) => frame(TEXT, Buffer.from(bytes))),
};

/** A message that inflates to 400 MB, a thousand times its size: the same block 400 times, which refers to none before it. */
const BLOCK = deflateRawSync(Buffer.alloc(1 << 20, " "), { finishFlush: constants.Z_FULL_FLUSH });
const BOMB = frame(COMPRESSED, Buffer.concat(Array<Buffer>(400).fill(BLOCK)).subarray(0, -4));

/** The hostile servers. The first one is not hostile. */
export const hostile: Readonly<Record<string, Hostile>> = {
  "nothing but what is right": tcp(0),

  // No end.
  "endless messages": flood(1, frame(TEXT, JSON.stringify(FOREIGN))),
  "endless pings": flood(EITHER, frame(PING, "x".repeat(125))),
  "endless empty fragments": tcp(1, ({ open }) => ({
    open(call) {
      open(call);
      pour(call.socket, forever(frame(CONTINUE)), frame(BEGIN));
    },
  })),
  "endless fragments": tcp(1, ({ open }) => ({
    open(call) {
      open(call);
      pour(call.socket, forever(frame(CONTINUE, "x".repeat(1000))), frame(BEGIN, "{"));
    },
  })),
  "endless headers": tcp(3, () => ({
    upgrade: ({ socket, head }) => pour(socket, forever(Buffer.from(`X-A: ${"y".repeat(900)}\r\n`)), head),
  })),
  "endless headers after the first 20 clients": tcp(1, ({ upgrade }) => ({
    upgrade: (call) => (call.n < 20 ? upgrade(call) : pour(call.socket, forever(Buffer.from("X: y\r\n")), call.head)),
  })),
  "endless interim responses": tcp(3, () => ({
    upgrade: ({ socket }) => pour(socket, forever(Buffer.from("HTTP/1.1 102 Processing\r\n\r\n"))),
  })),
  "an endless body": tcp(3, () => ({
    upgrade: ({ socket }) => pour(socket, forever(Buffer.alloc(1000, "x")), "HTTP/1.1 200 OK\r\n\r\n"),
  })),
  "an endless body after the first 20 clients": tcp(1, ({ upgrade }) => ({
    upgrade: (call) =>
      call.n < 20 ? upgrade(call) : pour(call.socket, forever(Buffer.alloc(1000, "x")), "HTTP/1.1 503 No\r\n\r\n"),
  })),

  // Too much.
  "a message of 400 MB": tcp(1, ({ open }) => ({
    open(call) {
      open(call);
      pour(call.socket, Array<Buffer>(6400).fill(Buffer.alloc(65_536, " ")), header(TEXT, 6400n * 65_536n));
    },
  })),
  "a message of 2^63 - 1 bytes": tcp(1, ({ open }) => ({
    open(call) {
      open(call);
      pour(call.socket, forever(Buffer.alloc(1000, " ")), header(TEXT, 2n ** 63n - 1n));
    },
  })),
  "a message of 2^64 - 1 bytes": tcp(1, ({ open }) => ({
    open(call) {
      open(call);
      call.socket.write(header(TEXT, 2n ** 64n - 1n));
    },
  })),
  "a decompression bomb": tcp(1, ({ upgrade, open }) => ({
    upgrade(call) {
      const extension = call.deflate ? "Sec-WebSocket-Extensions: permessage-deflate\r\n" : "";
      upgrade({ ...call, head: call.head + extension });
    },
    open(call) {
      open(call);
      call.socket.write(BOMB);
    },
  })),
  "1900 tiny messages": volley(1, 1900, "{}"),
  "1900 tiny pongs": tcp(EITHER, ({ open }) => ({
    open(call) {
      open(call);
      pour(call.socket, Array<Buffer>(1900).fill(frame(PONG)));
    },
  })),
  "250 KB of escapes": volley(1, 1, `{${UNKNOWN},"x":"${"\\u0001".repeat(40_000)}💥"}`),
  "250 KB of escapes in the greeting": greeting(EITHER, { x: `${"\x01".repeat(40_000)}💥` }),
  "250 KB of line breaks that are no JSON": volley(1, 1, "\n".repeat(250_000)),
  "15,000 keys": greeting(EITHER, {
    extra: Object.fromEntries(Array.from({ length: 15_000 }, (_, i) => [`k${i}`, i])),
  }),
  "arrays, 50,000 deep": volley(1, 1, "[".repeat(50_000) + "]".repeat(50_000)),
  "objects, 10,000 deep, in a foreign message": volley(
    EITHER,
    1,
    `{"command":"lobby/x/response","a":${'{"a":'.repeat(10_000)}0${"}".repeat(10_000)}}`,
  ),
  "numbers out of all bounds": volley(1, 1, `{${UNKNOWN},"a":1e999,"b":-${"9".repeat(100_000)},"c":1e-999}`),
  "names that JavaScript knows": volley(
    1,
    1,
    '{"__proto__":{"command":"x"},"constructor":{"prototype":{}},"toString":1,"command":{"toString":0}}',
  ),

  // Resets, at every stage.
  "a reset upon the TCP connection": tcp(3, () => ({ connect: (socket) => socket.resetAndDestroy() })),
  "a reset upon the request": tcp(3, () => ({ upgrade: ({ socket }) => socket.resetAndDestroy() })),
  "a reset half way through the handshake": tcp(3, () => ({
    upgrade: ({ socket, head }) => reset(socket, head.slice(0, head.length / 2)),
  })),
  "a reset after the handshake": tcp(1, () => ({ open: ({ socket }) => socket.resetAndDestroy() })),
  "a reset half way through the greeting": tcp(1, () => ({
    open: ({ socket, greeting }) => reset(socket, frame(TEXT, JSON.stringify(greeting)).subarray(0, 50)),
  })),
  "a reset after the greeting": tcp(1, () => ({
    open: ({ socket, greeting }) => reset(socket, frame(TEXT, JSON.stringify(greeting))),
  })),
  "a reset upon the first message": tcp(1, () => ({ message: ({ socket }) => socket.resetAndDestroy() })),
  "a reset instead of the close frame": tcp(1, () => ({
    message: ({ socket }) => reset(socket, frame(TEXT, JSON.stringify({ ...DISCONNECTED, status: "success" }))),
  })),

  // Broken handshakes.
  "a wrong Sec-WebSocket-Accept": tcp(1, ({ upgrade }) => ({
    upgrade: (call) => upgrade({ ...call, head: call.head.replace(/Accept: .*/, "Accept: AAAA") }),
  })),
  "every second Sec-WebSocket-Accept wrong": tcp(1, ({ upgrade }) => ({
    upgrade: (call) => upgrade(call.n % 2 ? { ...call, head: call.head.replace(/Accept: .*/, "Accept: AAAA") } : call),
  })),
  "an extension that nobody offered": tcp(1, ({ upgrade }) => ({
    upgrade: (call) => upgrade({ ...call, head: `${call.head}Sec-WebSocket-Extensions: ${HEAD.trim()}\r\n` }),
  })),
  "TLS at a ws: url": tcp(3, undefined, { tls: true }),
  "a redirect": refusal(3, `HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:1/"><x>${HEAD.trim()}\r\n`),

  // Broken frames.
  garbage: broken(1, [Buffer.alloc(1000, 0xff), Buffer.alloc(1000), Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n")]),
  ...Object.fromEntries(Object.entries(FORBIDDEN).map(([name, frames]) => [`frames ${name}`, broken(1, frames)])),
  "close frames that are none": tcp(1, () => ({
    message: ({ socket, n }) => socket.end(frame(CLOSE, CLOSES[n % CLOSES.length])),
  })),

  // Characters.
  "a command of evil characters": volley(1, 1, JSON.stringify({ command: `system/${EVIL}/response`, reason: LONE })),
  "a foreign command of evil characters": volley(
    0,
    1,
    JSON.stringify({ command: `${EVIL.replaceAll("/", "")}/x/response` }),
  ),
  "properties of evil characters": greeting(0, { [EVIL]: EVIL }, { [LONE]: LONE, [EVIL]: EVIL }),
  "versions of evil characters": greeting(1, { tachyonVersion: EVIL, versionParity: LONE }),
  "statuses of evil characters": answer(1, { status: EVIL, reason: LONE }),
  "reasons of evil characters": answer(1, { status: "failed", reason: EVIL + LONE }),
  "evil characters that are no JSON": volley(1, 1, EVIL),
  "a JSON text of evil characters": volley(1, 1, JSON.stringify(EVIL + LONE)),
  "bytes of evil characters": tcp(1, ({ open }) => ({
    open(call) {
      open(call);
      call.socket.write(frame(0x82, EVIL));
    },
  })),
  "a close reason of evil characters": tcp(1, () => ({
    message: ({ socket }) => socket.end(frame(CLOSE, closing(1011, Buffer.from(EVIL).subarray(0, 120)))),
  })),
  "an HTTP status of control characters": refusal(3, `HTTP/1.1 401 ${EVIL.replace(/[\r\n]/g, "")}\r\n`),
  "an HTTP status of evil characters": refusal(3, `HTTP/1.1 401 ${HEAD}\r\n`),
  "a header of control characters": refusal(
    3,
    `HTTP/1.1 401 No\r\nWWW-Authenticate: ${EVIL.replace(/[\r\n]/g, "")}\r\n`,
  ),
  "a handshake of evil characters": tcp(0, ({ upgrade }) => ({
    upgrade: (call) => upgrade({ ...call, head: `${call.head.replace("Yes", HEAD)}X-Evil: ${HEAD}\r\n` }),
  })),
  "a handshake of evil characters, and no more": tcp(1, ({ upgrade }) => ({
    upgrade: (call) => upgrade({ ...call, head: `${call.head.replace("Yes", HEAD)}X-Evil: ${HEAD}\r\n` }),
    open: ({ socket }) => void socket.end(),
  })),

  // Endings.
  "half of TCP closed after the greeting": tcp(1, ({ open }) => ({
    open(call) {
      open(call);
      call.socket.end();
    },
    message() {},
  })),
};

/** Hostile servers that make the suite wait, so that runs against several fit side by side. */
export const waiting: Readonly<Record<string, Hostile>> = {
  "silence after the handshake": tcp(1, () => ({ open() {}, message() {}, close() {} })),
  "frames of one byte a second": tcp(1, () => ({
    open: ({ socket, greeting }) => drip(socket, frame(TEXT, JSON.stringify(greeting))),
    message() {},
  })),
  "no client is heard after the first 20": tcp(1, ({ open, message, close }) => ({
    open: (call) => call.n < 20 && open(call),
    message: (call, text) => call.n < 20 && message(call, text),
    close: (call, payload) => call.n < 20 && close(call, payload),
  })),
  "nothing is read after the greeting": tcp(1, ({ open }) => ({
    open(call) {
      open(call);
      call.socket.pause();
    },
  })),
  "no TCP connection is heard after the first 20": tcp(1, ({ connect }) => ({
    connect: (socket, n) => (n < 20 ? connect(socket, n) : ignore(socket)),
  })),
  "TCP stays open after the close frames": tcp(
    1,
    () => ({
      message({ socket }, text) {
        socket.write(frame(TEXT, JSON.stringify(verdict(text))));
        socket.write(frame(CLOSE, closing(1000)));
      },
      close: ({ socket }, payload) => void socket.write(frame(CLOSE, payload)),
    }),
    { halfOpen: true },
  ),
  "silence upon the TCP connection": tcp(3, () => ({ connect: ignore })),
  "a handshake of one byte a second": tcp(3, () => ({ upgrade: ({ socket, head }) => drip(socket, `${head}\r\n`) })),
  "no TLS at a wss: url": tcp(3, undefined, { scheme: "wss" }),
  "silence at a wss: url": tcp(3, () => ({ connect: ignore }), { scheme: "wss" }),
  "the server dies half way": tcp(1, ({ connect, stop }) => ({
    connect: (socket, n) => (n < 120 ? connect(socket, n) : stop()),
  })),
};

/** Makes a server that greets, and then sends a frame without end between its answers. */
function flood(exit: number | readonly number[], one: Buffer, options?: Options): Hostile {
  const more = ({ open }: Manners): Partial<Manners> => ({
    open(call) {
      open(call);
      pour(call.socket, forever(one));
    },
  });
  return tcp(exit, more, options);
}

/** Makes a server that greets, and sends many texts right behind. */
function volley(exit: number | readonly number[], times: number, text: string): Hostile {
  const one = frame(TEXT, text);
  return tcp(exit, ({ open }) => ({
    open(call) {
      open(call);
      pour(call.socket, Array<Buffer>(times).fill(one));
    },
  }));
}

/** Makes a server whose greeting holds this as well, in its data and beside. */
function greeting(exit: number | readonly number[], data: object, beside: object = {}): Hostile {
  return tcp(exit, ({ open }) => ({
    open: (call) =>
      open({ ...call, greeting: { ...call.greeting, ...beside, data: { ...call.greeting.data, ...data } } }),
  }));
}

/** Makes a server that answers every message with this. */
function answer(exit: number | readonly number[], more: object): Hostile {
  return tcp(exit, () => ({
    message({ socket }) {
      socket.write(frame(TEXT, JSON.stringify({ ...DISCONNECTED, ...more })));
      socket.end(frame(CLOSE, closing(1000)));
    },
  }));
}

/** Makes a server that answers every handshake with this. */
function refusal(exit: number | readonly number[], head: string): Hostile {
  return tcp(exit, () => ({ upgrade: ({ socket }) => void socket.end(`${head}Content-Length: 0\r\n\r\n`, "latin1") }));
}

/** Makes a server that greets, and sends each client one of these right behind. */
function broken(exit: number | readonly number[], frames: readonly Buffer[]): Hostile {
  return tcp(exit, ({ open }) => ({
    open(call) {
      open(call);
      call.socket.write(frames[call.n % frames.length] ?? "");
    },
  }));
}

/** Starts a server on bare TCP (or TLS) whose manners are normal but for these. */
function tcp(
  exit: number | readonly number[],
  change: (normal: Manners) => Partial<Manners> = () => ({}),
  { scheme = "ws", tls = false, halfOpen = false, args = [] }: Options = {},
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
  return { start, exit: [exit].flat(), args };
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
function verdict(text: string): object {
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

function frame(first: number, payload: string | Buffer = ""): Buffer {
  return Buffer.concat([header(first, BigInt(Buffer.byteLength(payload))), Buffer.from(payload)]);
}

/** Returns the header of a frame of this size, in bytes. They need not follow. */
function header(first: number, length: bigint): Buffer {
  if (length < 126n) return Buffer.from([first, Number(length)]);
  const short = length < 65_536n;
  return Buffer.from(
    `${first.toString(16)}${short ? "7e" : "7f"}${length.toString(16).padStart(short ? 4 : 16, "0")}`,
    "hex",
  );
}

/** Returns the payload of a close frame. */
function closing(code: number, reason = Buffer.alloc(0)): Buffer {
  return Buffer.concat([Buffer.from([code >> 8, code & 0xff]), reason]);
}

/** Repeats a text without end, in large pieces, so that the client has the work. */
function* forever(one: Buffer): Generator<Buffer> {
  const piece = Buffer.concat(Array<Buffer>(Math.ceil(8_000 / one.length)).fill(one));
  for (;;) yield piece;
}

/** Writes pieces as fast as the client reads them, so that they fill no memory here. */
function pour(socket: Socket, pieces: Iterable<Buffer>, before?: string | Buffer): void {
  if (before !== undefined) socket.write(before);
  Readable.from(pieces).pipe(socket, { end: false });
}

/** Writes a byte a second. */
function drip(socket: Socket, all: string | Buffer): void {
  const bytes = Buffer.from(all)[Symbol.iterator]();
  const timer = setInterval(() => {
    const { value, done } = bytes.next();
    if (!done) socket.write(Buffer.from([value]));
  }, 1_000);
  socket.once("close", () => clearInterval(timer));
}

/** Resets a TCP connection once this is written. */
function reset(socket: Socket, last: string | Buffer): void {
  socket.write(last, () => socket.resetAndDestroy());
}

function ignore(socket: Socket): void {
  socket.resume();
}
