import { isBroken } from "../../harness/catalogue.ts";
import type { Fault, Protocol } from "../../harness/protocol.ts";
import type { Case } from "../../harness/scenario.ts";
import about from "../../package.json" with { type: "json" };
import { quoted } from "../../reports/again.ts";
import type { ReportCase } from "../../reports/report.ts";
import { reading } from "./requirement.ts";
import { trial, USUAL } from "./trial.ts";

/** The most cases that are named. */
const NAMED = 10;

/** Explains a fault of the reference server: what it breaks, the cases that find it, and what the first of them sees. */
export async function aboutFault(
  name: string,
  { says, breaks, headers }: Fault,
  protocol: Protocol,
): Promise<string[]> {
  const requirement = protocol.requirements.find(({ id }) => id === breaks);
  const found = await findersOf(name, protocol);
  const header = Object.entries(headers ?? {}).map(([key, value]) => ` --header ${quoted(`${key}: ${value}`)}`);
  const [first] = found;
  return [
    `${name}, a fault of the reference server`,
    `  ${says}`,
    `  breaks ${breaks}${requirement ? ` (${requirement.level}): ${requirement.statement}` : ""}`,
    ...(requirement ? reading(requirement, protocol).map((line) => `    ${line}`) : []),
    ...foundBy(found),
    ...(first ? await seen(first, name, breaks, protocol) : []),
    `  serve it: ${about.name} serve --port ${new URL(USUAL).port} --fault ${name}`,
    ...(first ? [`  and find it: ${about.name} run ${USUAL}${header.join("")} --case ${first.id}`] : []),
  ];
}

async function findersOf(fault: string, { suites, kills }: Protocol): Promise<Case[]> {
  const ids = new Set((await kills())[fault]);
  return suites.flatMap(({ cases }) => cases.filter(({ id }) => ids.has(id)));
}

function foundBy(cases: readonly Case[]): string[] {
  const { length } = cases;
  if (length === 0) return ["  no case is known to find it"];
  return [
    `  found by ${length} ${length === 1 ? "case" : "cases"}${length > NAMED ? ", among them" : ""}`,
    ...cases.slice(0, NAMED).map((it) => `    ${it.id}  ${it.title}`),
    ...(length > NAMED ? ["    docs/kill-matrix.md lists them all"] : []),
  ];
}

/** Runs a case against the reference server with a fault, and tells what it sees of it. */
async function seen(it: Case, fault: string, breaks: string, protocol: Protocol): Promise<string[]> {
  const checks = (await trial(protocol, [it], fault)).flatMap((shown: ReportCase) => shown.checks);
  const check = checks.find((check) => check.requirement === breaks && isBroken(check));
  return check ? [`  in ${it.id}`, `    expected  ${check.expected}`, `    came      ${check.actual}`] : [];
}
