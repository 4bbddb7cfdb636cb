import { Duplex, Transform } from "node:stream";
import { decode, encode, type Frame, sizeOf } from "../../harness/frame.ts";

/** A whole frame, and how many bytes it takes. */
export type WholeFrame = Required<Frame> & { payload: Buffer; size: number };

/** Tells if a frame is a control frame. */
export const isControl = ({ opcode }: Frame) => opcode >= 8;

/** Edits each frame before anybody reads it; `undefined` leaves it out. */
export const edited = (tcp: Duplex, edit: (frame: WholeFrame) => Frame | undefined): Duplex => {
  let [segments, size, needed]: [Buffer[], number, number] = [[], 0, 0];
  return rewritten(tcp, (bytes) => {
    segments.push(bytes);
    size += bytes.length;
    if (size < needed) return Buffer.alloc(0);
    const all = Buffer.concat(segments);
    const frames = framesIn(all);
    const rest = all.subarray(frames.reduce((sum, frame) => sum + frame.size, 0));
    [segments, size, needed] = [[rest], rest.length, sizeOf(rest) ?? 0];
    return Buffer.concat(frames.map(edit).map((frame) => (frame ? encode(frame) : Buffer.alloc(0))));
  });
};

/** Rewrites the bytes that come, one TCP segment after another. */
export function rewritten(tcp: Duplex, rewrite: (bytes: Buffer) => Buffer): Duplex {
  const transform = new Transform({ transform: (bytes, _encoding, done) => done(null, rewrite(bytes)) });
  return Duplex.from({ readable: tcp.pipe(transform), writable: tcp });
}

/** The whole frames in some bytes. */
export function framesIn(bytes: Buffer): WholeFrame[] {
  const frames: WholeFrame[] = [];
  for (let at = 0, next = decode(bytes); next; next = decode(bytes.subarray(at))) {
    frames.push({ ...next.frame, size: next.size });
    at += next.size;
  }
  return frames;
}
