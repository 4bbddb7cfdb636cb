import { beforeEach } from "@jest/globals";
import type { Availability } from "../../harness/availability.ts";
import { confirm } from "../../harness/confirm.ts";
import { type CaseResult, execute } from "../../harness/execute.ts";
import type { Foundations } from "../../harness/foundation.ts";
import { nothing, type Silence, silent } from "../../harness/nothing.ts";
import { newPass, type Pass } from "../../harness/pass.ts";
import type { RunOptions } from "../../harness/run-options.ts";
import type { Case } from "../../harness/scenario.ts";
import { share } from "../../harness/shared.ts";
import { DEFAULTS } from "../../running/defaults.ts";
import { protocol } from "../../suites/0.1.7/index.ts";

/** The finding of a case when it runs: something, or a wait in vain. */
export type Outcome = "kept" | "broken" | "skip" | "info" | "unread" | Silence;

/** The time that a case takes by the clock of the test, in ms, and what it does meanwhile. */
export interface Act {
  readonly ms?: number;
  readonly meanwhile?: () => void;
}

/** The clock of the current test, in ms, and the ids of the cases that ran in it, in order. */
export const stage = { now: 0, ran: [] as string[] };
beforeEach(() => {
  Object.assign(stage, { now: 0, ran: [] });
});

/** The timeout of a pass, in ms. */
export const TIMEOUT = 100;

const ids = ["a", "b", "c", "survives", "dropped"];
const requirements = (["MUST", "SHOULD"] as const).flatMap((level) =>
  ids.map((id) => ({ id: `${level}.${id}`, section: "s", level, source: "D", statement: "is owed" })),
);

/** `MUST.b` rests on `MUST.a`, which shows in the case `plain`. */
export const foundations: Foundations = {
  plain: { "MUST.a": { plain: ["plain"], on: [] } },
  forms: { "MUST.b": ["MUST.a"] },
  varying: {},
  within: {},
  general: [],
  awaited: {},
  refused: "",
  formOf: {},
  dropped: "MUST.dropped",
  keptBySilence: [],
};

/** Makes a case that talks to nobody. It breaks or keeps `requirement` by the outcomes, of which the last repeats, and keeps `MUST.c`. */
export function acts(
  id: string,
  requirement: string,
  outcomes: readonly Outcome[],
  { ms = 1, meanwhile }: Act = {},
): Case {
  const left = [...outcomes];
  return {
    id,
    suite: "s",
    title: id,
    tests: [requirement, "MUST.c"],
    digest: id,
    async run({ check, skip, report }) {
      stage.ran.push(id);
      stage.now += ms;
      meanwhile?.();
      const outcome = left.length > 1 ? left.shift() : left[0];
      if (outcome === "skip") skip(requirement, "no prerequisite");
      else if (outcome === "info") report(requirement, "as it likes");
      else if (outcome === "unread") check(requirement, nothing("a bound", true));
      else if (typeof outcome === "object") check(requirement, silent(outcome));
      else check(requirement, outcome === "kept", { const: true });
      check("MUST.c", true);
    },
  };
}

/** Makes a target that is up until a test sets `downSince`. Then it recovers. */
export function target() {
  const it = {
    downSince: undefined as number | undefined,
    upAt: 0 as number | undefined,
    asked: [] as number[],
    saw() {},
    hangs() {},
    refuses() {},
    refusal: undefined,
    async recover(ms: number) {
      it.asked.push(ms);
      it.downSince = undefined;
      return undefined;
    },
  };
  return it satisfies Availability & Record<string, unknown>;
}

/** Makes a pass over cases that talk to nobody. */
export function pass(availability: Availability = target(), options: Partial<RunOptions> = {}): Pass {
  const at = { url: new URL("ws://localhost:1"), headers: {} };
  const bench = {
    protocol: { ...protocol, requirements, foundations, suites: [], rules: [], survivalOf: () => "MUST.survives" },
    target: at,
    judging: { requirements: new Map(requirements.map((it) => [it.id, it])), strict: false },
    shared: { ...share(TIMEOUT), clock: () => stage.now },
    random: DEFAULTS,
    idle: TIMEOUT,
    signal: options.signal,
  };
  return newPass(bench, availability, { options: { ...DEFAULTS, target: at, ...options } });
}

/** Runs cases for the first time. Resolves to them. */
export async function first(it: Pass, ...cases: readonly Case[]): Promise<readonly Case[]> {
  const results: CaseResult[] = [];
  for (const one of cases) results.push(await execute(one, it));
  for (const result of results) it.results.set(result.case, result);
  stage.ran = [];
  return cases;
}

/** Returns the verdict of each case in words. */
export const marked = ({ results }: Pass): string[] =>
  Array.from(results.values(), (it) =>
    [it.case.id, it.verdict, it.unstable && "unstable", it.unconfirmed && "unconfirmed"].filter(Boolean).join(" "),
  );

/** A wait in vain, in full. */
export const SILENT = { what: "it", afterMs: TIMEOUT };
/** A wait in vain while others were served. */
export const SERVED = { ...SILENT, nextServedAfterMs: 50 };
/** The next one was served right afterwards. */
export const FORGOTTEN = { ...SILENT, nextServedAfterMs: 5 };

/** Runs cases, then those again that failed. `change` sets what is known by then. */
export async function confirmed(
  cases: readonly Case[],
  change: (it: Pass) => void = () => {},
  tookMs = 0,
): Promise<Pass> {
  const it = pass();
  const some = await first(it, ...cases);
  change(it);
  await confirm(some, tookMs, it);
  return it;
}

/** A case with which nothing is wrong. */
export const good = acts("good", "MUST.b", ["kept"]);
