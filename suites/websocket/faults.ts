import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { decode, type Frame, OPCODE } from "../../harness/frame.ts";
import type { Fault } from "../../harness/protocol.ts";
import { suggestion, UsageError } from "../../harness/usage.ts";
import about from "../../package.json" with { type: "json" };
import type { SharedId } from "./dialect.ts";
import { edited, isControl, rewritten, type WholeFrame } from "./editing.ts";
import { BAD_REQUEST, type Hosting } from "./hosting.ts";

/** A change of the behaviour of a reference server below its protocol. */
type Change = (normal: Hosting) => Partial<Hosting>;

/** A fault that any reference server can have, whatever its protocol. */
interface SharedFault extends Fault {
  readonly breaks: SharedId;
  readonly change: Change;
}

/** A change that edits each frame of a client before the WebSocket library reads it; `undefined` leaves it out. */
export const editing =
  (make: () => (frame: WholeFrame) => Frame | undefined): Change =>
  () => ({ upgrade: (_, tcp) => edited(tcp, make()) });

/** A change that rewrites the bytes of a client, one TCP segment after another. */
export const rewriting =
  (make: () => (bytes: Buffer) => Buffer): Change =>
  () => ({ upgrade: (_, tcp) => rewritten(tcp, make()) });

/** A change that accepts permessage-deflate, and takes some compressed messages for empty ones. */
const emptying =
  (which: (payload: Buffer) => boolean): Change =>
  (normal) => ({
    ...editing(
      () => (frame) =>
        frame.opcode === OPCODE.text && (frame.reserved & 4) > 0 && which(frame.payload)
          ? { ...frame, payload: Uint8Array.of(0) }
          : frame,
    )(normal),
    webSocket: { ...normal.webSocket, perMessageDeflate: true },
  });

/** A header with white space around its value, but for one space before it. */
const PADDED = /^[\w-]+:( [ \t]|\t|.*\S[ \t]+\r$)/m;

