import { constants, deflateRawSync } from "node:zlib";
import { BEGIN, COMPRESSED, CONTINUE, forever, frame, header, PING, PONG, pour, TEXT } from "./bytes.ts";
import { EITHER, flood, greeting, UNKNOWN, volley } from "./makers.ts";
import { type Hostile, tcp } from "./tcp.ts";

const FOREIGN = { command: "lobby/x/response", status: "success" };

/** A message that inflates to 400 MB, a thousand times its size: the same block 400 times, which refers to none before it. */
const BLOCK = deflateRawSync(Buffer.alloc(1 << 20, " "), { finishFlush: constants.Z_FULL_FLUSH });
const BOMB = frame(COMPRESSED, Buffer.concat(Array<Buffer>(400).fill(BLOCK)).subarray(0, -4));

/** Servers that send without end, or too much. */
export const endless: Readonly<Record<string, Hostile>> = {
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
};
