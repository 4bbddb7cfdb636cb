import { BEGIN, CLOSE, CONTINUE, closing, frame, PING, reset, TEXT } from "./bytes.ts";
import { broken, refusal } from "./makers.ts";
import { DISCONNECTED, type Hostile, tcp } from "./tcp.ts";
import { HEAD } from "./texts.ts";

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

/** Servers that reset connections, and break handshakes and frames. */
export const breaking: Readonly<Record<string, Hostile>> = {
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
};
