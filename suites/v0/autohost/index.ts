import type { Foundations } from "../../../harness/foundation.ts";
import type { Protocol } from "../../../harness/protocol.ts";
import type { Suite } from "../../../harness/scenario.ts";
import { UsageError } from "../../../harness/usage.ts";
import { ownWithAutohosts } from "../../../schemas/v0/autohost.ts";
import { autohostRequirements } from "../../../schemas/v0/autohost-requirements.ts";
import type { Schemas } from "../../../schemas/v0/schema.ts";
import { sectionsOf } from "../../websocket/sections.ts";
import { causes } from "../causes.ts";
import { clausesOf } from "../clauses.ts";
import { responseName } from "../dialect.ts";
import { within } from "../foundations.ts";
import { protocolBy } from "../index.ts";
import { rulesBy } from "../messages.ts";
import { invalidCases, validCases } from "../sweep.ts";
import { sweepsOf } from "../sweep-inputs.ts";
import { unansweredRule } from "../unanswered.ts";
import { frameCases, malformedToAutohostCases } from "./frames.ts";
import { autohostRequestCases } from "./requests.ts";
import { afterAll, SUBSCRIBE } from "./talk.ts";
import { arrivalCases, returnCases } from "./visits.ts";

/** The kind of client that these cases test. */
export const AUTOHOST = "autohost";

const SENDER = { who: "the server", sign: afterAll };

function autohostSuites(schemas: Schemas): readonly Suite[] {
  const sweeps = sweepsOf(schemas, "server", AUTOHOST);
  return [
    { name: AUTOHOST, title: "An autohost connects", cases: arrivalCases },
    { name: "requests", title: "Requests and errors", cases: autohostRequestCases },
    { name: "transport", title: "WebSocket transport", cases: frameCases },
    { name: "invalid", title: "Invalid requests of every command", cases: invalidCases(sweeps, SENDER) },
    { name: "valid", title: "Valid requests of every command", load: true, cases: validCases(sweeps, SENDER) },
    { name: "malformed", title: "Malformed messages", upsets: true, cases: malformedToAutohostCases },
    { name: "returns", title: "Ends of connections", upsets: true, cases: returnCases },
  ];
}

/** The plainest request, and what it rests on. */
const PLAINEST = ["requests/alone"];
const READABLE = ["message.json", "message.envelope", "response.correlated"];

/** The sections in which everything rests on answered requests: a client that ends each connection at once answers nothing. */
const TALKING = new Set<string>(["requests", "transport", "malformed"]);

const foundations: Foundations = {
  plain: {
    ...Object.fromEntries(READABLE.map((id, i) => [id, { plain: PLAINEST, on: READABLE.slice(0, i) }])),
    "client.subprotocol": { plain: ["autohost/connects"], on: [] },
    "request.answered": { plain: PLAINEST, on: ["client.subprotocol", ...READABLE] },
    "client.reconnects": { plain: returnCases.slice(0, 1).map(({ id }) => id), on: [] },
  },
  forms: Object.fromEntries(
    autohostRequirements.flatMap(({ id, section }) =>
      TALKING.has(section) ? [[id, [...READABLE, "request.answered"]]] : [],
    ),
  ),
  varying: {},
  within: {
    ...within,
    ...Object.fromEntries(
      autohostRequirements.flatMap(({ id, section }) =>
        section === "requests" ? [[id, [...READABLE, "response.reason", "response.status"]]] : [],
      ),
    ),
    // An id that comes back changed, and the answer to an event, correlate with no request.
    "request.echo": ["message.json", "message.envelope"],
    "event.unanswered": [],
    "response.correlated": ["request.echo", "event.unanswered"],
  },
  general: ["message.json", "message.envelope", "response.correlated", "response.once"],
  awaited: { [responseName(SUBSCRIBE)]: "request.answered" },
  unanswered: "request.answered",
  isAnswer: (what) => what.startsWith(responseName("")),
  formOf: {},
  refused: "client.subprotocol",
  dropped: "client.reconnects",
  keptBySilence: [],
};

const autohostCauses: Readonly<Record<string, string>> = {
  ...causes,
  "message.direction": "One table of commands serves both directions, and a message of servers is sent to them.",
  "message.schema": "A release changed a message and not its schema, or an optional value is sent as null.",
  "client.authorization":
    "The token is asked for once, at the start, and is lost when the client connects again; or its scheme is missing.",
  "client.subprotocol": "The WebSocket library was not told which subprotocol to offer.",
  "client.status": "The status is sent when it changes, and not when the connection opens.",
  "client.reconnects":
    "Only some ends of a connection are handled: an error without a handler ends the process, or a normal closure is taken for the wish to stay away.",
};

/** Tachyon v0 as a server meets it from autohosts, by the schemas in a folder or those of the suite. Throws a `UsageError`. */
export async function autohostProtocolWith(folder?: string, given?: string): Promise<Protocol> {
  if (folder === undefined) return autohostProtocolBy(ownWithAutohosts);
  return autohostProtocolBy(await (await import("../../../schemas/v0/read.ts")).readSchemas(folder, given));
}

/** Tachyon v0 as a server meets it from autohosts, by some schemas: these are the target then. */
export function autohostProtocolBy(schemas: Schemas): Protocol {
  const suites = autohostSuites(schemas);
  // The suite sends odd messages as the server on purpose, so nobody has to know their mistakes.
  const { mistakeOf: _, omissionIn: __, ownIdOf: ___, ...base } = protocolBy(schemas);
  return {
    ...base,
    actor: AUTOHOST,
    options: [...(base.options ?? []), "--actor", AUTOHOST],
    requirements: autohostRequirements,
    rules: rulesBy(schemas, AUTOHOST),
    recordedRules: [unansweredRule(schemas, AUTOHOST)],
    suites,
    foundations,
    survivalOf: () => "client.reconnects",
    sections: sectionsOf("Every message an autohost sends", suites, autohostRequirements),
    clauses: clausesOf(autohostRequirements),
    causes: autohostCauses,
    sets: [],
    listen: async (options) => (await import("./listen.ts")).listenForAutohosts(options),
    come: async (url) => (await import("./reference.ts")).startAutohost(url),
    async serve() {
      throw new UsageError("`serve` plays a server. An autohost comes by itself: run --listen waits for it.");
    },
    faults: async () => ({}),
    kills: async () => ({}),
  };
}
