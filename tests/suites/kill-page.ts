import { isBinding } from "../../harness/catalogue.ts";
import type { Fault, Protocol } from "../../harness/protocol.ts";
import type { Case } from "../../harness/scenario.ts";
import type { Killed } from "../../suites/websocket/kills.ts";
import { toStored } from "./to-stored.ts";

/** The parts of a protocol version that its kill matrix tells of. */
type Proved = Pick<Protocol, "suites" | "requirements"> & {
  readonly faults: Readonly<Record<string, Pick<Fault, "says" | "breaks">>>;
};

const casesOf = ({ suites }: Pick<Proved, "suites">) => suites.flatMap(({ cases }) => cases);

/** Tells if a case is about a requirement. It declares it, or only such as cannot be broken, so that the rules judge it. */
function isAbout({ tests }: Case, requirement: string, { requirements }: Proved): boolean {
  const breakable = tests.some((id) => isBinding(requirements.find((it) => it.id === id)?.level ?? "MAY", true));
  return breakable ? tests.includes(requirement) : true;
}

/** Returns the faults that each case finds, by its id. */
export function killsByCase(rows: readonly Killed[], proved: Proved): Map<string, string[]> {
  return new Map(
    casesOf(proved).map((it) => [
      it.id,
      rows
        .filter(({ fault, kills }) => kills.includes(it.id) && isAbout(it, proved.faults[fault]?.breaks ?? "", proved))
        .map(({ fault }) => fault),
    ]),
  );
}

/** Returns the cases of a row in words, a whole suite as a glob. */
const listed = (row: Killed, { suites }: Proved): string =>
  Object.entries(toStored(row, suites).kills)
    .map(([suite, some]) => {
      if (some === "all") return `\`${suite}/*\``;
      return "but" in some ? `\`${suite}/\` but ${some.but.join(", ")}` : `\`${suite}/\` ${some.join(", ")}`;
    })
    .join("; ");

/** Returns the page of the kill matrix of a version. */
export function killPage(rows: readonly Killed[], proved: Proved, intro: readonly string[]): string {
  const cases = casesOf(proved);
  const byFault = rows.map((row) => {
    const broken = row.told.map((id) => `\`${id}\``).join(", ");
    return `| \`${row.fault}\` | ${proved.faults[row.fault]?.says} | ${broken} | ${row.kills.length} | ${listed(row, proved)} |`;
  });
  const everyCase = rows.filter(({ kills }) => kills.length > cases.length / 2).map(({ fault }) => fault);
  const byCase = [...killsByCase(rows, proved)].map(([id, found]) => {
    const rest = found.filter((fault) => !everyCase.includes(fault));
    const all = rest.length < found.length ? `${found.length - rest.length} of every message` : "";
    return `| \`${id}\` | ${[...rest.map((fault) => `\`${fault}\``), all].filter(Boolean).join(", ")} |`;
  });
  return [
    ...intro,
    "",
    `## ${rows.length} faults`,
    "",
    "| fault | what it does | told to be broken | found by | cases |",
    "| --- | --- | --- | --- | --- |",
    ...byFault,
    "",
    `## ${cases.length} cases`,
    "",
    "| case | faults that it finds |",
    "| --- | --- |",
    ...byCase,
    "",
  ].join("\n");
}
