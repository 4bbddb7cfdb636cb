import type { Foundation, Foundations } from "../../harness/foundation.ts";
import type { Case, Suite } from "../../harness/scenario.ts";
import { HANDSHAKE } from "../../harness/waited.ts";
import { type RequirementId, requirements } from "../../schemas/v0/requirements.ts";
import { responseName, STATS } from "./dialect.ts";

type Ids = readonly RequirementId[];

/** The requirements that must be kept to have a connection, and to read what comes. */
const CONNECTION: Ids = ["transport.handshake", "version.selected", "message.json", "message.envelope"];

/** The requirements that must be kept to read what becomes of a request. */
const ANSWERED = ["request.answered", "response.status"] as const satisfies Ids;

/** The case that shows if the requests of one user are kept apart from those of another. */
const USERS_APART = "requests/id-of-another-user";

/** The case that shows if the fragments of one client are kept apart from those of another. */
const FRAGMENTS_APART = "transport/fragmented-around-another-client";

/** The case that shows if the fragments of one message are joined. */
const TWO_FRAGMENTS = "transport/fragmented-two-fragments";

/** The cases that show a requirement in its plainest form, and the requirements that these rest on. */
const plain = {
  "transport.handshake": { plain: ["transport/handshake-as-any-client-does"], on: [] },
  "version.selected": { plain: ["connection/offer-as-any-client-does"], on: ["transport.handshake"] },
  "message.json": { plain: ["requests/alone"], on: ["transport.handshake", "version.selected"] },
  "message.envelope": { plain: ["requests/alone"], on: ["transport.handshake", "version.selected"] },
  "request.answered": { plain: ["requests/alone", USERS_APART], on: CONNECTION },
  "response.status": { plain: ["requests/alone"], on: CONNECTION },
  "auth.invalid": { plain: ["connection/unknown-token"], on: [] },
  "path.http": { plain: ["connection/plain-get"], on: [] },
  "auth.challenge": { plain: ["connection/without-authorization"], on: [] },
  "version.list": {
    plain: ["connection/offer-behind-others", "connection/offer-before-others"],
    on: ["version.selected"],
  },
  "version.higher-minor": {
    plain: ["connection/offer-of-a-higher-minor", "connection/offer-of-minor-12"],
    on: ["version.selected"],
  },
  "request.echo": { plain: ["requests/id-that-is-a-json-text"], on: ANSWERED },
  // Two commands in turn show by themselves that a response has the id of another request.
  "response.correlated": { plain: ["requests/pipelined-in-turn"], on: [...CONNECTION, "request.answered"] },
  "request.pipelined": {
    plain: ["requests/pipelined"],
    on: [...ANSWERED, "transport.segmentation", "response.correlated"],
  },
  "self.identity": { plain: ["sessions/identity"], on: [] },
  "request.extra": { plain: ["requests/extra-a-text"], on: ANSWERED },
  "unknown.unimplemented": { plain: ["requests/unknown-conformance-unknown"], on: ANSWERED },
  "invalid.usable": {
    plain: ["requests/unknown-conformance-unknown"],
    on: [...ANSWERED, "unknown.unimplemented"],
  },
  "valid.odd-strings": { plain: ["sessions/info"], on: ANSWERED },
  "self.sent": { plain: ["sessions/self"], on: CONNECTION },
  "disconnect.answered": { plain: ["sessions/disconnect"], on: ANSWERED },
  "disconnect.isolated": { plain: ["sessions/disconnect-beside-another"], on: ANSWERED },
  "transport.segmentation": {
    plain: [
      "transport/segments-a-ping-and-a-request-in-one-segment",
      "transport/segments-an-unknown-command-and-a-request-in-one-segment",
    ],
    on: ANSWERED,
  },
  "transport.fragmentation": {
    plain: [TWO_FRAGMENTS, FRAGMENTS_APART],
    on: [...ANSWERED, "transport.segmentation", TWO_FRAGMENTS],
  },
  "resilience.idle": { plain: ["resilience/idle"], on: ANSWERED, upset: true },
  "resilience.abrupt": { plain: ["resilience/abrupt"], on: ANSWERED, upset: true },
} as const satisfies Partial<Record<RequirementId, Foundation>>;

/** The sections in which no request has to be answered. */
const WITHOUT_REQUESTS: ReadonlySet<string> = new Set(["messages", "connection", "oauth"]);

