import type { Requirement } from "../harness/catalogue.ts";
import type { Protocol } from "../harness/protocol.ts";
import type { ReportCase, ReportCheck } from "./report.ts";

/** The catalogue, and further knowledge of its requirements. */
export interface Knowledge extends Partial<Pick<Protocol, "causes" | "clauses">> {
  readonly requirements: readonly Requirement[];
  readonly symptoms?: Protocol["symptoms"] | undefined;
}

/**
 * The usual mistake behind a finding. Of several, the symptom decides: it is looked for in the title of the case and in the
 * words on the answer.
 */
export const likelyCause = (
  { requirement, actual }: Pick<ReportCheck, "requirement" | "actual">,
  { title }: Pick<ReportCase, "title">,
  { causes, symptoms }: Pick<Knowledge, "causes" | "symptoms">,
): string | undefined =>
  symptoms?.[requirement]?.find(({ shows }) => shows.test(`${title}: ${actual}`))?.cause ?? causes?.[requirement];
