import type { Clue, Symptom } from "../../harness/protocol.ts";
import { isObject, json } from "../../harness/transcript.ts";
import type { requirements } from "../../schemas/v0/requirements.ts";
import {
  halfClosed,
  harmed,
  harmedByGoodbye,
  leftWaiting,
  sharedCauses,
  showsEnd,
  showsInCase,
  showsSilence,
} from "../websocket/causes.ts";
import { POLICY } from "./protocol.ts";

/** The id of a requirement that can be broken: a MAY cannot. */
type Breakable = Exclude<(typeof requirements)[number], { readonly level: "MAY" }>["id"];

/** The usual mistake of a server's author where a requirement is broken, in a sentence or two. */
export const causes: Readonly<Record<Breakable, string>> = {
  "message.json":
    "An error path writes a text of its own instead of a message, or a library encodes responses to bytes and sends them in binary frames.",
  "message.envelope":
    "A message is built by hand in one place and lacks a part, or its messageId is a number of a counter.",
  "message.known": "A message was renamed or is not in the schemas yet that clients have.",
  "message.direction": "One table of commands serves both directions, and a message of clients is sent to them.",
  "message.schema":
    "A property that is null is left out, or a release changed a message and not its schema. Validate what goes out in the tests of the server.",
  "message.unknown-property":
    "The name of an optional property is misspelt, or has the case of the server's own language. The schemas are open, so that nothing complains.",
  "message.time": "Times of the language or the database are sent as they are, in seconds or milliseconds.",
  "response.correlated":
    "The response is made by another task than the one that has the request, and takes an id or a command of its own, or another connection of the same user.",
  "response.once": "A request is answered when it is taken and again when it is done, or by two handlers.",
  "response.status": "One function builds success and failure, and fills in what belongs to the other.",
  "response.reason":
    "The reason is that of an exception or of another command, and was never compared with the schema.",
  "event.id-unique": "Events are built once and sent to many clients again and again, or all have one fixed id.",
  "auth.required":
    "The WebSocket endpoint is outside of the middleware that asks for a token, or a browser's page is served instead of a 401.",
  "auth.invalid": "The token is decoded and not verified.",
  "auth.error": "All refusals are made by one function that does not know why.",
  "auth.challenge": "The framework's 401 has no WWW-Authenticate, or that of its own scheme.",
  "auth.scheme": "The token is cut out of the header by a pattern that does not look at the scheme.",
  "auth.scheme-case": "The scheme is compared as a text, with its case.",
  "auth.scope": "The token is verified, and what it is for is not looked at.",
  "auth.refresh": "All tokens are signed alike, and the kind of a token is not looked at.",
  "auth.many": "The first of several headers is taken, or a limit for headers ends more than the one connection.",
  "version.selected": "The WebSocket library was not told which subprotocols there are, and so selects none.",
  "version.list":
    "The header is compared as one text, or only the first offer, or the first of several headers, is looked at.",
  "version.unsupported": "Whatever ends in `.tachyon` is selected, or the first offer is echoed.",
  "version.missing": "The negotiation is left out where the header is not there.",
  "version.higher-minor":
    "Only the versions that the server knows by name are selected, instead of every minor of a known major.",
  "version.minor-zero": "Subprotocols are compared as texts, so that `v0.0.tachyon` is another one.",
  "version.highest": "The first offer that fits is selected, or minors are compared as texts.",
  "version.near-miss": "A pattern is not anchored, or ignores the case.",
  "path.http": "The server handles nothing but upgrades, and nobody answers an ordinary request.",
  "oauth.metadata":
    "The issuer is a constant of another environment, or the name behind the proxy instead of the one that clients use.",
  "oauth.pkce": "The metadata was written for bots, and does not tell what lobbies need.",
  "oauth.client-credentials":
    "The secret of a client is not compared, or tokens of this grant are not known to the part that serves WebSockets.",
  "oauth.no-store": "The headers of the framework are left as they are.",
  "oauth.errors":
    "A mistake raises an exception of the framework, which answers 500 or an HTML page; or all mistakes are told by one error.",
  "oauth.revocation": "Revocation is left out, or a token that is not known is taken for a mistake.",
  "oauth.revoked": "Access tokens are verified by their signature alone, and nobody looks if they were revoked.",
  "request.answered": "A handler has no response for one of its ends, or an exception ends it before.",
  "request.echo": "The messageId is cut, trimmed, taken for a number, or replaced where it is empty.",
  "request.pipelined": "A second message that comes while one is handled is dropped, or overwrites it.",
  "request.extra": "Messages are validated strictly, though the schemas are open.",
  "request.encoding": "Messages are recognised by their text instead of by parsing JSON.",
  "request.wrong-direction": "Who may send a command is not looked at.",
  "unknown.unimplemented":
    "A command without a handler is logged and dropped, or refused by the validator, which has no schema of it.",
  "unknown.odd":
    "The command is split at the slash without looking whether there are two parts, or is looked up without its case.",
  "invalid.data":
    "Data is used without being validated, and the exception becomes an internal error; or a handler does without what is missing.",
  "invalid.usable": "A request that cannot be carried out is treated as a malformed message.",
  "valid.odd-strings":
    "The id of a user is a number inside of the server, and a text that is none raises an exception that ends the connection.",
  "event.unanswered": "Every message runs through the code that answers requests.",
  "malformed.closed":
    "A message that cannot be read is logged and dropped, or the parser takes what is no JSON, such as NaN or a comma too many.",
  "malformed.code": "The exception of the parser ends the connection, and the library closes with a code of its own.",
  "malformed.reason": "The connection is closed with a code alone.",
  "malformed.binary": "Text and binary messages are handled alike.",
  "malformed.survives": "An exception for one client's message ends a task that others share.",
  "self.sent": "The event is sent only to clients of the server's own web site, or only after a first request.",
  "self.first": "Other tasks of the session start, and send, before it.",
  "self.identity": "The id is that of the session instead of the user.",
  "stats.count": "Sessions are counted somewhere else, and late.",
  "disconnect.answered": "The socket is closed before the response is written.",
  "disconnect.closes": "The connection is left for the client to close.",
  "disconnect.code": "The connection is ended by the code that ends it for mistakes.",
  "disconnect.reason": "A handler reads `data.reason` without looking whether there is data.",
  "disconnect.again": "The session outlives its connection, and refuses or ends the next one.",
  "disconnect.isolated": "All sessions of the user, or of everybody, are ended together.",
  "user.info": "The name is kept in two places, or nobody is answered as an exception.",
  "user.subscribe": "The first update holds only what changed since.",
  "user.unsubscribe": "Whoever is not subscribed to is taken for a mistake.",
  "messaging.roundtrip": "Texts are cut by bytes, or delivered once for each subscription.",
  "messaging.target": "A message is stored before its receiver is looked for.",
  "messaging.isolated": "Messages are broadcast, or sent to a channel that all connections share.",
  "friend.roundtrip": "Only one of the two lists is updated, or only one of the two users is told.",
  "ping.interval": "Pings are left to the client or to a proxy, or the timer that sends them is slower.",
  ...sharedCauses,
};

