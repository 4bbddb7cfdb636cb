import about from "../../package.json" with { type: "json" };
import { visible } from "../../reports/escape.ts";
import { explainConnections } from "../../reports/explain.ts";
import { makeReport, type ReportCase } from "../../reports/report.ts";
import { current } from "../../suites/index.ts";
import type { Requirement } from "../catalogue.ts";
import { DEFAULTS } from "../defaults.ts";
import type { Protocol } from "../protocol.ts";
import { run } from "../runner.ts";
import type { Case } from "../scenario.ts";
import { suggestion, UsageError } from "../usage.ts";

const SOURCES: Readonly<Record<string, string>> = {
  D: "the endpoint's description or flags",
  S: "its JSON schema",
  R: "RFC 6455 or RFC 8259",
  "→": "derived",
};

/** Explains a case or a requirement. Throws a `UsageError` for an unknown id. */
export async function explain(id: string): Promise<void> {
  const cases = current.suites.flatMap((suite) => suite.cases);
  const it = cases.find((one) => one.id === id);
  const requirement = current.requirements.find((one) => one.id === id);
  if (!it && !requirement) {
    const known = [...cases, ...current.requirements].map((one) => one.id);
    throw new UsageError(`There is no case or requirement "${id}".${suggestion(id, known)}`);
  }
  const lines = it ? await explainOne(it, current) : explainRequirement(requirement as Requirement, cases);
  process.stdout.write([...lines.map(visible), ""].join("\n"));
}

function explainRequirement({ id, level, source, why, statement }: Requirement, cases: readonly Case[]): string[] {
  const everywhere = current.rules.some((rule) => rule.requirement === id);
  const testers = cases.filter(({ tests }) => tests.includes(id));
  const letter = Object.keys(SOURCES).find((key) => source.startsWith(key)) ?? "";
  return [
    `${id} (${level})`,
    `  ${statement}`,
    `  source: ${source} (${SOURCES[letter] ?? "see the document"})${why === undefined ? "" : `: ${why}`}`,
    ...(everywhere ? ["  judged on every connection of every case"] : testedBy(testers)),
    ...(everywhere || testers.length > 0 ? [`  run them alone: ${about.name} run <url> --requirement ${id}`] : []),
  ];
}

function testedBy(cases: readonly Case[]): string[] {
  if (cases.length === 0) return ["  not tested by this version of the suite yet"];
  return [`  tested by ${cases.length} cases`, ...cases.map((it) => `    ${it.id}  ${it.title}`)];
}

/** A case is explained by what it really does: it runs against the embedded reference server. */
async function explainOne(it: Case, protocol: Protocol): Promise<string[]> {
  const server = await protocol.serve();
  const target = { url: new URL(server.url), headers: {} };
  const result = await run(protocol, [it], { ...DEFAULTS, target }).finally(server.close);
  const context = {
    suite: about,
    protocol,
    target: { url: server.url, embedded: true, strict: false },
    redact: String,
  };
  const [shown] = makeReport(result, context).cases;
  const declared = protocol.requirements.filter(({ id }) => it.tests.includes(id));
  return [
    `${it.id}`,
    `  the client: ${it.title}`,
    "  it tests",
    ...declared.flatMap(({ id, level, statement }) => [
      `    ${id} (${level}): ${statement}`,
      ...accepted(shown, id)
        .filter((expected) => expected !== statement)
        .map((expected) => `      accepts  ${expected}`),
    ]),
    "  and the rules of every message. Against the embedded reference server, which conforms, this passes over the wire:",
    ...explainConnections(shown?.connections ?? []).map((line) => `    ${line}`),
    `  run it alone: ${about.name} run <url> --case ${it.id}`,
  ];
}

const accepted = (it: ReportCase | undefined, id: string) => [
  ...new Set(it?.checks.filter(({ requirement }) => requirement === id).map(({ expected }) => expected)),
];
