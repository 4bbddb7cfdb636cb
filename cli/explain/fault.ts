import { isBroken } from "../../harness/catalogue.ts";
import { casesIn, type Fault, type Protocol } from "../../harness/protocol.ts";
import type { Case } from "../../harness/scenario.ts";
import { plural } from "../../harness/words.ts";
import type { ReportCase } from "../../reports/report.ts";
import { quoted } from "../../reports/shell-commands.ts";
import { background, COMMAND, chosen, factsOf, type NamedCase, named, type RequirementFacts } from "./requirement.ts";
import { trial, USUAL, usualOf } from "./trial.ts";

/** The most cases that are named. */
const CASES_OF_FAULT = 10;

/** The explanation of a fault. Its schema is `explain.schema.json`. */
export interface AboutFault {
  readonly kind: "fault";
  readonly name: string;
  readonly says: string;
  readonly breaks: RequirementFacts;
  readonly cases: readonly NamedCase[];
  /** The sight of the first of these cases. */
  readonly seen?: { readonly case: string; readonly expected: string; readonly actual: string };
  readonly serve: string;
  readonly find?: string;
}

/** Explains a fault of the reference server: the requirement that it breaks, the cases that find it, a finding. */
export async function aboutFault(name: string, fault: Fault, protocol: Protocol): Promise<AboutFault> {
  const { says, breaks, headers = {} } = fault;
  const requirement = protocol.requirements.find(({ id }) => id === breaks);
  if (!requirement) throw new Error(`The fault ${name} breaks ${breaks}, which the catalogue lacks`);
  const found = await findersOf(name, protocol);
  const header = Object.entries(headers).map(([key, value]) => ` --header ${quoted(`${key}: ${value}`)}`);
  const [first] = found;
  const usual = await usualOf(protocol);
  const seen = first && (await sight(first, name, breaks, protocol));
  return {
    kind: "fault",
    name,
    says,
    breaks: factsOf(requirement, protocol),
    cases: named(found),
    ...(seen && { seen }),
    serve: `${COMMAND} serve${chosen(protocol)} --port ${new URL(USUAL).port} --fault ${name}`,
    ...(first && {
      find: `${COMMAND} run ${usual.url}${chosen(protocol)}${usual.options}${header.join("")} --case ${first.id}`,
    }),
  };
}

async function findersOf(fault: string, protocol: Protocol): Promise<Case[]> {
  const ids = new Set((await protocol.kills())[fault]);
  return casesIn(protocol).filter(({ id }) => ids.has(id));
}

/** Runs a case against the reference server with a fault, and returns its finding. */
async function sight(it: Case, fault: string, breaks: string, protocol: Protocol): Promise<AboutFault["seen"]> {
  const checks = (await trial(protocol, [it], fault)).flatMap((shown: ReportCase) => shown.checks);
  const check = checks.find((check) => check.requirement === breaks && isBroken(check));
  return check && { case: it.id, expected: check.expected, actual: check.actual };
}

/** Tells the explanation of a fault. One string per line. */
export function faultInWords(
  { name, says, breaks, cases, seen, serve, find }: AboutFault,
  protocol: Protocol,
): string[] {
  return [
    `${name}, a fault of the reference server`,
    `  ${says}`,
    `  breaks ${breaks.id} (${breaks.level}): ${breaks.statement}`,
    ...background(breaks, protocol).map((line) => `    ${line}`),
    ...foundBy(cases),
    ...(seen ? [`  in ${seen.case}`, `    expected  ${seen.expected}`, `    came      ${seen.actual}`] : []),
    `  serve it: ${serve}`,
    ...(find === undefined ? [] : [`  and find it: ${find}`]),
  ];
}

function foundBy(cases: readonly NamedCase[]): string[] {
  const { length } = cases;
  if (length === 0) return ["  no case is known to find it"];
  return [
    `  found by ${plural(length, "case")}${length > CASES_OF_FAULT ? ", among them" : ""}`,
    ...cases.slice(0, CASES_OF_FAULT).map((it) => `    ${it.id}  ${it.title}`),
    ...(length > CASES_OF_FAULT ? [`    and ${length - CASES_OF_FAULT} more`] : []),
  ];
}
