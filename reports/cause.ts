import type { Requirement } from "../harness/catalogue.ts";
import type { Protocol, Sign } from "../harness/protocol.ts";
import { isObject, jsonOnce } from "../harness/transcript.ts";
import type { ReportCase, ReportCheck } from "./report.ts";
import { spotOf } from "./wrong-event.ts";

/** The catalogue, and further knowledge of its requirements. */
export interface Knowledge extends Partial<Pick<Protocol, "causes" | "clauses" | "violationsOf">> {
  readonly requirements: readonly Requirement[];
  readonly symptoms?: Protocol["symptoms"] | undefined;
}

/** The other cause of a wait in vain. */
const LATE = "Or it comes later: a longer --timeout shows that.";

/** The usual mistake behind a finding of a case. Of several, the symptom decides. */
export function likelyCause(check: Told, it: Shown, knowledge: Knowledge): string | undefined {
  const { causes, symptoms } = knowledge;
  const several = symptoms?.[check.requirement];
  const sign = several && signOf(check, it, knowledge);
  const symptom = sign && several.find(({ shows }) => shows(sign));
  const cause = symptom?.cause ?? causes?.[check.requirement];
  return cause !== undefined && check.silence !== undefined ? `${cause} ${LATE}` : cause;
}

/** The parts of a check that tell its cause. */
type Told = Pick<ReportCheck, "requirement" | "actual" | "harm" | "silence" | "evidence">;

/** The parts of a case that show a finding. */
type Shown = Pick<ReportCase, "id" | "connections">;

/** Gathers the facts by which causes differ. */
function signOf(check: Told, { id, connections }: Shown, { violationsOf }: Knowledge): Sign {
  const spot = check.evidence && spotOf(check, connections);
  const shown = spot && connections[spot.connection];
  const event = spot && shown?.events[spot.event];
  const message = event && jsonOnce(event);
  const keyword = isObject(message) ? violationsOf?.(message)[0]?.keyword : undefined;
  return { caseId: id, check, url: shown?.url, event, keyword };
}
