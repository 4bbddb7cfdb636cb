import type { Protocol } from "../../harness/protocol.ts";
import { version } from "../../schemas/0.1.7/index.ts";
import { requirements } from "../../schemas/0.1.7/requirements.ts";
import { disconnectCases } from "./disconnect.ts";
import { generatedCases } from "./generated.ts";
import { latencies } from "./latencies.ts";
import { malformedCases } from "./malformed.ts";
import { address, nameOf, violationsOf } from "./protocol.ts";
import { resilienceCases } from "./resilience.ts";
import { rules } from "./rules.ts";
import { transportCases } from "./transport.ts";
import { versionCases } from "./version.ts";

/** Tachyon 0.1.7. */
export const protocol: Protocol = {
  version,
  requirements,
  rules,
  nameOf,
  violationsOf,
  latencies,
  address,
  suites: [
    { name: "version", title: "Version: the greeting", cases: versionCases },
    { name: "disconnect", title: "Disconnect", cases: disconnectCases },
    { name: "malformed", title: "Malformed commands", upsets: true, cases: malformedCases },
    { name: "transport", title: "WebSocket transport", upsets: true, cases: transportCases },
    { name: "resilience", title: "Resilience", upsets: true, load: true, cases: resilienceCases },
    { name: "generated", title: "Generated commands", upsets: true, load: true, cases: generatedCases },
  ],
  serve: async (options) => (await import("./reference/server.ts")).serve(options),
  faults: async () => (await import("./reference/faults/index.ts")).faults,
};