/** The requirements that can be judged without any request that is answered. */
const WITHOUT_ANSWERS = new Set<RequirementId>([
  ...Object.values(CONNECTION),
  ...requirements.flatMap(({ id, section }) => (WITHOUT_REQUESTS.has(section) ? [id] : [])),
  "self.sent",
  "self.first",
  "self.identity",
  "ping.interval",
  "transport.http",
  "transport.subprotocol",
  "transport.strict-handshake",
  "transport.header-whitespace",
]);

/** A server that takes any token takes these, too. */
const ANY_TOKEN: Ids = ["auth.scheme", "auth.scope", "auth.refresh", "oauth.revoked"];
/** These need to know who the users are. */
const OF_USERS: Ids = ["user.info", "user.subscribe", "messaging.roundtrip", "messaging.isolated", "friend.roundtrip"];

const allOn = (some: Ids, on: RequirementId) =>
  Object.fromEntries(some.map((id): [string, readonly string[]] => [id, [on]]));

/** The requirements that each rests on besides. */
const BESIDES: Partial<Record<RequirementId, readonly string[]>> = {
  ...allOn(ANY_TOKEN, "auth.invalid"),
  ...allOn(OF_USERS, "self.identity"),
  "auth.error": ["auth.challenge"],
  "transport.http": ["path.http"],
  // A user who gets the responses of another gets some twice, and some that are of no request.
  "response.correlated": ["request.echo", USERS_APART],
  // Where responses take the ids of other requests, some request gets several and others get none.
  ...allOn(["request.answered", "request.pipelined"], "response.correlated"),
  "response.once": ["response.correlated", USERS_APART],
  "invalid.data": ["request.pipelined", "request.echo"],
  "valid.odd-strings": ["request.pipelined", "invalid.usable"],
  "request.extra": ["invalid.usable"],
  "transport.unicode": ["request.extra"],
  "transport.fragmentation": ["request.extra", "transport.segmentation", FRAGMENTS_APART],
  "transport.masking": ["transport.segmentation"],
  "transport.utf8": ["transport.segmentation"],
  "resilience.large": ["request.extra"],
  "resilience.deep": ["request.extra"],
  // All of them are connected before the first one speaks, and they leave one by one.
  "resilience.concurrent": ["disconnect.answered", "disconnect.isolated", "resilience.idle"],
  "transport.extensions": ["unknown.unimplemented"],
  "auth.many": ["request.answered", "response.status", "auth.invalid"],
  "self.first": ["self.sent"],
  "version.list": ["version.selected"],
  "version.higher-minor": ["version.selected"],
  "version.minor-zero": ["version.selected", "version.higher-minor"],
  "version.highest": ["version.selected", "version.list", "version.higher-minor"],
  "ping.interval": ["version.selected"],
  "disconnect.reason": ["disconnect.answered"],
  "disconnect.again": ["disconnect.answered"],
  "unknown.odd": ["unknown.unimplemented"],
  "user.unsubscribe": ["valid.odd-strings"],
  "messaging.target": ["valid.odd-strings"],
};

/** The requirements that all of a case rests on. A server that never answers a goodbye does not answer an invalid one either. */
const OF_CASES: Readonly<Record<string, readonly string[]>> = {
  "invalid/system-disconnect": ["disconnect.answered"],
  "requests/spelled-command-last": ["request.extra"],
  "requests/spelled-an-escaped-pair-of-surrogates": ["request.extra"],
  "requests/spelled-spaces-in-empty-brackets": ["request.extra"],
  [FRAGMENTS_APART]: [TWO_FRAGMENTS],
  "requests/pipelined-in-turn": ["unknown.unimplemented", "invalid.usable"],
  // A request may come with a pong in one segment.
  "transport/pong-with-no-payload": ["transport.segmentation"],
  // Two clients are connected side by side, and each leaves.
  "transport/fragmented-and-then-whole": ["disconnect.isolated"],
  "transport/fragmented-and-then-fragmented": ["disconnect.isolated"],
  // A further property makes these long.
  "transport/extensions-deflate-from-3900-bytes": ["request.extra"],
  "transport/extensions-deflate-from-20000-bytes": ["request.extra", "transport.segmentation"],
  "transport/extensions-deflate-from-70000-bytes": ["request.extra", "transport.segmentation"],
  "transport/extensions-deflate-with-huffman-codes-of-its-own": ["request.extra"],
  "transport/segments-each-byte-of-the-head-of-a-long-frame-in-a-segment-of-its-own": ["request.extra"],
  "transport/ping-and-close-behind-an-unknown-command": ["invalid.usable"],
  "transport/pong-with-125-bytes": ["transport.segmentation"],
  "sessions/statistics": ["transport.segmentation"],
};

