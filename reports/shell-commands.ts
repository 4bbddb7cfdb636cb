import { visible } from "./escape.ts";
import type { Report } from "./report.ts";

/** A word as a shell takes it. */
export const quoted = (word: string): string =>
  /^[\w./:@%+…-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

/** The parts of a report that its commands are made of. */
type Commanded = Pick<Report, "suite" | "protocol" | "target" | "seed" | "recording" | "given">;

/** The command that tests the target of a report again; `more` options, which only a run takes, are added as they stand. */
export function again(
  { suite, protocol, target, seed, recording, given = [] }: Commanded,
  more: readonly string[] = [],
): string {
  const always = [...(protocol.options ?? []).map(quoted), ...(target.strict ? ["--strict"] : [])];
  if (recording) return ["npx", suite.name, "check", ...recording.files.map(quoted), ...always].join(" ");
  const words = [
    "npx",
    suite.name,
    "run",
    ...placeOf(target, protocol),
    ...always,
    ...(seed === 0 ? [] : [`--seed ${seed}`]),
    ...given.map(quoted),
    ...more,
  ];
  return visible(words.join(" ")); // The options are those of whoever made the report.
}

/** The options by which a run meets its target: at a url, or at a port that it listens on until the client comes. */
const placeOf = ({ embedded, url }: Report["target"], { actor }: Report["protocol"]): string[] => {
  if (actor !== undefined) return ["--listen", new URL(url).port];
  return embedded ? [] : [quoted(url)];
};

/** The command that explains a requirement, a case or a fault. */
export const commandExplain = ({ suite, protocol }: Pick<Report, "suite" | "protocol">, id: string): string =>
  ["npx", suite.name, "explain", quoted(id), ...(protocol.options ?? []).map(quoted)].join(" ");

/** The command that runs cases of a report again: one alone, or several suspects. With `--all` the run waits for what ends a target late. */
export const commandFor = (report: Commanded, ...ids: readonly string[]): string =>
  again(report, [...ids.map((id) => `--case ${quoted(id)}`), ...(ids.length > 1 ? ["--all"] : [])]);
