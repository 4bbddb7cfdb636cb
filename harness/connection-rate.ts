import { performance } from "node:perf_hooks";
import { leave, type Means } from "./attempts.ts";
import { NO_ANSWER, refusalOf } from "./failure.ts";
import { takingTurns } from "./gate.ts";
import { sleep } from "./sleep.ts";

/** The bounds of a search: the connections at once, and the length and number of series. */
const MOST = { atOnce: 8, crowd: 48, series: 300, tries: 4 } as const;

/**
 * A flood without refusals shows that there is no limit once it has so many connections: `times` as many as were accepted before, and
 * `least` in all.
 */
const NO_LIMIT_AFTER = { times: 2, least: 64 } as const;

/** A target that accepts more than this part of a flood refuses for another reason than a limit. */
const NEARLY_ALL = 0.85;

/** A target that answers fewer handshakes a second, and refuses none in words, is slow. */
const SLOW_PER_SECOND = 10;

/** The suite has nothing to do for at least this part of a flood where the target is what takes the time. */
const SUITE_IS_IDLE = 0.5;

/** With six times as many clients, a target serves more a second by at least this factor, unless it is the target that takes the time. */
const FASTER = 2;

/** A target that serves more a second holds no client up, whatever takes the time. */
const PACED_PER_SECOND = 500;

/** The period that limiters count by, in ms. */
export const SECOND = 1_000;

/** A little more, so that an earlier period no longer counts, in ms. */
const MORE = 100;

/** A limiter that counts by the second has forgotten most connections after this time, in ms. */
export const SECOND_OVER = SECOND + MORE;

/** A limiter has forgotten all connections after this time, in ms. One that slides over periods counts the period before, too. */
export const FORGOTTEN = 2 * SECOND + MORE;

/** The factor by which connections come slower, where those before were too fast. */
export const SLOWER = 1.5;

/** One connection in this many may come too early, since timers are never exact. */
const STRAY = 50;

/** The factor by which the suite stays below the limit. */
const BELOW_LIMIT = 1.1;

/** Returns the time between two connections that keeps a limit with some margin, in ms. */
export const gapOf = (perSecond: number): number => (BELOW_LIMIT * SECOND) / perSecond;

/**
 * Finds how many connections a second a target accepts, where it is `known` how many at the same time; `undefined` if
 * no limit was found.
 */
export async function connectionRate(
  means: Means,
  known: number | undefined,
  deadline: number,
): Promise<number | undefined> {
  const together: number = known ?? MOST.crowd;
  const few = await flood(means, Math.min(MOST.atOnce, together));
  // A gateway may let some wait, and refuse only what comes beyond them.
  const isCrowd = few.refused.length === 0 && !few.gone && together >= MOST.crowd;
  const size = isCrowd ? MOST.crowd : Math.min(MOST.atOnce, together);
  const crowd = isCrowd ? await flood(means, size) : few;
  // A busy machine looks the same once. What no refusal in words shows has to show twice.
  const again = () => flood(means, size);
  const saysSo = crowd.refused.length > 0 && !crowd.mute;
  const isPaced = isCrowd && isThrottled(few, crowd) && (saysSo || isThrottled(few, await again()));
  if (isPaced) return within(means, speedOf(few), deadline);
  if ((crowd.refused.length > 0 && crowd.mute) || wasAway(crowd)) {
    const { refused, gone } = means.clock() + FORGOTTEN < deadline ? await again() : crowd;
    if (refused.length === 0 && !gone) return undefined;
  }
  return ofRefusals(means, known, crowd, deadline);
}

/** Tells if a target serves no more clients a second, however many wait: a gateway may queue those that come too fast. */
const isThrottled = (few: Flood, crowd: Flood): boolean =>
  !few.stalled &&
  !crowd.stalled &&
  few.idle > SUITE_IS_IDLE &&
  crowd.idle > SUITE_IS_IDLE &&
  speedOf(crowd) < Math.min(PACED_PER_SECOND, FASTER * speedOf(few));

/** Around the first and the last refusal of an outage, others may be accepted within this time, in ms. */
const EDGE = 50;

/**
 * Tells if a target refused everybody for a while, and nobody before and after. A gateway whose server is away does so: that is no limit.
 */
function wasAway({ accepted, refused }: Flood): boolean {
  const [from = 0, to = from] = [refused[0], refused.at(-1)];
  const isLast = accepted.some((at) => at > to);
  return refused.length > 0 && isLast && !accepted.some((at) => at > from + EDGE && at < to - EDGE);
}

/** Returns how many connections were accepted a second. */
const speedOf = ({ accepted, lasted }: Flood): number => (SECOND * accepted.length) / Math.max(1, lasted);

/** Finds how many connections a second a target accepts by those that it refused. */
async function ofRefusals(means: Means, known: number | undefined, all: Flood, deadline: number) {
  const { accepted, refused, still, mute } = all;
  // A target that stands still has no limit, but one may queue those beyond a number that is known.
  if (still && known === undefined) return undefined;
  const [refusedAt] = refused;
  if (refusedAt === undefined) return undefined;
  // Those that were under way at the first refusal say nothing.
  const after = accepted.filter((at) => at > refusedAt + MORE).length;
  if (after > NEARLY_ALL * (after + refused.length)) return undefined;
  const before = accepted.filter((at) => at < refusedAt && at > refusedAt - SECOND).length;
  // A handshake without an answer is known to be refused only when the flood is over.
  const perSecond = mute ? speedOf(all) : after || before || (await first(means));
  const share = refused.length / Math.max(1, after + refused.length);
  return perSecond === 0 || (mute && perSecond < SLOW_PER_SECOND)
    ? undefined
    : within(means, perSecond, deadline, share);
}

