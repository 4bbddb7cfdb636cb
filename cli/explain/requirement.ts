import { type Requirement, sourceKeys } from "../../harness/catalogue.ts";
import { breaking, type Clause, isEverywhere, type Protocol, testing } from "../../harness/protocol.ts";
import type { Case } from "../../harness/scenario.ts";
import { plural } from "../../harness/words.ts";
import about from "../../package.json" with { type: "json" };
import { quoted } from "../../reports/shell-commands.ts";

/** The options that choose a protocol version, as they stand behind others. */
export const chosen = ({ options = [] }: Protocol): string => options.map((it) => ` ${quoted(it)}`).join("");

/** The command of the suite, as it works in a folder that has it installed. */
export const COMMAND = `npx ${about.name}`;

/** The command that runs cases, before the options that choose them. */
export const runOf = (protocol: Protocol): string =>
  `${COMMAND} run ${protocol.actor === undefined ? "<url>" : "--listen <port>"}${chosen(protocol)}`;

/** Names the sources of a requirement: `D version, S (the endpoint's description or flags; its JSON schema)`. */
export function sourceOf(requirement: Requirement, { sources }: Pick<Protocol, "sources">): string {
  const { source, why } = requirement;
  const words = sourceKeys(requirement, sources).map((key) => sources[key]);
  return `${source} (${words.length > 0 ? words.join("; ") : "see the document"})${why === undefined ? "" : `: ${why}`}`;
}

/** Tells the source, the clause and the common causes of a requirement, a line each. */
export function background(requirement: Requirement, { sources, sections, clauses, causes }: Protocol): string[] {
  const { id, section } = requirement;
  const clause = clauses[id];
  const title = sections.find(({ name }) => name === section)?.title ?? section;
  return [
    `source: ${sourceOf(requirement, { sources })}`,
    ...(clause ? [`clause: ${clause.place}${clause.says === undefined ? "" : `: “${clause.says}”`}`] : []),
    ...(clause ? [`where: ${clause.link}; in the catalogue: ${title}`] : []),
    ...(causes[id] === undefined ? [] : [`common causes: ${causes[id]}`]),
  ];
}

/** A requirement with its source and the usual mistakes behind it. */
export interface RequirementFacts extends Requirement {
  readonly clause?: Clause;
  readonly causes?: string;
}

/** Gathers a requirement from the catalogue, the clauses and the causes. */
export function factsOf(requirement: Requirement, { clauses, causes }: Protocol): RequirementFacts {
  const { id, level, section, statement, source, why } = requirement;
  const [clause, cause] = [clauses[id], causes[id]];
  return {
    id,
    level,
    section,
    statement,
    source,
    ...(why !== undefined && { why }),
    ...(clause && { clause }),
    ...(cause !== undefined && { causes: cause }),
  };
}

/** The explanation of a requirement. Its schema is `explain.schema.json`. */
export interface AboutRequirement {
  readonly kind: "requirement";
  readonly requirement: RequirementFacts;
  readonly everywhere: boolean;
  readonly faults: readonly { readonly name: string; readonly says: string }[];
  readonly cases: readonly NamedCase[];
  readonly run?: string;
}

/** A case, named in an explanation. */
export type NamedCase = Pick<Case, "id" | "title">;

/** Names cases. */
export const named = (cases: readonly Case[]): NamedCase[] => cases.map(({ id, title }) => ({ id, title }));

/** Explains a requirement: its words, source, common causes, faults and cases. */
export async function aboutRequirement(requirement: Requirement, protocol: Protocol): Promise<AboutRequirement> {
  const { id } = requirement;
  const everywhere = isEverywhere(id, protocol);
  const cases = named(testing(id, protocol));
  return {
    kind: "requirement",
    requirement: factsOf(requirement, protocol),
    everywhere,
    faults: breaking(id, await protocol.faults()).map(([name, { says }]) => ({ name, says })),
    cases,
    ...((everywhere || cases.length > 0) && { run: `${runOf(protocol)} --requirement ${id}` }),
  };
}

/** Tells the explanation of a requirement. One string per line. */
export function requirementInWords(it: AboutRequirement, protocol: Protocol): string[] {
  const { requirement, everywhere, faults, cases, run } = it;
  return [
    `${requirement.id} (${requirement.level})`,
    `  ${requirement.statement}`,
    ...background(requirement, protocol).map((line) => `  ${line}`),
    ...(faults.length > 0 ? ["  broken by these faults of the reference server"] : []),
    ...faults.map(({ name, says }) => `    ${name}  ${says}`),
    ...(everywhere ? ["  judged on every connection of every case"] : []),
    ...(everywhere && cases.length === 0
      ? []
      : testedBy(cases, `${COMMAND} list --requirement ${requirement.id}${chosen(protocol)}`)),
    ...(run === undefined ? [] : [`  run them alone: ${run}`]),
  ];
}

/** The most cases of a requirement that its explanation names. */
const CASES_OF_REQUIREMENT = 20;

/** Names the cases of a requirement. A command lists those that are `more`. */
function testedBy(cases: readonly NamedCase[], more: string): string[] {
  if (cases.length === 0) return ["  not tested by this version of the suite yet"];
  const left = cases.length - CASES_OF_REQUIREMENT;
  return [
    `  tested by ${plural(cases.length, "case")}`,
    ...cases.slice(0, CASES_OF_REQUIREMENT).map((it) => `    ${it.id}  ${it.title}`),
    ...(left > 0 ? [`    … and ${left} more: ${more}`] : []),
  ];
}
