import { AWAY, SHUT_OUT } from "../../harness/fall.ts";
import { glob } from "../../harness/glob.ts";
import type { Clue, Symptom } from "../../harness/protocol.ts";
import type { SharedId } from "./dialect.ts";

/** The usual mistakes by which one client's input harms all others, by what became of the server. */
export const harmed: readonly Symptom[] = [
  {
    shows: ({ check: { endKind } }) => endKind === SHUT_OUT,
    cause:
      "What keeps attackers off counts one such input as an attack, and turns away everybody instead of the client that sent it; or the input takes a resource that all need, such as a pool or a lock, until a timer gives it back.",
  },
  {
    shows: ({ check: { endKind } }) => endKind === AWAY,
    cause:
      "Nothing catches what the input throws, and the whole process ends, to be started again; or what keeps attackers off, the server or a firewall before it, accepts nobody for a while after such inputs. From outside, both look the same.",
  },
  {
    shows: ({ check: { harm } }) => harm === "hang" || harm === "stall",
    cause:
      "What the input asks for takes very long, or never ends (a loop, a recursion, a lock that is never given back), in the one thread that serves all clients.",
  },
  {
    shows: ({ check: { harm } }) => harm === "drop",
    cause:
      "The handler ends the connections of all clients, or a task that they share, instead of the one that sent this.",
  },
];

/** The same where a request to be disconnected harms them. */
export const harmedByGoodbye: readonly Symptom[] = [
  ...harmed,
  {
    shows: ({ check: { harm } }) => harm === "end",
    cause:
      "What follows a goodbye throws, and nothing catches that: a handler of the close, a timer, a write to a client that has left. The whole process ends.",
  },
];

/** Tells if one of these cases shows it. */
const inOneOf =
  (...ids: readonly string[]) =>
  ({ caseId }: Clue): boolean =>
    ids.includes(caseId);

const BEHIND_A_REFUSAL: Symptom = {
  shows: inOneOf("transport/ping-and-close-behind-an-unknown-command"),
  cause: "What a client sends behind a command that was refused is not read any more, control frames included.",
};

/** The usual mistakes that show in the case of RFC 6455 that finds them. */
export const showsInCase = {
  "transport.survives": [
    {
      shows: inOneOf("transport/violation-a-text-cut-off-in-a-character-and-a-request-of-another"),
      cause:
        "One decoder that keeps the rest of a text for the next one (`stream: true`) serves all clients. Each message needs one of its own.",
    },
  ],
  "transport.ping": [
    BEHIND_A_REFUSAL,
    {
      shows: inOneOf("transport/ping-of-another-version"),
      cause: "Pongs are sent by the code for clients of the server's own version, and others never come to it.",
    },
    {
      shows: inOneOf("version/idle"),
      cause: "A timer sets a client aside that says nothing for a while, and its pings with it.",
    },
  ],
  "transport.close": [
    BEHIND_A_REFUSAL,
    {
      shows: inOneOf("transport/close-between-fragments"),
      cause:
        "Between two fragments the reader waits for nothing but the next one. Any control frame may stand there (RFC 6455, 5.4).",
    },
  ],
  "transport.segmentation": [
    {
      shows: inOneOf("transport/segments-with-a-pause-in-a-frame"),
      cause:
        "A timer ends a connection whose frame does not come at once. Where a network loses a segment, the rest comes half a second later.",
    },
    {
      shows: (clue) =>
        inOneOf("transport/segments-an-unknown-command-and-a-request-in-one-segment")(clue) && showsSilence(clue),
      cause:
        "Of several messages that come in one read of the socket only the first is handled, and those behind it are dropped, or wait for the next read.",
    },
  ],
  "transport.fragmentation": [
    {
      shows: inOneOf("transport/fragmented-around-another-client"),
      cause:
        "One buffer of fragments serves all clients, so that what one has begun is joined with what another sends. Keep the fragments with their connection.",
    },
    {
      shows: inOneOf("transport/fragmented-and-then-whole", "transport/fragmented-and-then-fragmented"),
      cause: "The fragments of a message are kept when it is complete, and stand before the next one.",
    },
    {
      shows: inOneOf("transport/fragmented-fragments-of-200-bytes"),
      cause: "Fragments are limited to 125 bytes as control frames are, or only the 7 bits of their length are read.",
    },
    {
      shows: inOneOf("transport/fragmented-100-fragments"),
      cause: "The number of fragments is limited to very few, or grows over several messages.",
    },
  ],
  "transport.extensions": [
    {
      shows: inOneOf("transport/extensions-deflate-not-compressed"),
      cause:
        "Where permessage-deflate is agreed on, every message is inflated. Only one with RSV1 is compressed (RFC 7692, 6.2).",
    },
    {
      shows: inOneOf(
        "transport/extensions-deflate-in-a-stored-block",
        "transport/extensions-deflate-with-huffman-codes-of-its-own",
      ),
      cause:
        "What inflates does not know all three kinds of blocks (RFC 1951, 3.2.3), or inflates into a buffer that is too small.",
    },
    {
      shows: inOneOf("transport/extensions-deflate-in-a-final-block"),
      cause:
        "A block that says that it is the last one (BFINAL) is taken for an error, or ends the stream before the message is read. A client may send it (RFC 7692, 7.2.3.4).",
    },
    {
      shows: inOneOf(...[3_900, 20_000, 70_000].map((length) => `transport/extensions-deflate-from-${length}-bytes`)),
      cause: "A message is inflated into a buffer of a fixed size, or only until that is full for the first time.",
    },
  ],
} as const satisfies Partial<Record<SharedId, readonly Symptom[]>>;

