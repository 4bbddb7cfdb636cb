import type { Socket } from "node:net";
import { Readable } from "node:stream";

/** The first byte of a frame: FIN, and the opcode. */
export const [TEXT, CLOSE, PING, PONG] = [0x81, 0x88, 0x89, 0x8a];
export const [BEGIN, CONTINUE, COMPRESSED] = [0x01, 0x00, 0xc1];

/** A frame as a server sends it. */
export function frame(first: number, payload: string | Buffer = ""): Buffer {
  return Buffer.concat([header(first, BigInt(Buffer.byteLength(payload))), Buffer.from(payload)]);
}

/** Returns the header of a frame of this size, in bytes. They need not follow. */
export function header(first: number, length: bigint): Buffer {
  if (length < 126n) return Buffer.from([first, Number(length)]);
  const short = length < 65_536n;
  return Buffer.from(
    `${first.toString(16)}${short ? "7e" : "7f"}${length.toString(16).padStart(short ? 4 : 16, "0")}`,
    "hex",
  );
}

/** Returns the payload of a close frame. */
export function closing(code: number, reason = Buffer.alloc(0)): Buffer {
  return Buffer.concat([Buffer.from([code >> 8, code & 0xff]), reason]);
}

/** Repeats a text without end, in large pieces, so that the client has the work. */
export function* forever(one: Buffer): Generator<Buffer> {
  const piece = Buffer.concat(Array<Buffer>(Math.ceil(8_000 / one.length)).fill(one));
  for (;;) yield piece;
}

/** Writes pieces as fast as the client reads them, so that they fill no memory here. */
export function pour(socket: Socket, pieces: Iterable<Buffer>, before?: string | Buffer): void {
  if (before !== undefined) socket.write(before);
  Readable.from(pieces).pipe(socket, { end: false });
}

/** Writes a byte a second. */
export function drip(socket: Socket, all: string | Buffer): void {
  const bytes = Buffer.from(all)[Symbol.iterator]();
  const timer = setInterval(() => {
    const { value, done } = bytes.next();
    if (!done) socket.write(Buffer.from([value]));
  }, 1_000);
  socket.once("close", () => clearInterval(timer));
}

/** Resets a TCP connection once this is written. */
export function reset(socket: Socket, last: string | Buffer): void {
  socket.write(last, () => socket.resetAndDestroy());
}

/** Reads nothing of what a client says. */
export function ignore(socket: Socket): void {
  socket.resume();
}
