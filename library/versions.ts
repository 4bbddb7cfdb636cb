import type { Protocol } from "../harness/protocol.ts";
import { own } from "../schemas/v0/index.ts";
import { standard } from "../suites/index.ts";
import { protocolBy } from "../suites/v0/index.ts";
import { isVersionName, type VersionName } from "../suites/versions.ts";

let v0: Protocol | undefined;

/** The protocol versions by their names. Tests are made at once, so nothing is loaded later, but cases are made on demand. */
const VERSIONS: Readonly<Record<VersionName, () => Protocol>> = {
  "0.1.7": () => standard,
  v0: () => {
    v0 ??= protocolBy(own);
    return v0;
  },
};

/** Returns the protocol version of a name; the one that is tested by default for none, or one that is not known. */
export const versionOf = (name?: string): Protocol => (isVersionName(name) ? VERSIONS[name]() : standard);
