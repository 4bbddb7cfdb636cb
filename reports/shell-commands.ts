import { visible } from "./escape.ts";
import type { Report, ReportCase } from "./report.ts";

/** A word as a shell takes it. */
export const quoted = (word: string): string =>
  /^[\w./:@%+…-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

/** The parts of a report that its commands are made of. */
type Commanded = Pick<Report, "suite" | "protocol" | "target" | "seed" | "recording" | "given"> & {
  readonly cases: readonly Pick<ReportCase, "id" | "generates" | "unstable">[];
};

/** The options by which a run meets its target: at a url, or at a port that it listens on until the client comes. */
const placeOf = ({ embedded, url }: Report["target"], { actor }: Report["protocol"]): string[] => {
  if (actor !== undefined) return ["--listen", new URL(url).port];
  return embedded ? [] : [url];
};

/** A command of the suite. Its name, options and urls are those of whoever made the report. */
const commandOf = ({ name }: Report["suite"], ...words: readonly string[]): string =>
  visible(["npx", ...[name, ...words].map(quoted)].join(" "));

/** The command that explains a requirement, a case or a fault. */
export const commandExplain = ({ suite, protocol }: Pick<Report, "suite" | "protocol">, id: string): string =>
  commandOf(suite, "explain", id, ...(protocol.options ?? []));

/** A case whose verdict varies runs so many times, since it may pass once. */
const OFTEN = 100;

/** Returns the option by which a case runs until its verdict varies again, if it varied and the user gave no other number. */
function repeating({ cases, given = [] }: Commanded, ids: readonly string[]): string[] {
  const isUnstable = cases.some((it) => it.unstable && ids.length === 1 && it.id === ids[0]);
  return isUnstable && !given.includes("--repeat") ? ["--repeat", String(OFTEN)] : [];
}

/**
 * Returns the command that runs cases of a report again: one alone, or several suspects. With `--all` the run waits for late ends of a
 * target. Only a case that generates its inputs needs the seed; a report of version 0.5.0 does not say which do. Recordings are judged
 * again as a whole.
 */
export function commandFor(report: Commanded, ...ids: readonly string[]): string {
  const { suite, protocol, target, seed, recording, cases, given = [] } = report;
  const always = [
    ...(protocol.options ?? []),
    ...(target.strict ? ["--strict"] : []),
    ...(target.failOnClientMistakes ? ["--fail-on-client-mistakes"] : []),
  ];
  const generating = cases.filter((it) => it.generates);
  const needsSeed = generating.length > 0 ? generating.some(({ id }) => ids.includes(id)) : seed > 0;
  const words = recording
    ? ["check", ...recording.files, ...always]
    : [
        "run",
        ...placeOf(target, protocol),
        ...always,
        ...(needsSeed ? ["--seed", String(seed)] : []),
        ...given,
        ...ids.flatMap((id) => ["--case", id]),
        ...repeating(report, ids),
        ...(ids.length > 1 ? ["--all"] : []),
      ];
  return commandOf(suite, ...words);
}
