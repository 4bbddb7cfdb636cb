/** The opcodes of RFC 6455, 5.2. */
export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** One WebSocket frame, right or wrong (RFC 6455, 5.2). */
export interface Frame {
  readonly opcode: number;
  readonly payload?: string | Uint8Array;
  /** The FIN bit: false for a fragment that others follow. */
  readonly final?: boolean;
  /** The three reserved bits, as a number: 4 is RSV1. */
  readonly reserved?: number;
  readonly masked?: boolean;
  /** The bytes of the extended length: 0, 2 or 8; by default as few as possible, as the RFC wants. */
  readonly lengthBytes?: 0 | 2 | 8;
}

/** The masking key of the examples in RFC 6455, 5.7. It is always the same, so that the same bytes are sent each time. */
const MASK = Buffer.from([0x37, 0xfa, 0x21, 0x3d]);

/** Returns the bytes of a frame as a client sends it. */
export function encode({
  opcode,
  payload = "",
  final = true,
  reserved = 0,
  masked = true,
  lengthBytes,
}: Frame): Buffer {
  const data = Buffer.from(payload as Uint8Array);
  const extended = lengthBytes ?? (data.length < 126 ? 0 : data.length < 65_536 ? 2 : 8);
  const head = Buffer.alloc(2 + extended);
  head[0] = (final ? 0x80 : 0) | (reserved << 4) | opcode;
  head[1] = (masked ? 0x80 : 0) | (extended === 0 ? data.length : extended === 2 ? 126 : 127);
  if (extended === 2) head.writeUInt16BE(data.length, 2);
  if (extended === 8) head.writeBigUInt64BE(BigInt(data.length), 2);
  if (!masked) return Buffer.concat([head, data]);
  const hidden = Buffer.from(data);
  for (let i = 0; i < hidden.length; i++) hidden[i] = (hidden[i] as number) ^ (MASK[i % 4] as number);
  return Buffer.concat([head, MASK, hidden]);
}

/** A frame that was read. */
export type ReadFrame = Required<Omit<Frame, "payload">> & { readonly payload: Buffer };

/** Returns the size of the first frame in some bytes; `undefined` if its head is not complete. */
export function sizeOf(bytes: Buffer): number | undefined {
  const layout = layoutOf(bytes);
  return layout && layout.start + layout.length;
}

/** Returns the first frame in some bytes, its payload unmasked, and its size in bytes; `undefined` if it is not complete. */
export function decode(bytes: Buffer): { readonly frame: ReadFrame; readonly size: number } | undefined {
  const layout = layoutOf(bytes);
  if (!layout || bytes.length < layout.start + layout.length) return undefined;
  const { start, length, lengthBytes, masked } = layout;
  const first = bytes.readUInt8(0);
  const payload = Buffer.from(bytes.subarray(start, start + length));
  const mask = bytes.subarray(start - 4, start);
  for (let i = 0; masked && i < payload.length; i++) payload[i] = (payload[i] as number) ^ (mask[i % 4] as number);
  return {
    frame: { opcode: first & 0x0f, payload, final: first >= 0x80, reserved: (first >> 4) & 7, masked, lengthBytes },
    size: start + length,
  };
}

/** Returns the head of the first frame in some bytes, with start and length of its payload in bytes. */
function layoutOf(bytes: Buffer) {
  if (bytes.length < 2) return undefined;
  const second = bytes.readUInt8(1);
  const short = second & 0x7f;
  const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
  const masked = second >= 0x80;
  const start = 2 + lengthBytes + (masked ? 4 : 0);
  if (bytes.length < start) return undefined;
  const length =
    lengthBytes === 2 ? bytes.readUInt16BE(2) : lengthBytes === 8 ? Number(bytes.readBigUInt64BE(2)) : short;
  return { start, length, lengthBytes, masked } as const;
}

/** Returns the payload of a close frame. */
export function closing(code: number, reason: string | Uint8Array = ""): Buffer {
  const head = Buffer.alloc(2);
  head.writeUInt16BE(code);
  return Buffer.concat([head, Buffer.from(reason as Uint8Array)]);
}

/** Returns each byte by itself. */
export const bytewise = (bytes: Uint8Array): Uint8Array[] => Array.from(bytes, (byte) => Uint8Array.of(byte));