/** Tells if the message that shows it has another status than the two that there are. */
const hasOddStatus = ({ event }: Clue): boolean => {
  const message = event && json(event);
  return isObject(message) && message.status !== "success" && message.status !== "failed";
};

/** The words of a close reason that names a limit of messages, and not of their size or of connections. */
const LIMIT =
  /\b(rate|throttl\w*|flood\w*|spam\w*|too (fast|often|many (messages|requests))|(message|request)s? limit)\b/i;

/** Tells if a close frame shows it whose reason names a limit of messages. */
const namesLimit = ({ event }: Clue): boolean => event?.type === "close" && LIMIT.test(event.data);

/** Tells if a close frame shows it by which a server ends a connection for a reason of its own. */
const isRefusal = ({ event }: Clue): boolean => event?.type === "close" && event.code === POLICY && event.data !== "";

/** Tells if it is shown by the answer to a handshake that the server refuses, and not since it fails itself. */
const showsForbidden = ({ event }: Clue): boolean =>
  event?.type === "upgrade" && event.code !== undefined && event.code >= 400 && event.code < 500;

/** The usual mistake where a server ends the connection of a client that keeps the pace of the suite: its own reason says so. */
const limited: readonly Symptom[] = [
  {
    shows: namesLimit,
    cause:
      "The server limits messages, as its close reason says, and more strictly than servers do: it takes fewer than 16 in one go, or never forgets those that came long before. A lower --rate has clients send fewer a second, and at once.",
  },
];

