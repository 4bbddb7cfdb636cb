import type { Protocol } from "../harness/protocol.ts";
import { own } from "../schemas/v0/index.ts";
import { current } from "../suites/index.ts";
import { protocolBy } from "../suites/v0/index.ts";

let today: Protocol | undefined;

/** The protocol versions by their names. Tests are made at once, so nothing is loaded later, but cases are made on demand. */
const VERSIONS: Readonly<Record<string, () => Protocol>> = {
  "0.1.7": () => current,
  v0: () => {
    today ??= protocolBy(own);
    return today;
  },
};

/** The names of the protocol versions. */
export const VERSION_NAMES: readonly string[] = Object.keys(VERSIONS);

/** Returns the protocol version of a name; the one that is tested by default for none, or one that is not known. */
export const versionOf = (name: string = current.version): Protocol => VERSIONS[name]?.() ?? current;
