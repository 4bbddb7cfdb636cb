import type { Protocol } from "../harness/protocol.ts";
import { suggestion, UsageError } from "../harness/usage.ts";
import { protocol } from "./0.1.7/index.ts";
import { ACTOR_NAMES, isVersionName, VERSION_NAMES, type VersionName } from "./versions.ts";

/** The protocol version that is tested where nobody says which. */
export const standard: Protocol = protocol;

/** The choice of a protocol version, and of the schemas of its messages where they are not those of the suite. */
export interface VersionChoice {
  readonly protocol?: string | undefined;
  readonly schemas?: string | undefined;
  /** The version of these schemas: nothing on the wire says it. */
  readonly schemasVersion?: string | undefined;
  /** The kind of client to test, where it is no server. */
  readonly actor?: string | undefined;
}

/** The protocol versions that can be tested. */
const VERSIONS: Readonly<Record<VersionName, (choice: VersionChoice) => Promise<Protocol>>> = {
  "0.1.7": async ({ schemas, schemasVersion, actor }) => {
    if ((schemas ?? schemasVersion) !== undefined)
      throw new UsageError("--schemas goes with --protocol v0: the schemas of 0.1.7 are those of its document.");
    if (actor !== undefined) throw new UsageError("--actor goes with --protocol v0: of 0.1.7 only servers are tested.");
    return standard;
  },
  v0: async ({ schemas, schemasVersion, actor }) => {
    if (schemas === undefined && schemasVersion !== undefined)
      throw new UsageError("--schemas-version goes with --schemas, which names the folder.");
    if (schemasVersion !== undefined && !VERSION_OF_SCHEMAS.test(schemasVersion))
      throw new UsageError(`"${schemasVersion}" is no version of schemas. Give one such as 1.22.0.`);
    if (actor === undefined) return (await import("./v0/index.ts")).protocolWith(schemas, schemasVersion);
    if (!ACTOR_NAMES.some((name) => name === actor))
      throw new UsageError(
        `There is no actor "${actor}".${suggestion(actor, ACTOR_NAMES)} Known is ${ACTOR_NAMES.join(" and ")}.`,
      );
    return (await import("./v0/autohost/index.ts")).autohostProtocolWith(schemas, schemasVersion);
  },
};

/** A tag or a commit of the protocol's repository. */
const VERSION_OF_SCHEMAS = /^[\w.+-]{1,60}$/;

/** Loads the versions beside one that servers are tested by. */
export async function versionsBeside({ version, actor }: Protocol): Promise<Protocol[]> {
  const others = VERSION_NAMES.filter((it) => it !== version && actor === undefined);
  return Promise.all(others.map((it) => protocolOf({ protocol: it })));
}

/** The choices of all that can be tested: the servers of each version, and clients. */
const CHOICES: readonly VersionChoice[] = [
  ...VERSION_NAMES.map((version) => ({ protocol: version })),
  { protocol: "v0", actor: "autohost" },
];

/** Finds a protocol beside the chosen one that `has` something. Says which it is, and which options choose it. */
export async function whereElse(
  chosen: Protocol,
  has: (other: Protocol) => Promise<boolean>,
): Promise<string | undefined> {
  const others = CHOICES.filter(({ protocol, actor }) => protocol !== chosen.version || actor !== chosen.actor);
  for (const { protocol, actor } of others) {
    if (!(await has(await protocolOf({ protocol, actor })))) continue;
    if (actor !== undefined) return `one of ${protocol} for ${actor}s. Give --protocol ${protocol} --actor ${actor}.`;
    return `one of ${protocol}. Give --protocol ${protocol}${chosen.actor === undefined ? "" : ", and no --actor"}.`;
  }
  return undefined;
}

/** Loads a protocol version. Throws a `UsageError` if there is none of that name. */
export async function protocolOf({ protocol = standard.version, ...choice }: VersionChoice = {}): Promise<Protocol> {
  if (isVersionName(protocol)) return await VERSIONS[protocol](choice);
  throw new UsageError(
    `There is no protocol version "${protocol}".${suggestion(protocol, VERSION_NAMES)} Known are ${VERSION_NAMES.join(" and ")}.`,
  );
}
