import type { RootContent } from "mdast";
import { plural } from "../../harness/words.ts";
import { bullets, code, heading, paragraph, print, table, text } from "../markdown/tree.ts";
import { atAGlance } from "../wrap.ts";
import type { Comparison, Kind, Single } from "./compare.ts";
import { cellOf, type Matrix } from "./matrix.ts";
import { causeOf, extentOf, type Group, groupsOf, headline, KIND_WORDS, latencyOf, sideOf } from "./words.ts";

/** The rows of a table at most. A comment of GitHub has at most 65,536 characters. */
const ROWS = 30;

const SYMBOLS = { ok: "✅", regressed: "❌", incomplete: "❓" } as const;

/** A comparison for pull requests and job summaries. */
export function compareMarkdown(comparison: Comparison): string {
  const { old, new: now, outcome, lost, requirements, latencies, newCases, removedCases } = comparison;
  return print(
    heading(2, text(`${SYMBOLS[outcome]} Compared with before: ${headline(comparison)}`)),
    bullets([
      [text("Old: "), code(sideOf(old))],
      [text("New: "), code(sideOf(now))],
    ]),
    ...(lost === undefined ? [] : [paragraph(text("The target went away: "), code(lost))]),
    ...(Object.keys(KIND_WORDS) as Kind[]).flatMap((kind) => changes(kind, comparison)),
    ...(requirements.length > 0
      ? [
          heading(3, text("Requirements")),
          table(
            ["Requirement", "Level", "Was", "Is"],
            requirements.map((row) => [[code(row.id)], [text(row.level)], [text(row.old)], [text(row.new)]]),
          ),
        ]
      : []),
    ...(latencies.length > 0
      ? [heading(3, text("Latency")), bullets(latencies.map((it) => [text(latencyOf(it))]))]
      : []),
    ...singles("only in the new report", newCases),
    ...singles("only in the old report", removedCases),
  );
}

function changes(kind: Kind, comparison: Comparison): RootContent[] {
  const groups = groupsOf(kind, comparison);
  if (groups.length === 0) return [];
  return [
    heading(3, text(KIND_WORDS[kind])),
    table(
      ["Requirement", "Level", "Case", "Expected", "Was", "Is", "Cause"],
      groups
        .slice(0, ROWS)
        .map((group) => [
          ...(group.why === undefined ? alone(group) : folded(group, group.why)),
          [text(causeOf(group.first, comparison))],
        ]),
    ),
    ...more(groups.length),
  ];
}

/** The cells of changes to one requirement. */
const alone = ({ first, all }: Group) => [
  [code(first.requirement)],
  [text(first.level)],
  [code(first.case), ...(all.length > 1 ? [text(` and ${all.length - 1} more`)] : [])],
  [code(atAGlance(first.expected))],
  [code(first.old.actual)],
  [code(first.new.actual)],
];

/** The cells of all that was not judged for one cause. */
const folded = (group: Group, why: string) => {
  const isNow = group.first.kind === "unjudged";
  return [[text(extentOf(group))], [], [], [], isNow ? [] : [code(why)], isNow ? [code(why)] : []];
};

function singles(where: string, cases: readonly Single[]): RootContent[] {
  if (cases.length === 0) return [];
  const shown = cases
    .slice(0, ROWS)
    .map(({ id, title, verdict }) => [text(`${verdict} `), code(id), text(` ${title}`)]);
  return [heading(3, text(`${plural(cases.length, "case")} ${where}`)), bullets(shown), ...more(cases.length)];
}

const more = (n: number) => (n > ROWS ? [paragraph(text(`… and ${n - ROWS} more`))] : []);

/** Server versions × requirements as a page in Markdown. */
export function matrixMarkdown({ columns, rows }: Matrix): string {
  return print(
    heading(1, text("Conformance by server version")),
    table(
      ["Version", "Protocol", "Suite", "Tested", "Result"],
      columns.map((it) => [
        [code(it.name)],
        [text(it.protocol)],
        [text(it.suite)],
        [text(it.startedAt.slice(0, 10))],
        [text(`${it.verdict}: ${it.countsInWords}`)],
      ]),
    ),
    heading(2, text("Requirements")),
    table(
      ["Requirement", "Level", ...columns.map(({ name }) => name)],
      rows.map(({ id, level, cells }) => [[code(id)], [text(level)], ...cells.map((it) => [text(cellOf(it))])]),
    ),
  );
}
