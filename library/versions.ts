import type { Protocol } from "../harness/protocol.ts";
import { own } from "../schemas/v0/index.ts";
import { standard } from "../suites/index.ts";
import { protocolBy } from "../suites/v0/index.ts";
import { isVersionName, type VersionName } from "../suites/versions.ts";

let v0: Protocol | undefined;

/** A protocol version whose hint names the options of the library, not those of the command line. */
const hinting = (protocol: Protocol): Protocol => ({
  ...protocol,
  loginHint: `Give the headers that the server wants in the option "credentials"${
    protocol.options === undefined
      ? '. A server that wants the token of a user may speak v0: add protocol: "v0".'
      : ', or those of several users in "users"; if you gave some, they are wrong or expired.'
  }`,
});

const byDefault = hinting(standard);

/** The protocol versions by their names. Tests are made at once, so nothing can be loaded later; cases are made on demand. */
const VERSIONS: Readonly<Record<VersionName, () => Protocol>> = {
  "0.1.7": () => byDefault,
  v0: () => {
    v0 ??= hinting(protocolBy(own));
    return v0;
  },
};

/** Returns the protocol version of a name; the default one if there is no name, or an unknown one. */
export const versionOf = (name?: string): Protocol => (isVersionName(name) ? VERSIONS[name]() : byDefault);
