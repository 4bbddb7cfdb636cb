import { own } from "../../schemas/v0/index.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import { protocolBy } from "../../suites/v0/index.ts";
import type { Observed } from "./observing.ts";

/** The protocol versions whose cases are frozen by sets, and the faults that these meet for that. */
export const OBSERVED: readonly Observed[] = [
  {
    protocol,
    faults: [
      "fails-to-disconnect",
      "greets-twice",
      "greets-other-versions-with-failed",
      "calls-everything-a-match",
      "says-success-to-everything",
      "blames-itself",
    ],
  },
  {
    protocol: protocolBy(own),
    faults: [
      "believes-any-token",
      "matches-versions-loosely",
      "has-errors-of-its-own",
      "calls-unknown-commands-invalid",
      "closes-with-1000",
      "gives-each-connection-an-id",
    ],
  },
];
