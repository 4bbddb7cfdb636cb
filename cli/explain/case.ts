import { isBroken, type Requirement } from "../../harness/catalogue.ts";
import type { Protocol } from "../../harness/protocol.ts";
import type { Case } from "../../harness/scenario.ts";
import about from "../../package.json" with { type: "json" };
import { explainConnections } from "../../reports/explain.ts";
import type { ReportCase } from "../../reports/report.ts";
import { exchange } from "./exchange.ts";
import { observe } from "./plain.ts";
import { breaking, reading } from "./requirement.ts";
import { trial } from "./trial.ts";

/** The timeout against a reference server with a fault, in ms. It answers at once or never. */
const TIMEOUT = 400;

/** The most examples of what is not accepted, by requirement. */
const EXAMPLES = 3;

/** Something that a server with a fault does and the case does not accept. */
interface Example {
  readonly requirement: string;
  readonly actual: string;
  readonly fault: string;
}

/** Explains a case by running it against the embedded reference server, as it is and with faults. */
export async function aboutCase(it: Case, protocol: Protocol): Promise<string[]> {
  const observed = observe(it);
  const [[shown], examples] = await Promise.all([trial(protocol, [observed.case]), refused(it, protocol)]);
  const connections = shown?.connections ?? [];
  return [
    it.id,
    `  the client: ${it.title}`,
    ...(it.place === undefined ? [] : [`  defined in ${it.place}`]),
    "  it tests",
    ...protocol.requirements
      .filter(({ id }) => it.tests.includes(id))
      .flatMap((requirement) => explainTest(requirement, protocol, shown, examples)),
    "  and the rules of every message. Against the embedded reference server, which conforms, this passes over the wire:",
    ...explainConnections(connections).map((line) => `    ${line}`),
    ...exchange(connections, observed.beyond, protocol.subprotocols).map((line) => `  ${line}`),
    `  run it alone: ${about.name} run <url> --case ${it.id}`,
  ];
}

function explainTest(
  requirement: Requirement,
  protocol: Protocol,
  shown: ReportCase | undefined,
  examples: readonly Example[],
): string[] {
  const { id, level, statement } = requirement;
  const checks = shown?.checks.filter((check) => check.requirement === id) ?? [];
  const accepted = [...new Set(checks.map(({ expected }) => expected))].filter((expected) => expected !== statement);
  const mine = examples.filter((example) => example.requirement === id).slice(0, EXAMPLES);
  return [
    `    ${id} (${level}): ${statement}`,
    ...reading(requirement, protocol).map((line) => `      ${line}`),
    ...accepted.map((expected) => `      accepts  ${expected}`),
    ...mine.map(({ actual, fault }) => `      refuses  ${actual} (by fault ${fault})`),
  ];
}

/** Finds what a case does not accept, by running it against faults that break what it tests. */
async function refused(it: Case, protocol: Protocol): Promise<Example[]> {
  if (protocol.suites.some(({ name, load }) => name === it.suite && load)) return [];
  const faults = await protocol.faults();
  const concerned = it.tests.flatMap((id) => breaking(id, faults));
  const found = concerned.map(async ([fault, { breaks }]) => {
    const cases = await trial(protocol, [it], fault, { timeout: TIMEOUT });
    const checks = cases.flatMap((one) => one.checks);
    return checks
      .filter((check) => check.requirement === breaks && isBroken(check))
      .map(({ requirement, actual }) => ({ requirement, actual, fault }));
  });
  const all = (await Promise.all(found)).flat();
  return [...new Map(all.map((example) => [`${example.requirement} ${example.actual}`, example])).values()];
}
