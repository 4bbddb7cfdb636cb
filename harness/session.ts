import { type EventLoopUtilization, performance } from "node:perf_hooks";
import type { Availability } from "./availability.ts";
import { isBroken } from "./catalogue.ts";
import type { Bench, CaseResult } from "./execute.ts";
import type { Case } from "./scenario.ts";
import type { Stall } from "./shared.ts";
import type { Target } from "./target.ts";

/** How cases are run. Times are in ms. */
export interface RunOptions {
  readonly target: Target;
  readonly timeout: number;
  /** Cases at work at the same time. */
  readonly concurrency: number;
  /** How long a target that stopped accepting connections is waited for. */
  readonly recovery: number;
  /** So many ends of the server are looked into; a case that ends it again in its confirmation counts once. */
  readonly restarts: number;
  /** How long a client is silent that shall be left alone; one timeout where nothing is said. */
  readonly idle?: number | undefined;
  /** The last client stays for one timeout, to see whether something ends the server late. */
  readonly linger?: boolean;
  /** What has not begun by so much of these ms is not run any more, and nothing runs again once they are over: the target is too slow. */
  readonly budget?: number | undefined;
  readonly repeat: number;
  /** What cases that generate their inputs start from. */
  readonly seed: number;
  /** How many inputs such a case generates. */
  readonly runs: number;
  /** Stop at the first failure, but for those that are excused. */
  readonly bail: boolean;
  readonly excuses?: ((id: string, checks: CaseResult["checks"]) => boolean) | undefined;
  /** A SHOULD counts as a MUST. */
  readonly strict: boolean;
  /** Keeps transcripts whole; gives what tells them from those of another run of the case. */
  readonly record?: Bench["record"];
  /** Ends the run early; what has run by then is still reported. */
  readonly signal?: AbortSignal;
  /** Called whenever a case has a result, also when it gets another by running again. */
  readonly onResult?: (result: CaseResult) => void;
}

/** Why a run ended before all cases ran. */
export interface Stop {
  /** `slow`: the target is, and the time was up; `missing`: shards of it were never seen. */
  readonly reason: "lost" | "interrupted" | "bail" | "missing" | "slow";
  readonly words: string;
  /** Of a target that went away and did not come back: the cases that may have ended it, the likeliest first. */
  readonly suspects?: readonly string[];
}

/** That the target ended, or hung, and no case by itself makes it do so again. */
export interface Unexplained {
  /** In ms of the run's clock. */
  readonly at: number;
  readonly words: string;
  /** The cases that may have done it, the likeliest first. */
  readonly suspects: readonly string[];
}

/** The server ended, or it ended the connections of others: between these times, in ms of the run's clock. */
export interface Fall {
  readonly from: number;
  readonly to: number;
  /** In words: `the server ended (exit code 1)`. */
  readonly how: string;
  /** The server is still there: it only ended the connections of others. */
  readonly lives?: true;
}

/** One pass over the cases of a run. */
export interface Session extends Bench {
  readonly options: RunOptions;
  readonly availability: Availability;
  /** The result of each case that ran; the last, where it ran again. */
  readonly results: Map<Case, CaseResult>;
  /** How much of the time before the pass began the suite waited, and how much it worked. */
  readonly began: EventLoopUtilization;
  /** No case is left that has not begun. */
  isLastStage: boolean;
  /** How long running again has taken so far, in ms; and how long looking for what ends the server. */
  confirming: number;
  searched: number;
  /** The cases whose input ended the server, or the connections of others. */
  readonly culprits: Set<string>;
  /** When the server ended, or the connections of others. */
  readonly falls: Fall[];
  /** All results that found a breach, also those that another has replaced. */
  readonly breaches: CaseResult[];
  /** The cases that ran once more alone, since they failed or others did that rest on them. */
  readonly rechecked: Set<string>;
  readonly unexplained: Unexplained[];
  /** What had run when the server ended, by when that was and the id of the case. */
  readonly sightings: Map<number, ReadonlyMap<string, CaseResult>>;
  /** Times in which the target stood still and a case waited in vain. */
  readonly stalls: Set<Stall>;
  stop: Stop | undefined;
}

/** A pass in which nothing has run yet; `given` is what it has of the run, and of the passes before. */
export const newSession = (
  bench: Bench,
  given: Pick<Session, "options" | "availability"> & Partial<Pick<Session, "unexplained" | "stalls" | "stop">>,
): Session => ({
  ...bench,
  results: new Map(),
  began: performance.eventLoopUtilization(),
  isLastStage: false,
  confirming: 0,
  searched: 0,
  culprits: new Set(),
  falls: [],
  breaches: [],
  rechecked: new Set(),
  sightings: new Map(),
  unexplained: [],
  stalls: new Set(),
  stop: undefined,
  ...given,
});

/** No case begins after so much of the budget: the rest is for what has to run again. */
export const TO_BEGIN = 0.6;

/** Nothing runs again after so much of it, while other cases have not begun yet, and at all. */
export const TO_CONFIRM = { first: 0.35, last: 0.75 } as const;

/** Tells if the time to run cases again is over. */
export const isTooLate = (session: Session): boolean =>
  isSpent(session, session.isLastStage ? TO_CONFIRM.last : TO_CONFIRM.first);

/**
 * Tells if a part of the budget is spent by waiting: a busy machine of the suite costs a server nothing. A target that ended, or
 * limits connections, is no slow one: the time that it costs is bounded elsewhere.
 */
export function isSpent({ options, shared, began, falls }: Session, part = 1): boolean {
  if (options.budget === undefined || falls.length > 0 || shared.limits.words !== undefined) return false;
  return performance.eventLoopUtilization(began).idle > part * options.budget;
}

/** Keeps a result, and tells of it once it is known that there is a target. */
export function settle(result: CaseResult, { results, breaches, options, availability }: Session): void {
  results.set(result.case, result);
  if (isBroken(result)) breaches.push(result);
  if (availability.upAt !== undefined) options.onResult?.(result);
}
