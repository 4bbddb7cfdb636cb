import type { Protocol } from "../harness/protocol.ts";
import type { ReportCase, ReportCheck } from "./report.ts";

/**
 * The usual mistake behind a finding: of several the one that fits what came, where that tells. A symptom is looked for in the
 * title of the case and what came.
 */
export const likelyCause = (
  { requirement, actual }: Pick<ReportCheck, "requirement" | "actual">,
  { title }: Pick<ReportCase, "title">,
  { causes, symptoms }: { readonly [Name in "causes" | "symptoms"]?: Protocol[Name] | undefined },
): string | undefined =>
  symptoms?.[requirement]?.find(({ shows }) => shows.test(`${title}: ${actual}`))?.cause ?? causes?.[requirement];
