import type colors from "picocolors";
import { isBinding, type Requirement, VERDICTS, type Verdict } from "../harness/catalogue.ts";
import { groupBy } from "../harness/group.ts";
import { visible } from "./escape.ts";
import { explainCase, isFinding } from "./explain.ts";
import type { Report, ReportCase } from "./report.ts";

/** So many cases are named where many are alike. */
const NAMES = 8;

export type Colors = ReturnType<typeof colors.createColors>;

/** A text in the colour of a verdict. */
export function paint(c: Colors, verdict: Verdict | Report["verdict"], text: string): string {
  return c[PAINT[verdict]](text);
}

const PAINT = {
  pass: "green",
  info: "blue",
  skip: "gray",
  warn: "yellow",
  error: "magenta",
  fail: "red",
  incomplete: "yellow",
} as const;

/** How much is told: with `quiet` the verdict only, with `verbose` every finding in full and every observation. */
export interface TerminalOptions {
  readonly colors: Colors;
  readonly verbose: boolean;
  readonly quiet: boolean;
  readonly requirements: readonly Requirement[];
  /** The words that run this target again. */
  readonly command: string;
  /** The files that hold the reports. */
  readonly written: readonly string[];
}

/** What a user reads after a run: the findings in full, then what could not be judged, then the summary. */
export function terminal(report: Report, options: TerminalOptions): string {
  const all = summary(report, options);
  const lines = options.quiet ? all.slice(0, 1) : [...findings(report, options), ...notes(report, options), ...all];
  return [...lines, ""].join("\n");
}

/** Failures, errors and warnings. Of cases that break the same requirements the first in full, the others by name. */
function findings(report: Report, options: TerminalOptions): string[] {
  const found = report.cases.filter(({ checks }) => checks.some(isFinding));
  const groups = groupBy(found, (it) =>
    options.verbose
      ? it.id
      : it.checks
          .filter(isFinding)
          .map(({ verdict, requirement }) => verdict + requirement)
          .join(),
  );
  return [...groups.values()]
    .toSorted((a, b) => rank(b) - rank(a))
    .flatMap((group) => finding(confirmedFirst(group), options));
}

function finding(
  [it, ...others]: readonly ReportCase[],
  { colors: c, requirements, command, verbose }: TerminalOptions,
): string[] {
  if (!it) return [];
  const [title, ...lines] = explainCase(it, requirements, verbose ? it.connections.length : undefined).map(visible);
  return [
    `${paint(c, it.verdict, it.verdict.toUpperCase())} ${c.bold(it.id)}${mark(it)}`,
    `  ${title}`,
    ...lines.map((line) => `  ${line}`),
    c.dim(`  alone: ${command} --case ${it.id}`),
    ...likewise(others),
    "",
  ];
}

const confirmedFirst = (cases: readonly ReportCase[]) =>
  cases.toSorted((a, b) => Number(a.unconfirmed ?? 0) - Number(b.unconfirmed ?? 0));

/** Names of cases on one line. */
function likewise(others: readonly ReportCase[]): string[] {
  const more = others.length - NAMES;
  const names = others
    .slice(0, NAMES)
    .map(({ id }) => id)
    .join(", ");
  return others.length === 0
    ? []
    : [`  likewise in ${others.length} more: ${names}${more > 0 ? `, … and ${more} (--verbose)` : ""}`];
}

const rank = ([first]: readonly ReportCase[]) => VERDICTS.indexOf(first?.verdict ?? "pass");

function mark({ unstable, unconfirmed }: ReportCase): string {
  if (unstable) return " (unstable: its verdict varies)";
  return unconfirmed ? " (not confirmed: not run again alone)" : "";
}