const forms = {
  ...OF_CASES,
  ...Object.fromEntries(
    requirements.map(({ id }): [string, readonly string[]] => [
      id,
      [...(WITHOUT_ANSWERS.has(id) ? [] : (["request.answered", "response.status"] as const)), ...(BESIDES[id] ?? [])],
    ]),
  ),
};

/** A response in another form is none that the case awaits. */
const UNREADABLE: Ids = ["message.json", "message.envelope", "response.status", "response.reason"];
const OF_RESPONSES: Ids = ["request.answered", "unknown.unimplemented", "unknown.odd", "invalid.data", "user.info"];

/** The requirements that explain others in the same case. A SHOULD explains no MUST: that is broken all the same. */
export const within: Foundations["within"] = {
  ...Object.fromEntries(OF_RESPONSES.map((id) => [id, UNREADABLE])),
  // A response with another messageId is none to the request.
  "request.answered": [...UNREADABLE, "response.correlated"],
  "request.echo": UNREADABLE,
  "user.info": [...UNREADABLE, "message.schema"],
  "stats.count": ["message.schema"],
  "user.subscribe": ["message.schema"],
  "request.wrong-direction": [...UNREADABLE, "message.direction"],
  // Ids of another form still tell users apart.
  "self.identity": ["message.schema"],
  // Nobody reads a pong or a close frame that breaks RFC 6455, nor what comes behind it.
  "transport.ping": ["message.json"],
  "transport.segmentation": ["message.json"],
  "transport.close": ["message.json"],
  "response.correlated": ["request.echo", "unknown.unimplemented", "event.unanswered"],
  "response.reason": ["event.unanswered"],
  // A challenge that is not there names no error.
  "auth.error": ["auth.challenge"],
  "malformed.closed": ["malformed.survives"],
  "malformed.code": ["malformed.survives"],
};

/** The ways in which requirements rest on one another in these suites: they keep one cause from being many findings. */
export const foundationsOf = (suites: readonly Suite[]): Foundations => ({
  plain,
  plainForms: [
    "connection/offer-nothing",
    "connection/offer-of-another-major",
    "oauth/metadata",
    "oauth/client-credentials",
    "malformed/a-word",
    "invalid/user-info",
    "sessions/subscribe",
    "social/message-a-short-text",
  ],
  forms: { ...forms, ...ofInvalid(suites) },
  // Whoever leaves, or resets a connection, may end any case beside it.
  varying: Object.fromEntries(
    requirements.map(({ id }) => [id, ["disconnect.isolated", "resilience.abrupt", FRAGMENTS_APART]]),
  ),
  within,
  general: ["message.json", "message.envelope", "response.correlated", "response.once"],
  sameInputs: {
    "malformed.survives": requirements.filter(({ section }) => section === "malformed").map(({ id }) => id),
  },
  refused: "version.selected",
  // No rule of this version judges handshakes.
  awaited: { [HANDSHAKE]: "transport.handshake", [responseName(STATS)]: "request.answered" },
  unanswered: "request.answered",
  isAnswer: (what) => what.startsWith(responseName("")),
  formOf: {},
  dropped: "malformed.survives",
  isolated: "disconnect.isolated",
  keptBySilence: [],
});

/** Invalid requests are sent several at a time. Each of their cases rests on that, by its id. */
const ofInvalid = (suites: readonly Suite[]): Foundations["forms"] =>
  Object.fromEntries(
    suites
      .filter(({ name }) => name === "invalid")
      .flatMap(({ cases }) => cases.map(({ id }) => [id, [...(OF_CASES[id] ?? []), "request.pipelined"]])),
  );

/** The requirement that a case breaks if its input ends the server or the connections of others, by suite. */
const SURVIVAL: Readonly<Record<string, RequirementId>> = {
  malformed: "malformed.survives",
  requests: "malformed.survives",
  invalid: "malformed.survives",
  valid: "malformed.survives",
};

/** Returns the requirement that a case breaks if its input ends the server or the connections of others. */
export function survivalOf({ suite, tests }: Pick<Case, "suite" | "tests">): RequirementId {
  if (tests.includes("auth.many")) return "auth.many";
  if (tests.some((it) => it.startsWith("disconnect."))) return "disconnect.isolated";
  const load = suite === "resilience" && requirements.find(({ id, level }) => level === "MUST" && tests.includes(id));
  if (load) return load.id;
  return SURVIVAL[suite] ?? "transport.survives";
}
