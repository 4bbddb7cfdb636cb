import { type Attempt, leave, letsIn, type Means } from "./attempts.ts";
import { connectionRate, FORGOTTEN, gapOf, SECOND } from "./connection-rate.ts";
import { type Failure, NO_ANSWER, refusalOf } from "./failure.ts";
import { takingTurns } from "./gate.ts";
import { sleep } from "./sleep.ts";
import { isServerEnd } from "./transcript.ts";

/** The known limits of a target. */
export interface Found {
  /** The most connections at the same time. */
  readonly together?: number;
  /** The most connections a second. */
  readonly perSecond?: number;
  /** The target fell while its limits were measured. */
  readonly fell?: true;
}

/**
 * The bounds of a measurement: its time in ms, connections held, held slowly, and opened at once, and the rests after which one more is
 * let in. A third rest would show again that a limit per second holds.
 */
const MOST = { ms: 14_000, held: 200, slowly: 24, atOnce: 8, rests: 2 } as const;

/** The part of the time of a measurement in which connections are held. */
const HOLDING = 0.4;

/**
 * Measures the limits of a target while nothing else is at work, but for those that are `known`. Resolves to `undefined` if the
 * target is not there.
 */
export async function measure(means: Means, known: Found = {}): Promise<Found | undefined> {
  const deadline = means.clock() + MOST.ms;
  if (known.together === undefined) {
    const held = await hold(means, 0, MOST.held, deadline - (1 - HOLDING) * MOST.ms);
    if (held === undefined || held.together !== undefined || held.fell || means.stoodStill) return held;
  }
  const perSecond = await connectionRate(means, known.together, deadline);
  if (perSecond === undefined || known.together !== undefined) return perSecond === undefined ? {} : { perSecond };
  // The limit per second hid the other one before.
  const gap = gapOf(perSecond);
  const left = Math.min(2 * SECOND, deadline - means.clock());
  const held = await hold(means, gap, Math.min(MOST.slowly, Math.floor(left / gap)));
  return held && { perSecond, ...held };
}

/**
 * Holds connections open until one is refused. Their number is the limit if one more is refused once a limiter has forgotten, but not
 * once they have left. `gap` is in ms.
 */
async function hold(
  { dial, clock, signal }: Means,
  gap: number,
  most: number,
  until = Number.POSITIVE_INFINITY,
): Promise<Found | undefined> {
  const held: Attempt[] = [];
  const turn = takingTurns(clock, () => gap);
  let refused: Attempt | undefined;
  while (!refused && held.length < most && clock() < until && !signal?.aborted) {
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
  const fell = refused !== undefined && held.length > 1 && (await haveEnded(held, signal));
  const isFull = !fell && way !== undefined && held.length > 0 && (await fill(held, way, dial, signal));
  await Promise.all(held.map(leave));
  if (fell) return { fell };
  if (refused && way === undefined) return undefined;
  return isFull && (await letsIn(dial, signal)) ? { together: held.length } : {};
}

/** The time within which the connections of a server that has fallen end, in ms. */
const FALLING = 50;

/** Tells if the server has ended all these clients, which had said nothing: it has fallen, maybe over their number. */
async function haveEnded(held: readonly Attempt[], signal: AbortSignal | undefined): Promise<boolean> {
  await Promise.race([sleep(FALLING, signal), Promise.all(held.map((it) => it.closed()))]);
  return held.every(({ transcript }) => transcript.events.some(isServerEnd));
}

/**
 * Holds one more client after another where a wave was refused in some `way`: a server may count those that it is about to refuse.
 * Tells if one is refused for good.
 */
async function fill(
  held: Attempt[],
  way: Failure,
  dial: Means["dial"],
  signal: AbortSignal | undefined,
): Promise<boolean> {
  let rests = 0;
  for (let more = 0; more < MOST.atOnce && rests < MOST.rests; more++) {
    let one = await dial();
    if (!one.opened && way.code !== NO_ANSWER) {
      await leave(one);
      await sleep(FORGOTTEN, signal);
      rests += 1;
      one = await dial();
    }
    if (!one.opened) {
      await leave(one);
      return true;
    }
    held.push(one);
  }
  return false;
}
