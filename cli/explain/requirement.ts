import type { Requirement } from "../../harness/catalogue.ts";
import type { Fault, Protocol } from "../../harness/protocol.ts";
import type { Case } from "../../harness/scenario.ts";
import about from "../../package.json" with { type: "json" };

const SOURCES: Readonly<Record<string, string>> = {
  D: "the endpoint's description or flags",
  S: "its JSON schema",
  R: "RFC 6455 or RFC 8259",
  "→": "derived",
};

/** Names the source of a requirement: `D version (the endpoint's description or flags)`. */
export function sourceOf({ source, why }: Requirement): string {
  const letter = Object.keys(SOURCES).find((key) => source.startsWith(key)) ?? "";
  return `${source} (${SOURCES[letter] ?? "see the document"})${why === undefined ? "" : `: ${why}`}`;
}

/** Tells the source, the clause and the common causes of a requirement, a line each. */
export function reading(requirement: Requirement, { sections, clauses, causes }: Protocol): string[] {
  const { id, section } = requirement;
  const clause = clauses[id];
  const title = sections.find(({ name }) => name === section)?.title ?? section;
  return [
    `source: ${sourceOf(requirement)}`,
    ...(clause ? [`clause: ${clause.place}${clause.says === undefined ? "" : `: “${clause.says}”`}`] : []),
    ...(clause ? [`where: ${clause.link}; in the catalogue: ${title}`] : []),
    ...(causes[id] === undefined ? [] : [`common causes: ${causes[id]}`]),
  ];
}

/** Returns the faults of the reference server that break a requirement. */
export const breaking = (id: string, faults: Readonly<Record<string, Fault>>): [string, Fault][] =>
  Object.entries(faults).filter(([, { breaks }]) => breaks === id);

/** Tells if a requirement is judged on every connection of every case. */
export const isEverywhere = (id: string, { rules }: Protocol): boolean =>
  rules.some(({ requirement }) => requirement === id);

/** Returns the cases that declare to test a requirement. */
export const testing = (id: string, { suites }: Protocol): Case[] =>
  suites.flatMap(({ cases }) => cases.filter(({ tests }) => tests.includes(id)));

/** Explains a requirement: its words, source, common causes, faults and cases. One string per line. */
export async function aboutRequirement(requirement: Requirement, protocol: Protocol): Promise<string[]> {
  const { id, level, statement } = requirement;
  const everywhere = isEverywhere(id, protocol);
  const cases = testing(id, protocol);
  const faults = breaking(id, await protocol.faults());
  return [
    `${id} (${level})`,
    `  ${statement}`,
    ...reading(requirement, protocol).map((line) => `  ${line}`),
    ...(faults.length > 0 ? ["  broken by these faults of the reference server"] : []),
    ...faults.map(([name, { says }]) => `    ${name}  ${says}`),
    ...(everywhere ? ["  judged on every connection of every case"] : []),
    ...(everywhere && cases.length === 0 ? [] : testedBy(cases)),
    ...(everywhere || cases.length > 0 ? [`  run them alone: ${about.name} run <url> --requirement ${id}`] : []),
  ];
}

function testedBy(cases: readonly Case[]): string[] {
  if (cases.length === 0) return ["  not tested by this version of the suite yet"];
  return [`  tested by ${cases.length} cases`, ...cases.map((it) => `    ${it.id}  ${it.title}`)];
}
