import { isBroken, type Requirement } from "../../harness/catalogue.ts";
import { breaking, type Protocol } from "../../harness/protocol.ts";
import type { Case } from "../../harness/scenario.ts";
import { explainConnections, lineText } from "../../reports/explain.ts";
import type { ReportCase, ReportConnection } from "../../reports/report.ts";
import { exchange } from "./exchange.ts";
import { observe } from "./observe.ts";
import { background, factsOf, type NamedCase, type RequirementFacts, runOf } from "./requirement.ts";
import { trial, trialOfClient } from "./trial.ts";

/** The timeout against a reference server with a fault, in ms. It answers at once or never. */
const TIMEOUT = 400;

/** The most examples of values that are not accepted, for each requirement. */
const EXAMPLES = 3;

/** Something that a server with a fault does and the case does not accept. */
interface Example {
  readonly requirement: string;
  /** The value that was owed in its place. */
  readonly expected: string;
  readonly actual: string;
  readonly fault: string;
}

/** The explanation of a case. Its schema is `explain.schema.json`. */
export interface AboutCase extends NamedCase {
  readonly kind: "case";
  readonly suite: string;
  readonly place?: string;
  readonly tests: readonly AboutTest[];
  /** The connections against the reference server or client. */
  readonly connections: readonly ReportConnection[];
  readonly byHand: readonly string[];
  readonly run: string;
}

/** A requirement that a case tests, with values that pass and values that do not. */
interface AboutTest {
  readonly requirement: RequirementFacts;
  readonly accepts: readonly string[];
  readonly refuses: readonly Omit<Example, "requirement">[];
}

/** Explains a case by running it against the embedded reference server, as it is and with faults, or against the reference client. */
export async function aboutCase(it: Case, protocol: Protocol): Promise<AboutCase> {
  const observed = observe(it);
  const isServer = protocol.actor === undefined;
  const shows = isServer ? trial : trialOfClient;
  const [[shown], examples] = await Promise.all([shows(protocol, [observed.case]), refused(it, protocol)]);
  const connections = shown?.connections ?? [];
  const tested = protocol.requirements.filter(({ id }) => it.tests.includes(id));
  return {
    kind: "case",
    id: it.id,
    title: it.title,
    suite: it.suite,
    ...(it.place !== undefined && { place: it.place }),
    tests: tested.map((requirement) => ({
      requirement: factsOf(requirement, protocol),
      accepts: acceptedBy(shown, requirement),
      refuses: examples
        .filter((example) => example.requirement === requirement.id)
        .slice(0, EXAMPLES)
        .map(({ expected, actual, fault }) => ({ expected, actual, fault })),
    })),
    connections,
    byHand: isServer ? exchange(connections, observed.beyond, protocol.subprotocols) : [],
    run: `${runOf(protocol)} --case ${it.id}`,
  };
}

/** Says which values pass for a requirement, in words other than its own. */
function acceptedBy(shown: ReportCase | undefined, { id, statement }: Requirement): string[] {
  const checks = shown?.checks.filter(({ requirement }) => requirement === id) ?? [];
  return [...new Set(checks.map(({ expected }) => expected))].filter((expected) => expected !== statement);
}

/** Tells the explanation of a case. One string per line. */
export function caseInWords(
  { id, title, place, tests, connections, byHand, run }: AboutCase,
  protocol: Protocol,
): string[] {
  return [
    id,
    protocol.actor === undefined ? `  the client: ${title}` : `  ${title}`,
    ...(place === undefined ? [] : [`  defined in ${place}`]),
    "  it tests",
    ...tests.flatMap((it) => testInWords(it, protocol)),
    `  and the rules of every message. Against the embedded reference ${protocol.actor ?? "server"}, which conforms, this passes over the wire:`,
    ...explainConnections(connections, { rest: "--json shows them" }).map((line) => `    ${lineText(line)}`),
    ...byHand.map((line) => `  ${line}`),
    `  run it alone: ${run}`,
  ];
}

const testInWords = ({ requirement, accepts, refuses }: AboutTest, protocol: Protocol): string[] => [
  `    ${requirement.id} (${requirement.level}): ${requirement.statement}`,
  ...background(requirement, protocol).map((line) => `      ${line}`),
  ...accepts.map((expected) => `      accepts  ${expected}`),
  ...refuses.map(({ expected, actual, fault }) => {
    const owed = accepts.includes(actual) ? ` in place of ${expected}` : "";
    return `      refuses  ${actual}${owed} (by fault ${fault})`;
  }),
];

/** Finds values that a case does not accept: runs it against faults that break its requirements. */
async function refused(it: Case, protocol: Protocol): Promise<Example[]> {
  if (protocol.suites.some(({ name, load }) => name === it.suite && load)) return [];
  const faults = await protocol.faults();
  const concerned = it.tests.flatMap((id) => breaking(id, faults));
  const found = concerned.map(async ([fault, { breaks }]) => {
    const cases = await trial(protocol, [it], fault, { timeout: TIMEOUT });
    const checks = cases.flatMap((one) => one.checks);
    return checks
      .filter((check) => check.requirement === breaks && isBroken(check))
      .map(({ requirement, expected, actual }) => ({ requirement, expected, actual, fault }));
  });
  const all = (await Promise.all(found)).flat();
  return [...new Map(all.map((example) => [`${example.requirement} ${example.actual}`, example])).values()];
}
