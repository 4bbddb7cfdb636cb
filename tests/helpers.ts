import type { RunOptions } from "../harness/run-options.ts";
import { type RunResult, run } from "../harness/runner.ts";
import type { Case } from "../harness/scenario.ts";
import { DEFAULTS } from "../running/defaults.ts";
import { protocol } from "../suites/0.1.7/index.ts";

export const cases = protocol.suites.flatMap((suite) => suite.cases);

/** The cases that run against a url by default. */
export const byDefault = protocol.suites.filter(({ load }) => !load).flatMap((suite) => suite.cases);

/** Runs cases against a url with the default options, but for those given. */
export function runAgainst(
  url: string,
  some: readonly Case[] = cases,
  options: Partial<RunOptions> = {},
): Promise<RunResult> {
  return run(protocol, some, { ...DEFAULTS, target: { url: new URL(url), headers: {} }, ...options });
}

/** Returns the requirements that a run found broken, sorted. */
export function brokenBy({ results }: RunResult): string[] {
  const broken = results.flatMap(({ checks }) =>
    checks.filter(({ verdict }) => verdict === "fail" || verdict === "warn").map(({ requirement }) => requirement),
  );
  return [...new Set(broken)].toSorted();
}
