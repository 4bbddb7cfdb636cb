import type { Readable } from "node:stream";
import { decode, encode, OPCODE, type ReadFrame } from "./frame.ts";

/** The last bytes of a connection that are kept. */
const LAST = 2 << 10;

/** The code of a WebSocket for a close frame that holds none. */
const NO_CODE = 1005;

/**
 * Keeps the last bytes that come on a TCP connection. Returns a function that finds the first frame of a message there behind a close frame:
 * none may come (RFC 6455, 5.5.1), and a WebSocket does not read on.
 */
export function behindClose(tcp: Readable): (code: number, reason: Buffer) => ReadFrame | undefined {
  let last: Buffer = Buffer.alloc(0);
  tcp.on("data", (bytes: Buffer) => {
    last = Buffer.from(Buffer.concat([last, bytes.subarray(-LAST)]).subarray(-LAST));
  });
  return (code, reason) => {
    const said = code === NO_CODE ? [] : [Uint8Array.of(code >> 8, code & 0xff), reason];
    const frame = encode({ opcode: OPCODE.close, payload: Buffer.concat(said), masked: false });
    const at = last.lastIndexOf(frame);
    let rest = at < 0 ? Buffer.alloc(0) : last.subarray(at + frame.length);
    for (let next = decode(rest); next; next = decode(rest)) {
      if (next.frame.opcode <= OPCODE.binary) return next.frame;
      rest = rest.subarray(next.size);
    }
    return undefined;
  };
}

/** The failure of a server that sends a message behind its close frame. */
export const BEHIND_CLOSE = "BEHIND_CLOSE";
