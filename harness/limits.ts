import { gate, rest } from "./gate.ts";
import { type Attempt, type Found, gapOf, type Means, measure, refusalOf } from "./measure.ts";
import type { Transcript } from "./transcript.ts";

/** A case wants more connections at the same time than the target accepts, so it cannot be judged. */
export class BeyondLimit extends Error {}

/** A connection that was tried. */
type Seen = Pick<Attempt, "opened" | "failure"> & { readonly transcript: Transcript };

/** Notices that a target limits connections, finds out how, and keeps below it. */
export interface Limits {
  /** The most connections that the target accepts at the same time; `undefined` if no limit is known. */
  readonly together: number | undefined;
  /** The known limits in words; `undefined` if there are none. */
  readonly words: string | undefined;
  /** A plain client was refused while others are served. No case shall begin until this was measured. */
  readonly noticed: boolean;
  /** Resolves when a connection may begin. */
  turn(): Promise<void>;
  /** Notes that a connection which had its turn has ended, TCP included. */
  left(): void;
  /** Waits until a connection ends; resolves to `true` if one did in time. */
  freed(): Promise<boolean>;
  /**
   * Learns from a connection. `plain` says that its handshake and query are those of any client of the right version. The server
   * may refuse others on purpose.
   */
  saw(connection: Seen, plain: boolean): void;
  /**
   * Tells if the findings of a case may have come of a limit. `refused` is how its connections were refused. Says so three times
   * at most for one case.
   */
  spoils(it: object, refused: readonly string[]): boolean;
  /** Tells if a known limit explains that connections were refused in these ways. */
  explains(refused: readonly string[]): boolean;
  /** Returns how many cases can be at work at the same time, `concurrency` at most. */
  cases(concurrency: number): number;
  /** Measures the limits while nothing else is at work. `dial` opens a plain connection that takes no turn. */
  measure(dial: Means["dial"], signal?: AbortSignal): Promise<void>;
}

/** The statuses by which a target names a limit, whoever the client is. */
const SAYS_SO = new Set(["HTTP 429", "HTTP 503"]);

/** After this many steps in vain, there was no limit. */
const IN_VAIN = 4;

/** This many clients served in a row show that the last step was enough. */
const CALM = 100;

/** The number of measurements that may find nothing before the search ends. A stall looks like a limit. */
const VAIN = 1;

/** The factor by which each step makes connections slower. */
const SLOWER = 1.5;

/** The time over which the rate of connections is counted that a target refused, in ms. */
const SECOND = 1_000;

/** The factor of all steps together, at most. */
const SLOWEST = 5;

/** The time for which an ended connection still counts, after the first step and at most, in ms. */
const LAG = { first: 10, most: 100 } as const;

/** The time after which a target has noticed that the last connection ended, in ms. */
const SETTLING = 100;

/** The most times that a case runs again for a limit. */
const AGAIN = 3;

/** The longest time that a connection should wait for those of other cases to begin, in ms. */
const QUEUE = 500;

/** The number of waits for the whole timeout until a connection ends, which may be in vain. */
const PATIENT = 3;

/** Later waits are this many times shorter. */
const HURRY = 20;

/** The connections that most cases hold: the client, a bystander and a newcomer. */
const PER_CASE = 3;

/** Makes the limits of one target, of which none is known yet. `timeout` is in ms. */
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
  const served: number[] = [];
  /** The connections of the second before the target first said that there are too many. */
  let tooMany: number | undefined;

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
    else suspected ||= inVain > 1 && measured === 1; // There may be a limit per second, too.
    change();
  };

  return {
    get together() {
      return found.together;
    },
    get words() {
      return wordsOfLimit(found);
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
        served.push(clock());
        while ((served[0] ?? 0) < clock() - SECOND) served.shift();
        if (row >= CALM) inVain = 0;
        return;
      }
      const way = refusalOf(connection);
      if (way === undefined || hopeless || !(plain || SAYS_SO.has(way))) return;
      ways.add(way);
      if (SAYS_SO.has(way)) tooMany ??= served.length; // A server that dies resets connections, too.
      if (!isKnown()) suspected = true;
      else if ((connection.transcript.events[0]?.at ?? 0) >= changedAt) step();
    },
    spoils(it, refused) {
      const times = (spoiled.get(it) ?? 0) + 1;
      if (total === 0 || times > AGAIN || !refused.some((way) => ways.has(way))) return false;
      spoiled.set(it, times);
      return true;
    },
    explains: (refused) => isKnown() && refused.some((way) => ways.has(way)),
    cases(concurrency) {
      const held = found.together === undefined ? concurrency : Math.floor(found.together / PER_CASE);
      const queued = gap === 0 ? concurrency : Math.floor(QUEUE / gap);
      return Math.max(1, Math.min(concurrency, held, queued));
    },
    async measure(dial, signal) {
      suspected = false;
      await emptied();
      await rest(SETTLING, signal);
      let again = false;
      const watched = async () => {
        const attempt = await dial();
        again ||= refusalOf(attempt) !== undefined;
        return attempt;
      };
      const more = await measure({ dial: watched, clock, served: total, signal }, found);
      if (more === undefined || signal?.aborted) return;
      measured += 1;
      // A busy machine cannot repeat what was too much for the target. Later refusals will show if this is still too fast.
      const isOpen = wordsOfLimit({ ...found, ...more }) === undefined && !again && measured <= VAIN;
      const guess = isOpen ? tooMany : undefined;
      const perSecond = more.perSecond ?? (guess && guess / SLOWER);
      found = { ...found, ...more, ...(perSecond && { perSecond }) };
      if (wordsOfLimit(found) === undefined) return giveUp(measured > VAIN);
      if (perSecond) gap = gapOf(perSecond);
      inVain = 0;
      change();
    },
  };
}

/** Says in words what is known of limits. */
export function wordsOfLimit({ together, perSecond }: Found): string | undefined {
  const known = [
    ...(together === undefined ? [] : [`at most ${connections(together)} at the same time`]),
    ...(perSecond === undefined ? [] : [`about ${connections(Math.round(perSecond) || 1)} a second`]),
  ];
  return known.length === 0 ? undefined : `the target accepts ${known.join(" and ")}`;
}

const connections = (n: number) => `${n} connection${n === 1 ? "" : "s"}`;
