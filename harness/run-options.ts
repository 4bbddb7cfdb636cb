import type { Bench, CaseResult } from "./execute.ts";
import type { Target } from "./target.ts";

/** The options of a run. Times are in ms. */
export interface RunOptions {
  readonly target: Target;
  readonly timeout: number;
  /** The most cases at work at the same time. */
  readonly concurrency: number;
  /** The longest wait for a target that stopped accepting connections. */
  readonly recovery: number;
  /** The number of ends that are looked into. Of inputs that end the server in the same way, only some count. */
  readonly restarts: number;
  /** The messages a second that each connection sends at most; 0 is no limit. */
  readonly rate?: number | undefined;
  /** The time for which a client is silent to see if the server leaves it alone; by default the timeout. */
  readonly idle?: number | undefined;
  /** The last client stays, to see if the server ends late: `short` is a moment, and after `long` no input is likely to end it. */
  readonly linger?: "short" | "long" | undefined;
  /** The time that a slow target has. A case that has not begun by a part of it does not run; none runs again after most of it. */
  readonly budget?: number | undefined;
  readonly repeat: number;
  /** Nothing runs again, and no plainest form is added to the cases: the caller does that. */
  readonly once?: boolean;
  /** The seed of generated inputs. */
  readonly seed: number;
  /** The number of inputs that a case generates. */
  readonly runs: number;
  /** Stop at the first failure that is not expected. */
  readonly bail: boolean;
  /** Tells if a failure is expected. */
  readonly isExpected?: ((id: string, checks: CaseResult["checks"]) => boolean) | undefined;
  /** A SHOULD counts as a MUST. */
  readonly strict: boolean;
  /** Keeps transcripts whole. Resolves to a number that tells this run of the case from others. */
  readonly record?: Bench["record"];
  /** Ends the run early. The results so far are still reported. */
  readonly signal?: AbortSignal;
  /** Called with the known limits on connections, in words, and the connections a second if those are limited, when they change. */
  readonly onLimit?: ((words: string, perSecond: number | undefined) => void) | undefined;
  /** Called with what became of the target, in words, when the suite begins to look for the input that did it. */
  readonly onSearch?: ((how: string) => void) | undefined;
  /** Called with each result of a case, also with a further one. */
  readonly onResult?: (result: CaseResult) => void;
}

/** The reason that a run ended before all cases ran. */
export interface Stop {
  /** `slow`: the target is slow, and the time was up. `missing`: shards of the run, or a client, were not seen any more. */
  readonly reason: "lost" | "interrupted" | "bail" | "missing" | "slow";
  /** Why, in words: `calm/a failed, and --bail ends the run`. */
  readonly why: string;
  /** The cases that may have ended a target for good, the likeliest first. */
  readonly suspects?: readonly string[];
}

/** The end of a run by its user. */
export const INTERRUPTED: Stop = { reason: "interrupted", why: "interrupted" };

/** Returns the end of a run with `--bail` over these results: the first that fails and is not expected to. */
export function bailedBy(results: () => readonly CaseResult[], { bail, isExpected }: RunOptions): Stop | undefined {
  if (!bail) return undefined;
  for (const { verdict, case: it, checks } of results())
    if (verdict === "fail" && !isExpected?.(it.id, checks))
      return { reason: "bail", why: `${it.id} failed, and --bail ends the run` };
  return undefined;
}
