import type { Requirement } from "../harness/catalogue.ts";
import type { Protocol } from "../harness/protocol.ts";
import type { ReportCase, ReportCheck } from "./report.ts";

/** The catalogue, and further knowledge of its requirements. */
export interface Knowledge extends Partial<Pick<Protocol, "causes" | "clauses">> {
  readonly requirements: readonly Requirement[];
  readonly symptoms?: Protocol["symptoms"] | undefined;
}

/** The other cause of a wait in vain. */
const LATE = "Or it comes later: a longer --timeout shows that.";

/**
 * The usual mistake behind a finding. Of several, the symptom decides: it is looked for in the title of the case and in the
 * words on the answer.
 */
export function likelyCause(
  { requirement, actual, silence }: Pick<ReportCheck, "requirement" | "actual" | "silence">,
  { title }: Pick<ReportCase, "title">,
  { causes, symptoms }: Pick<Knowledge, "causes" | "symptoms">,
): string | undefined {
  const symptom = symptoms?.[requirement]?.find(({ shows }) => shows.test(`${title}: ${actual}`));
  const cause = symptom?.cause ?? causes?.[requirement];
  return cause !== undefined && silence !== undefined ? `${cause} ${LATE}` : cause;
}
