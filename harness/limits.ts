import { gate, rest } from "./gate.ts";
import { type Attempt, type Found, gapOf, type Means, measure, refusalOf } from "./measure.ts";
import type { Transcript } from "./transcript.ts";

/** A case wants more connections at the same time than the target accepts: nobody can judge by it. */
export class BeyondLimit extends Error {}

/** A connection that was tried: how it went, and what happened on it. */
type Seen = Pick<Attempt, "opened" | "failure"> & { readonly transcript: Transcript };

/** Notices that a target limits connections, finds out how, and keeps below it. */
export interface Limits {
  /** Connections that the target accepts at the same time; `undefined` where no limit is known. */
  readonly together: number | undefined;
  /** What is known, in words; `undefined` where no limit is. */
  readonly words: string | undefined;
  /** A plain client was refused while others are served, and nobody has looked into it: no case shall begin before that. */
  readonly noticed: boolean;
  /** Waits until a connection may begin. */
  turn(): Promise<void>;
  /** A connection that had its turn has ended, TCP included. */
  left(): void;
  /** Waits until one ends; whether one did in time. */
  freed(): Promise<boolean>;
  /**
   * Learns from a connection; `plain` where its handshake and query are those of any client of the right version: a refusal of
   * another may be meant.
   */
  saw(connection: Seen, plain: boolean): void;
  /**
   * Whether what a case found may have come of a limit; `refused` is how its connections were refused. Says so three times of a case
   * at most: what it finds after that is its own.
   */
  spoils(it: object, refused: readonly string[]): boolean;
  /** How many cases, of so many that may be, can be at work at the same time. */
  cases(concurrency: number): number;
  /** Finds out what was noticed, while nothing else is at work. `dial` opens a plain connection that takes no turn. */
  measure(dial: Means["dial"], signal?: AbortSignal): Promise<void>;
}

/** With these statuses a target says that it is for a limit, whoever the client is. */
const SAYS_SO = new Set(["HTTP 429", "HTTP 503"]);

/** After so many steps in vain it was no limit; so many served in a row show that a step was none. */
const IN_VAIN = 4;
const CALM = 100;

/** So often no limit is found where one was noticed, since a moment of silence looks like one; then none is looked for again. */
const VAIN = 1;

/** How much slower each step is, and all of them. */
const SLOWER = 1.5;
const SLOWEST = 5;

/** For how long (ms) a connection that has ended counts after the first step, at the longest. */
const LAG = { first: 10, most: 100 } as const;

/** So long (ms) after the last connection has ended the target takes note of it. */
const SETTLING = 100;

/** So many times a case is run again for a limit. */
const AGAIN = 3;

/** A connection should not wait for longer (ms) than this until those of other cases have begun. */
const QUEUE = 500;

/** So many times a case that wants too many connections waits in full for one of them to end; then for a part of that. */
const PATIENT = 3;
const HURRY = 20;

/** A case may hold so many connections, mostly: who acts, a bystander and a newcomer. */
const PER_CASE = 3;

/** The limits of one target, of which none is known yet. `timeout` is in ms. */
export function limits(clock: () => number, timeout: number): Limits {
  const { turn, left, freed, emptied, keep } = gate(clock, timeout);
  let stuck = 0;
  const ways = new Set<string>();
  const spoiled = new WeakMap<object, number>();
  let found: Found = {};
  let gap = 0;
  let lag = 0;
  let changedAt = 0;
  let inVain = 0;
  let row = 0;
  let total = 0;
  let suspected = false;
  let measured = 0;
  let hopeless = false;

  const isKnown = () => found.together !== undefined || gap > 0;
  const change = () => {
    changedAt = clock();
    keep({ together: found.together ?? Number.POSITIVE_INFINITY, gap, lag });
  };
  const giveUp = (forGood: boolean) => {
    hopeless = forGood;
    found = {};
    [gap, lag] = [0, 0];
    ways.clear();
    change();
  };
  const step = () => {
    inVain += 1;
    row = 0;
    if (inVain > IN_VAIN) return giveUp(true);
    lag = Math.min(LAG.most, lag === 0 ? LAG.first : 2 * lag);
    if (found.perSecond !== undefined) gap = Math.min(SLOWER * gap, SLOWEST * gapOf(found.perSecond));
    else suspected ||= inVain > 1 && measured === 1; // There may be a limit on a second, too.
    change();
  };

  return {
    get together() {
      return found.together;
    },
    get words() {
      return wordsOf(found);
    },
    get noticed() {
      return suspected && total > 0 && !hopeless;
    },
    turn,
    left,
    async freed() {
      const ended = await freed(stuck < PATIENT ? timeout : timeout / HURRY);
      if (!ended) stuck += 1;
      return ended;
    },
    saw(connection, plain) {
      if (connection.opened) {
        total += 1;
        row += 1;
        if (row >= CALM) inVain = 0;
        return;
      }
      const way = refusalOf(connection);
      if (way === undefined || hopeless || !(plain || SAYS_SO.has(way))) return;
      ways.add(way);
      if (!isKnown()) suspected = true;
      else if ((connection.transcript.events[0]?.at ?? 0) >= changedAt) step();
    },
    spoils(it, refused) {
      const times = (spoiled.get(it) ?? 0) + 1;
      if (total === 0 || times > AGAIN || !refused.some((way) => ways.has(way))) return false;
      spoiled.set(it, times);
      return true;
    },
    cases(concurrency) {
      const held = found.together === undefined ? concurrency : Math.floor(found.together / PER_CASE);
      const queued = gap === 0 ? concurrency : Math.floor(QUEUE / gap);
      return Math.max(1, Math.min(concurrency, held, queued));
    },
    async measure(dial, signal) {
      suspected = false;
      await emptied();
      await rest(SETTLING, signal); // The target notices later.
      const more = await measure({ dial, clock, served: total, signal }, found);
      if (more === undefined || signal?.aborted) return;
      measured += 1;
      found = { ...found, ...more };
      if (wordsOf(found) === undefined) return giveUp(measured > VAIN);
      if (more.perSecond !== undefined) gap = gapOf(more.perSecond);
      inVain = 0;
      change();
    },
  };
}

/** What is known of limits, in words. */
function wordsOf({ together, perSecond }: Found): string | undefined {
  const known = [
    ...(together === undefined ? [] : [`at most ${connections(together)} at the same time`]),
    ...(perSecond === undefined ? [] : [`about ${connections(Math.round(perSecond) || 1)} a second`]),
  ];
  return known.length === 0 ? undefined : `the target accepts ${known.join(" and ")}`;
}

const connections = (n: number) => `${n} connection${n === 1 ? "" : "s"}`;
