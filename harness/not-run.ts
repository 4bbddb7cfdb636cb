import type { CaseResult } from "./execute.ts";
import { seeing } from "./ground.ts";
import { type Judging, judge } from "./judge.ts";
import type { Case } from "./scenario.ts";

/** The result of a case that did not run: all that it tests rests on a requirement that is broken. `see` names that. */
export function notJudged(it: Case, see: string, judging: Pick<Judging, "requirements">): CaseResult {
  const result = skipped(it, "", judging);
  return { ...result, checks: result.checks.map((check) => seeing(check, see)) };
}

/** Says that a case did not run, and why. */
export const wordsOfNotRun = (why?: string): string => (why === undefined ? "not run" : `not run: ${why}`);

/** The result of a case before which the run ended. */
export function notRun(it: Case, why: string | undefined, judging: Pick<Judging, "requirements">): CaseResult {
  const result = skipped(it, wordsOfNotRun(why), judging);
  const checks = result.checks.map((check) => ({ ...check, ...(why !== undefined && { why }) }));
  return { ...result, checks, unrun: true };
}

/** A result in which all that a case tests is skipped. */
function skipped(it: Case, why: string, { requirements }: Pick<Judging, "requirements">): CaseResult {
  const verdicts = judge({ requirements, strict: false });
  for (const id of it.tests) verdicts.skip(id, why);
  return { case: it, verdict: "skip", checks: verdicts.checks, connections: [], beganAt: 0, durationMs: 0 };
}
