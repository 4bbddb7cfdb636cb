import { current } from "../../suites/index.ts";
import { type Selection, select } from "../select.ts";

/** Prints every case, or the selected ones, and the requirements that they test. */
export function list(selection: Selection): void {
  const cases = select(current, selection, true);
  const everywhere = current.rules.map(({ requirement }) => requirement);
  const tested = new Set([...everywhere, ...cases.flatMap(({ tests }) => tests)]);
  const lines = current.suites.flatMap(({ name, title }) => {
    const some = cases.filter(({ suite }) => suite === name);
    if (some.length === 0) return [];
    const width = Math.max(...some.map(({ id }) => id.length));
    return [`${title} (${some.length} cases)`, ...some.map((it) => `  ${it.id.padEnd(width)}  ${it.title}`), ""];
  });
  const rows = current.requirements.filter(({ id }) => tested.has(id));
  lines.push(`Requirements that they test (${rows.length} of ${current.requirements.length})`);
  lines.push(...rows.map(({ id, level, statement }) => `  ${id.padEnd(34)} ${level.padEnd(6)}  ${statement}`), "");
  process.stdout.write(lines.join("\n"));
}
