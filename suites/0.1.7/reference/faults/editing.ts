import { Duplex, Transform } from "node:stream";
import { decode, encode, type Frame, sizeOf } from "../../../../harness/frame.ts";
import type { ReferenceFault } from "./fault.ts";

/** Tells if a frame is a control frame. */
export const isControl = ({ opcode }: Frame) => opcode >= 8;

/** A change that edits each frame of a client before the WebSocket library reads it; `undefined` leaves it out. */
export const editing = (
  make: () => (frame: ReturnType<typeof framesIn>[number]) => Frame | undefined,
): ReferenceFault["change"] =>
  rewriting(() => {
    const edit = make();
    let [segments, size, needed]: [Buffer[], number, number] = [[], 0, 0];
    return (bytes) => {
      segments.push(bytes);
      size += bytes.length;
      if (size < needed) return Buffer.alloc(0);
      const all = Buffer.concat(segments);
      const frames = framesIn(all);
      const rest = all.subarray(frames.reduce((sum, frame) => sum + frame.size, 0));
      [segments, size, needed] = [[rest], rest.length, sizeOf(rest) ?? 0];
      return Buffer.concat(frames.map(edit).map((frame) => (frame ? encode(frame) : Buffer.alloc(0))));
    };
  });

/** A change that rewrites the bytes of a client, one TCP segment after another. */
export function rewriting(make: () => (bytes: Buffer) => Buffer): ReferenceFault["change"] {
  return () => ({
    upgrade(_, tcp) {
      const rewrite = make();
      const edited = new Transform({ transform: (bytes, _encoding, done) => done(null, rewrite(bytes)) });
      return Duplex.from({ readable: tcp.pipe(edited), writable: tcp });
    },
  });
}

/** The whole frames in some bytes, and how many bytes each takes. */
export function framesIn(bytes: Buffer) {
  const frames: (Required<Frame> & { payload: Buffer; size: number })[] = [];
  for (let at = 0, next = decode(bytes); next; next = decode(bytes.subarray(at))) {
    frames.push({ ...next.frame, size: next.size });
    at += next.size;
  }
  return frames;
}
