import { CLOSE, closing, frame } from "./bytes.ts";
import { answer, greeting, refusal, volley } from "./makers.ts";
import { type Hostile, tcp } from "./tcp.ts";
import { EVIL, HEAD, LONE } from "./texts.ts";

/** Servers that send characters which upset whoever shows them, and end in an odd way. */
export const characters: Readonly<Record<string, Hostile>> = {
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
