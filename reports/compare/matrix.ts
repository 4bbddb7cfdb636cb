import type { Level, Verdict } from "../../harness/catalogue.ts";
import { tally } from "../findings.ts";
import { titleOf } from "../names.ts";
import type { Report, RunVerdict } from "../report.ts";
import { isExpected } from "../verdict.ts";

/** The verdict of a server version on a requirement. */
export interface Cell {
  readonly level: Level;
  readonly verdict: Verdict;
  readonly tested: boolean;
  /** Every failure of it was expected. */
  readonly expected: boolean;
}

/** A column of a matrix: a report in short, under the name of a server version. */
export interface Column {
  readonly name: string;
  readonly protocol: string;
  readonly suite: string;
  /** The time at which its run started, in ISO 8601. */
  readonly startedAt: string;
  readonly verdict: RunVerdict;
  /** The number of requirements by verdict, in words. */
  readonly countsInWords: string;
  readonly cells: ReadonlyMap<string, Cell>;
}

/** Server versions × requirements. A cell is lacking where the report does not know the requirement. */
export interface Matrix {
  readonly columns: readonly Column[];
  readonly rows: readonly {
    readonly id: string;
    readonly level: Level;
    readonly cells: readonly (Cell | undefined)[];
  }[];
}

/** The column of a report; the report itself need not be kept. */
export function column(name: string, { protocol, suite, startedAt, verdict, requirements, cases }: Report): Column {
  const tallies = tally(requirements.filter((row) => row.cases.length > 0))
    .map(([it, n]) => `${n} ${it}`)
    .toReversed();
  const checks = cases.flatMap((it) => it.checks.filter((check) => check.verdict === "fail"));
  return {
    name,
    protocol: titleOf(protocol),
    suite: suite.version,
    startedAt,
    verdict,
    countsInWords: `${tallies.join(", ")}${cases.some(isExpected) ? ", some failures expected" : ""}`,
    cells: new Map(
      requirements.map((row) => {
        const failing = checks.filter(({ requirement }) => requirement === row.id);
        const expected = failing.length > 0 && failing.every(({ expectedFailure }) => expectedFailure !== undefined);
        return [row.id, { level: row.level, verdict: row.verdict, tested: row.cases.length > 0, expected }];
      }),
    ),
  };
}

/** A name that begins as that of a version or a day does. */
const NUMBERED = /^v?\d/;

/**
 * The matrix of some columns, in the order in which their runs started. If all are named by versions, these give the order: an old
 * one may have been tested again. Numbers count as such: 2.9 before 2.10.
 */
export function matrix(some: readonly Column[]): Matrix {
  const byName = (a: Column, b: Column) => a.name.localeCompare(b.name, "en", { numeric: true });
  const byTime = (a: Column, b: Column) => Date.parse(a.startedAt) - Date.parse(b.startedAt) || byName(a, b);
  const columns = some.toSorted(some.every(({ name }) => NUMBERED.test(name)) ? byName : byTime);
  const levels = new Map(columns.flatMap(({ cells }) => Array.from(cells, ([id, { level }]) => [id, level])));
  return {
    columns,
    rows: Array.from(levels, ([id, level]) => ({ id, level, cells: columns.map(({ cells }) => cells.get(id)) })),
  };
}

/** A cell in words. */
export const cellOf = (it: Cell | undefined): string =>
  it === undefined ? "unknown" : !it.tested ? "not tested" : `${it.verdict}${it.expected ? " (expected)" : ""}`;
