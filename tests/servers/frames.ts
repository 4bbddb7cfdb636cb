import { isUtf8 } from "node:buffer";

/** A frame that a client sent, unmasked. */
export interface Frame {
  readonly opcode: number;
  readonly final: boolean;
  /** RSV1: the message is compressed. */
  readonly compressed: boolean;
  readonly payload: Buffer;
}

/** The close codes by which a server fails a connection (RFC 6455, 7.4.1). */
export type Failure = 1002 | 1007 | 1009;

/** The handlers for whole messages, control frames, or a reason to fail the connection. */
export interface Incoming {
  message(payload: Buffer, binary: boolean): void;
  ping(payload: Buffer): void;
  close(payload: Buffer): void;
  fail(code: Failure): void;
}

/** The fragments of a message that is not complete yet. */
interface Gathered {
  readonly binary: boolean;
  readonly compressed: boolean;
  readonly parts: Buffer[];
  size: number;
}

const [CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG] = [0, 1, 2, 8, 9, 10];
const OPCODES = [CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG];

/** Returns a frame as a server sends it. */
export function frame(opcode: number, payload: string | Buffer, final = true): Buffer {
  const bytes = Buffer.from(payload);
  const { length } = bytes;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head[0] = (final ? 0x80 : 0) | opcode;
  head[1] = length < 126 ? length : length < 65_536 ? 126 : 127;
  if (head.length === 4) head.writeUInt16BE(length, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, bytes]);
}

/** Returns the payload of a close frame. */
export function closing(code?: number, reason = ""): Buffer {
  if (code === undefined) return Buffer.alloc(0);
  return Buffer.concat([Buffer.of(code >> 8, code & 0xff), Buffer.from(reason)]);
}

/** The decisions of a reader of frames. */
interface ReaderOptions {
  /** The largest message, in bytes. */
  readonly limit: number;
  /** Takes compressed messages. */
  readonly inflate?: ((compressed: Buffer) => Buffer) | undefined;
  /** Fragments stay, and are taken for the beginning of the next message. */
  readonly stay?: boolean | undefined;
}

/** Reads frames of a client, as strictly as RFC 6455 asks. */
export function reader(incoming: Incoming, { limit, inflate, stay = false }: ReaderOptions): (bytes: Buffer) => void {
  let left: readonly Buffer[] = [];
  const chunks: Buffer[] = [];
  let [size, needed] = [0, 2];
  let message: Gathered | undefined;
  let failed = false;

  return (bytes) => {
    if (failed) return;
    chunks.push(bytes);
    size += bytes.length;
    if (size < needed) return; // Many small segments of a big frame cost no copy each.
    let buffer = Buffer.concat(chunks.splice(0));
    let next = decode(buffer, limit);
    while (typeof next === "object" && "payload" in next) {
      buffer = buffer.subarray(next.size);
      next = take(next) ?? decode(buffer, limit);
    }
    if (typeof next === "number") {
      failed = true;
      incoming.fail(next);
      return;
    }
    chunks.push(buffer);
    size = buffer.length;
    needed = next.needed;
  };

  /** Takes a frame in. Returns the code to fail with, if it is wrong. */
  function take(frame: Frame): Failure | undefined {
    const { opcode, payload } = frame;
    if (frame.compressed && (!inflate || ![TEXT, BINARY].includes(opcode))) return 1002;
    if (opcode < CLOSE) return gather(frame);
    if (opcode === PING) incoming.ping(payload);
    if (opcode !== CLOSE) return undefined;
    if (!isClose(payload)) return 1002;
    incoming.close(payload);
    return undefined;
  }

  function gather({ opcode, final, compressed, payload }: Frame): Failure | undefined {
    if ((opcode === CONTINUATION) !== (message !== undefined)) return 1002;
    message ??= { binary: opcode === BINARY, compressed, parts: [...left], size: 0 };
    const { binary, parts } = message;
    parts.push(payload);
    message.size += payload.length;
    if (message.size > limit) return 1009;
    if (!final) return undefined;
    const whole = inflated(message);
    left = stay && parts.length > 1 ? parts : [];
    message = undefined;
    if (!whole) return 1007;
    if (!binary && !isUtf8(whole)) return 1007;
    incoming.message(whole, binary);
    return undefined;
  }

  function inflated({ compressed, parts }: Gathered): Buffer | undefined {
    const whole = Buffer.concat(parts);
    try {
      return compressed && inflate ? inflate(whole) : whole;
    } catch {
      return undefined;
    }
  }
}

/** Returns the first frame in a buffer, the number of bytes needed to read it, or the code to fail with. */
function decode(buffer: Buffer, limit: number): (Frame & { size: number }) | { needed: number } | Failure {
  if (buffer.length < 2) return { needed: 2 };
  const [first, second] = [buffer.readUInt8(0), buffer.readUInt8(1)];
  const [opcode, final, compressed, short] = [first & 0x0f, first >= 0x80, (first & 0x40) !== 0, second & 0x7f];
  if ((first & 0x30) !== 0 || !OPCODES.includes(opcode) || second < 0x80) return 1002;
  if (opcode >= CLOSE && (!final || short > 125)) return 1002;
  const start = 2 + (short === 126 ? 2 : short === 127 ? 8 : 0) + 4;
  if (buffer.length < start) return { needed: start };
  const length = short === 126 ? buffer.readUInt16BE(2) : short === 127 ? Number(buffer.readBigUInt64BE(2)) : short;
  if (length > limit && opcode < CLOSE) return 1009;
  if (buffer.length < start + length) return { needed: start + length };
  const payload = Buffer.from(buffer.subarray(start, start + length));
  for (let i = 0; i < length; i++) payload[i] = (payload[i] as number) ^ (buffer[start - 4 + (i % 4)] as number);
  return { opcode, final, compressed, payload, size: start + length };
}

/** Tells if a client may send this as the payload of a close frame (RFC 6455, 5.5.1 and 7.4). */
function isClose(payload: Buffer): boolean {
  if (payload.length < 2) return payload.length === 0;
  const code = payload.readUInt16BE(0);
  const known = code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code);
  return (known || (code >= 3000 && code <= 4999)) && isUtf8(payload.subarray(2));
}
