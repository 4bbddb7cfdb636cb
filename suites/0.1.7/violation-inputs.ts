import { closing, encode, type Frame, OPCODE } from "../../harness/frame.ts";
import type { RequirementId } from "../../schemas/0.1.7/requirements.ts";
import { DISCONNECT, disconnect } from "./protocol.ts";

/** Frames that break RFC 6455. */
export interface Violation {
  /** What is wrong, in words; with hyphens, its id. */
  readonly name: string;
  readonly frames: readonly Frame[];
  /** What says that it fails the connection; where nothing does, only that it harms nobody is tested. */
  readonly requirement?: RequirementId;
}

const request = JSON.stringify(disconnect);
const { continuation, text, binary, close, ping, pong } = OPCODE;

/** A disconnect request with a further property that holds these bytes. */
const requestWith = (...bytes: number[]) =>
  Buffer.concat([Buffer.from(`{"command":"${DISCONNECT}","extra":"`), Buffer.from(bytes), Buffer.from('"}')]);

/** The same bytes as the payloads of two fragments of a text. */
const fragments = (payload: Uint8Array, at: number): Frame[] => [
  { opcode: text, payload: payload.subarray(0, at), final: false },
  { opcode: continuation, payload: payload.subarray(at) },
];

const rows = (requirement: RequirementId | undefined, frames: Record<string, Frame | readonly Frame[]>): Violation[] =>
  Object.entries(frames).map(([name, some]) => ({
    name,
    frames: [some].flat(),
    ...(requirement && { requirement }),
  }));

/** The number of bytes before the extra property's value in `requestWith`. */
const BEFORE = requestWith().length - 2;

/** What a client that breaks RFC 6455 sends. A command that such frames carry is a disconnect request. */
export const violations: readonly Violation[] = [
  ...rows("transport.masking", {
    "a request without a mask": { opcode: text, payload: request, masked: false },
    "a ping without a mask": { opcode: ping, payload: "a", masked: false },
    "a binary frame without a mask": { opcode: binary, payload: "banana", masked: false },
    "a request whose second fragment has no mask": [
      { opcode: text, payload: request.slice(0, 9), final: false },
      { opcode: continuation, payload: request.slice(9), masked: false },
    ],
  }),

  ...rows("transport.reserved", {
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
  }),

  ...rows("transport.utf8", {
    "a lone byte FF in a request": { opcode: text, payload: requestWith(0xff) },
    "a lone continuation byte in a request": { opcode: text, payload: requestWith(0x80) },
    "an overlong slash in a request": { opcode: text, payload: requestWith(0xc0, 0xaf) },
    "a surrogate in a request": { opcode: text, payload: requestWith(0xed, 0xa0, 0x80) },
    "a code point past 10FFFF in a request": { opcode: text, payload: requestWith(0xf4, 0x90, 0x80, 0x80) },
    "a character cut off at the end of a text": { opcode: text, payload: Buffer.from([0x61, 0xe2, 0x82]) },
    "a byte FF in the second fragment of a request": fragments(requestWith(0xff), BEFORE),
    "a surrogate cut at the border of two fragments": fragments(requestWith(0xed, 0xa0, 0x80), BEFORE + 1),
    "a character cut off at the border of two fragments": fragments(requestWith(0xe2, 0x82, 0x61), BEFORE + 2),
  }),

  ...rows("transport.control-frames", {
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
  }),

  ...rows(undefined, {
    "a continuation of nothing": { opcode: continuation, payload: request },
    "a continuation of nothing that others shall follow": { opcode: continuation, payload: request, final: false },
    "a text inside a fragmented text": [
      { opcode: text, payload: request.slice(0, 9), final: false },
      { opcode: text, payload: request },
    ],
    "a length in more bytes than it needs": { opcode: text, payload: request, lengthBytes: 8 },
    "a close frame of 126 bytes": { opcode: close, payload: closing(1000, "x".repeat(124)) },
    "a fragmented close frame": { opcode: close, payload: closing(1000), final: false },
    "a close frame of 1 byte": { opcode: close, payload: "x" },
    "a close frame whose reason is not UTF-8": {
      opcode: close,
      payload: closing(1000, Uint8Array.of(0xff)),
    },
    ...Object.fromEntries(
      [0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65_535].map((code) => [
        `a close frame with code ${code}`,
        { opcode: close, payload: closing(code) },
      ]),
    ),
  }),
];

/** All frames of a violation, in one go. */
export const bytesOf = ({ frames }: Violation): Buffer => Buffer.concat(frames.map(encode));
