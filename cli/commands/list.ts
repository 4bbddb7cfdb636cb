import type { Protocol } from "../../harness/protocol.ts";
import { digestOf, freeze } from "../../harness/set.ts";
import { type Selection, select } from "../select.ts";

/** Prints the selected cases and the requirements that they test; with `sets` the sets instead. */
export function listCommand({ sets, ...selection }: Selection & { readonly sets: boolean }, protocol: Protocol): void {
  process.stdout.write(sets ? setsInWords(protocol) : casesInWords(selection, protocol));
}

function casesInWords(selection: Selection, protocol: Protocol): string {
  const cases = select(protocol, selection, true);
  const everywhere = protocol.rules.map(({ requirement }) => requirement);
  const tested = new Set([...everywhere, ...cases.flatMap(({ tests }) => tests)]);
  const lines = protocol.suites.flatMap(({ name, title }) => {
    const some = cases.filter(({ suite }) => suite === name);
    if (some.length === 0) return [];
    const width = Math.max(...some.map(({ id }) => id.length));
    return [`${title} (${some.length} cases)`, ...some.map((it) => `  ${it.id.padEnd(width)}  ${it.title}`), ""];
  });
  const rows = protocol.requirements.filter(({ id }) => tested.has(id));
  lines.push(`Requirements that they test (${rows.length} of ${protocol.requirements.length})`);
  lines.push(...rows.map(({ id, level, statement }) => `  ${id.padEnd(34)} ${level.padEnd(6)}  ${statement}`), "");
  return lines.join("\n");
}

/** Tells each set, the newest first, and the cases of today that do not count by it. */
function setsInWords({ requirements, suites, sets }: Protocol): string {
  const now = freeze("now", requirements, suites);
  const lines = sets.toReversed().flatMap((set) => {
    const levels = Object.values(set.requirements);
    const count = (level: string) => `${levels.filter((it) => it === level).length} ${level}`;
    const beside = Object.keys(now.cases).filter((id) => set.cases[id] !== now.cases[id]);
    return [
      `${set.name}  ${levels.length} requirements (${["MUST", "SHOULD", "MAY"].map(count).join(", ")}), ${Object.keys(set.cases).length} cases`,
      `  sha256 ${digestOf(set)}`,
      ...(beside.length > 0 ? [`  run and do not count: ${beside.join(", ")}`] : []),
    ];
  });
  return `${lines.join("\n")}\n`;
}
