import type { Protocol } from "../harness/protocol.ts";
import { suggestion, UsageError } from "../harness/usage.ts";
import { protocol } from "./0.1.7/index.ts";

/** The protocol version that is tested where nobody says which. */
export const current: Protocol = protocol;

/** The choice of a protocol version, and of the schemas of its messages where they are not those of the suite. */
export interface VersionChoice {
  readonly protocol?: string | undefined;
  readonly schemas?: string | undefined;
}

/** The protocol versions that can be tested. */
const VERSIONS: Readonly<Record<string, (schemas: string | undefined) => Promise<Protocol>>> = {
  "0.1.7": async (schemas) => {
    if (schemas === undefined) return current;
    throw new UsageError("--schemas goes with --protocol v0: the schemas of 0.1.7 are those of its document.");
  },
  v0: async (schemas) => (await import("./v0/index.ts")).protocolWith(schemas),
};

/** Loads a protocol version. Throws a `UsageError` if there is none of that name. */
export async function protocolOf({ protocol = current.version, schemas }: VersionChoice = {}): Promise<Protocol> {
  const load = Object.hasOwn(VERSIONS, protocol) ? VERSIONS[protocol] : undefined;
  if (load) return await load(schemas);
  const versions = Object.keys(VERSIONS);
  throw new UsageError(
    `There is no protocol version "${protocol}".${suggestion(protocol, versions)} Known are ${versions.join(" and ")}.`,
  );
}
