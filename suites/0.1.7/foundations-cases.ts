import type { RequirementId } from "../../schemas/0.1.7/requirements.ts";
import { deepTexts } from "../websocket/malformed-inputs.ts";
import { lengths } from "../websocket/requests.ts";

/** The requirements that must be kept to judge any other form of a disconnect request. */
export const REQUESTS: readonly RequirementId[] = ["disconnect.answered", "disconnect.success", "disconnect.no-login"];

/** The case that shows if the fragments of one client are kept apart from those of another. */
export const FRAGMENTS_APART = "transport/fragmented-around-another-client";

/** The case that shows if the fragments of one message are joined. */
export const TWO_FRAGMENTS = "transport/fragmented-two-fragments";

/** The case that shows if each message of a segment is read. */
export const TWO_IN_ONE = "transport/segments-an-unknown-command-and-a-request-in-one-segment";

/** The cases that send an unknown command to show something else. */
export const WITH_UNKNOWN_COMMANDS: readonly string[] = [
  TWO_IN_ONE,
  "transport/ping-and-close-behind-an-unknown-command",
  "transport/fragmented-and-then-whole",
  "transport/fragmented-and-then-fragmented",
];

const BYTEWISE = "transport/segments-each-byte-in-a-segment-of-its-own";

/** The cases that show if a message is read whichever segments its frame comes in. */
export const SEGMENTS = ["transport/segments-a-ping-and-a-request-in-one-segment", BYTEWISE] as const;

/** A message of more bytes may come in several segments. */
const FROM_IN_SEGMENTS = 1_000;

/**
 * Long messages come in several segments, however they are sent. So their cases rest on the one that tests if frames in segments are read.
 */
export const restingOnSegments = Object.fromEntries(
  [
    ...lengths
      .filter(([, length]) => length > FROM_IN_SEGMENTS)
      .map(([of, length]) => `disconnect/extra-${of}-of-${length}-bytes`),
    ...["a-long-text", "100-properties"].map((name) => `disconnect/extra-${name}`),
    ...Object.keys(deepTexts).map((name) => `malformed/deep-${name}`),
    "transport/violation-a-ping-of-65536-bytes",
    "resilience.large",
    "resilience.deep",
  ].map((id) => [id, [BYTEWISE]]),
);

/** The requirements that a single case rests on besides. */
export const ofCases: Readonly<Record<string, readonly string[]>> = {
  "disconnect/no-login": ["version.no-login"],
  "malformed/by-a-client-of-another-version": ["parity.usable"],
  "malformed/several-of-one-client": ["malformed.usable"],
  "transport/ping-and-close-behind-an-unknown-command": ["malformed.usable"],
  "malformed/five-unknown-of-one-client": ["malformed.usable"],
  "malformed/twelve-unknown-of-one-client-one-by-one": ["malformed.usable"],
  "version/idle": ["disconnect.isolated"], // Others come and go beside it, also when it runs alone.
  // A server may carry these out.
  "malformed/unspecified-binary-frame": ["disconnect.isolated"],
  "malformed/unspecified-duplicate-command-right-last": ["disconnect.isolated"],
  "disconnect/extra-with-nul-in-its-text": ["disconnect.encoding"],
  "disconnect/extra-with-nul-in-its-name": ["disconnect.encoding"],
  "disconnect/extra-with-control-characters-in-its-text": ["disconnect.encoding"],
  "disconnect/extra-with-control-characters-in-its-name": ["disconnect.encoding"],
  "disconnect/extra-a-text-with-quotes": ["disconnect.encoding"],
  "disconnect/extra-a-text-with-a-backslash-at-its-end": ["disconnect.encoding"],
  // A further property makes these long.
  "transport/extensions-deflate-from-3900-bytes": ["disconnect.extra-properties"],
  "transport/extensions-deflate-from-20000-bytes": ["disconnect.extra-properties", BYTEWISE],
  "transport/extensions-deflate-from-70000-bytes": ["disconnect.extra-properties", BYTEWISE],
  "transport/extensions-deflate-with-huffman-codes-of-its-own": ["disconnect.extra-properties"],
  "transport/segments-each-byte-of-the-head-of-a-long-frame-in-a-segment-of-its-own": ["disconnect.extra-properties"],
  // Further properties hold escapes, and spellings further properties. Many clients send them side by side.
  "generated/extended-requests": ["disconnect.encoding", "disconnect.isolated"],
  "generated/spelled-requests": ["disconnect.extra-properties", "disconnect.isolated"],
  "generated/sequences": ["disconnect.isolated"],
  // A greeting that fails is taken for the answer.
  "malformed/not-for-clients-version-request": ["version.success"],
  "disconnect/spelled-command-last": ["disconnect.extra-properties"],
  "disconnect/spelled-an-escaped-pair-of-surrogates": ["disconnect.extra-properties"],
  "disconnect/spelled-spaces-in-empty-brackets": ["disconnect.extra-properties"],
  "transport/extensions-deflate": ["disconnect.reconnect"],
  "transport/ping-between-fragments": ["transport.fragmentation", ...SEGMENTS],
  "transport/masked-with-zeros": REQUESTS,
  "transport/pong-with-125-bytes": [...REQUESTS, ...SEGMENTS],
  "transport/pong-with-no-payload": [...REQUESTS, ...SEGMENTS],
  "transport/segments-of-the-handshake": ["disconnect.reconnect"],
  "transport/segments-two-fragments-in-one-segment": ["transport.fragmentation"],
  [FRAGMENTS_APART]: [TWO_FRAGMENTS, "disconnect.isolated"],
  "transport/segments-with-a-pause-in-a-frame": ["disconnect.isolated"], // Others come and go beside it.
  // It floods with malformed commands.
  "resilience/flood": ["malformed.rejected", "malformed.usable"],
};
