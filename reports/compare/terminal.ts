import { plural } from "../../harness/words.ts";
import { type Colors, paint } from "../colors.ts";
import { visible } from "../escape.ts";
import { likewise, NAMES } from "../names.ts";
import type { ChangedRequirement, Comparison, Kind, Single } from "./compare.ts";
import { cellOf, type Matrix } from "./matrix.ts";
import { causeOf, type Group, groupsOf, headline, KIND_WORDS, latencyOf, sideOf } from "./words.ts";

/** The number of cases named that are in one report only. */
const NAMED = 20;

const PAINT = {
  broken: "fail",
  warned: "warn",
  unjudged: "error",
  fixed: "pass",
  judged: "pass",
  observed: "info",
} as const satisfies Record<Kind, string>;

const WORDS = {
  ok: ["OK", "pass"],
  regressed: ["REGRESSED", "fail"],
  incomplete: ["INCOMPLETE", "incomplete"],
} as const;

/** Shows a comparison: the changes, the worst first, then the outcome. `names` are those of the two reports. */
export function compareTerminal(comparison: Comparison, names: readonly [string, string], c: Colors): string {
  const kinds = Object.keys(KIND_WORDS) as Kind[];
  const [word, color] = WORDS[comparison.outcome];
  return [
    ...kinds.flatMap((kind) => groupsOf(kind, comparison).flatMap((group) => groupLines(group, comparison, c))),
    ...singles("only in the new report", comparison.newCases),
    ...singles("only in the old report", comparison.removedCases),
    ...requirements(comparison, c),
    ...comparison.latencies.map((it) => `latency  ${latencyOf(it)}`),
    ...(comparison.lost === undefined ? [] : [`lost     ${visible(comparison.lost)}`]),
    `${paint(c, color, c.bold(word))} ${headline(comparison)}`,
    `  old  ${visible(names[0])}: ${visible(sideOf(comparison.old))}`,
    `  new  ${visible(names[1])}: ${visible(sideOf(comparison.new))}`,
    "",
  ].join("\n");
}

function groupLines({ first, all, of }: Group, comparison: Comparison, c: Colors): string[] {
  const { kind, requirement, level, expected, old, new: now } = first;
  const cases = [...new Set(all.map((it) => it.case))];
  if (of !== requirement)
    return [
      `${paint(c, PAINT[kind], KIND_WORDS[kind])}: ${c.bold(of)} in ${plural(cases.length, "case")}: see ${first.new.see}`,
      `  cause     ${visible(causeOf(first, comparison))}`,
      "",
    ];
  const others = cases.slice(1).map((id) => ({ id }));
  const verdicts = old.verdict === now.verdict ? now.verdict : `${old.verdict} → ${now.verdict}`;
  return [
    `${paint(c, PAINT[kind], KIND_WORDS[kind])}: ${c.bold(requirement)} (${level}) in ${first.case}: ${verdicts}`,
    `  ${visible(first.title)}`,
    `  expected  ${visible(expected)}`,
    `  was       ${visible(old.actual)}`,
    `  is        ${visible(now.actual)}`,
    `  cause     ${visible(causeOf(first, comparison))}`,
    ...likewise(others, NAMES, "in the JSON"),
    "",
  ];
}

function singles(where: string, cases: readonly Single[]): string[] {
  const shown = cases.slice(0, NAMED).map(({ id, title, verdict }) => `  ${verdict} ${id}: ${visible(title)}`);
  const more = cases.length - shown.length;
  return cases.length === 0
    ? []
    : [`${plural(cases.length, "case")} ${where}`, ...shown, ...(more > 0 ? [`  … and ${more} more`] : []), ""];
}

const requirements = ({ requirements: rows }: Comparison, c: Colors) =>
  rows.length === 0
    ? []
    : [
        "requirements",
        ...rows.map((row) => `  ${row.id} (${row.level}): ${painted(c, row.old)} → ${painted(c, row.new)}`),
        "",
      ];

const painted = (c: Colors, verdict: ChangedRequirement["old"]) =>
  verdict === "not tested" ? c.dim(verdict) : paint(c, verdict, verdict);

/** Shows a matrix: the counts of each server version, and the requirements in which they differ. */
export function matrixTerminal({ columns, rows }: Matrix, c: Colors): string {
  const width = Math.max(...columns.map(({ name }) => name.length));
  const differing = rows.filter(({ cells }) => new Set(cells.map(cellOf)).size > 1);
  return [
    ...columns.map(
      ({ name, verdict, countsInWords }) =>
        `${visible(name).padEnd(width)}  ${paint(c, verdict, verdict)}: ${countsInWords}`,
    ),
    ...differing.map(({ id, cells }) => `${id}: ${cells.map(cellOf).join(" → ")}`),
    "",
  ].join("\n");
}
