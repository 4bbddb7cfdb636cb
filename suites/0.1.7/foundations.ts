import type { Foundations } from "../../harness/foundation.ts";
import type { Case } from "../../harness/scenario.ts";
import { type RequirementId, requirements } from "../../schemas/0.1.7/requirements.ts";
import {
  FRAGMENTS_APART,
  ofCases,
  REQUESTS,
  restingOnSegments,
  SEGMENTS,
  TWO_IN_ONE,
  WITH_UNKNOWN_COMMANDS,
} from "./foundations-cases.ts";
import { CONNECTION, plain, REQUESTS_APART } from "./foundations-plain.ts";
import { DISCONNECTED, GREETING } from "./protocol.ts";

type Ids = readonly RequirementId[];
type Some<T> = Readonly<Partial<Record<RequirementId, T>>>;

/** The requirements that must be kept to serve others: newcomers are greeted, also after somebody left, and nobody ends another. */
const OTHERS: Ids = ["version.success", "disconnect.reconnect", "disconnect.isolated"];

/** The requirements of the parity in a greeting. */
const PARITIES: Ids = [
  "parity.match",
  "parity.major",
  "parity.minor",
  "parity.patch",
  "parity.missing",
  "parity.unparseable",
  "parity.query",
];

/** The requirements that others go on being served. */
const SURVIVAL: Ids = [
  "malformed.survives",
  "transport.survives",
  "disconnect.isolated",
  "resilience.concurrent",
  "resilience.churn",
  "resilience.idle",
  "resilience.half-open",
  "resilience.no-echo",
  "resilience.abrupt",
  "resilience.flood",
  "resilience.large",
  "resilience.deep",
];

const rows = (on: readonly string[], ...ids: Ids): Some<readonly string[]> =>
  Object.fromEntries(ids.map((id) => [id, on]));

/** The requirements that each rests on in every other than its plainest form. */
const forms: Some<readonly string[]> = {
  ...rows(["transport.handshake"], "transport.subprotocol", "transport.header-whitespace"),
  ...rows(CONNECTION, "transport.handshake"),
  ...rows(CONNECTION, "transport.close", "message.json"),
  // Every goodbye has an unknown name then.
  ...rows(["disconnect.request-only"], "message.known"),
  ...rows([...CONNECTION, "disconnect.isolated"], "disconnect.closes"),
  ...rows(["disconnect.isolated"], "termination.success-only-if-asked"),
  ...rows([...CONNECTION, "disconnect.answered"], "termination.announced"),
  ...rows(
    [...CONNECTION, ...SEGMENTS],
    "transport.masking",
    "transport.reserved",
    "transport.utf8",
    "transport.control-frames",
  ),
  ...rows([...CONNECTION, "message.json", "disconnect.reconnect"], "version.greeting"),
  // A client that is turned away gets no pong any more.
  ...rows([...CONNECTION, "version.no-login", "version.success"], "transport.ping"),
  // Every greeting breaks the schema then.
  ...rows(["version.current"], "message.schema"),
  ...rows(["version.greeting"], "version.first", "version.no-login"),
  ...rows(["version.greeting", "version.success"], "version.once"),
  ...rows(["version.greeting", "version.success"], "version.success"),
  ...rows(
    ["version.success", "version.current"],
    "version.current",
    "parity.missing",
    "parity.unparseable",
    "parity.prerelease",
  ),
  // A server that does not find the parameter has no parity for anybody. One that mixes clients up may tell each that of another.
  ...rows(
    ["version.success", "version.current", "parity.isolated", "parity.query"],
    "parity.match",
    "parity.major",
    "parity.minor",
    "parity.patch",
  ),
  ...rows(["version.success", "parity.isolated", "parity.minor"], "parity.query"),
  ...rows(["disconnect.answered", "disconnect.no-login"], "parity.usable"),
  ...rows(["disconnect.answered", "disconnect.no-login", "disconnect.isolated"], "disconnect.answered"),
  ...rows(REQUESTS, "disconnect.no-login", "malformed.rejected"),
  // A server that does not keep its clients apart gives some the answer of another.
  ...rows(REQUESTS_APART, "disconnect.success", "disconnect.extra-properties", "disconnect.encoding"),
  // A server that never closes goes on answering.
  ...rows([...REQUESTS, "disconnect.closes"], "disconnect.once", "disconnect.final"),
  ...rows(["disconnect.isolated", "disconnect.closes"], "disconnect.last"),
  ...rows([...REQUESTS_APART, ...SEGMENTS, FRAGMENTS_APART, "disconnect.extra-properties"], "transport.fragmentation"),
  ...rows([...REQUESTS_APART, "disconnect.extra-properties"], "transport.unicode"),
  ...rows(["version.success", ...REQUESTS_APART], "transport.extensions", "transport.segmentation"),
  ...rows(["disconnect.answered", "disconnect.no-login"], "malformed.answered", "malformed.reason"),
  // A request comes with the malformed command.
  ...rows(["disconnect.answered", "disconnect.no-login", TWO_IN_ONE], "malformed.usable"),
  ...rows(["disconnect.answered", "disconnect.no-login"], "malformed.unspecified"),
  ...rows(OTHERS, ...SURVIVAL, "resilience.churn-speed"),
};

/** The requirements, and the case, that show if a server keeps its clients apart. */
const MIXING = ["disconnect.isolated", "disconnect.reconnect", FRAGMENTS_APART];