/** What was seen beside findings: observations, cases whose verdict varies, what was not judged and why. */
function notes(report: Report, { colors: c, verbose }: TerminalOptions): string[] {
  const { cases } = report;
  const doubtful = cases.filter((it) => it.doubt !== undefined);
  const observed = cases.flatMap(({ checks }) => checks.filter(({ verdict }) => verdict === "info"));
  const unstable = cases.filter((it) => it.unstable).map(({ id }) => id);
  const skipped = groupBy(
    cases.filter(({ verdict }) => verdict === "skip"),
    ({ checks }) => checks.find(({ verdict }) => verdict === "skip")?.actual ?? "",
  );
  return [
    ...(verbose && observed.length > 0 ? ["where the protocol leaves it open, the target does so"] : []),
    ...(verbose ? observed.map(({ requirement, actual }) => `  ${requirement}: ${visible(actual)}`) : []),
    ...(unstable.length > 0
      ? [`unstable (not the same among other cases as alone, or each time): ${unstable.join(", ")}`]
      : []),
    ...(doubtful.length > 0
      ? [
          `not to be told for which case (--concurrency 1 may tell): in ${doubtful.length} cases, as in ${doubtful[0]?.id}, ${visible(doubtful[0]?.doubt ?? "")}`,
        ]
      : []),
    ...[...skipped].map(([why, some]) => c.dim(`skip ${named(some)}: ${visible(why)}`)),
    ...(unjudged(report).length > 0 && report.verdict === "incomplete"
      ? [`not judged: ${unjudged(report).join(", ")}`]
      : []),
  ];
}

const named = (cases: readonly ReportCase[]) => (cases.length === 1 ? (cases[0]?.id ?? "") : `${cases.length} cases`);

/** The binding requirements that a case was to judge and did not. */
function unjudged({ cases, target }: Report): string[] {
  const binding = cases.flatMap(({ checks }) =>
    checks.filter(
      ({ level, verdict }) => verdict === "error" || (verdict === "skip" && isBinding(level, target.strict)),
    ),
  );
  return [...new Set(binding.map(({ requirement }) => requirement))];
}

function summary(report: Report, { colors: c, requirements, written }: TerminalOptions): string[] {
  const { verdict, cases, counts, durationMs, protocol, target, seed } = report;
  const tallies = VERDICTS.filter((it) => counts[it] > 0).map((it) => paint(c, it, `${counts[it]} ${it}`));
  const judged = new Set(
    cases.flatMap(({ checks }) => checks.filter((it) => it.verdict !== "skip").map((it) => it.requirement)),
  );
  const left = groupBy(
    report.requirements.filter((it) => it.cases.length === 0),
    ({ id }) => requirements.find((row) => row.id === id)?.section ?? "",
  );
  const missing = [...left].map(([section, rows]) => `${section} ${rows.length}`).join(", ");
  return [
    `${paint(c, verdict, c.bold(verdict.toUpperCase()))} ${MEANING[verdict]}`,
    `  target   ${visible(target.url)}${target.embedded ? " (the embedded reference server)" : ""}`,
    ...overview(report, c),
    `  cases    ${cases.length} in ${(durationMs / 1000).toFixed(2)} s: ${tallies.join(", ")}`,
    `  covered  ${judged.size} of ${report.requirements.length} requirements of Tachyon ${protocol.version}${missing && ` (not tested: ${missing})`}`,
    ...(seed > 0 ? [`  seed     ${seed} (--seed ${seed} generates the same commands again)`] : []),
    ...(written.length > 0 ? [`  reports  ${written.join(" ")}`] : []),
  ];
}

/** Which requirements are broken, the worst first, and in how many cases. */
function overview({ requirements, cases }: Report, c: Colors): string[] {
  const rows = requirements.filter(({ verdict }) => verdict === "fail" || verdict === "warn");
  const words = rows
    .toSorted((a, b) => VERDICTS.indexOf(b.verdict) - VERDICTS.indexOf(a.verdict))
    .map(({ id, verdict }) => {
      const broken = cases.filter(({ checks }) => checks.some((it) => it.requirement === id && it.verdict === verdict));
      return `${paint(c, verdict, id)} in ${broken.length}`;
    });
  return words.length > 0 ? [`  broken   ${words.join(", ")}`] : [];
}

const MEANING: Readonly<Record<Report["verdict"], string>> = {
  pass: "no MUST that was judged is broken",
  fail: "the target is not conformant",
  incomplete: "something that was to be judged was not",
};
