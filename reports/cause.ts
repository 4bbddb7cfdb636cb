import type { Requirement } from "../harness/catalogue.ts";
import type { Protocol } from "../harness/protocol.ts";
import type { ReportCase, ReportCheck } from "./report.ts";

/** The catalogue, and what is known of its requirements beside it. */
export interface Knowledge extends Partial<Pick<Protocol, "causes" | "clauses">> {
  readonly requirements: readonly Requirement[];
  readonly symptoms?: Protocol["symptoms"] | undefined;
}

/**
 * The usual mistake behind a finding: of several the one that fits what came, where that tells. A symptom is looked for in the
 * title of the case and what came.
 */
export const likelyCause = (
  { requirement, actual }: Pick<ReportCheck, "requirement" | "actual">,
  { title }: Pick<ReportCase, "title">,
  { causes, symptoms }: Pick<Knowledge, "causes" | "symptoms">,
): string | undefined =>
  symptoms?.[requirement]?.find(({ shows }) => shows.test(`${title}: ${actual}`))?.cause ?? causes?.[requirement];