/** Chance may refuse between these parts of a flood, however many clients come: one of several backends may be broken. */
const CHANCE = { least: 0.05, most: 0.7 } as const;

/**
 * Tells if so many are refused however slowly they come. No limit does that: the first series comes at the pace at which it accepted
 * clients.
 */
const isByChance = (inFlood: number, inSeries: number): boolean =>
  inFlood > CHANCE.least && inFlood < CHANCE.most && inSeries > inFlood / 2;

/**
 * Finds out in series how many connections a second are accepted: `most` of them at first. A flood refused a `share` of its connections.
 */
async function within(means: Means, most: number, deadline: number, share = 0): Promise<number | undefined> {
  let perSecond = most;
  for (let tries = 0; tries < MOST.tries; tries++, perSecond /= SLOWER) {
    if (means.clock() + FORGOTTEN + SECOND > deadline) return perSecond; // Later refusals will show if it is still too fast.
    await sleep(FORGOTTEN, means.signal);
    const series = await seriesOf(means, gapOf(perSecond));
    if (series.passes) return perSecond;
    if (tries > 0 && isByChance(share, series.share)) return undefined;
  }
  return undefined;
}

/** Counts the connections that are accepted before the first refusal. Some limiters count refusals, too, and accept none in a flood. */
async function first(means: Means): Promise<number> {
  await sleep(FORGOTTEN, means.signal);
  const { accepted } = await flood(means, MOST.atOnce, 0);
  return accepted.length;
}

/** The answers to many connections, one right after another. Times are in ms. */
interface Flood {
  /** The times at which connections began. */
  readonly accepted: readonly number[];
  readonly refused: readonly number[];
  /** The target is gone. */
  readonly gone: boolean;
  /** It served nobody while one waited in vain. */
  readonly still: boolean;
  /** It did so, or served nobody for once. */
  readonly stalled: boolean;
  /** It refused none in words, nor by a reset. */
  readonly mute: boolean;
  /** The time until the last was accepted. */
  readonly lasted: number;
  /** The part of the time for which the suite had nothing to do. */
  readonly idle: number;
}

/** Connects as often as it can until one is refused, and goes on for so many ms: that shows how many are accepted in a second. */
async function flood({ dial, clock, served, signal }: Means, atOnce: number, longer = SECOND_OVER): Promise<Flood> {
  const accepted: number[] = [];
  const refused: number[] = [];
  const enough = Math.max(NO_LIMIT_AFTER.least, NO_LIMIT_AFTER.times * served);
  let [gone, still, mute] = [false, false, true];
  const began = clock();
  const before = performance.eventLoopUtilization();
  const servedAt = [began];
  const last = () => servedAt.at(-1) as number;
  const turn = takingTurns(clock, () => 1);
  const goesOn = () => {
    if (gone || signal?.aborted || clock() > (refused[0] ?? began + SECOND) + longer) return false;
    return refused.length > 0 || accepted.length < enough;
  };
  const client = async () => {
    while (goesOn()) {
      await turn();
      const at = clock();
      const connection = await dial();
      (connection.opened ? accepted : refused).push(at);
      if (connection.opened) servedAt.push(clock());
      const way = refusalOf(connection);
      gone ||= !connection.opened && way === undefined;
      still ||= way?.code === NO_ANSWER && last() < at;
      mute &&= connection.opened || way?.code === NO_ANSWER;
      await leave(connection);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, client));
  const idle = 1 - performance.eventLoopUtilization(before).utilization;
  const [stalled, lasted] = [still || hasStall(servedAt), last() - began];
  return { accepted, refused: gone ? [] : refused, gone, still, stalled, mute, lasted, idle };
}

/** A time in which nobody is served is a stall if it is at least so many ms, and so many times as long as any other. */
const STALL_IN_FLOOD = { ms: 250, times: 4 } as const;

/** Tells if there is one long rest among the times at which clients were served. A gateway that lets clients wait has several. */
function hasStall(servedAt: readonly number[]): boolean {
  const rests = servedAt.slice(1).map((at, i) => at - (servedAt[i] as number));
  const [longest = 0, next = 0] = rests.toSorted((a, b) => b - a);
  return longest >= STALL_IN_FLOOD.ms && longest >= STALL_IN_FLOOD.times * next;
}

/**
 * Opens a series of connections with `gap` ms between them. It passes if all are accepted, but for a few that came too early by chance;
 * `share` is the part that was refused.
 */
async function seriesOf(
  { dial, clock, signal }: Means,
  gap: number,
): Promise<{ readonly passes: boolean; readonly share: number }> {
  const turn = takingTurns(clock, () => gap);
  const length = Math.min(MOST.series, Math.ceil(SECOND_OVER / gap));
  const most = Math.floor(length / STRAY);
  const leaving: Promise<void>[] = [];
  let refused = 0;
  for (let i = 0; i < length && refused <= most && !signal?.aborted; i++) {
    await turn();
    leaving.push(
      dial().then((connection) => {
        if (!connection.opened) refused += 1;
        return leave(connection);
      }),
    );
  }
  await Promise.all(leaving);
  return { passes: refused <= most, share: refused / Math.max(1, leaving.length) };
}
