import { essence } from "../harness/essence.ts";
import type { Protocol } from "../harness/protocol.ts";
import { digestOf, type RequirementSet } from "../harness/set.ts";
import { sha256 } from "./files.ts";

/** The digests of what a verdict rests on: the cases and rules of the suite, the schemas, the catalogue, and the set. */
export interface Digests {
  readonly suite: string;
  readonly schemas: string;
  readonly catalogue: string;
  readonly set: string;
}

/** The digests of all that this version of the suite judges with. */
export function digestsOf({ suites, rules, schemas, requirements }: Protocol, set: RequirementSet): Digests {
  const cases = suites.flatMap((suite) => suite.cases.map(({ id, digest }) => [id, digest]));
  const judges = rules.map(({ requirement, judge }) => [requirement, essence(judge)]);
  return {
    suite: sha256(JSON.stringify([cases, judges])),
    schemas: sha256(JSON.stringify(schemas)),
    catalogue: sha256(JSON.stringify(requirements)),
    set: digestOf(set),
  };
}
