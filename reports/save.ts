import { appendFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { discard } from "../harness/memory.ts";
import type { Protocol } from "../harness/protocol.ts";
import { FORMAT_NAMES, FORMATS, type Format, type FormatName } from "./formats.ts";
import type { Report } from "./report.ts";
import { cannotWrite, isFile, prepare, write } from "./write.ts";

/** The user's choice of where reports go: a folder, or single files. */
export type WantedReports = { readonly out?: string | undefined } & {
  readonly [name in FormatName]?: string | undefined;
};

/** The file of each format that is wanted. */
export type Destinations = ReadonlyMap<FormatName, string>;

/** The file that GitHub shows beside a job; several steps may write to it. */
export const stepSummary = () => process.env.GITHUB_STEP_SUMMARY || undefined;

/**
 * Returns the file of each report. If the user names neither folder nor file, the others go into `folder`; without it only the named ones
 * are written.
 */
export function destinations({ out, ...wanted }: WantedReports, folder?: string): Destinations {
  const named = FORMAT_NAMES.filter((name) => wanted[name] !== undefined);
  const into = out ?? (named.length === 0 ? folder : undefined);
  const places = FORMAT_NAMES.map((name): [FormatName, string | undefined] => {
    const { file }: Format = FORMATS[name];
    const summary = name === "markdown" ? stepSummary() : undefined;
    return [name, wanted[name] ?? (into !== undefined && file !== undefined ? join(into, file) : summary)];
  });
  return new Map(places.filter((place): place is [FormatName, string] => place[1] !== undefined));
}

/** The folder for the other files of a run: the one of the first report that the user named and that is a file, or else `folder`. */
export function folderOf({ out, ...wanted }: WantedReports, folder: string): string {
  const named = FORMAT_NAMES.flatMap((name) => wanted[name] ?? []).find((path) => !path.startsWith("/dev/"));
  return out ?? (named === undefined ? folder : dirname(named));
}

/** Makes sure, before a run, that its reports can be written after it. Throws a `UsageError`. */
export async function prepareAll(files: Destinations): Promise<void> {
  for (const path of files.values()) await prepare(path); // Nothing is made behind an error.
}

/** The garbage that making a report leaves, in bytes for each of its characters. A report of a hostile target is long. */
const GARBAGE = 3;

/** The reports that were written, those that were not, and the first error. */
interface Saved {
  readonly written: string[];
  readonly missing: string[];
  failure?: unknown;
}

/** Writes the reports. If one cannot be written, the others still are. */
export async function save(report: Report, files: Destinations, protocol: Protocol): Promise<Saved> {
  const saved: Saved = { written: [], missing: [] };
  discard(Number.POSITIVE_INFINITY); // Frees what only the run needed.
  const make = async (name: FormatName, path: string): Promise<number> => {
    const content = await FORMATS[name].make(report, protocol);
    await put(path, content);
    return content.length;
  };
  for (const [name, path] of files) {
    try {
      discard(GARBAGE * (await make(name, path)));
      saved.written.push(path);
    } catch (error) {
      saved.missing.push(path);
      saved.failure ??= error;
    }
  }
  return saved;
}

/** Writes a file, or adds to the one that GitHub shows beside a job. Throws a `UsageError`. */
export async function put(path: string, content: string): Promise<void> {
  if (path !== stepSummary()) return await write(path, content);
  await appendFile(path, content).catch((error) => {
    throw cannotWrite(path, error);
  });
}

/** Returns the reports that an earlier run left. If a target could not be tested, nobody must take them for new ones. */
export async function leftIn(files: Destinations): Promise<string[]> {
  const paths = [...files.values()].filter((path) => path !== stepSummary());
  const there = await Promise.all(paths.map(isFile));
  return paths.filter((_, i) => there[i]);
}
