import { suggestion, UsageError } from "../../../../harness/usage.ts";
import { disconnectFaults } from "./disconnect.ts";
import type { Faults, ReferenceFault } from "./fault.ts";
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

/** The fault of this name. Throws a `UsageError` where there is none. */
export function faultNamed(name: string): ReferenceFault {
  const fault = Object.hasOwn(faults, name) ? faults[name] : undefined;
  if (!fault)
    throw new UsageError(
      `There is no fault "${name}".${suggestion(name, Object.keys(faults))} --list-faults lists them.`,
    );
  return fault;
}
