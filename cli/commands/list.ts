import type { Requirement } from "../../harness/catalogue.ts";
import { isEverywhere, type Protocol } from "../../harness/protocol.ts";
import { digestOf, freeze } from "../../harness/set.ts";
import { plural } from "../../harness/words.ts";
import { type Selection, select } from "../../running/select.ts";

/** The options of `list`, as the command line gives them. */
interface ListArguments extends Selection {
  readonly sets: boolean;
  readonly json: boolean;
}

/** The selected cases and the requirements that they test. Its schema is `list.schema.json`. */
interface Listing {
  readonly protocol: { readonly name: string; readonly version: string };
  readonly suites: readonly ListedSuite[];
  readonly requirements: readonly ListedRequirement[];
}

interface ListedSuite {
  readonly name: string;
  readonly title: string;
  /** It runs against a url only when it is asked for. */
  readonly load: boolean;
  readonly cases: readonly { readonly id: string; readonly title: string; readonly tests: readonly string[] }[];
}

interface ListedRequirement extends Pick<Requirement, "id" | "level" | "section" | "statement"> {
  /** It is judged on every connection of every case. */
  readonly everywhere: boolean;
  /** The selected cases that declare to test it. */
  readonly cases: readonly string[];
}

/** The sets, the newest first. Its schema is `list.schema.json`, too. */
interface ListedSets {
  readonly protocol: Listing["protocol"];
  readonly sets: readonly ListedSet[];
}

interface ListedSet {
  readonly name: string;
  readonly sha256: string;
  readonly requirements: Readonly<Record<"MUST" | "SHOULD" | "MAY", number>>;
  readonly cases: number;
  /** The cases of today that do not count by it. */
  readonly beside: readonly string[];
}

/** Prints the selected cases and the requirements that they test; with `sets` the sets instead. */
export function listCommand({ sets, json, ...selection }: ListArguments, protocol: Protocol): void {
  if (sets) print(listSets(protocol), json, setsInWords);
  else print(listCases(selection, protocol), json, (it) => casesInWords(it, protocol.requirements.length));
}

const print = <T>(it: T, json: boolean, inWords: (it: T) => string) =>
  void process.stdout.write(json ? `${JSON.stringify(it, null, 1)}\n` : inWords(it));

/** Lists the selected cases by suite, and the requirements that they test. Throws a `UsageError` as `select` does. */
function listCases(selection: Selection, protocol: Protocol): Listing {
  const { name, version } = protocol;
  const selected = select(protocol, selection, true);
  const suites = protocol.suites.map((suite) => ({
    name: suite.name,
    title: suite.title,
    load: suite.load === true,
    cases: selected.filter((it) => it.suite === suite.name).map(({ id, title, tests }) => ({ id, title, tests })),
  }));
  const requirements = protocol.requirements.map(({ id, level, section, statement }) => ({
    id,
    level,
    section,
    statement,
    everywhere: isEverywhere(id, protocol),
    cases: selected.filter(({ tests }) => tests.includes(id)).map((it) => it.id),
  }));
  return {
    protocol: { name, version },
    suites: suites.filter(({ cases }) => cases.length > 0),
    requirements: requirements.filter((it) => it.everywhere || it.cases.length > 0),
  };
}

function casesInWords({ suites, requirements }: Listing, all: number): string {
  const lines = suites.flatMap(({ title, cases }) => {
    const width = Math.max(...cases.map(({ id }) => id.length));
    return [
      `${title} (${plural(cases.length, "case")})`,
      ...cases.map((it) => `  ${it.id.padEnd(width)}  ${it.title}`),
      "",
    ];
  });
  const rows = requirements.map(({ id, level, statement }) => `  ${id.padEnd(34)} ${level.padEnd(6)}  ${statement}`);
  return [...lines, `Requirements that they test (${rows.length} of ${all})`, ...rows, ""].join("\n");
}

/** Lists the sets that certificates are made by, and the cases of today that do not count by each. */
function listSets({ name, version, requirements, suites, sets }: Protocol): ListedSets {
  const now = freeze("now", requirements, suites);
  const listed = sets.toReversed().map((set) => {
    const levels = Object.values(set.requirements);
    const count = (level: string) => levels.filter((it) => it === level).length;
    return {
      name: set.name,
      sha256: digestOf(set),
      requirements: { MUST: count("MUST"), SHOULD: count("SHOULD"), MAY: count("MAY") },
      cases: Object.keys(set.cases).length,
      beside: Object.keys(now.cases).filter((id) => set.cases[id] !== now.cases[id]),
    };
  });
  return { protocol: { name, version }, sets: listed };
}

function setsInWords({ sets }: ListedSets): string {
  const lines = sets.flatMap(({ name, sha256, requirements, cases, beside }) => {
    const levels = Object.entries(requirements);
    const total = levels.reduce((sum, [, count]) => sum + count, 0);
    return [
      `${name}  ${total} requirements (${levels.map(([level, count]) => `${count} ${level}`).join(", ")}), ${cases} cases`,
      `  sha256 ${sha256}`,
      ...(beside.length > 0 ? [`  run and do not count: ${beside.join(", ")}`] : []),
    ];
  });
  return `${lines.join("\n")}\n`;
}
