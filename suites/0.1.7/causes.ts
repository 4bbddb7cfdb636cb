import type { requirements } from "../../schemas/0.1.7/requirements.ts";
import { sharedCauses } from "../websocket/causes.ts";

/** The id of a requirement that can be broken: a MAY cannot. */
export type Breakable = Exclude<(typeof requirements)[number], { readonly level: "MAY" }>["id"];

/** The usual mistake of a server's author where a requirement is broken, in a sentence or two. */
export const causes: Readonly<Record<Breakable, string>> = {
  "message.json":
    "A text that is no JSON goes out, such as a welcome or an error page of the framework; or JSON goes out in a binary frame because it was encoded to bytes first.",
  "message.known":
    "A message was renamed or invented, for instance a `system/…/response` for every request; or events are pushed whose command does not end in `/response`.",
  "message.schema":
    "A property is left out where it is null or empty, or has another type, or a value that is not listed. Validate what goes out against the schemas in the tests of the server.",
  "termination.announced":
    "An error path, a timeout or a shutdown closes the socket directly instead of by the one function that says `system/disconnected/response` first; or an exception ends the handler.",
  "termination.success-only-if-asked":
    "One goodbye with `success` is sent wherever a connection ends, also where the server ends it of its own accord.",
  "termination.reason":
    "The reason is a number, a sentence or an exception's message instead of one of the three names, or it is left out.",
  "disconnect.closes":
    "The answer is sent and the socket left for the client to close; or only the refusals, or only the goodbyes, close it.",
  "disconnect.last":
    "Whatever is still queued, or answers of work that was running, are written behind the goodbye. Stop writing once it is sent.",
  "version.greeting":
    "No greeting is sent at all; only when the client speaks or is known; only to matching versions; or it is lost where the client's first message is handled before it.",
  "version.first":
    "Something else, such as news or a welcome, is sent from a connect hook that runs before the greeting; or an early message is answered first.",
  "version.once":
    "Two places greet: a hook that runs on every connection, and the code that looks at the version or at the first message.",
  "version.success":
    "A mismatched or missing version is taken for an error and greeted with `failed`, though only `versionParity` is to tell it.",
  "version.current":
    "The version is written by hand and was not updated, is that of the server software, or repeats what the client sent.",
  "version.no-login":
    "A gateway or middleware asks for a token on every connection. Refuse a request that needs a login when it comes, not the connection.",
  "parity.match":
    "The server does not know its own version in the form that clients send, or compares it with another build's; nothing then matches.",
  "parity.major":
    "Versions are not compared part by part, only checked for one direction (older), or the minor is looked at first.",
  "parity.minor":
    "The patch is compared before the minor, or a minor that differs gets the answer for a patch; or versions are compared as one text or one number.",
  "parity.patch":
    "Versions are compared as texts or prefixes, so that 0.1.70 is taken for 0.1.7; or an older patch is taken for compatible and so for a match.",
  "parity.missing":
    "A missing parameter falls back to the server's own version, or is parsed as 0.0.0 and becomes a mismatch.",
  "parity.unparseable":
    "A lenient parser accepts spaces, a leading `v`, leading zeros or missing parts; or a version that cannot be read becomes a mismatch instead of `unknown`.",
  "parity.query":
    "The query is searched with a pattern instead of parsed: it is not percent-decoded, must begin with the parameter, or a longer name or another value is taken for it.",
  "parity.isolated":
    "The version of the last client is kept in a variable that all connections share. Keep it with the connection.",
  "parity.usable":
    "A mismatch sets the connection aside: it is dropped without a word, or nothing that it sends is answered.",
  "disconnect.answered":
    "The socket is closed before the answer is flushed, or at once without one; or the handler of the command was never registered.",
  "disconnect.success":
    "One function says goodbye for all reasons, with `failed`; or the request ran into an exception and is answered as an internal error.",
  "disconnect.once": "Requests that arrive together are all handled before the socket is closed, and each is answered.",
  "disconnect.request-only":
    "The name of the answer is made from that of the request (`/request` becomes `/response`), though this one is answered by `system/disconnected/response`.",
  "disconnect.no-login":
    "Every command but the login is refused before a login; or what a client sends in its first moment is lost, since the handler is attached only after the greeting.",
  "disconnect.extra-properties":
    "The validator runs in a strict mode that refuses or chokes on unknown properties, or messages are limited to a size that one with more properties exceeds.",
  "disconnect.encoding":
    "Messages are recognised by comparing texts or with a pattern, instead of by parsing JSON: other white space, escapes or orders are then unknown.",
  "disconnect.isolated":
    "The goodbye goes to all connections, by a broadcast or a registry with a wrong key, instead of to the one that asked.",
  "disconnect.reconnect":
    "The server still holds the old session, and refuses or does not greet a client while the old connection is being torn down.",
  "disconnect.final":
    "Messages that were read together with the request are still handled. Drop what is queued once the request is taken.",
  "disconnect.clean-close":
    "The TCP connection is ended (`destroy`, `terminate`) instead of closed by the WebSocket library; or the close is made with an error code such as 1011.",
  "malformed.rejected":
    "Commands are looked up leniently, by lower case, trimmed, by a part of the name or unwrapped from an array; or the answer is `success` unless a handler says otherwise.",
  "malformed.answered":
    "A parse error or an unknown command is logged and dropped, so that the client waits for an answer that never comes.",
  "malformed.reason":
    "All exceptions end in one handler that says `internal_error`, also those that the client's own message caused.",
  "malformed.usable":
    "An exception of the parser ends the task that reads the connection, which stays open and deaf; or it ends the connection without `system/disconnected/response`.",
  "malformed.survives":
    "An exception for one client's message is not caught, and takes the process, or a task that all clients share, with it.",
  ...sharedCauses,
};
