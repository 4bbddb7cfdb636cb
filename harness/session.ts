import { type EventLoopUtilization, performance } from "node:perf_hooks";
import type { Availability } from "./availability.ts";
import { isBroken } from "./catalogue.ts";
import type { Bench, CaseResult } from "./execute.ts";
import type { Deadly } from "./guess.ts";
import type { Harm } from "./judge.ts";
import type { Case } from "./scenario.ts";
import type { Stall } from "./shared.ts";
import type { Target } from "./target.ts";

/** The options of a run. Times are in ms. */
export interface RunOptions {
  readonly target: Target;
  readonly timeout: number;
  /** The most cases at work at the same time. */
  readonly concurrency: number;
  /** The longest wait for a target that stopped accepting connections. */
  readonly recovery: number;
  /** The number of ways to end that are looked into. Of inputs that end the server in the same way some count. */
  readonly restarts: number;
  /** The messages a second that each connection sends at most; 0 is no limit. */
  readonly rate?: number | undefined;
  /** The time for which a client is silent that shall be left alone; by default the timeout. */
  readonly idle?: number | undefined;
  /** The last client stays, to see if the server ends late: `short` is a moment, and after `long` no input is likely to end it. */
  readonly linger?: "short" | "long" | undefined;
  /** The time for a target that is slow. Cases that have not begun by a part of it do not run; none runs again after most of it. */
  readonly budget?: number | undefined;
  readonly repeat: number;
  /** Nothing runs again, and no plainest form runs that is not among the cases: the caller does that. */
  readonly once?: boolean;
  /** The seed of generated inputs. */
  readonly seed: number;
  /** The number of inputs that a case generates. */
  readonly runs: number;
  /** Stop at the first failure that is not excused. */
  readonly bail: boolean;
  readonly excuses?: ((id: string, checks: CaseResult["checks"]) => boolean) | undefined;
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
  /** In words, as in the result of each case that did not run: `not run: interrupted`. */
  readonly words: string;
  /** The same by itself: `interrupted`. */
  readonly why: string;
  /** The cases that may have ended a target for good, the likeliest first. */
  readonly suspects?: readonly string[];
}

/** Says why a run ends early. */
export const stopFor = (reason: Stop["reason"], why: string): Stop => ({ reason, words: `not run: ${why}`, why });

/** The end of a run by its user. */
export const INTERRUPTED = stopFor("interrupted", "interrupted");

/** Returns the end of a run with `--bail` over these results: the first that fails and is not expected to. */
export function bailedBy(results: Iterable<CaseResult>, { bail, excuses }: RunOptions): Stop | undefined {
  if (!bail) return undefined;
  for (const { verdict, case: it, checks } of results)
    if (verdict === "fail" && !excuses?.(it.id, checks)) return stopFor("bail", `${it.id} failed before (--bail)`);
  return undefined;
}

/** An end or hang of the target that no case by itself repeats. */
export interface Unexplained {
  /** In ms of the run's clock. */
  readonly at: number;
  readonly words: string;
  /** The kind of end, as of a fall. */
  readonly endKind?: string;
  /** The cases that may have done it, the likeliest first. */
  readonly suspects: readonly string[];
}

/** An end of the server, or of the connections of others. It came between these times, in ms of the run's clock. */
export interface Fall {
  readonly from: number;
  readonly to: number;
  /** In words: `the server ended (exit code 1)`. */
  readonly how: string;
  /** The kind of end: what is known of it. Ends that came about in the same way have the same. */
  readonly endKind: string;
  /** Its process named the cause, which is part of the kind: hardly another bug has the same. */
  readonly isTold?: boolean;
  readonly harm: Harm;
  /** The age of its process, in ms. */
  readonly age?: number;
  /** The server was still there, and nobody got this kind of answer any more. */
  readonly hangs?: string;
  /** The server was still there, and refused everybody. */
  readonly refuses?: true;
}

/** One pass over the cases of a run. */
export interface Session extends Bench {
  readonly options: RunOptions;
  readonly availability: Availability;
  /** The last result of each case that ran. */
  readonly results: Map<Case, CaseResult>;
  /** The time that the suite waited, and worked, before the pass began. */
  readonly began: EventLoopUtilization;
  /** The time that was wasted before the pass began, in ms. */
  readonly wasted: number;
  /** All cases have begun, or do in this stage. */
  isLastStage: boolean;
  /** The time that running cases again has taken so far, in ms. */
  confirming: number;
  /** The time that the search for culprits has taken so far, in ms, without that in which the server was away. */
  searched: number;
  /** The time for which the suite waited until the server stood up again, in ms. */
  away: number;
  /** The longest time for which the server is known to stand after a start with one client that sends nothing, in ms. */
  stood: number;
  /** It ends though no client sends anything. */
  unprovoked: boolean;
  /** The cases whose input ended the server, or the connections of others. */
  readonly culprits: Set<string>;
  /** Those among them that ended the server itself. */
  readonly enders: Set<string>;
  /** The kinds of ends whose cause a process told, and that a culprit proved. What ends the server so again needs no other. */
  readonly toldEnds: Set<string>;
  /** The times from an input to the end that it causes, as they are proved, by the kind of end; in ms. */
  readonly delays: Map<string, number[]>;
  /** The ends of such a kind that no search explained. */
  likewise: number;
  /** The inputs that are proved to end it, or them. */
  readonly deadly: Deadly[];
  /** All falls, in order. */
  readonly falls: Fall[];
  /** The results that wait until it is known that the target is there. */
  readonly untold: CaseResult[];
  /** All results that found a breach, also replaced ones. */
  readonly breaches: CaseResult[];
  /** The ids of the cases that are not to run alone again. */
  readonly rechecked: Set<string>;
  readonly unexplained: Unexplained[];
  /** The results of suspects, by the time of the fall and the id of the case. */
  readonly sightings: Map<number, ReadonlyMap<string, CaseResult>>;
  /** The times in which the target served nobody, as they are told. */
  readonly stalls: Set<Stall>;
  /** The stalls whose cause was looked for, and the number of those for which none was found. */
  readonly looked: Set<Stall>;
  vain: number;
  stop: Stop | undefined;
}

/** Makes a pass in which nothing has run yet. `given` comes from the run and the passes before. */
export const newSession = (
  bench: Bench,
  given: Pick<Session, "options" | "availability"> & Partial<Pick<Session, "unexplained" | "stalls" | "stop">>,
): Session => ({
  ...bench,
  results: new Map(),
  began: performance.eventLoopUtilization(),
  wasted: bench.shared.patience.wasted,
  isLastStage: false,
  confirming: 0,
  searched: 0,
  away: 0,
  stood: 0,
  unprovoked: false,
  culprits: new Set(),
  enders: new Set(),
  toldEnds: new Set(),
  delays: new Map(),
  likewise: 0,
  deadly: [],
  falls: [],
  untold: [],
  breaches: [],
  rechecked: new Set(),
  sightings: new Map(),
  unexplained: [],
  stalls: new Set(),
  looked: new Set(),
  vain: 0,
  stop: undefined,
  ...given,
});

/** Keeps a result, and tells of it once it is known that the target is there: some cases are right if nobody lets them in. */
export function settle(result: CaseResult, session: Session): void {
  const { results, breaches, untold, availability } = session;
  results.set(result.case, result);
  if (isBroken(result)) breaches.push(result);
  untold.push(result);
  if (availability.upAt !== undefined) tellResults(session);
}

/** Tells of the results that nobody was told of yet. */
export function tellResults({ untold, options }: Pick<Session, "untold" | "options">): void {
  for (const it of untold.splice(0)) options.onResult?.(it);
}
