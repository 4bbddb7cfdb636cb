import type { Protocol } from "../../harness/protocol.ts";
import { version } from "../../schemas/0.1.7/index.ts";
import { requirements } from "../../schemas/0.1.7/requirements.ts";
import { disconnectCases } from "./disconnect.ts";
import { malformedCases } from "./malformed.ts";
import { address, nameOf } from "./protocol.ts";
import { rules } from "./rules.ts";
import { versionCases } from "./version.ts";

/** Tachyon 0.1.7. */
export const protocol: Protocol = {
  version,
  requirements,
  rules,
  nameOf,
  address,
  suites: [
    { name: "version", title: "Version: the greeting", cases: versionCases },
    { name: "disconnect", title: "Disconnect", cases: disconnectCases },
    { name: "malformed", title: "Malformed commands", upsets: true, cases: malformedCases },
  ],
  async serve(options) {
    const { serve } = await import("./reference/server.ts");
    return serve({ version, ...options });
  },
};
