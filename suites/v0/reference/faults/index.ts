import { connectionFaults } from "./connection.ts";
import type { Faults } from "./fault.ts";
import { malformedFaults } from "./malformed.ts";
import { messageFaults } from "./messages.ts";
import { oauthFaults } from "./oauth.ts";
import { requestFaults } from "./requests.ts";
import { keepaliveFaults, sessionFaults } from "./sessions.ts";
import { socialFaults } from "./social.ts";
import { resilienceFaults, transportFaults } from "./transport.ts";

/** All faults of the reference server, in the order of the catalogue. */
export const faults: Faults = {
  ...messageFaults,
  ...connectionFaults,
  ...oauthFaults,
  ...requestFaults,
  ...malformedFaults,
  ...sessionFaults,
  ...socialFaults,
  ...keepaliveFaults,
  ...transportFaults,
  ...resilienceFaults,
};