/** If a server does not keep its clients apart, others may cause whatever goes wrong beside them. */
const varying: Some<readonly string[]> = {
  ...rows(MIXING, ...requirements.map(({ id }) => id)),
  ...rows([...MIXING, "parity.isolated"], ...PARITIES),
};

/** The requirements that a request of some form is answered. */
const FORMS_OF_REQUESTS: Ids = [
  "disconnect.no-login",
  "disconnect.extra-properties",
  "disconnect.encoding",
  "transport.fragmentation",
  "transport.segmentation",
  "transport.masking",
  "transport.unicode",
  "parity.usable",
];

/** The requirements that a valid command is carried out. */
const CARRIED_OUT: Ids = ["disconnect.answered", "transport.extensions", "transport.ping", ...FORMS_OF_REQUESTS];

/** The requirements that explain why another is broken in the same case. */
const within = merged(
  // A client that refuses the 101 gets nothing else.
  rows(["transport.handshake"], ...requirements.map(({ id }) => id).filter((id) => !CONNECTION.includes(id))),
  // A client that refuses an extension or a subprotocol refuses the 101 for that.
  rows(["transport.extensions", "transport.subprotocol"], "transport.handshake"),
  rows([...SURVIVAL, ...CARRIED_OUT], "termination.announced"),
  rows(["transport.extensions"], "message.json"),
  rows(["parity.isolated"], "parity.match"),
  rows(["disconnect.request-only"], "disconnect.answered", "message.known"),
  rows(
    CARRIED_OUT.filter((id) => id !== "disconnect.answered"),
    "disconnect.answered",
  ),
  rows(CARRIED_OUT, "disconnect.success"),
  rows(["malformed.survives"], "malformed.usable"),
  // A connection that nobody reads any more is not closed either.
  rows(["malformed.usable"], "disconnect.closes"),
  rows(["malformed.survives", "malformed.usable", "termination.announced"], "malformed.answered", "malformed.reason"),
  // The schema of a goodbye demands of one with status `failed` no more than a reason.
  rows(["termination.reason"], "message.schema", "malformed.reason"),
  // The schema of a greeting demands the version.
  rows(["version.current"], "message.schema"),
  rows([...SURVIVAL, "version.no-login", "transport.segmentation", "transport.extensions"], "version.greeting"),
  // A message that is no JSON, or breaks its schema, may lack the very value that is judged.
  rows(
    ["message.json"],
    "transport.ping",
    "transport.close",
    "version.greeting",
    "disconnect.answered",
    "termination.announced",
    "malformed.usable",
    "malformed.answered",
    ...FORMS_OF_REQUESTS,
  ),
  rows(["message.known"], "malformed.answered"),
  // A client that was told unasked that its connection is over gets further answers.
  rows(SURVIVAL, "disconnect.success", "disconnect.last", "disconnect.closes", "termination.success-only-if-asked"),
  rows(
    ["message.schema"],
    ...PARITIES,
    "version.no-login",
    "version.success",
    "disconnect.success",
    "malformed.usable",
  ),
);

/** The ways in which requirements of this version rest on one another: they keep one cause from being many findings. */
export const foundations: Foundations = {
  plain,
  plainForms: [
    "version/parity-higher-equal-equal",
    "version/parity-equal-equal-higher",
    "version/missing-no-query",
    "version/unparseable-word",
    "malformed/unknown-service",
    "malformed/not-json-word",
  ],
  forms: merged(forms, ofCases, restingOnSegments),
  varying: varying as Foundations["varying"],
  within,
  said: ["message.json", "version.current", "message.schema"],
  general: [
    "transport.handshake",
    "version.greeting",
    "version.first",
    "version.current",
    "parity.match",
    "version.once",
    "termination.announced",
    "disconnect.answered",
    "disconnect.success",
  ],
  awaited: { [GREETING]: "version.greeting", [DISCONNECTED]: "disconnect.answered" },
  sameInputs: {
    "malformed.survives": [
      ...requirements.filter(({ section }) => section === "malformed").map(({ id }) => id),
      ...WITH_UNKNOWN_COMMANDS,
    ],
  },
  refused: "version.greeting",
  formOf: {
    ...Object.fromEntries(CARRIED_OUT.map((id) => [id, "disconnect.success"])),
    ...Object.fromEntries(PARITIES.map((id) => [id, "parity.match"])),
  },
  dropped: "termination.announced",
  isolated: "disconnect.isolated",
  keptBySilence: ["malformed.rejected"],
};

/** Joins the rows of several tables. An id that stands in several rests on all that they say. */
function merged(...tables: readonly Readonly<Record<string, readonly string[] | undefined>>[]): Foundations["forms"] {
  const all: Record<string, readonly string[]> = {};
  for (const [id, on = []] of tables.flatMap((it) => Object.entries(it))) all[id] = [...(all[id] ?? []), ...on];
  return all;
}

/** The requirement that others go on being served, by suite. */
const SURVIVAL_OF: Readonly<Record<string, RequirementId>> = {
  version: "transport.survives",
  disconnect: "disconnect.isolated",
  malformed: "malformed.survives",
  transport: "transport.survives",
  generated: "malformed.survives",
};

/** Returns the requirement that a case breaks if its input ends the server or the connections of others. */
export function survivalOf({ id, suite, tests }: Pick<Case, "id" | "suite" | "tests">): string {
  if (WITH_UNKNOWN_COMMANDS.includes(id)) return "malformed.survives";
  return SURVIVAL_OF[suite] ?? tests[0] ?? "";
}
