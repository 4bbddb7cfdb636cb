import { ofConnections } from "./connections.ts";
import { ofHandshakes } from "./handshakes.ts";
import { ofMessages } from "./messages.ts";
import type { Misjudged } from "./misjudged.ts";
import { ofRequests } from "./requests.ts";

/** Servers that are easily misjudged, with the right findings on each. */
export const misjudged: Readonly<Record<string, Misjudged>> = {
  ...ofRequests,
  ...ofHandshakes,
  ...ofMessages,
  ...ofConnections,
};
