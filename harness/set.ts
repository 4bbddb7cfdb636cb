import { createHash } from "node:crypto";
import type { Level, Requirement } from "./catalogue.ts";
import type { Suite } from "./scenario.ts";

/**
 * The requirements and cases that a server is certified by. A set is frozen, so that a certificate keeps its meaning. It holds the ids and
 * levels of requirements, not their statements, whose words may be mended. A certificate names the digest of the catalogue, too.
 */
export interface RequirementSet {
  /** The protocol version and the month: `0.1.7/2026-11`. */
  readonly name: string;
  /** The level of each requirement. */
  readonly requirements: Readonly<Record<string, Level>>;
  /** The digest of each case that counts. */
  readonly cases: Readonly<Record<string, string>>;
  /** The suites whose cases are made from the schemas of a run: all of them count, by the schemas that a certificate names. */
  readonly sweeps?: readonly string[];
}

/** Makes the set that holds a whole suite as it is. */
export const freeze = (
  name: string,
  requirements: readonly Requirement[],
  suites: readonly Suite[],
): RequirementSet => {
  const frozen = suites.filter(({ swept }) => !swept).flatMap(({ cases }) => cases);
  const sweeps = suites.filter(({ swept }) => swept).map((suite) => suite.name);
  return {
    name,
    requirements: Object.fromEntries(requirements.map(({ id, level }) => [id, level])),
    cases: Object.fromEntries(frozen.map(({ id, digest }) => [id, digest])),
    ...(sweeps.length > 0 && { sweeps }),
  };
};

/** Returns the digest of a set. Any change of the set changes it. */
export const digestOf = ({ name, requirements, cases, sweeps }: RequirementSet): string =>
  createHash("sha256")
    .update(JSON.stringify([name, sorted(requirements), sorted(cases), ...(sweeps ? [sweeps] : [])]))
    .digest("hex");

const sorted = (record: Readonly<Record<string, string>>) =>
  Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1));
