import { visible } from "../escape.ts";
import { type Colors, paint } from "../terminal.ts";
import { cellOf, type Matrix } from "./matrix.ts";

/** What a user reads of a matrix: how each server version stands, and the requirements that not all of them keep alike. */
export function matrixTerminal({ columns, rows }: Matrix, c: Colors): string {
  const width = Math.max(...columns.map(({ name }) => name.length));
  const differing = rows.filter(({ cells }) => new Set(cells.map(cellOf)).size > 1);
  return [
    ...columns.map(
      ({ name, verdict, standing }) => `${visible(name).padEnd(width)}  ${paint(c, verdict, verdict)}: ${standing}`,
    ),
    ...differing.map(({ id, cells }) => `${id}: ${cells.map(cellOf).join(" → ")}`),
    "",
  ].join("\n");
}
