import { suggestion, UsageError } from "../../../../harness/usage.ts";
import { connectionFaults } from "./connection.ts";
import type { Faults, ReferenceFault } from "./fault.ts";
import { messageFaults } from "./messages.ts";
import { malformedFaults, requestFaults } from "./requests.ts";
import { keepaliveFaults, sessionFaults, socialFaults } from "./sessions.ts";
import { resilienceFaults, transportFaults } from "./transport.ts";

/** All faults of the reference server, in the order of the catalogue. */
export const faults: Faults = {
  ...messageFaults,
  ...connectionFaults,
  ...requestFaults,
  ...malformedFaults,
  ...sessionFaults,
  ...socialFaults,
  ...keepaliveFaults,
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
