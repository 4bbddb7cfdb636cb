import { isEmbedded, type TargetArguments } from "./reach.ts";

/** The defaults of a run that depend on its target. */
interface TargetDefaults {
  /** All suites run, also those that put load on the target. */
  readonly all: boolean;
  /** A last client stays behind the last case, to see if the target ends late. */
  readonly lingers: boolean;
  /** Clients send no more messages a second than servers of the protocol usually take. */
  readonly paced: boolean;
}

const SERVER: TargetDefaults = { all: false, lingers: true, paced: true };

/** The pace is that of servers: a client takes what its server sends. */
const CLIENT: TargetDefaults = { ...SERVER, paced: false };

/** Nobody else uses it, so load harms nobody. It limits no messages, and it is known to stay up: waiting would only cost time. */
const EMBEDDED: TargetDefaults = { all: true, lingers: false, paced: false };

/** Returns the defaults of a run by what it tests. */
export function defaultsFor(target: Pick<TargetArguments, "url" | "listen">): TargetDefaults {
  if (isEmbedded(target)) return EMBEDDED;
  return target.url === undefined ? CLIENT : SERVER;
}
