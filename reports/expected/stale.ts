import { casesIn, isEverywhere, type Protocol } from "../../harness/protocol.ts";
import type { ReportCase, ReportCheck } from "../report.ts";
import { type Entry, matchesAny, type Pattern } from "./read.ts";

/** A pattern of an entry that matches something that does not fail, or no longer does. */
export interface Stale {
  readonly key: "case" | "requirement";
  readonly pattern: Pattern;
  readonly says: string;
  /** The cases that it matches and that still fail, or that this run cannot judge. */
  readonly left: readonly string[];
}

/** The patterns of an entry that do not hold after a run. */
export function stale(entry: Entry, cases: readonly ReportCase[], protocol: Protocol): Stale[] {
  const all = casesIn(protocol).map(({ id }) => id);
  const rows = protocol.requirements.map(({ id }) => id);
  const ofCases = staleOf("case", entry.case, all, (id) => caseState(id, entry, cases));
  if (!entry.case)
    return staleOf("requirement", entry.requirement, rows, (id) => requirementState(id, cases, protocol));
  const own = all.filter((id) => matchesAny(entry.case, id));
  const ofRequirements = staleOf("requirement", entry.requirement, rows, (id) => stateWithin(id, own, cases));
  // A glob of requirements says "whichever" in these cases: it holds while one of them is broken.
  return [...ofCases, ...ofRequirements.filter(({ left }) => left.length === 0)];
}

function staleOf(
  key: Stale["key"],
  patterns: readonly Pattern[] | undefined,
  known: readonly string[],
  state: (id: string) => State,
): Stale[] {
  return (patterns ?? []).flatMap((pattern): Stale[] => {
    const ids = known.filter(pattern.matches);
    const over = ids.filter((id) => state(id) === "kept");
    if (ids.length === 0) return [{ key, pattern, says: `"${pattern.text}" matches nothing`, left: [] }];
    if (over.length === 0) return [];
    const says = `${list(over)} no longer fail${over.length > 1 ? "" : "s"}`;
    return [{ key, pattern, says, left: ids.filter((id) => !over.includes(id)) }];
  });
}

/** The state of the cases of an entry after a run. */
type State = "broken" | "kept" | "inconclusive";

function stateOf(checks: readonly ReportCheck[]): State {
  const verdicts = new Set(checks.map(({ verdict }) => verdict));
  if (verdicts.has("fail") || verdicts.has("warn")) return "broken";
  return verdicts.has("skip") || verdicts.has("error") ? "inconclusive" : "kept";
}

/**
 * The state over some cases, all of which have to have run. A case is no evidence that a requirement is kept if its verdict varies, or
 * if it was skipped without a check of it.
 */
function over(ids: readonly string[], cases: readonly ReportCase[], concerns: (check: ReportCheck) => boolean): State {
  const told = cases.filter(({ verdict, checks }) => verdict !== "skip" || checks.some(concerns));
  const ran = new Set(told.map(({ id }) => id));
  const state = stateOf(cases.flatMap(({ checks }) => checks.filter(concerns)));
  const sure = ids.every((id) => ran.has(id)) && !cases.some((it) => it.unstable && it.checks.some(concerns));
  return state === "kept" && !sure ? "inconclusive" : state;
}

const caseState = (id: string, entry: Entry, cases: readonly ReportCase[]) =>
  over(
    [id],
    cases.filter((it) => it.id === id),
    ({ requirement }) => matchesAny(entry.requirement, requirement),
  );

const stateWithin = (id: string, ids: readonly string[], cases: readonly ReportCase[]) =>
  over(
    ids,
    cases.filter((it) => ids.includes(it.id)),
    ({ requirement }) => requirement === id,
  );

/** A requirement is kept if every case that tests it ran. Cases that put load on a server count only if there are no others. */
function requirementState(id: string, cases: readonly ReportCase[], protocol: Protocol): State {
  const everywhere = isEverywhere(id, protocol);
  const testing = protocol.suites.map(({ load, cases: all }) => ({
    load,
    ids: all.filter(({ tests }) => everywhere || tests.includes(id)).map((it) => it.id),
  }));
  const light = testing.filter(({ load }) => !load).flatMap(({ ids }) => ids);
  const needed = light.length > 0 ? light : testing.flatMap(({ ids }) => ids);
  return over(needed, cases, ({ requirement }) => requirement === id);
}

const NAMED_IDS = 3;
const list = (ids: readonly string[]) =>
  ids.length > NAMED_IDS ? `${ids.slice(0, NAMED_IDS).join(", ")} and ${ids.length - NAMED_IDS} more` : ids.join(", ");
