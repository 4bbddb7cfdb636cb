import { type Failure, NO_ANSWER, refusalOf } from "./failure.ts";
import { rest, takingTurns } from "./gate.ts";
import type { Transcript } from "./transcript.ts";

/** The known limits of a target. */
export interface Found {
  /** The most connections at the same time. */
  readonly together?: number;
  /** The most connections a second. */
  readonly perSecond?: number;
}

/** The parts of a connection that measuring needs. */
export interface Attempt {
  readonly opened: boolean;
  readonly failure: Failure | undefined;
  readonly transcript: Pick<Transcript, "events">;
  close(code: number): void;
  closed(): Promise<unknown>;
  finish(): void;
  forget(): void;
}

/** The means to measure. */
export interface Means {
  /** Opens a connection as any client would. */
  readonly dial: () => Promise<Attempt>;
  readonly clock: () => number;
  /** The number of connections that were accepted before one was refused. */
  readonly served: number;
  readonly signal?: AbortSignal | undefined;
}

/** The bounds of a measurement: its time in ms, connections held, held slowly, and at once, and the length and number of series. */
const MOST = { ms: 14_000, held: 200, slowly: 24, atOnce: 8, crowd: 48, series: 300, tries: 4 } as const;

/** A flood without refusals shows that there is no limit: `times` what was accepted before, and `least` connections. */
const ENOUGH = { times: 2, least: 64 } as const;

/** A target that accepts more than this part of a flood refuses for another reason than a limit. */
const NEARLY_ALL = 0.85;

/** A target that answers fewer handshakes a second, and refuses none in words, is slow. */
const SLOW = 10;
/** The period that limiters count by, in ms. */
const SECOND = 1_000;

/** A little more, so that an earlier period no longer counts, in ms. */
const MORE = 100;

/** The time after which a limiter has forgotten all connections, in ms: one that slides over periods counts the one before, too. */
const FORGOTTEN = 2 * SECOND + MORE;

/** The factor by which a series is slower than the one before, which was too fast. */
const SLOWER = 1.5;

/** The longest time that a client takes to leave, in ms. */
const LEAVING = 300;

/** One connection in this many may come too early, since timers are never exact. */
const STRAY = 50;

/** The factor by which the suite stays below the limit. */
const MARGIN = 1.1;

/**
 * Measures the limits of a target while nothing else is at work, but for those that are `known`. Resolves to `undefined` if the
 * target is not there.
 */
export async function measure(means: Means, known: Found = {}): Promise<Found | undefined> {
  const deadline = means.clock() + MOST.ms;
  if (known.together === undefined) {
    const held = await hold(means, 0, MOST.held);
    if (held === undefined || held.together !== undefined) return held;
  }
  const perSecond = await rate(means, known.together, deadline);
  if (perSecond === undefined || known.together !== undefined) return perSecond === undefined ? {} : { perSecond };
  // The limit per second hid the other one before.
  const gap = gapOf(perSecond);
  const left = Math.min(2 * SECOND, deadline - means.clock());
  return { perSecond, ...(await hold(means, gap, Math.min(MOST.slowly, Math.floor(left / gap)))) };
}

/** Returns the time between two connections that keeps a limit with some margin, in ms. */
export const gapOf = (perSecond: number): number => (MARGIN * SECOND) / perSecond;

/**
 * Holds connections open until one is refused. Their number is the limit if one more is refused a second later too, but not once
 * they have left. `gap` is in ms.
 */
async function hold({ dial, clock, signal }: Means, gap: number, most: number): Promise<Found | undefined> {
  const held: Attempt[] = [];
  const turn = takingTurns(clock, () => gap);
  let refused: Attempt | undefined;
  while (!refused && held.length < most && !signal?.aborted) {
    const wave = await Promise.all(
      Array.from({ length: gap > 0 ? 1 : MOST.atOnce }, async () => {
        await turn();
        return dial();
      }),
    );
    held.push(...wave.filter(({ opened }) => opened));
    refused = wave.find(({ opened }) => !opened);
  }
  const way = refused && refusalOf(refused);
  let again = way === undefined || held.length === 0 ? undefined : await dial();
  if (again && !again.opened && way !== NO_ANSWER) {
    await leave(again);
    await rest(FORGOTTEN, signal);
    again = await dial();
  }
  await Promise.all(held.map(leave));
  if (refused && way === undefined) return undefined;
  if (!again) return {};
  await leave(again);
  return !again.opened && (await letsIn(dial, signal)) ? { together: held.length } : {};
}

