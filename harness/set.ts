import { createHash } from "node:crypto";
import type { Level, Requirement } from "./catalogue.ts";
import type { Suite } from "./scenario.ts";

/** The requirements and cases that a server is certified by. A set is frozen, so that a certificate keeps its meaning. */
export interface RequirementSet {
  /** The protocol version and the month: `0.1.7/2026-11`. */
  readonly name: string;
  /** The level of each requirement. */
  readonly requirements: Readonly<Record<string, Level>>;
  /** The digest of each case that counts. */
  readonly cases: Readonly<Record<string, string>>;
}

/** Makes the set that holds a whole suite as it is. */
export const freeze = (
  name: string,
  requirements: readonly Requirement[],
  suites: readonly Suite[],
): RequirementSet => ({
  name,
  requirements: Object.fromEntries(requirements.map(({ id, level }) => [id, level])),
  cases: Object.fromEntries(suites.flatMap((suite) => suite.cases.map(({ id, digest }) => [id, digest]))),
});

/** Returns the digest of a set. Any change of the set changes it. */
export const digestOf = ({ name, requirements, cases }: RequirementSet): string =>
  createHash("sha256")
    .update(JSON.stringify([name, sorted(requirements), sorted(cases)]))
    .digest("hex");

const sorted = (record: Readonly<Record<string, string>>) =>
  Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1));
