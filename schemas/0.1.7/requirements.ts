import type { Requirement } from "../../harness/catalogue.ts";

/** The requirements on a Tachyon 0.1.7 server: the rows of `document/requirements.md`, in its order, in statements that stand alone. */
export const requirements = [
  {
    id: "message.json",
    section: "messages",
    level: "MUST",
    source: "S, R",
    statement: "Every message is one text frame (or fragmented text message) that holds one JSON object.",
  },
  {
    id: "message.known",
    section: "messages",
    level: "MUST",
    source: "S",
    statement:
      "The `command` of every message is a string; in the `system/` service it is a response this version defines. Applies to `system/…` commands and to what is no `service/endpoint/response` at all.",
  },
  {
    id: "message.foreign",
    section: "messages",
    level: "MAY",
    source: "→",
    why: "this document describes one service",
    statement:
      "Well-formed responses of other services (`lobby/list/response`) cannot be judged by this document: reported.",
  },
  {
    id: "message.schema",
    section: "messages",
    level: "MUST",
    source: "S",
    statement:
      "Every message validates against the JSON schema of its command. The schemas are open: unknown extra properties are allowed everywhere.",
  },
  {
    id: "termination.announced",
    section: "messages",
    level: "MUST",
    source: "D disconnected",
    statement:
      "Whenever the server ends the connection, it sends `system/disconnected/response` first. Not applied where the suite itself broke RFC 6455, nor where the connection is reset or ends while several commands of the client were on their way (a server that answers the first and closes loses its goodbye to the reset), nor to a message that the WebSocket layer finds too big (1009, or a reset while a message over 8 KiB is on its way), where it ends the connection by its own rules.",
  },
  {
    id: "termination.success-only-if-asked",
    section: "messages",
    level: "MUST",
    source: "D disconnected",
    statement:
      "A `system/disconnected/response` with status `success` is sent only to a client that sent `system/disconnect/request`.",
  },
  {
    id: "termination.reason",
    section: "messages",
    level: "MUST",
    source: "S disconnected",
    statement:
      "A `system/disconnected/response` with status `failed` carries a reason, one of `internal_error`, `unauthorized`, `invalid_command`.",
  },
  {
    id: "disconnect.closes",
    section: "messages",
    suite: "disconnect",
    level: "MUST",
    source: "D disconnect, disconnected",
    statement:
      "After any `system/disconnected/response`, success or failed, the server closes the WebSocket within the timeout.",
  },
  {
    id: "disconnect.last",
    section: "messages",
    suite: "disconnect",
    level: "MUST",
    source: "→",
    why: "the message says that the connection is over",
    statement: "No message follows `system/disconnected/response`.",
  },
  {
    id: "version.greeting",
    section: "version",
    level: "MUST",
    source: "D version",
    statement:
      "Each new client gets `system/version/response` without having sent anything; a client that talks at once still gets it.",
  },
  {
    id: "version.first",
    section: "version",
    level: "MUST",
    source: 'D "as soon as they connect"',
    statement: "The greeting is the first message of the connection.",
  },
  {
    id: "version.once",
    section: "version",
    level: "SHOULD",
    source: "→",
    why: "sent to *new* clients",
    statement: "The greeting is sent once per connection.",
  },
  {
    id: "version.success",
    section: "version",
    level: "MUST",
    source: "→",
    why: "the version is what the greeting is for",
    statement:
      "The status of the greeting is `success` for a client that may connect, with, without or with a wrong version parameter.",
  },
  {
    id: "version.current",
    section: "version",
    level: "MUST",
    source: "S",
    statement: "`data.tachyonVersion` of the greeting is the version under test.",
  },
  {
    id: "version.no-login",
    section: "version",
    level: "MUST",
    source: "D `requiresLogin: false`, `requiresRole: false`",
    statement: "The greeting needs no credentials.",
  },
  {
    id: "parity.match",
    section: "version",
    level: "MUST",
    source: "D, S",
    statement: "The client's `tachyonVersion` equals the server's: `match`.",
  },
  {
    id: "parity.major",
    section: "version",
    level: "MUST",
    source: "D, S",
    statement: "The majors differ, older or newer, whatever minor and patch are: `major_mismatch`.",
  },
  {
    id: "parity.minor",
    section: "version",
    level: "MUST",
    source: "D, S",
    statement: "Equal majors, minors differ, whatever patch is: `minor_mismatch`.",
  },
  {
    id: "parity.patch",
    section: "version",
    level: "MUST",
    source: "D, S",
    statement:
      "Equal majors and minors, patches differ: `patch_mismatch`. Numbers are compared, not prefixes or digits: 0.1.70 is not 0.1.7.",
  },
  {
    id: "parity.missing",
    section: "version",
    level: "MUST",
    source: "→",
    why: "the only value that a missing version can have",
    statement: "No `tachyonVersion` in the URL: `unknown`.",
  },
  {
    id: "parity.unparseable",
    section: "version",
    level: "SHOULD",
    source: "→",
    why: "a string that is no `major.minor.patch` has no parity",
    statement:
      "Empty, `banana`, `1`, `0.1`, `0.1.7.0`, `v0.1.7`, `00.1.7`, ` 0.1.7`, `../../etc`, `0.1.7'--`, non-ASCII …: `unknown`.",
  },
  {
    id: "parity.prerelease",
    section: "version",
    level: "MAY",
    source: "→",
    why: "silent",
    statement:
      "`0.1.7-beta.1`, `0.1.7+build.5`, numbers past 2^53, a repeated parameter, `TACHYONVERSION`: any schema-valid greeting; a broken percent escape (`%zz`): that, or an HTTP error; report which.",
  },
  {
    id: "parity.query",
    section: "version",
    level: "MUST",
    source: 'D "in the WS connection URL", URL standard',
    statement:
      "The parameter `tachyonVersion` is found wherever it stands in the query, beside others, percent-encoded or not.",
  },
  {
    id: "parity.isolated",
    section: "version",
    level: "MUST",
    source: "→",
    why: "it is the parity of *this* client",
    statement: "Clients that connect at the same moment with different versions each get their own parity.",
  },
  {
    id: "parity.usable",
    section: "version",
    level: "MUST",
    source: "D disconnected",
    statement:
      "A mismatched client is either served like any other or told `system/disconnected/response` failed and closed.",
  },
  {
    id: "disconnect.answered",
    section: "disconnect",
    level: "MUST",
    source: "D disconnect",
    statement: "`system/disconnect/request` is answered with `system/disconnected/response`.",
  },
  {
    id: "disconnect.success",
    section: "disconnect",
    level: "MUST",
    source: "D disconnected",
    statement: "The answer to `system/disconnect/request` has status `success`.",
  },
  {
    id: "disconnect.once",
    section: "disconnect",
    level: "MUST",
    source: "→",
    why: "one connection ends once",
    statement: "However many disconnect requests are pipelined, they get one answer.",
  },
  {
    id: "disconnect.request-only",
    section: "disconnect",
    level: "MUST",
    source: 'D "Request only"',
    statement: "There is no `system/disconnect/response`.",
  },
  {
    id: "disconnect.no-login",
    section: "disconnect",
    level: "MUST",
    source: "D `requiresLogin: false`, `requiresRole: false`",
    statement:
      "A disconnect request works without credentials, at any moment, also sent right after the 101 without reading the greeting.",
  },
  {
    id: "disconnect.extra-properties",
    section: "disconnect",
    level: "MUST",
    source: "S (open schema)",
    statement: "A disconnect request with further properties is a valid request.",
  },
  {
    id: "disconnect.encoding",
    section: "disconnect",
    level: "MUST",
    source: "R 8259",
    statement:
      "Any JSON text of the same object is the same request: whitespace around and inside, `\\/`, `\\u0073`, property order.",
  },
  {
    id: "disconnect.isolated",
    section: "disconnect",
    level: "MUST",
    source: "→",
    why: "it ends *the* connection",
    statement: "A disconnect request ends or disturbs no other connection.",
  },
  {
    id: "disconnect.reconnect",
    section: "disconnect",
    level: "MUST",
    source: "D version",
    statement: "A client that was disconnected can connect again at once and is greeted as new.",
  },
  {
    id: "disconnect.final",
    section: "disconnect",
    level: "SHOULD",
    source: "→",
    why: "the connection is over",
    statement: "Nothing that the client sends after a disconnect request is answered.",
  },
  {
    id: "disconnect.clean-close",
    section: "disconnect",
    level: "SHOULD",
    source: "R 6455 7.4",
    statement:
      "After a disconnect request the server closes with a close frame, code 1000 or none, rather than dropping TCP.",
  },
  {
    id: "malformed.rejected",
    section: "malformed",
    level: "MUST",
    source: "S",
    statement: "A malformed command is never carried out: no `success` for it.",
  },
  {
    id: "malformed.answered",
    section: "malformed",
    level: "SHOULD",
    source: "→",
    why: "the schemas define `invalid_command` for it",
    statement:
      "A malformed command gets an answer: `system/disconnected/response` failed, or a failed response of the command it named (`x/y/request` → `x/y/response`). Silence is the warning.",
  },
  {
    id: "malformed.reason",
    section: "malformed",
    level: "SHOULD",
    source: "S",
    statement: "The reason in the answer to a malformed command is `invalid_command`.",
  },
  {
    id: "malformed.usable",
    section: "malformed",
    level: "MUST",
    source: "D disconnected",
    statement:
      "After a malformed command the connection either still works (a disconnect is answered) or was ended with `system/disconnected/response` failed.",
  },
  {
    id: "malformed.survives",
    section: "malformed",
    level: "MUST",
    source: "→",
    why: "other clients owe nothing",
    statement: "After a malformed command clients already connected stay connected, and new ones are greeted.",
  },
  {
    id: "malformed.unspecified",
    section: "malformed",
    level: "MAY",
    source: "→",
    why: "silent",
    statement:
      "A binary frame, a JSON object with a duplicate `command`, a byte-order mark: carried out, refused or ignored; report which. The message rules, `malformed.usable` and `malformed.survives` hold all the same.",
  },
  {
    id: "transport.handshake",
    section: "transport",
    level: "MUST",
    source: "R",
    statement: "The handshake is answered with 101 and the right `Upgrade`, `Connection` and `Sec-WebSocket-Accept`.",
  },
  {
    id: "transport.http",
    section: "transport",
    level: "MUST",
    source: "R",
    statement:
      "A plain GET or POST is never answered with a 101 and never left hanging: any other HTTP status, or the end of the TCP connection, in time.",
  },
  {
    id: "transport.subprotocol",
    section: "transport",
    level: "MUST",
    source: "R",
    statement:
      "The server selects no subprotocol that was not offered. Refusing the handshake for an unknown one is allowed.",
  },
  {
    id: "transport.extensions",
    section: "transport",
    level: "MUST",
    source: "R",
    statement:
      "The server negotiates no extension that was not offered; permessage-deflate, where accepted, works in both directions.",
  },
  {
    id: "transport.ping",
    section: "transport",
    level: "MUST",
    source: "R",
    statement:
      "A ping is answered with a pong of the same payload (empty, 1 and 125 bytes), also between the fragments of a message. Of several unanswered pings only the latest need be answered (5.5.3): send one at a time.",
  },
  {
    id: "transport.fragmentation",
    section: "transport",
    level: "MUST",
    source: "R",
    statement: "A command in many fragments, with control frames in between and empty fragments, is one command.",
  },
  {
    id: "transport.segmentation",
    section: "transport",
    level: "MUST",
    source: "R",
    statement:
      "The handshake may arrive one byte per TCP segment, frames one byte per segment or several in one. (A client may not send frames before it has read the 101, 4.1: never test that.)",
  },
  {
    id: "transport.close",
    section: "transport",
    level: "MUST",
    source: "R",
    statement: "A close frame (1000, or empty) is answered with a close frame, and the TCP connection ends.",
  },
  {
    id: "transport.survives",
    section: "transport",
    level: "MUST",
    source: "R",
    statement:
      "After each violation of RFC 6455, after a reset in mid-frame, and after odd but legal-looking upgrades (request target `//`, an absolute URL, a broken percent escape; an empty, spaced or bracketed `Host`; an 8 KiB and a 64 KiB query), clients already connected stay connected and new ones are greeted. The first implementation of this protocol died here, whole process, on one bad frame.",
  },
  {
    id: "transport.strict-handshake",
    section: "transport",
    level: "SHOULD",
    source: "R",
    statement: "An upgrade without a key, with `Sec-WebSocket-Version: 12`, or by POST gets no 101.",
  },
  {
    id: "transport.header-whitespace",
    section: "transport",
    level: "SHOULD",
    source: "R",
    statement:
      "White space around header values of the upgrade (legal by RFC 9110 5.5, sent by no client; five of 17 libraries refuse it) changes nothing.",
  },
  {
    id: "transport.unicode",
    section: "transport",
    level: "SHOULD",
    source: "R",
    statement:
      "Every Unicode scalar value in a text message is text, noncharacters (U+FFFE, U+1FFFE …) and all planes included.",
  },
  {
    id: "transport.masking",
    section: "transport",
    level: "SHOULD",
    source: "R",
    statement: "An unmasked client frame fails the connection.",
  },
  {
    id: "transport.reserved",
    section: "transport",
    level: "SHOULD",
    source: "R",
    statement: "Reserved bits and opcodes fail the connection.",
  },
  {
    id: "transport.utf8",
    section: "transport",
    level: "SHOULD",
    source: "R",
    statement: "Text that is not UTF-8 fails the connection; at the latest when the message is complete.",
  },
  {
    id: "transport.control-frames",
    section: "transport",
    level: "SHOULD",
    source: "R",
    statement: "A control frame over 125 bytes, or a fragmented one, fails the connection.",
  },
  {
    id: "resilience.concurrent",
    section: "resilience",
    level: "MUST",
    source: "→",
    why: '"each new client" holds at every moment',
    statement: "100 connections at once are all greeted, each disconnects on its own.",
  },
  {
    id: "resilience.churn",
    section: "resilience",
    level: "MUST",
    source: "→",
    why: '"each new client" holds at every moment',
    statement: "300 connections one after another, 10 at a time: all are greeted.",
  },
  {
    id: "resilience.churn-speed",
    section: "resilience",
    level: "SHOULD",
    source: "→",
    why: '"each new client" holds at every moment',
    statement:
      "Of 300 connections one after another, the last are greeted as fast as the first: median of the last tenth at most 5 times that of the first tenth.",
  },
  {
    id: "resilience.idle",
    section: "resilience",
    level: "MUST",
    source: "→",
    why: '"each new client" holds at every moment',
    statement: "50 connections that say nothing do not keep the next client from being greeted.",
  },
  {
    id: "resilience.half-open",
    section: "resilience",
    level: "MUST",
    source: "→",
    why: '"each new client" holds at every moment',
    statement: "20 TCP connections that never finish the handshake do not keep the next client from being greeted.",
  },
  {
    id: "resilience.no-echo",
    section: "resilience",
    level: "MUST",
    source: "→",
    why: '"each new client" holds at every moment',
    statement:
      "20 clients that asked to be disconnected and never answer the server's close frame do not keep the next client from being greeted (servers hold such sockets up to 70 s; only the others matter).",
  },
  {
    id: "resilience.abrupt",
    section: "resilience",
    level: "MUST",
    source: "→",
    why: '"each new client" holds at every moment',
    statement:
      "Connections that are reset in the handshake, after the greeting and half way through a message leave the server serving.",
  },
  {
    id: "resilience.flood",
    section: "resilience",
    level: "MUST",
    source: "→",
    why: '"each new client" holds at every moment',
    statement:
      "1,000 malformed commands in one go on one connection: judged like one, and the server still serves others while it lasts.",
  },
  {
    id: "resilience.large",
    section: "resilience",
    level: "MUST",
    source: "→",
    why: '"each new client" holds at every moment',
    statement:
      "Commands with 64 KiB, 1 MiB and 8 MiB of extra property: carried out, or refused as `malformed` allows, with 1009, or by the end of the TCP connection (a 1009 is often lost to a reset); the server goes on serving. Read the greeting before sending.",
  },
  {
    id: "resilience.deep",
    section: "resilience",
    level: "MUST",
    source: "→",
    why: '"each new client" holds at every moment',
    statement: "JSON nested 100,000 deep, an object with 100,000 keys, a 1 MB number: judged like large commands.",
  },
] as const satisfies readonly Requirement[];

/** The id of a row of this catalogue. Ids are public and never change meaning. */
export type RequirementId = (typeof requirements)[number]["id"];