/** The faults of WebSockets that every reference server has. Each version lists them in its own order. */
export const webSocketFaults = {
  "ignores-pings": {
    says: "Does not answer pings.",
    breaks: "transport.ping",
    change: ({ webSocket }) => ({ webSocket: { ...webSocket, autoPong: false } }),
  },
  "has-room-for-1-kib-of-compressed-text": {
    says: "Accepts permessage-deflate, and takes a compressed message of more than 1 KiB for an empty one.",
    breaks: "transport.extensions",
    change: emptying(({ length }) => length > 1_024),
  },
  "does-not-inflate-final-blocks": {
    says: "Accepts permessage-deflate, and takes a compressed message for empty whose first block says that it is the last.",
    breaks: "transport.extensions",
    change: emptying(([first = 0]) => (first & 1) > 0),
  },
  "allows-two-fragments": {
    says: "Ends the connection over a message in more than two fragments.",
    breaks: "transport.fragmentation",
    change: ({ webSocket }) => ({ webSocket: { ...webSocket, maxFragments: 2 } }),
  },
  "loses-fragments-to-another-client": {
    says: "Forgets the first fragments of a message once another client sends some of its own.",
    breaks: "transport.fragmentation",
    change: () => {
      let last: Duplex | undefined;
      const edit = (tcp: Duplex) => (frame: WholeFrame) => {
        if (frame.opcode === OPCODE.text && !frame.final) last = tcp;
        return frame.opcode === OPCODE.continuation && tcp !== last ? undefined : frame;
      };
      return { upgrade: (_, tcp) => edited(tcp, edit(tcp)) };
    },
  },
  "reads-one-frame-per-segment": {
    says: "Reads only the first frame in a TCP segment.",
    breaks: "transport.segmentation",
    change: rewriting(() => {
      let big = false; // A message that is longer than a segment has to be read as a whole.
      return (bytes) => {
        big ||= bytes.length > 1_000;
        return big ? bytes : bytes.subarray(0, decode(bytes)?.size);
      };
    }),
  },
  "waits-a-moment-for-a-frame": {
    says: "Ends a connection in which nothing comes behind the head of a frame for 200 ms.",
    breaks: "transport.segmentation",
    change: () => ({
      upgrade(_, tcp) {
        let timer: NodeJS.Timeout | undefined;
        return rewritten(tcp, (bytes) => {
          clearTimeout(timer);
          if (bytes.length < 10 && !decode(bytes)) timer = setTimeout(() => tcp.destroy(), 200);
          return bytes;
        });
      },
    }),
  },
  "ignores-close-frames": {
    says: "Does not answer a close frame.",
    breaks: "transport.close",
    change: editing(() => (frame) => (frame.opcode === OPCODE.close ? undefined : frame)),
  },
  "upgrades-anything": {
    says: "Answers a handshake with 101 though it has no key, another version or another method.",
    breaks: "transport.strict-handshake",
    change: () => ({
      upgrade(request, tcp) {
        request.method = "GET";
        request.headers["sec-websocket-version"] = "13";
        request.headers["sec-websocket-key"] ??= "dGhlIHNhbXBsZSBub25jZQ==";
        return tcp;
      },
    }),
  },
  "reads-frames-without-a-mask": {
    says: "Accepts frames without a mask.",
    breaks: "transport.masking",
    change: editing(() => (frame) => ({ ...frame, masked: true })),
  },
  "ignores-reserved-bits": {
    says: "Accepts frames with reserved bits.",
    breaks: "transport.reserved",
    change: editing(() => (frame) => ({ ...frame, reserved: 0 })),
  },
  "does-not-check-utf8": {
    says: "Accepts text that is not UTF-8.",
    breaks: "transport.utf8",
    change: ({ webSocket }) => ({ webSocket: { ...webSocket, skipUTF8Validation: true } }),
  },
  "accepts-long-control-frames": {
    says: "Accepts control frames of more than 125 bytes.",
    breaks: "transport.control-frames",
    change: editing(
      () => (frame) =>
        isControl(frame) ? { ...frame, payload: frame.payload.subarray(0, 125), lengthBytes: 0 } : frame,
    ),
  },
  "keeps-white-space-around-header-values": {
    says: "Refuses a handshake with white space around header values, but for one space before them.",
    breaks: "transport.header-whitespace",
    change() {
      const padded = new WeakSet<Duplex>();
      return {
        // Before the HTTP parser, which takes the white space away.
        connection: (tcp) =>
          void tcp.prependOnceListener("data", (bytes: Buffer) => {
            if (PADDED.test(bytes.toString("latin1"))) padded.add(tcp);
          }),
        upgrade: (_, tcp) => (padded.has(tcp) ? tcp.end(BAD_REQUEST) : tcp),
      };
    },
  },
  "drops-all-over-an-empty-connection": {
    says: "Drops every connection when a TCP connection ends on which nothing came.",
    breaks: "transport.survives",
    change() {
      const all = new Set<Socket>();
      return {
        connection(tcp) {
          all.add(tcp);
          tcp.on("close", () => all.delete(tcp));
          tcp.on("end", () => {
            if (tcp.bytesRead === 0) for (const it of all) it.destroy();
          });
        },
      };
    },
  },
  "waits-for-half-handshakes": {
    says: "Drops every connection while 15 others have sent half of their handshake.",
    breaks: "resilience.half-open",
    change() {
      const half = new Set<object>();
      return {
        connection(tcp) {
          if (half.size >= 15) return void tcp.destroy();
          tcp.on("close", () => half.delete(tcp));
          tcp.once("data", (bytes) => {
            if (bytes.includes("\r\n\r\n")) return;
            half.add(tcp);
            tcp.once("data", () => half.delete(tcp));
          });
        },
      };
    },
  },
} as const satisfies Readonly<Record<string, SharedFault>>;

/** Returns the fault of this name. Throws a `UsageError` if there is none; with these options the command line lists them. */
export function faultIn<F extends Fault>(
  faults: Readonly<Record<string, F>>,
  name: string,
  options: readonly string[] = [],
): F {
  const fault = Object.hasOwn(faults, name) ? faults[name] : undefined;
  if (fault) return fault;
  const listing = ["npx", about.name, "serve", ...options, "--list-faults"].join(" ");
  throw new UsageError(
    `There is no fault "${name}".${suggestion(name, Object.keys(faults))} \`${listing}\` lists them.`,
  );
}
