import type { Protocol } from "../harness/protocol.ts";
import { suggestion, UsageError } from "../harness/usage.ts";
import { protocol } from "./0.1.7/index.ts";

/** The protocol version that is tested where nobody says which. */
export const current: Protocol = protocol;

/** The choice of a protocol version, and of the schemas of its messages where they are not those of the suite. */
export interface VersionChoice {
  readonly protocol?: string | undefined;
  readonly schemas?: string | undefined;
  /** The kind of client to test, where it is no server. */
  readonly actor?: string | undefined;
}

/** The protocol versions that can be tested. */
const VERSIONS: Readonly<Record<string, (choice: VersionChoice) => Promise<Protocol>>> = {
  "0.1.7": async ({ schemas, actor }) => {
    if (schemas !== undefined)
      throw new UsageError("--schemas goes with --protocol v0: the schemas of 0.1.7 are those of its document.");
    if (actor !== undefined) throw new UsageError("--actor goes with --protocol v0: of 0.1.7 only servers are tested.");
    return current;
  },
  v0: async ({ schemas, actor }) => {
    if (actor === undefined) return (await import("./v0/index.ts")).protocolWith(schemas);
    if (actor !== "autohost")
      throw new UsageError(`There is no actor "${actor}".${suggestion(actor, ["autohost"])} Known is autohost.`);
    return (await import("./v0/autohost/index.ts")).autohostProtocolWith(schemas);
  },
};

/** Resolves to the version whose reference server has a fault of this name, if there is one. */
export async function versionWithFault(name: string): Promise<string | undefined> {
  for (const protocol of Object.keys(VERSIONS))
    if (Object.hasOwn(await (await protocolOf({ protocol })).faults(), name)) return protocol;
  return undefined;
}

/** Loads a protocol version. Throws a `UsageError` if there is none of that name. */
export async function protocolOf({ protocol = current.version, ...choice }: VersionChoice = {}): Promise<Protocol> {
  const load = Object.hasOwn(VERSIONS, protocol) ? VERSIONS[protocol] : undefined;
  if (load) return await load(choice);
  const versions = Object.keys(VERSIONS);
  throw new UsageError(
    `There is no protocol version "${protocol}".${suggestion(protocol, versions)} Known are ${versions.join(" and ")}.`,
  );
}
