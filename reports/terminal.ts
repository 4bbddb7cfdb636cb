import { VERDICTS, type Verdict, worst } from "../harness/catalogue.ts";
import { groupBy } from "../harness/group.ts";
import { inSeconds } from "../harness/words.ts";
import { type BlockOptions, failureBlock, mark } from "./block.ts";
import { type Colors, paint } from "./colors.ts";
import { visible } from "./escape.ts";
import { explainFindings, lineText } from "./explain.ts";
import { beginning, findings, isNews, news, type ToldFinding } from "./findings.ts";
import { listed, targetAt, titleOf } from "./names.ts";
import { remarks, suspectsFirst } from "./remarks.ts";
import type { Report, ReportCase, ReportCheck, ReportRequirement } from "./report.ts";
import { casesOf, isWhole, judged, ranOf, requirementsOf } from "./scope.ts";
import { namesUnjudged, notes } from "./terminal-notes.ts";
import { notRecorded, traffic } from "./traffic.ts";
import { isFine, meaning, problemsOf, shownVerdict } from "./verdict.ts";

/** The findings that are told in full. The summary names all. */
const IN_FULL = 8;

/** The options of the terminal: `quiet` shows the verdict only, `verbose` every finding in full and every observation. */
export interface TerminalOptions extends BlockOptions {
  readonly verbose: boolean;
  readonly quiet: boolean;
  /** The command that runs a case alone, or some together. */
  readonly command: (...ids: string[]) => string;
  /** The requirements that only suites test which put load on a server, and so run only when asked for. */
  readonly underLoad: readonly string[];
  /** The files that hold the reports. */
  readonly written: readonly string[];
  /** The files that could not be written. Then nobody is told that all is well. */
  readonly missing?: readonly string[];
  /** Says what failed last, where only that ran. */
  readonly last?: string;
  /** The file that was not written, and why. */
  readonly left?: string;
}

/** A run as a terminal shows it: the findings in full, the cases that could not be judged, and the summary, which begins with the verdict. */
export interface TerminalParts {
  readonly before: readonly string[];
  readonly summary: readonly string[];
}

/** Shows a run in its two parts. */
export function showRun(report: Report, options: TerminalOptions): TerminalParts {
  const { colors, quiet, verbose } = options;
  const all = summary(report, options);
  if (quiet) {
    const rest = [
      ...outdated(report, colors),
      ...remarked(report, options, true),
      ...overview(report, colors),
      ...namesUnjudged(report),
    ];
    return { before: [], summary: [...all.slice(0, 1), ...rest] };
  }
  const before = [
    ...blocks(report, options),
    ...notes(report, options),
    ...notRecorded(report, verbose, options.width).map(colors.dim),
  ];
  return { before, summary: all };
}

/** A run as one text. */
export const joinParts = ({ before, summary }: TerminalParts): string => [...before, ...summary, ""].join("\n");

/** Shows a run. */
export const terminal = (report: Report, options: TerminalOptions): string => joinParts(showRun(report, options));

/** Shows findings and the cases that could not be judged, without the summary. */
export const troubles = (report: Report, options: TerminalOptions): string =>
  [...blocks(report, options), ...notes(report, options), ...outdated(report, options.colors)].join("\n").trimEnd();

/** Findings in the order of all reports: the first in full, the others by name. */
function blocks(report: Report, options: TerminalOptions): string[] {
  // A server of another version breaks nearly everything. The summary says which it speaks.
  if (report.speaks !== undefined && !options.verbose) return [];
  const all = news(report);
  const command = report.recording ? undefined : options.command;
  const inFull = all.slice(0, IN_FULL);
  const more = all.slice(IN_FULL).map(({ requirement: { id } }) => id);
  return [
    ...begin(report, all, options),
    ...(options.verbose
      ? report.cases.filter(({ checks }) => checks.some(isNews)).flatMap((it) => wholeCase(it, { ...options, command }))
      : inFull.flatMap((found, i) => {
          const isShownAbove = inFull.slice(0, i).some(({ shown }) => shown === found.shown);
          return failureBlock(found, isShownAbove, { ...options, command });
        })),
    ...(more.length > 0 && !options.verbose
      ? [`and ${more.length} more: ${listed(more, "report.html")}; --verbose shows all`, ""]
      : []),
  ];
}

/** Names the suspects to begin with, or the finding, if there are several. */
function begin(report: Report, all: readonly ToldFinding[], { colors: c }: TerminalOptions): string[] {
  const suspects = suspectsFirst(report);
  if (suspects && all.length > 0) {
    const who = suspects.length === 1 ? "it" : "one of them";
    return [c.bold(`begin here: ${listed(suspects, "report.html")} (${who} may have ended the target)`)];
  }
  const why = beginning(all);
  return why === undefined ? [] : [c.bold(`begin here: ${all[0]?.requirement.id}${why}`)];
}

/** A case with all its findings, and all its connections. */
function wholeCase(
  it: ReportCase,
  { colors: c, command, knowledge }: Pick<BlockOptions, "colors" | "command" | "knowledge">,
): string[] {
  const lines = explainFindings(it, knowledge, it.connections.length);
  const verdict = worst(it.checks.filter(isNews).map((check) => check.verdict));
  return [
    `${paint(c, verdict, verdict.toUpperCase())} ${c.bold(it.id)}${mark(it)}`,
    ...lines.map((line) => {
      const text = visible(lineText(line));
      return `  ${line.isWrong ? paint(c, verdict, text) : text}`;
    }),
    ...(command ? [c.dim(`  alone: ${command(it.id)}`)] : []),
    "",
  ];
}

