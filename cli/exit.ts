import type { Report } from "../reports/report.ts";
import { isFine } from "../reports/verdict.ts";

/** Exit codes: a contract with CI, which the README explains. */
export const EXIT = { conformant: 0, notConformant: 1, usage: 2, unreachable: 3, interrupted: 130 } as const;

/** The exit code of a run, by its report. */
export function exitCodeOf(report: Report): number {
  if (report.stop?.reason === "interrupted") return EXIT.interrupted;
  return isFine(report) ? EXIT.conformant : EXIT.notConformant;
}
