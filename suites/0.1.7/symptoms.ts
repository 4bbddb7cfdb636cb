import type { Clue, Symptom } from "../../harness/protocol.ts";
import { isObject, json } from "../../harness/transcript.ts";
import {
  halfClosed,
  harmed,
  harmedByGoodbye,
  inCase,
  leftWaiting,
  showsEnd,
  showsInCase,
  showsSilence,
} from "../websocket/causes.ts";

import type { Breakable } from "./causes.ts";
import { versionSymptoms } from "./symptoms-version.ts";

/** Tells if a text that does not even begin as JSON shows it. */
const isProse = ({ event }: Clue): boolean => event?.type === "text" && !/^\s*[[{]/.test(event.data);

const isRequest = ({ event }: Clue): boolean => {
  const message = event && json(event);
  return isObject(message) && String(message.command).endsWith("/request");
};

/** Tells if bytes that break RFC 6455 in this way show it. */
const breaksBy =
  (failure: string) =>
  ({ event }: Clue): boolean =>
    event?.type === "violation" && event.failure === failure;

const textOf = ({ event }: Clue): string => (event && "data" in event ? event.data : "");

/** The usual mistakes that show in what came, where a requirement has several. */
export const symptoms: Readonly<Partial<Record<Breakable, readonly Symptom[]>>> = {
  ...showsInCase,
  "transport.handshake": leftWaiting,
  "transport.survives": [...harmed, ...showsInCase["transport.survives"]],
  "malformed.survives": harmed,
  "disconnect.isolated": harmedByGoodbye,
  ...versionSymptoms,
  "message.json": [
    {
      shows: breaksBy("WS_ERR_INVALID_CLOSE_CODE"),
      cause:
        "A close frame goes out with a code that may never be sent, such as 1005 or 1006: these only tell a program that no code, or no close frame, came.",
    },
    {
      shows: breaksBy("WS_ERR_UNEXPECTED_MASK"),
      cause: "The server masks its frames, as a client does: only clients mask (RFC 6455, 5.1).",
    },
    {
      shows: (clue) => breaksBy("WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH")(clue) && /length 1$/.test(textOf(clue)),
      cause:
        "A close frame holds a single byte: it is empty, or begins with the two bytes of a code (RFC 6455, 5.5.1).",
    },
    {
      shows: breaksBy("WS_ERR_INVALID_UTF8"),
      cause:
        "A text, or the reason of a close frame, is encoded in something else than UTF-8, such as Latin-1, or cut off in a character.",
    },
    {
      shows: breaksBy("WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH"),
      cause:
        "A control frame holds more than 125 bytes, such as a close frame whose reason is longer than 123, or a pong whose bytes were encoded as text (RFC 6455, 5.5).",
    },
    {
      shows: breaksBy("WS_ERR_UNEXPECTED_RSV_1"),
      cause:
        "The server compresses though nobody agreed on that; or no frame stands behind the 101 at all, but a text such as an error page: `H` of `HTTP/1.1 500` has the bit of a compressed frame.",
    },
    {
      shows: ({ event }) => event?.type === "binary",
      cause: "JSON goes out in a binary frame, because it was encoded to bytes first.",
    },
    { shows: isProse, cause: "A text that is no JSON goes out, such as a welcome or an error page of the framework." },
  ],
  "transport.close": [
    ...halfClosed,
    ...showsInCase["transport.close"],
    {
      shows: breaksBy("WS_ERR_INVALID_CLOSE_CODE"),
      cause:
        "The close frame of the client is answered by one with a garbled code: that is the first two bytes, high byte first, and no text.",
    },
  ],
  "message.known": [{ shows: isRequest, cause: "What a client sends is sent back to it, as an echo does." }],
  "disconnect.closes": halfClosed,
  "termination.announced": [
    {
      shows: ({ event }) => event?.type === "close",
      cause:
        "An error path, a timeout or a shutdown closes the socket directly instead of by the one function that says `system/disconnected/response` first.",
    },
    {
      shows: ({ event }) => event?.type === "end",
      cause: "An exception ends the handler, and the connection with it, before anything is said.",
    },
  ],
  "transport.extensions": [
    ...showsInCase["transport.extensions"],
    {
      shows: inCase("transport/extensions-deflate-in-fragments"),
      cause:
        "A ping between the fragments of a compressed message is taken for a part of it, or sets its decompression back.",
    },
  ],
  "disconnect.encoding": [
    {
      shows: inCase(
        "disconnect/spelled-{a-tab-behind,carriage-returns-alone,spaces-in-empty-brackets,slashes-escaped-in-capital-digits,an-escaped-pair-of-surrogates}",
      ),
      cause:
        "If only such spellings fail, JSON is read by a parser of one's own, which lacks some white space or escapes of RFC 8259. Take that of the language.",
    },
  ],
  "disconnect.extra-properties": [
    {
      shows: inCase("disconnect/extra-a-text-with-{quotes,a-backslash-at-its-end}", "disconnect/extra-number-*"),
      cause:
        "If only such values fail, JSON is read by a parser of one's own: it takes `\\\"` or `\\\\` for the end of a text, or lacks some form of number. Take that of the language.",
    },
    {
      shows: inCase("disconnect/extra-{data*,a-message-id*,a-status-of-success,a-type}"),
      cause:
        "Properties that other commands or protocols have are looked at before the command is known: their types, or what they say, decide then.",
    },
    {
      shows: inCase("disconnect/extra-names-of-a-connection"),
      cause:
        "The properties of a message are copied onto the object that stands for its connection, and replace its own.",
    },
  ],
  "disconnect.answered": [
    {
      shows: (clue) => clue.caseId === "version/idle" && showsSilence(clue),
      cause: "A timer sets a client aside that says nothing for a while, and what it says later is not read.",
    },
    { shows: showsSilence, cause: "The handler of the command was never registered, or what it sends is lost." },
    { shows: showsEnd, cause: "The socket is closed before the answer is flushed, or at once without one." },
  ],
  "malformed.rejected": [
    {
      shows: inCase(
        "malformed/lenient-*",
        "malformed/not-json-{nan,undefined,single-quotes,trailing-comma,unquoted-name,comment,raw-line-break-in-text}",
      ),
      cause:
        "The JSON parser takes what is no JSON: `NaN`, comments, other numbers, other white space, or NUL behind the text. Many have a strict mode.",
    },
    {
      shows: inCase("malformed/near-miss-{space-before,space-after,line-break-after,tab-before}"),
      cause: "The command is trimmed before it is compared: spaces, tabs or line breaks around it are dropped.",
    },
    {
      shows: inCase("malformed/near-miss-{nul-after,zero-width-space,soft-hyphen}"),
      cause:
        "Commands are compared by a collation (`localeCompare`, or that of a database), which passes over characters that cannot be seen; or the text is cut at a NUL.",
    },
    {
      shows: inCase("malformed/near-miss-{capital-letters,upper-case,one-capital,long-s}"),
      cause: "Commands are compared without regard to upper and lower case.",
    },
    {
      shows: inCase("malformed/near-miss-{letter-after,letter-before,part-twice,service-before,query}"),
      cause: "A command is found by a part of its name: by a search for it, or a pattern without both ends.",
    },
    {
      shows: inCase("malformed/near-miss-{hash,semicolon,colon,at-sign}-behind"),
      cause:
        "A command is cut at a sign such as `#`, `;`, `:` or `@` before it is compared, as if an id or a version stood behind that.",
    },
    {
      shows: inCase("malformed/near-miss-{backslashes,dots,colons,underscores,hyphens}"),
      cause:
        "Any sign between the parts of a command is taken for `/`: the name is normalised before it is compared, or matched by a pattern with a `.` in it.",
    },
    {
      shows: inCase("malformed/plain-word-*"),
      cause: "Texts are compared with a few plain words before they are parsed, as a chat or a shell does it.",
    },
    {
      shows: inCase("malformed/nested-{in-array,in-arrays,after-number-in-array}"),
      cause: "An array is unwrapped, and what stands in it is taken for the message.",
    },
    {
      shows: inCase("malformed/nested-{under,beside}-*"),
      cause: "The command is looked for below other properties, not only at the top of the message.",
    },
  ],
  "malformed.usable": [
    {
      shows: showsSilence,
      cause: "An exception of the parser ends the task that reads the connection, which stays open and deaf.",
    },
    {
      shows: showsEnd,
      cause: "An exception, or an error path, ends the connection without `system/disconnected/response`.",
    },
  ],
};
