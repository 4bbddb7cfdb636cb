import { ofConnections } from "./connections.ts";
import { ofHandshakes } from "./handshakes.ts";
import type { Misjudged } from "./misjudged.ts";
import { ofRequests } from "./requests.ts";

/** Servers that are easily judged wrongly, and what a user must be told of each. */
export const misjudged: Readonly<Record<string, Misjudged>> = { ...ofRequests, ...ofHandshakes, ...ofConnections };
