import { expect, test } from "@jest/globals";
import type { WireEvent } from "../../harness/transcript.ts";
import { ASK, event, GOODBYE, GREETING, outcomes, REFUSAL, says } from "./recordings.ts";

const END = event("server", "close", "", 1000);
const TCP = event("server", "end");
const NAMED = { command: "system/a/response", status: "failed", reason: "invalid_command" };
const ENDLESS: WireEvent = {
  ...{ at: 0, from: "client", type: "timeout", data: "no end" },
  ...{ what: "the end of the connection", afterMs: 2_000 },
};
const lost = (from: WireEvent["from"]) => event(from, "cut", "a message");
const unknown = says("server", { command: "system/a/response", status: "failed", reason: "command_unimplemented" });

/** The requirements that nobody can judge where the plain request may be lost. */
const unasked = {
  "disconnect.answered": "inconclusive",
  "disconnect.success": "inconclusive",
  "disconnect.clean-close": "inconclusive",
};

/** Returns the findings on a connection, but for kept requirements. */
test.each<[string, readonly WireEvent[], Readonly<Record<string, string>>]>([
  ["ends without a word", [END], { "termination.announced": "broken" }],
  [
    "ends without a word after something of the client is lost",
    [lost("client"), END],
    { "termination.announced": "inconclusive", ...unasked },
  ],
  ["is ended over one command", [says("client", ASK), TCP], { "termination.announced": "broken" }],
  ["is ended over the first of two commands", [says("client", ASK), says("client", ASK), TCP], {}],
  [
    "is closed over two commands",
    [says("client", ASK), says("client", ASK), END],
    { "termination.announced": "broken" },
  ],
  [
    "is ended when all commands but one are answered",
    [...[1, 2].map(() => says("client", { command: "system/a/request" })), says("server", NAMED), TCP],
    { "termination.announced": "broken" },
  ],
  [
    "is greeted late and ended over two commands",
    [says("client", ASK), says("server", GREETING), says("client", ASK), TCP],
    {},
  ],
  [
    "is ended over one command, when the one before has long been read",
    [says("client", ASK), event("client", "timeout", "5 s"), says("client", ASK), TCP],
    { "termination.announced": "broken" },
  ],
  ["has no end", [says("server", GREETING)], { "termination.announced": "inconclusive" }],
  [
    "has no end after a goodbye",
    [says("server", GREETING), says("client", ASK), says("server", GOODBYE)],
    { "disconnect.closes": "inconclusive" },
  ],
  [
    "waits in vain for the end after a goodbye",
    [says("server", GREETING), says("client", ASK), says("server", GOODBYE), ENDLESS],
    { "disconnect.closes": "broken" },
  ],
  [
    "waits in vain for the end after a goodbye that came amid many commands, which the server may not have read",
    [
      says("server", GREETING),
      ...Array.from({ length: 17 }, () => says("client", ASK)),
      says("server", GOODBYE),
      ENDLESS,
    ],
    {},
  ],
  [
    "waits in vain for the end after a goodbye that answers all that the client sent but pings",
    [
      ...[says("server", GREETING), ...Array.from({ length: 20 }, () => event("client", "ping", "AAAA"))],
      ...[says("client", ASK), says("server", GOODBYE), ENDLESS],
    ],
    { "disconnect.closes": "broken" },
  ],
  [
    "has a goodbye and no greeting",
    [says("client", ASK), says("server", GOODBYE), END],
    { "version.greeting": "broken" },
  ],
  [
    "has a goodbye after something of the server is lost",
    [lost("server"), says("client", ASK), says("server", GOODBYE), END],
    {
      "message.json": "inconclusive",
      "message.known": "inconclusive",
      "message.foreign": "inconclusive",
      "message.schema": "inconclusive",
      "parity.match": "inconclusive",
      "termination.announced": "inconclusive",
      "termination.reason": "inconclusive",
      "termination.success-only-if-asked": "inconclusive",
      "disconnect.closes": "inconclusive",
      "disconnect.last": "inconclusive",
      "transport.handshake": "inconclusive",
      "version.greeting": "inconclusive",
      "version.first": "inconclusive",
      "version.current": "inconclusive",
      "version.once": "inconclusive",
      ...unasked,
    },
  ],
  ["has no greeting, as nothing tells that it was waited for", [event("client", "error", "ECONNRESET")], {}],
  [
    "has no greeting, which was waited for in vain",
    [
      { at: 0, from: "client", type: "timeout", data: "5 s", what: GREETING.command, afterMs: 5_000 },
      event("client", "end"),
    ],
    { "version.greeting": "broken" },
  ],
  [
    "is said to stay open",
    [says("server", REFUSAL), event("client", "timeout", "5 s")],
    { "disconnect.closes": "broken" },
  ],
  ["was ended by the network", [event("client", "error", "ECONNRESET")], {}],
  [
    "is let go unasked",
    [says("server", GREETING), says("server", GOODBYE), END],
    { "termination.success-only-if-asked": "broken" },
  ],
  [
    "is let go after something of the client is lost",
    [lost("client"), says("server", GREETING), says("server", GOODBYE), END],
    { "termination.success-only-if-asked": "inconclusive", "termination.announced": "inconclusive", ...unasked },
  ],
  [
    "is let go unasked before something of the client is lost",
    [says("server", GREETING), says("server", GOODBYE), lost("client"), END],
    { "termination.success-only-if-asked": "broken", "termination.announced": "inconclusive", ...unasked },
  ],
  ["hears what is unknown", [unknown, event("client", "end")], { "message.known": "broken" }],
  [
    "hears what may refuse what is lost",
    [lost("client"), unknown, event("client", "end")],
    { "message.known": "inconclusive", "termination.announced": "inconclusive", ...unasked },
  ],
])("a recorded connection that %s", (_, events, expected) => {
  expect(outcomes({ url: "", events: events.map((it) => ({ ...it })) })).toEqual(expected);
});