/** The requirements that such an end breaks: many messages on one connection show it. */
const OF_MANY = [
  ...(["request.answered", "request.pipelined", "invalid.data", "invalid.usable", "valid.odd-strings"] as const),
  ...(["unknown.unimplemented", "disconnect.isolated", "malformed.survives", "transport.segmentation"] as const),
] satisfies readonly Breakable[];

/** The usual mistakes that show in the answer, where a requirement has several. */
const several: Partial<Record<Breakable, readonly Symptom[]>> = {
  ...showsInCase,
  "disconnect.closes": halfClosed,
  "transport.close": [...halfClosed, ...showsInCase["transport.close"]],
  "malformed.closed": halfClosed,
  "transport.handshake": leftWaiting,
  "transport.survives": [...harmed, ...showsInCase["transport.survives"]],
  "malformed.survives": harmed,
  "disconnect.isolated": harmedByGoodbye,
  "request.answered": [
    {
      shows: (clue) => clue.caseId === "requests/id-of-another-user" && showsSilence(clue),
      cause:
        "Requests wait for their responses in one map for all connections, by messageId alone: of two clients with the same id one gets the responses to both. Keep them by connection, too.",
    },
    {
      shows: (clue) => clue.caseId === "sessions/second-connection" && showsSilence(clue),
      cause:
        "A user has one connection, but the other one is left open, and nobody reads it any more. Close it once the second has come, with 1008 and a reason.",
    },
    {
      shows: (clue) => isRefusal(clue) && !namesLimit(clue),
      cause:
        "The server ends the connection on purpose, and its close reason says why. It may hold against a user what another client of it did before, such as a malformed message: by malformed.survives that user can come again.",
    },
    {
      shows: showsForbidden,
      cause:
        "The server refuses a client that comes as usual. It may hold against a user what another client of it did before, such as a malformed message: by malformed.survives that user can come again.",
    },
  ],
  "response.status": [
    {
      shows: hasOddStatus,
      cause:
        "The status is a word of the server's own, such as `ok` or `error`, or has another case. It must be `success` or `failed`, as it stands.",
    },
  ],
  "ping.interval": [
    {
      shows: showsEnd,
      cause:
        "The server ends a connection that says nothing: the pongs of the client are not noted, or only messages count as a sign of life, so that a timer takes it for dead.",
    },
  ],
  "oauth.client-credentials": [
    {
      shows: ({ caseId }) => caseId === "oauth/wrong-secret",
      cause:
        "A wrong secret gives a token, since it is not compared; or it is refused in another way: by the error of another mistake, or by a page of the framework instead of JSON with `invalid_client`.",
    },
  ],
  "message.schema": [
    {
      shows: ({ keyword }) => keyword === "type",
      cause:
        "A value is written in another type than its schema has: a number as a text, or one thing where a list belongs.",
    },
    {
      shows: ({ keyword }) => keyword === "enum" || keyword === "const",
      cause: "A value is written in other words or case than its schema lists.",
    },
  ],
};

/** The usual mistakes that show in what came, by requirement. The end of a connection over a limit explains whatever did not come. */
export const symptoms: Readonly<Partial<Record<Breakable, readonly Symptom[]>>> = {
  ...several,
  ...Object.fromEntries(OF_MANY.map((id) => [id, [...(several[id] ?? []), ...limited]])),
};
