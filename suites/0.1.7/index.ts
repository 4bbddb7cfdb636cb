import type { Protocol } from "../../harness/protocol.ts";
import type { Suite } from "../../harness/scenario.ts";
import { documents, version } from "../../schemas/0.1.7/index.ts";
import { requirements } from "../../schemas/0.1.7/requirements.ts";
import { malformedCases } from "../websocket/malformed.ts";
import { resilienceCases } from "../websocket/resilience.ts";
import { sectionsOf } from "../websocket/sections.ts";
import { transportCases } from "../websocket/transport.ts";
import { causes } from "./causes.ts";
import { clauses, sources } from "./clauses.ts";
import { dialect } from "./dialect.ts";
import { disconnectCases } from "./disconnect.ts";
import { foundations, survivalOf } from "./foundations.ts";
import { generatedCases } from "./generated.ts";
import { latencies } from "./latencies.ts";
import { rules } from "./messages.ts";
import { isPlainRequest, isSaid } from "./messages-facts.ts";
import { malformedByOthers, pingOfAnother } from "./other-versions.ts";
import { address, DISCONNECTED, envelope, GREETING, messageOf, violationsOf } from "./protocol.ts";
import { mistakeOf, recordedRules, speaks } from "./recorded.ts";
import { sets, withdrawn } from "./sets/index.ts";
import { symptoms } from "./symptoms.ts";
import { malformedFirst, versionCases } from "./version.ts";

const suites: readonly Suite[] = [
  { name: "version", title: "Version: the greeting", cases: versionCases },
  { name: "disconnect", title: "Disconnect", cases: disconnectCases },
  {
    name: "malformed",
    title: "Malformed commands",
    upsets: true,
    cases: [...malformedCases(dialect), malformedFirst, ...malformedByOthers],
  },
  { name: "transport", title: "WebSocket transport", upsets: true, cases: [...transportCases(dialect), pingOfAnother] },
  { name: "resilience", title: "Resilience", upsets: true, load: true, cases: resilienceCases(dialect) },
  { name: "generated", title: "Generated commands", upsets: true, load: true, cases: generatedCases },
];

/** Tachyon 0.1.7. */
export const protocol: Protocol = {
  name: "Tachyon",
  version,
  subprotocols: [],
  loginHint:
    'Give credentials with --credential "Name: value". A server that wants the token of a user may speak v0: add --protocol v0 --as name:@file.',
  requirements,
  schemas: documents,
  messages: documents.map(messageOf),
  rules,
  recordedRules,
  mistakeOf,
  speaks,
  envelope,
  violationsOf,
  greeting: GREETING,
  latencies,
  address,
  suites,
  foundations,
  goodbye: {
    isAny: ({ command }) => command === DISCONNECTED,
    isOwn: ({ command, reason }) => command === DISCONNECTED && reason === "internal_error",
    isReason: (event) => isSaid(event) && !isPlainRequest(event),
  },
  canary: "disconnect/alone",
  survivalOf,
  sections: sectionsOf("Every message the server sends", suites, requirements),
  sources,
  clauses,
  causes,
  symptoms,
  sets,
  withdrawn,
  serve: async (options) => (await import("./reference/server.ts")).serveReference(options),
  faults: async () => (await import("./reference/faults/index.ts")).faults,
  async kills() {
    const { killMatrix } = await import("./reference/kills.ts");
    return Object.fromEntries(killMatrix(suites).map(({ fault, kills }) => [fault, kills]));
  },
};