function summary(report: Report, options: TerminalOptions): string[] {
  const { colors: c, written, missing: unwritten = [], left, last } = options;
  const { durationMs, protocol, seed } = report;
  const ran = ranOf(report);
  const painted = (counts: Report["counts"]) =>
    VERDICTS.filter((it) => counts[it] > 0)
      .map((it) => paint(c, it, `${counts[it]} ${it}`))
      .join(", ");
  return [
    headline(report, options),
    ...outdated(report, c),
    ...remarked(report, options),
    `  target   ${visible(targetAt(report))}`,
    ...overview(report, c),
    ...(report.recording
      ? traffic(report, report.recording, { ...options, tally: painted(report.recording.connections) })
      : [`  cases    ${casesOf(report)}${ran && `${ran},`} in ${inSeconds(durationMs)}: ${painted(report.counts)}`]),
    `  covered  ${requirementsOf(report)} requirements of ${titleOf(protocol)}${uncovered(report, options)}`,
    ...(seed > 0 ? [`  seed     ${seed} (--seed ${seed} generates the same inputs again)`] : []),
    ...(last === undefined ? [] : [`  last     ${visible(last)}`]),
    ...next(report, options),
    ...(written.length > 0 ? [`  reports  ${written.join(" ")}`] : []),
    ...(unwritten.length > 0 ? [`  missing  ${unwritten.join(" ")}`] : []),
    ...(left === undefined ? [] : [`  left     ${left}`]),
  ];
}

/** The requirements that are not covered, by their sections: those that no case tests, and those of which all was skipped. */
function uncovered({ requirements, cases }: Report, { knowledge, underLoad }: TerminalOptions): string {
  const known = judged(cases);
  const sectionOf = ({ id }: ReportRequirement) => knowledge.requirements.find((row) => row.id === id)?.section ?? "";
  const told = (label: string, rows: readonly ReportRequirement[]) => {
    const sections = [...groupBy(rows, sectionOf)].map(([section, some]) => `${section} ${some.length}`);
    return rows.length > 0 ? [`${label}: ${sections.join(", ")}`] : [];
  };
  const untested = requirements.filter((it) => it.cases.length === 0);
  const isForAll = untested.length > 0 && untested.every(({ id }) => underLoad.includes(id));
  const skipped = requirements.filter((it) => it.cases.length > 0 && !known.has(it.id));
  const all = [
    ...told("not tested", untested),
    ...(isForAll ? ["--all adds them"] : []),
    ...told("only skipped", skipped),
  ];
  return all.length > 0 ? ` (${all.join("; ")})` : "";
}

/** The verdict, and in words. Nobody may rely on a pass whose reports are not written. */
function headline(report: Report, { colors: c, missing = [] }: TerminalOptions): string {
  const verdict = shownVerdict(report);
  const { words } = meaning(report);
  if (verdict === "pass" && missing.length > 0)
    return `${paint(c, "error", c.bold("NOT WRITTEN"))} ${words}, but not all files are written`;
  return `${paint(c, verdict === "pass" && !isWhole(report) ? "warn" : verdict, c.bold(verdict.toUpperCase()))} ${words}`;
}

/**
 * The command that shows the first finding again, unless a remark has another. If only a part ran and passed, the command that runs all.
 */
function next(report: Report, { command, last }: TerminalOptions): string[] {
  const [first] = news(report);
  if (last !== undefined && isFine(report)) return [`  next     ${command()}`];
  if (!first || report.recording || report.speaks !== undefined || suspectsFirst(report) !== undefined) return [];
  return [`  next     ${command(first.shown.id)}`];
}

/** The remarks that must be known first, and their remedies; only `vital` ones, if wanted. */
const remarked = (report: Report, { command }: TerminalOptions, vital = false): string[] =>
  remarks(report)
    .filter(({ isVital }) => isVital || !vital)
    .flatMap(({ label, words, cases, next }) => [
      `  ${label.padEnd(8)} ${visible(words)}${cases.length > 0 ? `: ${listed(cases, "report.html")}` : ""}`,
      ...(next === undefined ? [] : [`  next     ${command(...next)}`]),
    ]);

/**
 * The requirements that are broken, in the order of the findings, with the number of cases. Those that fail no run stand apart: a SHOULD,
 * and what was expected.
 */
function overview(report: Report, c: Colors): string[] {
  const { cases, recording } = report;
  const rows = findings(report).map(({ requirement }) => requirement);
  const casesWith = ({ id, verdict }: ReportRequirement, expected: boolean) => {
    const isOne = (it: ReportCheck) => it.requirement === id && it.verdict === verdict && isNews(it) !== expected;
    const some = cases.filter(({ checks }) => checks.some(isOne)).length;
    return expected ? some : (recording?.requirements[id]?.[verdict] ?? some);
  };
  const told = (label: string, verdicts: readonly Verdict[], expected = false) => {
    const words = rows.flatMap((row) => {
      const n = verdicts.includes(row.verdict) ? casesWith(row, expected) : 0;
      return n > 0 ? [`${expected ? c.dim(row.id) : paint(c, row.verdict, row.id)} in ${n}`] : [];
    });
    return words.length > 0 ? [`  ${label.padEnd(8)} ${words.join(", ")}`] : [];
  };
  return [...told("broken", ["fail"]), ...told("SHOULD", ["warn"]), ...told("expected", ["fail", "warn"], true)];
}

/** The problems of the expected failures. */
const outdated = (report: Report, c: Colors): string[] =>
  problemsOf(report).map(({ line, says }) =>
    paint(c, "fail", visible(`  ${report.expectedFailures?.file}:${line}: ${says}`)),
  );
