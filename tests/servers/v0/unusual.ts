import { readFileSync } from "node:fs";
import { isObject, type Message } from "../../../harness/transcript.ts";
import type { RequirementId } from "../../../schemas/v0/requirements.ts";
import type { Behaviour } from "../../../suites/v0/reference/behaviour.ts";
import { eventOf, type Said } from "../../../suites/v0/reference/world.ts";
import { frame } from "../frames.ts";
import type { Running } from "../libraries.ts";
import { corked, escaped, extended, fragments, reversed, trickling, turns } from "../quirks.ts";
import type { Quirks } from "../raw.ts";
import { selecting, startBare } from "./bare.ts";

/** A server of v0 that conforms, in a way that few do. */
interface UnusualV0 {
  start(): Promise<Running>;
  /** The SHOULDs that it does not keep. */
  readonly warns: readonly RequirementId[];
  /** The certificate to trust. */
  readonly ca?: string;
}

const [crt, key] = ["crt", "key"].map((it) => readFileSync(`tests/fixtures/localhost.${it}`, "utf8")) as [
  string,
  string,
];

const chooses = (
  choose: (normal: Behaviour) => Partial<Behaviour>,
  warns: readonly RequirementId[] = [],
): UnusualV0 => ({
  start: () => startBare(choose),
  warns,
});
const sends = (quirks: (behaviour: Behaviour) => Partial<Quirks>): UnusualV0 => ({
  start: () => startBare(undefined, quirks),
  warns: [],
});
/** Writes each message otherwise. */
const spells = (spell: (message: Message) => Said | readonly Said[], warns: readonly RequirementId[] = []): UnusualV0 =>
  chooses(() => ({ edit: (message) => (isObject(message) ? [spell(message)].flat() : [message]) }), warns);
const every = (ms: number, opcode: number) =>
  sends(() => ({
    keep(wire) {
      const timer = setInterval(() => wire.write(frame(opcode, "still there?")), ms);
      return () => clearInterval(timer);
    },
  }));

const isResponse = ({ type }: Message) => type === "response";

/** Servers that conform, by what they do. The suite must find nothing wrong in them. */
export const unusualV0: Readonly<Record<string, UnusualV0>> = {
  // Bytes, frames and texts.
  "stands on bare TCP": sends(() => ({})),
  "sends every byte in a fragment, with pings between": sends(() => ({ frames: fragments })),
  "sends the head of each frame a byte per TCP segment, and the rest in small ones": sends(() => ({
    outlet: trickling(80),
  })),
  "sends user/self in one segment with the 101": sends(() => ({ outlet: corked })),
  "pings every ms": every(1, 9),
  "lets a client in every 2 ms": sends(() => ({ admit: turns(2) })),
  "prints its messages prettily": spells((message) => `\r\n\t ${JSON.stringify(message, null, 4)}\n`),
  "escapes every character": spells(escaped),
  "has its properties the other way round": spells((message) => JSON.stringify(reversed(message))),
  "adds properties everywhere": spells(
    (message) => ({ ...(extended(message) as Message), messageId: message.messageId }),
    ["message.unknown-property"],
  ),
  "writes its header names in lower case, and more of them": sends((behaviour) => ({
    head: (accept, request) =>
      selecting(
        [
          "HTTP/1.1 101 Here you are",
          "date: Tue, 24 Nov 2026 00:00:00 GMT",
          "set-cookie: a=1; HttpOnly",
          "connection: keep-alive, upgrade",
          "upgrade:WebSocket",
          `sec-websocket-accept:   ${accept}  `,
        ],
        request,
        behaviour,
      ),
  })),
  "speaks TLS": { ...sends(() => ({ tls: { cert: crt, key } })), ca: crt },

  "takes messages of 8 KiB at most": sends(() => ({ limit: 8 << 10 })),

  // Ends of connections.
  "ends TCP a moment after the close frames": sends(() => ({ hangUp: (outlet) => setTimeout(outlet.end, 50) })),
  "resets TCP after the close frames": sends(() => ({ hangUp: (_, socket) => socket.resetAndDestroy() })),
  "closes over a binary message with 1003": chooses(({ malformed }) => ({
    malformed: (client, why) => (why === "a binary message" ? client.leave(1003, why) : malformed(client, why)),
  })),
  "says why it closes in 123 bytes": chooses(() => ({
    malformed: (client) => client.leave(1008, "Bitte nur gültige Nachrichten! ".repeat(4).slice(0, 118)),
  })),

  // Answers.
  "answers in any order": chooses(({ respond }) => {
    const times = [8, 0, 4, 1];
    let n = 0;
    return { respond: (...answer) => void setTimeout(respond, times[n++ % times.length], ...answer) };
  }),
  "says more of each failure": spells((message) =>
    message.status === "failed" ? { ...message, details: "see the documentation ✓" } : message,
  ),
  "has news after user/self and before every response": spells((message) =>
    isResponse(message)
      ? [eventOf("user/updated", { users: [] }), message]
      : message.commandId === "user/self"
        ? [message, eventOf("user/updated", { users: [] })]
        : message,
  ),
  "calls odd commands invalid": chooses(({ carryOut }) => ({
    carryOut: (request, client) =>
      /^[a-z]\w*\/[a-z]\w*$/i.test(String(request.commandId))
        ? carryOut(request, client)
        : { failed: "invalid_request" },
  })),
  "knows little": chooses(({ carryOut }) => ({
    carryOut: (request, client) =>
      /^system\//.test(String(request.commandId)) ? carryOut(request, client) : { failed: "command_unimplemented" },
  })),
  "leaves aside what has a messageId that it knows": chooses(({ carryOut }) => {
    const known = new WeakMap<object, Set<unknown>>();
    return {
      carryOut(request, client) {
        const ids = known.get(client) ?? new Set();
        known.set(client, ids);
        if (ids.has(request.messageId)) return undefined;
        ids.add(request.messageId);
        return carryOut(request, client);
      },
    };
  }),
  "has news of lobbies and parties": spells((message) =>
    isResponse(message) ? [eventOf("lobby/listReset", { lobbies: {} }), message] : message,
  ),
  "does not say who a user is": chooses(() => ({ greet() {} }), ["self.sent"]),
  "answers 403 to tokens that nobody issued": chooses(
    ({ authorize }) => ({
      authorize: (request) =>
        /no-token/.test(String(request.headersDistinct.authorization))
          ? { status: "403 Forbidden" }
          : authorize(request),
    }),
    ["auth.error"],
  ),
};
