import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import type { RequirementId } from "../../schemas/0.1.7/requirements.ts";
import { frame } from "./frames.ts";
import { onFaye, onWebSocketNode, onWs, type Running } from "./libraries.ts";
import { program } from "./program.ts";
import {
  corked,
  escaped,
  extended,
  firstCommand,
  fragments,
  reversed,
  slow,
  trickling,
  turns,
  unordered,
} from "./quirks.ts";
import { headOf, onRaw, type Quirks } from "./raw.ts";
import { type Choices, commandIn, dismiss, refuseByName, type Session, type Tachyon, tachyon } from "./tachyon.ts";

/** A server that conforms, in a way that few do. */
export interface Unusual {
  start(): Promise<Running>;
  /** The SHOULDs that it does not keep. */
  readonly warns: readonly RequirementId[];
  /** The certificate to trust. */
  readonly ca?: string;
  /** It meets one case in this many, if more would take too long. */
  readonly share?: number;
  /** It limits connections, so cases that need more may be skipped with that reason. */
  readonly limited?: boolean;
  /** Its answers to several commands may be lost, or it refuses long ones, so these may be left open. */
  readonly lossy?: boolean;
  /** It is about these cases, also those that put load on a server. */
  readonly cases?: RegExp;
}

const [crt, key] = ["crt", "key"].map((it) => readFileSync(`tests/fixtures/localhost.${it}`, "utf8")) as [
  string,
  string,
];

/** The name for no command: that of a binary frame, or of a text with noncharacters. */
const BINARY = Symbol();
const NONCHARACTER = Symbol();

const invalid = { status: "failed", reason: "invalid_command" };
const news = { command: "lobby/motd/response", status: "success", data: { motd: "hello" } };
const outdated = (session: Session) => session.end({ status: "failed", reason: "unauthorized" }, 4000, "update");

const chooses = (choices: Partial<Choices>, warns: readonly RequirementId[] = []): Unusual => ({
  start: () => onWs(tachyon(choices)),
  warns,
});
const sends = (quirks: () => Partial<Quirks>, warns: readonly RequirementId[] = []): Unusual => ({
  start: () => onRaw(tachyon(), quirks()),
  warns,
});
const takes = (time: (server: Tachyon) => Tachyon): Unusual => ({ start: () => onWs(time(tachyon())), warns: [] });
const spells = (spell: Choices["spell"]) => chooses({ spell });
const closes = (code?: number, reason?: string) =>
  chooses({
    farewell: (session) => session.end({ status: "success" }, code, reason),
    refuse: (session) => session.end(invalid, code, reason),
  });
const every = (ms: number, opcode: number) =>
  sends(() => ({
    keep(wire) {
      const timer = setInterval(() => wire.write(frame(opcode, "still there?")), ms);
      return () => clearInterval(timer);
    },
  }));

/** Says goodbye to everybody once, when so many clients have come, as a server does that restarts. It is `away` for so many ms then. */
const restarting = (after: number, away = 0): Unusual => ({
  async start() {
    let clients = 0;
    const greeted = ({ everybody }: Session) => {
      clients += 1;
      const all = clients === after ? [...everybody] : [];
      for (const it of all) it.end({ status: "failed", reason: "internal_error" }, 1012);
      if (all.length > 0 && away > 0) running.away?.(away);
    };
    const running = await onWs(tachyon({ greeted }));
    return running;
  },
  warns: [],
});

/** The cases that send several commands in one go. */
const PIPELINED = /^(resilience\/flood|generated\/|disconnect\/(\d|followed-)|malformed\/)/;

