import type { Requirement } from "../harness/catalogue.ts";
import type { Clue, Protocol, Symptom } from "../harness/protocol.ts";
import type { Violation } from "../harness/schema.ts";
import { isObject, jsonOnce, type Message } from "../harness/transcript.ts";
import type { ReportCase, ReportCheck } from "./report.ts";
import { spotOf } from "./wrong-event.ts";

/** The catalogue, and further knowledge of its requirements. */
export interface Knowledge extends Partial<Pick<Protocol, "causes" | "clauses" | "envelope" | "violationsOf">> {
  readonly requirements: readonly Requirement[];
  readonly symptoms?: Protocol["symptoms"] | undefined;
}

/** The other cause of a wait in vain. */
const OR_LATER = "Or it comes later: a longer --timeout shows that.";

/**
 * The usual mistake behind a finding of a case. If there are several, the symptom decides. A check that could not be judged shows no
 * mistake.
 */
export function likelyCause(check: Told, it: Shown, knowledge: Knowledge): string | undefined {
  if (check.verdict === "error") return undefined;
  const { causes, symptoms } = knowledge;
  const several = symptoms?.[check.requirement];
  const cause = (several && symptomOf(factsOf(check, it, knowledge).clue, several)) ?? causes?.[check.requirement];
  return cause !== undefined && check.silence !== undefined ? `${cause} ${OR_LATER}` : cause;
}

const symptomOf = (clue: Clue, several: readonly Symptom[]): string | undefined =>
  several.find(({ shows }) => shows(clue))?.cause;

/**
 * Returns the way in which a requirement is broken. Two ways are hardly one mistake: the server ended in another way, another part of a
 * message is wrong, or another symptom shows.
 */
export function wayOf(check: Told, it: Shown, knowledge: Knowledge): string {
  if (check.endKind !== undefined) return check.endKind;
  const { clue, message, breach } = factsOf(check, it, knowledge);
  // The same in another element of an array is the same mistake.
  const path = breach?.path.map((name) => (/^\d+$/.test(name) ? "*" : name));
  const part = breach && [message && knowledge.envelope?.(message)?.name, path, breach.keyword];
  return JSON.stringify([symptomOf(clue, knowledge.symptoms?.[check.requirement] ?? []), part]);
}

/** The parts of a check that tell its cause. */
type Told = Pick<ReportCheck, "requirement" | "verdict" | "actual" | "harm" | "endKind" | "silence" | "evidence">;

/** The parts of a case that show a finding. */
type Shown = Pick<ReportCase, "id" | "connections" | "unstable">;

/** The facts by which causes differ, the message that shows a finding, and how it first breaks its schema. */
interface Facts {
  readonly clue: Clue;
  readonly message?: Message | undefined;
  readonly breach?: Violation | undefined;
}

function factsOf(check: Told, { id, connections, unstable }: Shown, { violationsOf }: Knowledge): Facts {
  const spot = check.evidence && spotOf(check, connections);
  const shown = spot && connections[spot.connection];
  const event = spot && shown?.events[spot.event];
  const said = event && jsonOnce(event);
  const message = isObject(said) ? said : undefined;
  const breach = message && violationsOf?.(message)[0];
  return { clue: { caseId: id, check, unstable, url: shown?.url, event, keyword: breach?.keyword }, message, breach };
}