/** The usual mistake where a handshake has no answer at all. */
export const leftWaiting: readonly Symptom[] = [
  {
    shows: (clue) => showsSilence(clue),
    cause:
      "Something on the way to the answer never comes, such as a lookup, a lock or a place in a queue; or an error there is swallowed.",
  },
];

/** The usual mistake of a server's author where a requirement of RFC 6455 or of load is broken. */
export const sharedCauses: Readonly<Record<SharedId, string>> = {
  "transport.handshake":
    "The handshake is made by hand: headers are compared with their case, `Connection` is taken for one word instead of a list, or the key is hashed wrongly. A proxy in front may also drop `Upgrade`.",
  "transport.http":
    "The port handles nothing but upgrades, and nobody answers or ends an ordinary HTTP request, such as a health check's.",
  "transport.subprotocol":
    "The server always names its own subprotocol, or the first one that it knows, without looking at what the client offered.",
  "transport.extensions":
    "A proxy or a fixed header announces permessage-deflate, though the client did not offer it or nothing behind it can decompress, or not where a ping comes between two fragments.",
  "transport.ping":
    "Pongs are switched off or left to an application that does not send them, or do not repeat the payload of the ping.",
  "transport.fragmentation":
    "Each frame is taken for a message: fragments are not joined, an empty one is dropped though it is the last, or their number is limited to very few.",
  "transport.segmentation":
    "The bytes of one read of the socket are taken for one frame or one handshake. Buffer it, since TCP cuts and joins as it likes.",
  "transport.close":
    "A close frame of the client is not answered, because the library leaves that to the application; or the TCP connection stays open behind it.",
  "transport.survives":
    "The error event of a socket or of the WebSocket library has no handler, or a URL that cannot be parsed throws in the upgrade handler: the whole process ends.",
  "transport.strict-handshake":
    "The upgrade is answered without looking at the method, the version or the key, usually in a handshake made by hand.",
  "transport.header-whitespace":
    "The values of headers are compared as they stand on the line, with only the one space behind the colon taken away.",
  "transport.unicode":
    "The check of UTF-8, or a filter of texts, also refuses noncharacters such as U+FFFE, or knows no planes beyond the first.",
  "transport.masking": "The reader of frames unmasks where the bit is set and does not ask for it where it is not.",
  "transport.reserved":
    "The reader of frames masks the bits away that it does not know, or skips frames with an unknown opcode.",
  "transport.utf8":
    "Bytes are decoded with replacement characters, or validation was switched off for speed (`skipUTF8Validation`).",
  "transport.control-frames":
    "Control frames go through the code that reads data frames, which allows any length and fragments.",
  "resilience.concurrent":
    "The number of connections is limited (by a pool, a semaphore or open files) to fewer than 100, or connecting takes a lock.",
  "resilience.churn":
    "Something is not released when a client leaves without a word, so that a limit is reached after some hundreds.",
  "resilience.churn-speed":
    "Every connection is kept in a list that is searched for each new one, and those that left are not taken out.",
  "resilience.idle":
    "A worker or thread is bound to each connection while it is open, and those that say nothing use all of them up.",
  "resilience.half-open":
    "A connection takes one of few places before its handshake is complete, and there is no timeout for it.",
  "resilience.no-echo":
    "Saying goodbye waits for the client's close frame in a place that others need, without a timeout of its own.",
  "resilience.abrupt":
    "A reset (`ECONNRESET`) in the handshake or between frames has no handler, and ends the process or a task that all clients share.",
  "resilience.flood":
    "Every message is handled in one go on the only thread, or answers are queued without a bound, so that nobody else is served meanwhile.",
  "resilience.large":
    "A message over the limit is dropped without an answer or a close with 1009, and the client waits; or it is handled on the thread that serves all.",
  "resilience.deep":
    "The JSON parser recurses and overflows the stack, or takes quadratic time over many keys or digits, for everybody.",
};

/** Tells if nothing came in time. */
export const showsSilence = ({ check }: Clue): boolean => check.silence !== undefined;

/** The usual mistake where the close frame of the server came, and TCP did not end. */
export const halfClosed: readonly Symptom[] = [
  {
    shows: ({ check }) => check.silence?.closing === true,
    cause:
      "The close frame is sent, and TCP stays open behind it: the server ends TCP first, once both have sent one (RFC 6455, 7.1.1).",
  },
];

const OVER: ReadonlySet<string | undefined> = new Set(["close", "end", "error"]);

/** Tells if the connection was over before it came. */
export const showsEnd = ({ check, event }: Clue): boolean => check.silence === undefined && OVER.has(event?.type);

/** Tells if a case whose id matches one of these globs shows it. */
export const inCase = (...patterns: readonly string[]): ((clue: Clue) => boolean) => {
  let matches: readonly ((name: string) => boolean)[] | undefined; // Few commands ask, and all would wait for the library.
  return ({ caseId }) => {
    matches ??= patterns.map(glob);
    return matches.some((it) => it(caseId));
  };
};
