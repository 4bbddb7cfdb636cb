import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { type Protocol, testedUnderLoad } from "../../harness/protocol.ts";
import { colorsOn, takesLinks } from "../../reports/colors.ts";
import type { Expected } from "../../reports/expected/use.ts";
import { forGitHub, onGitHub } from "../../reports/github.ts";
import type { Report } from "../../reports/report.ts";
import { type Destinations, save } from "../../reports/save.ts";
import { commandFor } from "../../reports/shell-commands.ts";
import { joinParts, showRun, type TerminalParts } from "../../reports/terminal.ts";
import { exitCodeOf } from "../exit.ts";

/** The options of telling a report to the user. */
export interface Telling {
  readonly quiet: boolean;
  readonly verbose: boolean;
  /** The fate of the file of expected failures. */
  readonly expected?: Omit<Expected, "report">;
  /** Further files that were written. */
  readonly also?: readonly string[];
  /** Further files that were to be written, and are not or not to their end. */
  readonly unwritten?: readonly string[];
  /** Says what failed last, where only that ran. */
  readonly last?: string;
  /** Prints the report; by default all of it. */
  readonly print?: (shown: TerminalParts) => void;
}

/** The folder of this package. */
const PACKAGE = new URL(import.meta.url.endsWith(".ts") ? "../.." : "..", import.meta.url);

/** Returns the place where a clause can be read: a url, or a file of this package. */
const linkOf = (link: string): string => {
  if (/^https?:/.test(link)) return link;
  const file = join(fileURLToPath(PACKAGE), link);
  const here = relative(process.cwd(), file);
  return here.startsWith("..") ? file : here;
};

/** Writes the reports, tells the user, and resolves to the exit code. Throws if a report cannot be written. */
export async function finish(
  report: Report,
  files: Destinations,
  { expected, also = [], unwritten = [], print, ...how }: Telling,
  protocol: Protocol,
): Promise<number> {
  const { written, missing, failure } = await save(report, files, protocol);
  const shown = showRun(report, {
    ...how,
    // A terminal that does not know its size says 0.
    width: process.stdout.isTTY ? process.stdout.columns || 80 : undefined,
    links: takesLinks(process.stdout),
    linkOf,
    colors: colorsOn(process.stdout),
    knowledge: protocol,
    command: (...ids) => commandFor(report, ...ids),
    underLoad: testedUnderLoad(protocol),
    written: [...written, ...(expected?.written === undefined ? [] : [expected.written]), ...also],
    missing: [...missing, ...unwritten],
    ...(expected?.left !== undefined && { left: expected.left }),
  });
  if (print && !onGitHub()) print(shown);
  else {
    const text = joinParts(shown);
    process.stdout.write(onGitHub() ? forGitHub(text, report, protocol.requirements) : text);
  }
  if (missing.length > 0) throw failure;
  return exitCodeOf(report);
}
