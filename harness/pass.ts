import { type EventLoopUtilization, performance } from "node:perf_hooks";
import type { Availability } from "./availability.ts";
import { isBroken } from "./catalogue.ts";
import type { Bench, CaseResult } from "./execute.ts";
import type { Deadly } from "./guess.ts";
import type { Harm } from "./judge.ts";
import type { RunOptions, Stop } from "./run-options.ts";
import type { Case } from "./scenario.ts";
import type { Stall } from "./shared.ts";

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
  readonly namesCause?: boolean;
  readonly harm: Harm;
  /** The age of its process, in ms. */
  readonly age?: number;
  /** The server was still there, and nobody got this kind of answer any more. */
  readonly hangs?: string;
  /** The server was still there, and refused everybody. */
  readonly refuses?: true;
  /** Those who were connected stay so, while it accepts nobody. */
  readonly spares?: boolean;
  /** The server does one thing after another, and did not keep up: no input is to blame. */
  readonly isBehind?: true;
}

/** The ends of the target in a pass, and what is known of them. */
interface Ends {
  /** All falls, in order. */
  readonly falls: Fall[];
  /** The cases whose input ended the server, or the connections of others. */
  readonly culprits: Set<string>;
  /** Those among them that ended the server itself. */
  readonly enders: Set<string>;
  /** The inputs that are proved to end it, or them. */
  readonly deadly: Deadly[];
  /** The times from an input to the end that it causes, as they are proved, by the kind of end; in ms. */
  readonly delays: Map<string, number[]>;
  /** The kinds of ends whose cause a process named, and that a culprit proved. Such an end needs no other culprit. */
  readonly namedEnds: Set<string>;
  /** The ends of such a kind that no search explained. */
  likewise: number;
  readonly unexplained: Unexplained[];
  /** The results of suspects, by the time of the fall and the id of the case. */
  readonly sightings: Map<number, ReadonlyMap<string, CaseResult>>;
  /** The longest time for which the server is known to stand after a start with one client that sends nothing, in ms. */
  standsFor: number;
  /** The time at which a server that the suite found running last came back, in ms of the run's clock. */
  backAt: number | undefined;
  /** The times for which such a server stood, in ms, the latest last. */
  readonly lives: number[];
  /** The time after which it ends each time though no client sends anything, in ms. */
  byTheClock: number | undefined;
  /** Its process lived on, refused everybody, and did not let anybody in again in all the time that it had. */
  refusesForGood: boolean;
  /** It said goodbye to a client that watched for its end. */
  saysGoodbye: boolean;
  /** It ends though no client sends anything. */
  unprovoked: boolean;
}

/** The times in a pass in which the target served nobody. */
interface Standstills {
  /** Those that the run tells of. */
  readonly told: Set<Stall>;
  /** Those whose cause was looked for, and the number of those for which none was found. */
  readonly looked: Set<Stall>;
  vain: number;
  /** The searches in vain for an input over which it said nothing to newcomers. */
  mute: number;
}

/** The times that a pass accounts for. */
interface Times {
  /** The time that the suite waited, and worked, before the pass began. */
  readonly began: EventLoopUtilization;
  /** The time that was wasted before the pass began, in ms. */
  readonly wasted: number;
  /** The time that running cases again has taken so far, in ms. */
  confirming: number;
  /** The time that the search for culprits has taken so far, in ms, without that in which the server was away. */
  searched: number;
  /** The time for which the suite waited until the server stood up again, in ms. */
  away: number;
  /** The time for which it let nobody in over single inputs, in ms. */
  shut: number;
}

/** One pass over the cases of a run. */
export interface Pass extends Bench {
  readonly options: RunOptions;
  readonly availability: Availability;
  /** The last result of each case that ran. */
  readonly results: Map<Case, CaseResult>;
  /** All results that found a breach, also replaced ones. */
  readonly breaches: CaseResult[];
  /** The results that wait until it is known that the target is there. */
  readonly untold: CaseResult[];
  /** The ids of the cases that are not to run alone again. */
  readonly rechecked: Set<string>;
  readonly ends: Ends;
  readonly standstills: Standstills;
  readonly times: Times;
  /** Another pass over the same cases follows. */
  isFollowed: boolean;
  /** All cases have begun, or do in this stage. */
  isLastStage: boolean;
  /** Called when the server stands again after a fall that was looked into. */
  onStood: () => void;
  stop: Stop | undefined;
}

/** The parts of a pass that come from the run and the passes before, which all passes add to. */
export interface OfRun {
  readonly options: RunOptions;
  readonly unexplained?: Unexplained[];
  readonly stalls?: Set<Stall>;
}

const noEnds = (unexplained: Unexplained[]): Ends => ({
  falls: [],
  culprits: new Set(),
  enders: new Set(),
  deadly: [],
  delays: new Map(),
  namedEnds: new Set(),
  likewise: 0,
  unexplained,
  sightings: new Map(),
  standsFor: 0,
  backAt: undefined,
  lives: [],
  byTheClock: undefined,
  refusesForGood: false,
  saysGoodbye: false,
  unprovoked: false,
});

/** Makes a pass in which nothing has run yet. */
export const newPass = (
  bench: Bench,
  availability: Availability,
  { options, unexplained = [], stalls = new Set() }: OfRun,
): Pass => ({
  ...bench,
  options,
  availability,
  results: new Map(),
  breaches: [],
  untold: [],
  rechecked: new Set(),
  ends: noEnds(unexplained),
  standstills: { told: stalls, looked: new Set(), vain: 0, mute: 0 },
  times: {
    began: performance.eventLoopUtilization(),
    wasted: bench.shared.patience.wasted,
    confirming: 0,
    searched: 0,
    away: 0,
    shut: 0,
  },
  isFollowed: false,
  isLastStage: false,
  onStood() {},
  stop: undefined,
});

/** Tells if a pass has ended, or its user wants that: nothing more runs. */
export const hasEnded = ({ stop, signal }: Pick<Pass, "stop" | "signal">): boolean =>
  stop !== undefined || signal?.aborted === true;

/** Keeps a result, and tells of it once it is known that the target is there: some cases are right if nobody lets them in. */
export function settle(result: CaseResult, pass: Pass): void {
  const { results, breaches, untold, availability } = pass;
  results.set(result.case, result);
  if (isBroken(result)) breaches.push(result);
  untold.push(result);
  if (availability.upAt !== undefined) tellResults(pass);
}

/** Settles a case that failed twice. It does not run again. */
export function settleFailed(second: CaseResult, pass: Pass): void {
  pass.rechecked.add(second.case.id);
  settle(second, pass);
}

/** Returns the last result of each case: of those that just ran, and of all others in the pass. */
export const lastResults = (ran: readonly CaseResult[], { results }: Pick<Pass, "results">): readonly CaseResult[] => [
  ...new Map([...results, ...ran.map((it) => [it.case, it] as const)]).values(),
];

/** Tells of the results that nobody was told of yet. */
export function tellResults({ untold, options }: Pick<Pass, "untold" | "options">): void {
  for (const it of untold.splice(0)) options.onResult?.(it);
}