/** Servers that conform, by what they do. The suite must find nothing wrong in them. */
export const unusual: Readonly<Record<string, Unusual>> = {
  "says goodbye to everybody once, to the first clients": restarting(12),
  "says goodbye to everybody once, among plain requests": restarting(150),
  "says goodbye to everybody once, and is away for 300 ms": restarting(400, 300),
  // Times.
  "greets after 100 ms and answers after 50 ms": takes(slow(100, 50)),
  "greets after 300 ms and answers after 300 ms": takes(slow(300, 300)),
  "refuses late, and carries out requests at once": takes(unordered([0, 5, 20, 1], 0)),
  "answers in any order": takes(unordered([8, 0, 4, 1], 1)),
  "lets a client in every 2 ms": sends(() => ({ admit: turns(2) })),
  "sends its greeting in one segment with the 101": sends(() => ({ outlet: corked })),

  // Bytes, frames and texts.
  "sends every byte in a fragment, with pings between": sends(() => ({ frames: fragments })),
  "sends the head of each frame a byte per TCP segment, and the rest in small ones": sends(() => ({
    outlet: trickling(11),
  })),
  "pings every ms": every(1, 9),
  "sends pongs that nobody asked for": every(3, 10),
  "compresses every message where it may": {
    start: () => onWs(tachyon(), { perMessageDeflate: { threshold: 0, serverNoContextTakeover: true } }),
    warns: [],
  },
  "compresses as ws does": { start: () => onWs(tachyon(), { perMessageDeflate: true }), warns: [] },
  "compresses, and takes no message of more than 9,000 bytes": {
    start: () => onWs(tachyon(), { perMessageDeflate: true, maxPayload: 9_000 }),
    warns: [],
    cases: /^transport\/extensions-/,
    lossy: true,
  },
  "prints its messages prettily": spells((message) => `\r\n\t ${JSON.stringify(message, null, 4)}\n`),
  "escapes every character": spells(escaped),
  "adds properties everywhere": spells((message) => JSON.stringify(extended(message))),
  "has its properties the other way round": spells((message) => JSON.stringify(reversed(message), null, "\r\n")),
  "greets with 100 KB": spells((message) => JSON.stringify({ ...message, motd: "✓".repeat(34_000) })),
  "writes its header names in lower case": head((accept) => [
    "HTTP/1.1 101 Switching Protocols",
    `sec-websocket-accept:${accept}`,
    "connection:upgrade",
    "upgrade:WebSocket",
  ]),
  "writes more headers in its 101": head((accept) => [
    "HTTP/1.1 101 Switching Protocols",
    "Date: Tue, 24 Nov 2026 00:00:00 GMT",
    "Server: tachyon/1 (unusual)",
    "Set-Cookie: a=1; HttpOnly",
    "Set-Cookie: b=2",
    `X-Long: ${"x".repeat(4_000)}`,
    "Upgrade: websocket",
    "Connection: \tkeep-alive, Upgrade \t",
    `Sec-WebSocket-Accept:   ${accept} \t `,
  ]),
  "calls its 101 otherwise": head((accept) => headOf(accept, "HTTP/1.1 101 Here you are: (101) ✓!")),
  "does not call its 101 anything": head((accept) => headOf(accept, "HTTP/1.1 101 ")),

  // Ends of connections.
  "closes without a code": closes(),
  "closes with code 1000 and a reason": closes(1000, "schön, daß du da warst"),
  "closes with 1000 who asks, others with 4000 and a reason": chooses({
    farewell: (session) => session.end({ status: "success" }, 1000),
    refuse: (session) => session.end(invalid, 4000, "x".repeat(123)),
  }),
  "ends TCP a moment after the close frames": sends(() => ({ hangUp: (outlet) => setTimeout(outlet.end, 50) })),
  "resets TCP after the close frames": sends(() => ({ hangUp: (_, socket) => socket.resetAndDestroy() })),

  // Malformed commands.
  "refuses by name where it can, and stays open": chooses({
    refuse: (session, command) => refuseByName(session, command),
  }),
  "refuses by name where it can, and is silent otherwise": chooses(
    { refuse: (session, command) => refuseByName(session, command, () => {}) },
    ["malformed.answered"],
  ),
  "stays open and silent": chooses({ refuse() {} }, ["malformed.answered"]),
  "refuses by name and ends the connection": chooses({
    refuse(session, command) {
      refuseByName(session, command, () => {});
      dismiss(session);
    },
  }),
  "answers binary frames like texts": chooses({ read: (text) => commandIn(text) }),
  "is silent to binary frames": chooses({
    read: (text, binary) => (binary ? BINARY : commandIn(text)),
    refuse: (session, command) => (command === BINARY ? undefined : dismiss(session)),
  }),
  "keeps the first of two commands": chooses({ read: (text, binary) => (binary ? undefined : firstCommand(text)) }),
  "reads a byte-order mark": chooses({
    read: (text, binary) => (binary ? undefined : commandIn(text.replace(/^\ufeff/, ""))),
  }),
  "refuses white space around header values": sends(
    () => ({ refuse: ({ lines }) => (lines.every((line) => /^[^:\s]+: ?(\S(.*\S)?)?$/.test(line)) ? undefined : 400) }),
    ["transport.header-whitespace"],
  ),
  "takes no noncharacters": {
    start: () =>
      onRaw(
        tachyon({
          read: (text, binary) =>
            /\p{Noncharacter_Code_Point}/u.test(text) ? NONCHARACTER : binary ? undefined : commandIn(text),
          refuse: (session, command) => (command === NONCHARACTER ? session.close(1007) : dismiss(session)),
        }),
      ),
    warns: ["transport.unicode"],
  },
  "reads no more than 4 KiB": sends(() => ({ limit: 4 << 10 })),

  // Several commands.
  "ends TCP with all but the first unread": {
    start: () => program("tests/servers/unread.js"),
    warns: [],
    cases: PIPELINED,
    lossy: true,
  },
  "resets the connection over all but the first": {
    start: () => program("tests/servers/unread.js", "reset"),
    warns: [],
    cases: PIPELINED,
    lossy: true,
  },
  "resets the connection over all but the first, and so loses the answer to that": {
    start: () => program("tests/servers/unread.js", "lose"),
    warns: [],
    cases: /^disconnect\/(\d|followed-)/,
    lossy: true,
  },

  // Clients that it serves or refuses.
  "ends the connection of another major version": chooses({
    greeted: (session) => (session.parity === "major_mismatch" ? outdated(session) : undefined),
  }),
  "ends the connection of any other version a moment later": chooses({
    greeted: (session) => (session.parity === "match" ? undefined : setTimeout(outdated, 20, session)),
  }),
  "refuses a broken percent escape": sends(() => ({
    refuse: ({ target }) => (/%(?![\da-f]{2})/i.test(target) ? 400 : undefined),
  })),
  "refuses subprotocols": sends(() => ({
    refuse: ({ headers }) => (headers.has("sec-websocket-protocol") ? 400 : undefined),
  })),
  "wants a User-Agent": sends(() => ({
    refuse: ({ headers }) => (headers.has("user-agent") ? undefined : 403),
  })),
  "is only at a path and a query of its own": sends(() => ({
    path: "/lobby%2F1/ws?region=eu&empty&q=a%20b?c",
    refuse: ({ target }) => (target.startsWith("/lobby%2F1/ws?region=eu&empty&q=a%20b?c") ? undefined : 404),
  })),
  "speaks TLS": { ...sends(() => ({ tls: { cert: crt, key } })), ca: crt },
  ...(Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === "::1")) && {
    "listens on IPv6": sends(() => ({ host: "::1" })),
  }),

  // Further messages.
  "has news after the greeting and before every answer": chooses({
    greeted: (session) => session.say(news),
    farewell(session) {
      session.say(news);
      session.end({ status: "success" });
    },
    refuse(session) {
      session.say(news);
      dismiss(session);
    },
  }),
  "tells all whenever one leaves": chooses({
    left(others) {
      for (const session of others) session.say({ ...news, command: "lobby/left/response" });
    },
  }),

  // Libraries and TLS.
  "stands on bare TCP": sends(() => ({})),
  "stands on ws": { start: () => onWs(tachyon()), warns: [] },
  "stands on websocket": {
    start: () => onWebSocketNode(tachyon()),
    warns: ["transport.masking", "transport.strict-handshake"], // It takes unmasked frames, and an upgrade by POST.
  },
  "stands on faye-websocket": { start: () => onFaye(tachyon()), warns: [] },
};

function head(lines: Quirks["head"]): Unusual {
  return sends(() => ({ head: lines }));
}
