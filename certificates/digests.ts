import { readdirSync, readFileSync } from "node:fs";
import { casesIn, type Protocol } from "../harness/protocol.ts";
import { digestOf, type RequirementSet } from "../harness/set.ts";
import { sha256 } from "./files.ts";

/** The digests of all that a verdict rests on: cases and built files of the suite, schemas, catalogue and set. */
export interface Digests {
  readonly suite: string;
  readonly schemas: string;
  readonly catalogue: string;
  readonly set: string;
}

/** The digests of all that this version of the suite judges with. */
export function digestsOf(protocol: Protocol, set: RequirementSet): Digests {
  const { schemas, requirements } = protocol;
  const cases = casesIn(protocol).map(({ id, digest }) => [id, digest]);
  return {
    suite: sha256(JSON.stringify([cases, built()])),
    schemas: sha256(JSON.stringify(schemas)),
    catalogue: sha256(JSON.stringify(requirements)),
    set: digestOf(set),
  };
}

let files: (readonly [name: string, digest: string])[] | undefined;

/** The digest of each built file; nothing where the suite runs from its source. */
function built(): readonly (readonly [name: string, digest: string])[] {
  const folder = new URL(".", import.meta.url);
  const names = import.meta.url.endsWith(".ts") ? [] : readdirSync(folder).filter((name) => /\.c?js$/.test(name));
  files ??= names.toSorted().map((name) => [name, sha256(readFileSync(new URL(name, folder)))]);
  return files;
}
