import { closing, encode, type Frame, OPCODE } from "../../harness/frame.ts";
import type { Handshake } from "../../harness/upgrade.ts";
import type { Dialect, SharedId } from "./dialect.ts";
import { requestWith } from "./requests.ts";

/** Frames that break RFC 6455. */
export interface FrameViolation {
  /** Says what is wrong; with hyphens, its id. */
  readonly name: string;
  readonly frames: readonly Frame[];
  /** The requirement that it fails the connection. Without one, a case tests only that it harms nobody. */
  readonly requirement?: SharedId;
  /** The handshake before them, if it is an odd one. */
  readonly handshake?: Handshake;
}

const { continuation, text, binary, close, ping, pong } = OPCODE;

/** Everything that a client sends to break RFC 6455. A command that such frames carry is the request of the version. */
export const frameViolations = (dialect: Dialect): readonly FrameViolation[] => {
  const request = JSON.stringify(dialect.request);
  return [
    ...rows("transport.masking", masking(request)),
    ...rows("transport.reserved", reserved(request)),
    ...rows("transport.utf8", utf8(dialect)),
    ...rows("transport.control-frames", CONTROL_FRAMES),
    ...rows(undefined, { ...continuations(request), ...CLOSE_FRAMES }),
    NOT_DEFLATED,
  ];
};

/** All frames of a violation, in one go. */
export const bytesOf = ({ frames }: FrameViolation): Buffer => Buffer.concat(frames.map(encode));

type Rows = Readonly<Record<string, Frame | readonly Frame[]>>;

/** Breaks the extension if it is accepted, and has a reserved bit if it is not. No block begins with such bits (RFC 1951, 3.2.3). */
const NOT_DEFLATED: FrameViolation = {
  name: "a compressed text that cannot be inflated",
  frames: [{ opcode: text, payload: Uint8Array.of(0xff, 0xff, 0xff, 0xff), reserved: 4 }],
  handshake: { deflate: true },
};

const rows = (requirement: SharedId | undefined, frames: Rows): FrameViolation[] =>
  Object.entries(frames).map(([name, some]) => ({
    name,
    frames: [some].flat(),
    ...(requirement && { requirement }),
  }));

const masking = (request: string): Rows => ({
  "a request without a mask": { opcode: text, payload: request, masked: false },
  "a ping without a mask": { opcode: ping, payload: "a", masked: false },
  "a binary frame without a mask": { opcode: binary, payload: "banana", masked: false },
  "a request whose second fragment has no mask": [
    { opcode: text, payload: request.slice(0, 9), final: false },
    { opcode: continuation, payload: request.slice(9), masked: false },
  ],
});

const reserved = (request: string): Rows => ({
  "a request with RSV1": { opcode: text, payload: request, reserved: 4 },
  "a request with RSV2": { opcode: text, payload: request, reserved: 2 },
  "a request with RSV3": { opcode: text, payload: request, reserved: 1 },
  "a ping with RSV1": { opcode: ping, payload: "a", reserved: 4 },
  ...Object.fromEntries(
    [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode) => [
      `a request with opcode ${opcode}`,
      { opcode, payload: request },
    ]),
  ),
});

function utf8({ request }: Dialect): Rows {
  const [before, after] = requestWith(request, '"extra":"|"')
    .split("|")
    .map((it) => Buffer.from(it));
  /** A request with a further property that holds these bytes. */
  const holding = (...bytes: number[]) => Buffer.concat([before as Buffer, Buffer.from(bytes), after as Buffer]);
  /** The same in two fragments, the first of which ends behind so many of the bytes. */
  const cut = (behind: number, ...bytes: number[]): Frame[] => {
    const [payload, at] = [holding(...bytes), (before as Buffer).length + behind];
    return [
      { opcode: text, payload: payload.subarray(0, at), final: false },
      { opcode: continuation, payload: payload.subarray(at) },
    ];
  };
  return {
    "a lone byte FF in a request": { opcode: text, payload: holding(0xff) },
    "a lone continuation byte in a request": { opcode: text, payload: holding(0x80) },
    "an overlong slash in a request": { opcode: text, payload: holding(0xc0, 0xaf) },
    "a surrogate in a request": { opcode: text, payload: holding(0xed, 0xa0, 0x80) },
    "a code point past 10FFFF in a request": { opcode: text, payload: holding(0xf4, 0x90, 0x80, 0x80) },
    "a character cut off at the end of a text": { opcode: text, payload: Buffer.from([0x61, 0xe2, 0x82]) },
    "a byte FF in the second fragment of a request": cut(0, 0xff),
    "a surrogate cut at the border of two fragments": cut(1, 0xed, 0xa0, 0x80),
    "a character cut off at the border of two fragments": cut(2, 0xe2, 0x82, 0x61),
  };
}

const CONTROL_FRAMES: Rows = {
  "a ping of 126 bytes": { opcode: ping, payload: "x".repeat(126) },
  "a ping of 65,536 bytes": { opcode: ping, payload: "x".repeat(65_536) },
  "a pong of 126 bytes": { opcode: pong, payload: "x".repeat(126) },
  "a fragmented ping": [
    { opcode: ping, payload: "a", final: false },
    { opcode: continuation, payload: "b" },
  ],
  "a ping without FIN": { opcode: ping, payload: "a", final: false },
  "a pong without FIN": { opcode: pong, payload: "a", final: false },
  "a fragmented pong": [
    { opcode: pong, payload: "a", final: false },
    { opcode: continuation, payload: "b" },
  ],
};

const continuations = (request: string): Rows => ({
  "a continuation of nothing": { opcode: continuation, payload: request },
  "a continuation of nothing that others shall follow": { opcode: continuation, payload: request, final: false },
  "a text inside a fragmented text": [
    { opcode: text, payload: request.slice(0, 9), final: false },
    { opcode: text, payload: request },
  ],
  "a length in more bytes than it needs": { opcode: text, payload: request, lengthBytes: 8 },
});

const CLOSE_FRAMES: Rows = {
  "a close frame of 126 bytes": { opcode: close, payload: closing(1000, "x".repeat(124)) },
  "a fragmented close frame": { opcode: close, payload: closing(1000), final: false },
  "a close frame of 1 byte": { opcode: close, payload: "x" },
  "a close frame whose reason is not UTF-8": { opcode: close, payload: closing(1000, Uint8Array.of(0xff)) },
  ...Object.fromEntries(
    [0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65_535].map((code) => [
      `a close frame with code ${code}`,
      { opcode: close, payload: closing(code) },
    ]),
  ),
};
