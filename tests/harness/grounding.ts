import type { Verdict } from "../../harness/catalogue.ts";
import type { CaseResult } from "../../harness/execute.ts";
import { brokenFoundations, type Foundations } from "../../harness/foundation.ts";
import { ground } from "../../harness/ground.ts";
import type { Check } from "../../harness/judge.ts";
import type { Case } from "../../harness/scenario.ts";

/** Three requirements that rest on one another, and one aside, each with a plain case. Other requirements are single letters. */
export const foundations: Foundations = {
  plain: {
    root: { plain: ["s/root"], on: [] },
    middle: { plain: ["s/middle"], on: ["root"] },
    top: { plain: ["s/top", "s/top-too"], on: ["middle"] },
    side: { plain: ["s/side"], on: [] },
  },
  forms: { top: ["top", "middle"], a: ["top"], b: ["side", "middle"], quiet: ["top"], "s/odd": ["side"] },
  varying: { a: ["side"] },
  within: { a: ["lost", "b"], b: ["c", "lost"], c: ["d"] },
  awaited: { "the answer": "answered" },
  refused: "greeted",
  formOf: { c: "b", form: "of" },
  general: ["lost"],
  dropped: "lost",
  keptBySilence: ["quiet"],
};

/** A case that does nothing. */
export const caseOf = (id: string, tests: readonly string[] = []): Case => ({
  id,
  suite: "s",
  title: id,
  tests,
  digest: "",
  run: async () => {},
});

/** A check of a requirement. */
export const checkOf = (requirement: string, verdict: Verdict, more: Partial<Check> = {}): Check => ({
  requirement,
  level: "MUST",
  verdict,
  expected: "that",
  actual: "this",
  ...more,
});

/** The result of a case with these verdicts. */
export function result(
  id: string,
  verdicts: Readonly<Record<string, Verdict>>,
  more: Partial<CaseResult> = {},
): CaseResult {
  const checks = Object.entries(verdicts).map(([requirement, verdict]) => checkOf(requirement, verdict));
  return { case: caseOf(id), verdict: "fail", checks, connections: [], beganAt: 0, durationMs: 0, ...more };
}

/** A case that keeps a requirement. */
export const passes = (id: string, requirement: string) => result(id, { [requirement]: "pass" }, { verdict: "pass" });
/** A case that breaks requirements. */
export const fails = (id: string, ...requirements: string[]) =>
  result(id, Object.fromEntries(requirements.map((it) => [it, "fail" as const])));

/** The foundations that these results show to be broken, each with its root. */
export const brokenIn = (...results: CaseResult[]) => Object.fromEntries(brokenFoundations(results, foundations));
/** Returns the roots of requirements that are broken, each in its own case. */
export const shown = (roots: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(roots).flatMap(([id, root]) => [id, `s/${id}`].map((it) => [it, root])));

/** Returns the checks of the last result in words, with the requirement to see if one is not judged. */
export function told(...results: readonly CaseResult[]): readonly string[] {
  const last = ground(results, [], foundations).at(-1);
  return (last?.checks ?? []).map(
    ({ requirement, verdict, see }) => `${requirement} ${verdict}${see === undefined ? "" : ` ${see}`}`,
  );
}

/** The plain cases of the requirements, each broken. */
export const [root, middle, top, side] = ["root", "middle", "top", "side"].map((id) => fails(`s/${id}`, id)) as [
  CaseResult,
  CaseResult,
  CaseResult,
  CaseResult,
];