/** Tells if a target lets a client in, at once or in a moment. */
async function letsIn(dial: Means["dial"], signal: AbortSignal | undefined): Promise<boolean> {
  for (let tries = 0; tries < MOST.tries; tries++) {
    const connection = await dial();
    await leave(connection);
    if (connection.opened) return true;
    await rest(MORE, signal);
  }
  return false;
}

/** Opens a connection; where it is refused again, some times. A server may not have noticed yet that a user left. */
export async function insisting<T extends Attempt>(open: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    const connection = await open();
    if (refusalOf(connection) === undefined || tries > MOST.tries) return connection;
    connection.forget();
    await rest(MORE);
  }
}

/**
 * Finds how many connections a second a target accepts, where it is `known` how many at the same time; `undefined` if it accepts
 * all that the suite can make, or nobody knows.
 */
async function rate(means: Means, known: number | undefined, deadline: number): Promise<number | undefined> {
  const together: number = known ?? MOST.crowd;
  const few = await flood(means, Math.min(MOST.atOnce, together));
  // A gateway may let some wait, and refuse only what comes beyond them.
  const isCrowd = few.refused.length === 0 && !few.gone && together >= MOST.crowd;
  const { accepted, refused, still, mute, lasted } = isCrowd ? await flood(means, MOST.crowd) : few;
  // A target that stands still has no limit, but one may queue those beyond a number that is known.
  if (still && known === undefined) return undefined;
  const [refusedAt] = refused;
  if (refusedAt === undefined) return undefined;
  // Those that were under way at the first refusal say nothing.
  const after = accepted.filter((at) => at > refusedAt + MORE).length;
  if (after > NEARLY_ALL * (after + refused.length)) return undefined;
  const before = accepted.filter((at) => at < refusedAt && at > refusedAt - SECOND).length;
  // A handshake without an answer is known to be refused only when the flood is over.
  let perSecond = mute ? (SECOND * accepted.length) / Math.max(1, lasted) : after || before || (await first(means));
  if (perSecond === 0 || (mute && perSecond < SLOW)) return undefined;
  for (let tries = 0; tries < MOST.tries; tries++, perSecond /= SLOWER) {
    if (means.clock() + FORGOTTEN + SECOND > deadline) return perSecond; // Later refusals will show if it is still too fast.
    await rest(FORGOTTEN, means.signal);
    if (await passes(means, gapOf(perSecond))) return perSecond;
  }
  return undefined;
}

/** Counts the connections that are accepted before the first refusal. Some limiters count refusals, too, and accept none in a flood. */
async function first(means: Means): Promise<number> {
  await rest(FORGOTTEN, means.signal);
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
  /** It refused none in words, nor by a reset. */
  readonly mute: boolean;
  /** The time until the last was accepted. */
  readonly lasted: number;
}

/** Connects as often as it can until one is refused, and for so many ms `longer`, to count what is accepted in that second. */
async function flood({ dial, clock, served, signal }: Means, atOnce: number, longer = SECOND + MORE): Promise<Flood> {
  const accepted: number[] = [];
  const refused: number[] = [];
  const enough = Math.max(ENOUGH.least, ENOUGH.times * served);
  let [gone, still, mute] = [false, false, true];
  const began = clock();
  let servedAt = began;
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
      if (connection.opened) servedAt = clock();
      const way = refusalOf(connection);
      gone ||= !connection.opened && way === undefined;
      still ||= way === NO_ANSWER && servedAt < at;
      mute &&= connection.opened || way === NO_ANSWER;
      await leave(connection);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, client));
  return { accepted, refused: gone ? [] : refused, gone, still, mute, lasted: servedAt - began };
}

/** Tells if a series of connections with `gap` ms between them is accepted, but for a few that came too early by chance. */
async function passes({ dial, clock, signal }: Means, gap: number): Promise<boolean> {
  const turn = takingTurns(clock, () => gap);
  const length = Math.min(MOST.series, Math.ceil((SECOND + MORE) / gap));
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
  return refused <= most;
}

/** Ends a connection, and waits until the target has noticed. */
export async function leave(connection: Attempt): Promise<void> {
  if (connection.opened) {
    connection.close(1000);
    await Promise.race([connection.closed(), rest(LEAVING)]);
  }
  connection.finish();
  connection.forget();
}
