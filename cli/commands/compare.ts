import { UsageError } from "../../harness/usage.ts";
import about from "../../package.json" with { type: "json" };
import { colorsOn } from "../../reports/colors.ts";
import { compareReports } from "../../reports/compare/compare.ts";
import { readFolder } from "../../reports/compare/folder.ts";
import { compareMarkdown, matrixMarkdown } from "../../reports/compare/markdown.ts";
import { matrix } from "../../reports/compare/matrix.ts";
import { matrixHtml } from "../../reports/compare/matrix-html.tsx";
import { compareTerminal, matrixTerminal } from "../../reports/compare/terminal.ts";
import { visible } from "../../reports/escape.ts";
import { onGitHub, withoutCommands } from "../../reports/github.ts";
import { titleOf } from "../../reports/names.ts";
import { readReport, reportFile } from "../../reports/read.ts";
import { put, stepSummary } from "../../reports/save.ts";
import { prepare, refuseOverwriting } from "../../reports/write.ts";
import { EXIT } from "../exit.ts";

/** The options of `compare`, as the command line gives them. */
interface CompareArguments {
  readonly old: string;
  readonly new?: string | undefined;
  readonly json?: string | undefined;
  readonly html?: string | undefined;
  readonly markdown?: string | undefined;
  readonly quiet: boolean;
  readonly config?: unknown;
}

/**
 * Tells what changed between two reports, or makes a matrix of a folder of reports. Resolves to the exit code, which is 1 if
 * something broke. Throws a `UsageError`.
 */
export async function compareCommand(args: CompareArguments): Promise<number> {
  const { json, html } = args;
  const markdown = args.markdown ?? stepSummary();
  const outputs = [json, html, markdown].filter((path) => path !== undefined);
  const inputs = [args.old, args.new].filter((path) => path !== undefined);
  await refuseOverwriting([...(await Promise.all(inputs.map(reportFile))), args.config], outputs);
  refuseOutputs(args);
  for (const path of outputs) await prepare(path);
  return args.new === undefined
    ? await many(args.old, { ...args, markdown })
    : await two(args.old, args.new, { ...args, markdown });
}

/** Throws a `UsageError` where a format is asked for that is of no use: one that only a folder has, or only two reports. */
function refuseOutputs({ json, html, new: now }: CompareArguments): void {
  if (now !== undefined && html !== undefined)
    throw new UsageError("--html is for a folder of reports; of two, write --markdown or --json.");
  if (now === undefined && json !== undefined)
    throw new UsageError("--json is for two reports: compare <old> <new>; of a folder, write --html or --markdown.");
}

async function two(old: string, now: string, { json, markdown, quiet }: CompareArguments): Promise<number> {
  const [before, after] = [await readReport(old), await readReport(now)];
  if (before.protocol.actor !== after.protocol.actor)
    throw new UsageError(
      `${old} is about ${titleOf(before.protocol)}, and ${now} about ${titleOf(after.protocol)}: they have no case in common.`,
    );
  const comparison = compareReports(before, after);
  print(compareTerminal(comparison, [old, now], colorsOn(process.stdout), { quiet, json }));
  if (json !== undefined) await put(json, `${JSON.stringify(comparison, null, 1)}\n`);
  if (markdown !== undefined) await put(markdown, compareMarkdown(comparison));
  if (!quiet) tellWritten(json, markdown);
  return comparison.outcome === "ok" ? EXIT.conformant : EXIT.notConformant;
}

async function many(folder: string, { html, markdown, quiet }: CompareArguments): Promise<number> {
  const table = matrix(await readFolder(folder, tellForeign));
  print(matrixTerminal(table, colorsOn(process.stdout), { quiet }));
  if (html !== undefined) await put(html, await matrixHtml(table));
  if (markdown !== undefined) await put(markdown, matrixMarkdown(table));
  if (!quiet) tellWritten(html, markdown);
  return EXIT.conformant;
}

/** Tells of a file that is left out of a matrix. */
const tellForeign = (file: string, why: string) =>
  void process.stderr.write(`${about.name}: ${visible(`left out ${file}, which is not a report: ${why}.`)}\n`);

const print = (text: string) => process.stdout.write(onGitHub() ? `${withoutCommands(text)}\n` : text);

function tellWritten(...paths: readonly (string | undefined)[]): void {
  const written = paths.filter((path) => path !== undefined);
  if (written.length > 0) process.stdout.write(`  wrote  ${written.join(" ")}\n`);
}
