import { disconnectFaults } from "./disconnect.ts";
import type { Faults } from "./fault.ts";
import { malformedFaults } from "./malformed.ts";
import { messageFaults } from "./messages.ts";
import { resilienceFaults } from "./resilience.ts";
import { transportFaults } from "./transport.ts";
import { versionFaults } from "./version.ts";

/** All faults of the reference server, in the order of the catalogue. */
export const faults: Faults = {
  ...messageFaults,
  ...versionFaults,
  ...disconnectFaults,
  ...malformedFaults,
  ...transportFaults,
  ...resilienceFaults,
};
