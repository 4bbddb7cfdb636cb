import { createHash } from "node:crypto";
import { constants, inflateRawSync } from "node:zlib";
import { onWs } from "../libraries.ts";
import { headOf, onRaw, type Quirks } from "../raw.ts";
import { parity, refuseByName, tachyon } from "../tachyon.ts";
import { type Misjudged, type Right, sends } from "./misjudged.ts";

const adds = (header: string, right: Right = {}) =>
  sends(() => ({ head: (accept) => [...headOf(accept), header] }), right);

/** Refuses clients without a header, as a gateway would. */
const wants = (header: string, right: Right, status = 403) =>
  sends(() => ({ refuse: ({ headers }) => (headers.has(header.toLowerCase()) ? undefined : status) }), right);

/** Gives a wrong key to one client in some. */
const miscalculates = (n: number) =>
  sends(
    () => {
      let count = 0;
      return {
        head: (accept) => headOf(++count % n === 0 ? createHash("sha1").update(accept).digest("base64") : accept),
      };
    },
    // A handshake with white space is one that may meet it, too.
    { told: ["transport.handshake"], also: ["transport.header-whitespace"] },
  );

/** Gives no answer to the handshake of one client in some. */
const forgets = (n: number) =>
  sends(
    () => {
      let count = 0;
      return { admit: () => (++count % n === 0 ? new Promise<void>(() => {}) : Promise.resolve()) };
    },
    { told: ["transport.handshake"] },
  );

/** Fails in the handshake of one client in some. */
const fails = (n: number) =>
  sends(
    () => {
      let count = 0;
      return { refuse: () => (++count % n === 0 ? 500 : undefined) };
    },
    { told: ["version.greeting"], also: ["transport.handshake", "transport.header-whitespace"] },
  );

/** Returns the part of a window of 32 KiB that is left in memory. */
type Window = (whole: Buffer, messages: number) => Buffer;

/** Accepts permessage-deflate, and inflates each message with the window that is left. Stays open after a refusal by name. */
const inflates = (window: Window, right: Right): Misjudged => ({
  start: () => onRaw(tachyon({ refuse: (session, command) => refuseByName(session, command) }), deflating(window)),
  ...right,
});

const deflating = (window: Window): Partial<Quirks> => ({
  head: (accept, { headers }) => [
    ...headOf(accept),
    ...(headers.get("sec-websocket-extensions")?.includes("permessage-deflate")
      ? ["Sec-WebSocket-Extensions: permessage-deflate"]
      : []),
  ],
  inflate() {
    let dictionary: Buffer = Buffer.alloc(0);
    let messages = 0;
    return (compressed) => {
      const end = Buffer.from([0, 0, 0xff, 0xff]);
      const options = { finishFlush: constants.Z_SYNC_FLUSH, ...(dictionary.length > 0 && { dictionary }) };
      const message = inflateRawSync(Buffer.concat([compressed, end]), options);
      dictionary = window(Buffer.concat([dictionary, message]).subarray(-32_768), ++messages);
      return message;
    };
  },
});

const extensions: Right = { told: ["transport.extensions"] };

/** Servers whose handshake, or what was agreed on in it, is unusual or wrong. */
export const ofHandshakes: Readonly<Record<string, Misjudged>> = {
  // Gateways.
  "wants a User-Agent": wants("User-Agent", {}),
  "wants the User-Agent that is given": wants("User-Agent", { headers: { "User-Agent": "x" } }),
  "wants an Origin": wants("Origin", { headers: { Origin: "https://example.org" } }),
  "wants an Accept-Language": wants("Accept-Language", { headers: { "accept-language": "de" } }, 400),
  "wants credentials": wants(
    "Authorization",
    { headers: { Authorization: "Bearer a" }, told: ["version.no-login"], also: ["disconnect.no-login"] },
    401,
  ),

  "tells web pages that their version is unknown": {
    start() {
      let isPage = false;
      return onRaw(tachyon({ parity: (version) => (isPage ? "unknown" : parity(version)) }), {
        head(accept, { headers }) {
          isPage = headers.has("origin");
          return headOf(accept);
        },
      });
    },
    told: ["parity.match"],
  },

  // Wrong answers to the handshake.
  "has empty headers in its 101": sends(() => ({ head: (accept) => [...headOf(accept), "X-Empty: ", "X-Nothing:"] })),
  "has two Connection headers in its 101": adds("Connection: keep-alive"),
  "selects a subprotocol that nobody offered": adds("Sec-WebSocket-Protocol: abc", { told: ["transport.subprotocol"] }),
  "negotiates an extension that nobody offered": adds("Sec-WebSocket-Extensions: x-foo", extensions),
  "compresses for who did not offer it": adds("Sec-WebSocket-Extensions: permessage-deflate", extensions),
  "gives a wrong key to every third client": miscalculates(3),
  "gives a wrong key to every 40th client": miscalculates(40),
  "gives a wrong key to every 150th client": miscalculates(150),
  "gives a wrong key to all": miscalculates(1),
  "forgets the handshake of every 20th client": forgets(20),
  "forgets the handshake of every 100th client": forgets(100),
  "forgets the handshake of every 300th client": forgets(300),
  "fails in the handshake of every 30th client": fails(30),
  "ends the lines of its 101 by LF alone": sends(() => ({ newline: "\n" }), { told: ["transport.handshake"] }),
  "calls its 101 an upgrade to h2c": sends(
    () => ({ head: (accept) => headOf(accept).map((line) => line.replace("Upgrade: websocket", "Upgrade: h2c")) }),
    { told: ["transport.handshake"] },
  ),

  // Compression.
  "inflates with the window that it granted": inflates((whole) => whole, {}),
  "inflates every message with an empty window": inflates(() => Buffer.alloc(0), extensions),
  "inflates the third message with an empty window": inflates(
    (whole, messages) => (messages === 2 ? Buffer.alloc(0) : whole),
    extensions,
  ),
  "keeps its window, and says that it does not": {
    start: () =>
      onWs(tachyon(), { perMessageDeflate: { threshold: 0 } }, (lines) =>
        lines.forEach((line, i) => {
          if (line.startsWith("Sec-WebSocket-Extensions:")) lines[i] = `${line}; server_no_context_takeover`;
        }),
      ),
    ...extensions,
  },
};
