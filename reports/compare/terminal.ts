import { groupBy } from "../../harness/group.ts";
import { plural } from "../../harness/words.ts";
import { type Colors, paint } from "../colors.ts";
import { visible } from "../escape.ts";
import { likewise, listed, NAMES } from "../names.ts";
import { atAGlance } from "../wrap.ts";
import type { ChangedRequirement, Comparison, Kind, Single } from "./compare.ts";
import { cellOf, type Matrix } from "./matrix.ts";
import { causeOf, extentOf, type Group, groupsOf, headline, KIND_WORDS, latencyOf, sideOf } from "./words.ts";

/** The number of cases named that are in one report only. */
const NAMED_CASES = 20;

/** The number of requirements that have a line each even if they changed alike. */
const LINES_FOR_ALIKE = 3;

const PAINT = {
  broken: "fail",
  exposed: "fail",
  warned: "warn",
  unjudged: "error",
  fixed: "pass",
  judged: "pass",
  observed: "info",
} as const satisfies Record<Kind, string>;

const OUTCOME_WORDS = {
  ok: ["OK", "pass"],
  regressed: ["REGRESSED", "fail"],
  incomplete: ["INCOMPLETE", "incomplete"],
} as const;

/** The options of telling a comparison. */
interface Telling {
  /** Only the outcome. */
  readonly quiet?: boolean;
  /** The file that holds all of it. */
  readonly json?: string | undefined;
}

/** Shows a comparison: the changes, the worst first, then the outcome. `names` are those of the two reports. */
export function compareTerminal(
  comparison: Comparison,
  names: readonly [string, string],
  c: Colors,
  { quiet = false, json }: Telling = {},
): string {
  const kinds = Object.keys(KIND_WORDS) as Kind[];
  const [word, color] = OUTCOME_WORDS[comparison.outcome];
  const outcome = `${paint(c, color, c.bold(word))} ${headline(comparison)}`;
  if (quiet) return `${outcome}\n`;
  const groups = kinds.flatMap((kind) => groupsOf(kind, comparison));
  return [
    ...groups.flatMap((it) =>
      it.why === undefined ? groupLines(it, comparison, c, json) : foldedLines(it, comparison, c),
    ),
    ...singles("only in the new report", comparison.newCases),
    ...singles("only in the old report", comparison.removedCases),
    ...requirements(comparison, c, json),
    ...comparison.latencies.map((it) => `latency  ${latencyOf(it)}`),
    ...(comparison.lost === undefined ? [] : [`lost     ${visible(comparison.lost)}`]),
    ...(comparison.stays === undefined ? [] : [`stays    it went away before: ${visible(comparison.stays)}`]),
    outcome,
    `  old  ${visible(names[0])}: ${visible(sideOf(comparison.old))}`,
    `  new  ${visible(names[1])}: ${visible(sideOf(comparison.new))}`,
    "",
  ].join("\n");
}

/** All that was not judged for one cause, on one line. */
function foldedLines(group: Group, comparison: Comparison, c: Colors): string[] {
  const { first, why = "" } = group;
  const when = first.kind === "judged" ? "; before" : "";
  const also = first.cause === "server" ? "" : ` (${causeOf(first, comparison)})`;
  const kind = paint(c, PAINT[first.kind], KIND_WORDS[first.kind]);
  return [`${kind}: ${c.bold(extentOf(group))}${when}: ${visible(`${why}${also}`)}`, ""];
}

function groupLines({ first, all }: Group, comparison: Comparison, c: Colors, json: string | undefined): string[] {
  const { kind, requirement, level, expected, old, new: now } = first;
  const cases = [...new Set(all.map((it) => it.case))];
  const others = cases.slice(1).map((id) => ({ id }));
  const verdicts = old.verdict === now.verdict ? now.verdict : `${old.verdict} → ${now.verdict}`;
  return [
    `${paint(c, PAINT[kind], KIND_WORDS[kind])}: ${c.bold(requirement)} (${level}) in ${first.case}: ${verdicts}`,
    `  ${visible(first.title)}`,
    `  expected  ${visible(atAGlance(expected))}`,
    `  was       ${visible(old.actual)}`,
    `  is        ${visible(now.actual)}`,
    `  cause     ${visible(causeOf(first, comparison))}`,
    ...likewise(others, NAMES, json),
    "",
  ];
}

function singles(where: string, cases: readonly Single[]): string[] {
  const shown = cases.slice(0, NAMED_CASES).map(({ id, title, verdict }) => `  ${verdict} ${id}: ${visible(title)}`);
  const more = cases.length - shown.length;
  return cases.length === 0
    ? []
    : [`${plural(cases.length, "case")} ${where}`, ...shown, ...(more > 0 ? [`  … and ${more} more`] : []), ""];
}

/** The requirements whose verdicts changed, a line each; if many changed alike, they share one. */
function requirements({ requirements: rows }: Comparison, c: Colors, json: string | undefined): string[] {
  if (rows.length === 0) return [];
  const changeOf = (row: ChangedRequirement) => `${painted(c, row.old)} → ${painted(c, row.new)}`;
  const alike = groupBy(rows, (row) => `${row.level} ${changeOf(row)}`);
  const lines = Array.from(alike.values(), (some) => {
    const [first] = some as [ChangedRequirement];
    const { level } = first;
    const ids = some.map(({ id }) => id);
    return ids.length > LINES_FOR_ALIKE
      ? [`  ${changeOf(first)} (${ids.length} ${level}): ${listed(ids, json)}`]
      : ids.map((id) => `  ${id} (${level}): ${changeOf(first)}`);
  });
  return ["requirements", ...lines.flat(), ""];
}

const painted = (c: Colors, verdict: ChangedRequirement["old"]) =>
  verdict === "not tested" ? c.dim(verdict) : paint(c, verdict, verdict);

/** Shows a matrix: the counts of each server version, and the requirements in which they differ unless it is `quiet`. */
export function matrixTerminal(
  { columns, rows }: Matrix,
  c: Colors,
  { quiet = false }: Pick<Telling, "quiet"> = {},
): string {
  const width = Math.max(...columns.map(({ name }) => name.length));
  const differing = quiet ? [] : rows.filter(({ cells }) => new Set(cells.map(cellOf)).size > 1);
  return [
    ...columns.map(
      ({ name, verdict, countsInWords }) =>
        `${visible(name).padEnd(width)}  ${paint(c, verdict, verdict)}: ${countsInWords}`,
    ),
    ...differing.map(({ id, cells }) => `${id}: ${cells.map(cellOf).join(" → ")}`),
    "",
  ].join("\n");
}
