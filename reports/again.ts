import type { Report } from "./report.ts";

/** A word as a shell takes it. */
export const quoted = (word: string): string =>
  /^[\w./:@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

/** The command that tests the target of a report again; `more` options, which only a run takes, are added as they stand. */
export function again(
  { suite, protocol, target, seed, recording }: Pick<Report, "suite" | "protocol" | "target" | "seed" | "recording">,
  more: readonly string[] = [],
): string {
  const always = [...(protocol.options ?? []).map(quoted), ...(target.strict ? ["--strict"] : [])];
  if (recording) return ["npx", suite.name, "check", ...recording.files.map(quoted), ...always].join(" ");
  return [
    "npx",
    suite.name,
    "run",
    ...(target.embedded ? [] : [quoted(target.url)]),
    ...always,
    ...(seed === 0 ? [] : [`--seed ${seed}`]),
    ...more,
  ].join(" ");
}

/** The command that explains a requirement, a case or a fault. */
export const commandExplain = ({ suite, protocol }: Pick<Report, "suite" | "protocol">, id: string): string =>
  ["npx", suite.name, "explain", quoted(id), ...(protocol.options ?? []).map(quoted)].join(" ");

/** The command that runs one case of a report alone. */
export const commandAlone = (report: Parameters<typeof again>[0], id: string, more: readonly string[] = []): string =>
  again(report, [...more, `--case ${quoted(id)}`]);
