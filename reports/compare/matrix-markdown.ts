import { code, heading, print, table, text } from "../markdown/tree.ts";
import { cellOf, type Matrix } from "./matrix.ts";

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
        [text(it.day)],
        [text(`${it.verdict}: ${it.standing}`)],
      ]),
    ),
    heading(2, text("Requirements")),
    table(
      ["Requirement", "Level", ...columns.map(({ name }) => name)],
      rows.map(({ id, level, cells }) => [[code(id)], [text(level)], ...cells.map((it) => [text(cellOf(it))])]),
    ),
  );
}
