import { livesOn } from "./fall.ts";
import type { Fall, Pass } from "./pass.ts";
import { standUp, stopUnprovoked } from "./stand-up.ts";
import { fallsWithin, watch } from "./watcher.ts";
import { inSeconds } from "./words.ts";

/** The age of a process at its end differs by so much from one start to the next, in ms. */
const VARIES = 150;

/** A process is watched up to this age, in timeouts. One that ended later is hardly as old when it ends again. */
const OLDEST = 2.5;

/**
 * Tells if a server that the suite started ends at this `age` of its process, in ms, though the only client sends nothing. If so, no input
 * is to blame for that, and the run stops. To see that, the server is started again. If it outlives `age`, no end at that age or a
 * lower one is looked into again.
 */
export async function endsByItself(age: number, pass: Pass): Promise<boolean> {
  const { shared, target } = pass;
  const { process } = target;
  if (!process || age <= pass.ends.standsFor || age > OLDEST * shared.timeout) return false;
  await process.kill();
  const watcher = (await standUp(pass)) ? await watch(pass) : undefined;
  if (!watcher) return false;
  const left = age + VARIES - (performance.now() - process.startedAt);
  const end = await fallsWithin(Math.max(0, left), watcher, pass);
  watcher.finish();
  if (!end) {
    pass.ends.standsFor = age;
    return false;
  }
  const words = `${end.how} about ${inSeconds(end.age ?? age, 1)} after each start, though the only client there sent nothing`;
  stopUnprovoked(pass, words);
  return true;
}

/** The times for which a server stands that ends by the clock differ by this part of them. */
const SAME_LIFE = 0.1;

/** The time up to which a server may also stand as long each time since the same input ends it late, in timeouts. */
const BY_INPUT = 5;

/**
 * Returns the time after which a server that the suite found running seems to end each time it came back, in ms: twice after as long, for
 * longer than the timeout, and for longer than it is known to stand with a client that sends nothing.
 */
export function lifeByTheClock(pass: Pass): number | undefined {
  const { lives, culprits } = pass.ends;
  const [before = 0, last = 0] = lives.slice(-2);
  return isSteady(before, last, pass) && culprits.size === 0 ? last : undefined;
}

const isSteady = (before: number, last: number, { ends: { standsFor }, shared: { timeout } }: Pass): boolean =>
  Math.min(before, last) > Math.max(timeout, standsFor) && Math.abs(last - before) <= SAME_LIFE * last;

/** Tells if a server is known to end by the clock, and did so the last two times. */
export const isByTheClock = (pass: Pass): boolean =>
  pass.ends.byTheClock !== undefined && lifeByTheClock(pass) !== undefined;

/** Returns the time for which a server stood before this fall, in ms, if it is that of the one before. */
export function steadyLife({ to }: Fall, pass: Pass): number | undefined {
  const { lives, backAt = to } = pass.ends;
  return isSteady(lives.at(-1) ?? 0, to - backAt, pass) ? to - backAt : undefined;
}

/**
 * Tells if a server that seems to end by the clock, after so many ms, does so though its only client sends nothing. An input that ends it
 * late would also come as long before each end, but no input ends it as late as some servers end by the clock.
 */
export async function endsByTheClock(life: number, pass: Pass): Promise<boolean> {
  const { ends, availability, shared } = pass;
  if (ends.byTheClock !== undefined && Math.abs(life - ends.byTheClock) <= SAME_LIFE * life) return true;
  // An input that came since it is back may end it once more.
  const times = availability.downSince === undefined ? 2 : 1;
  for (let i = 0; i < times && life <= BY_INPUT * shared.timeout; i++) {
    if (await endsSilently((1 + SAME_LIFE) * life, pass)) continue;
    ends.standsFor = (1 + SAME_LIFE) * life;
    return false;
  }
  ends.byTheClock = life;
  return true;
}

/** Tells if a server ends within so many ms since it came back, while the only client sends nothing. */
async function endsSilently(ms: number, pass: Pass): Promise<boolean> {
  const watcher = (await standUp(pass)) ? await watch(pass) : undefined;
  if (!watcher) return false;
  const now = pass.shared.clock();
  const end = await fallsWithin(Math.max(0, (pass.ends.backAt ?? now) + ms - now), watcher, pass);
  watcher.finish();
  return end !== undefined && !livesOn(end);
}

/** Stops the run over a server that ends by the clock, without a goodbye. What its earlier ends made of suspects is dropped. */
export function stopByTheClock({ how, endKind }: Fall, ms: number, pass: Pass): void {
  const { unexplained } = pass.ends;
  unexplained.splice(0, Infinity, ...unexplained.filter((it) => it.endKind !== endKind));
  stopUnprovoked(pass, `${how} about ${inSeconds(ms, 1)} after each time it came back, whatever clients sent`);
}
