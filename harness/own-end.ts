import type { Fall, Pass } from "./pass.ts";
import { standUp, stopUnprovoked } from "./stand-up.ts";
import { fallsWithin, watch } from "./watcher.ts";
import { took } from "./words.ts";

/** The time by which the age of a process at its end differs from one start to the next, in ms. */
const VARIES = 150;

/** The age up to which a process is watched, in timeouts: after a later end it is hardly as old when it ends again. */
const OLDEST = 2.5;

/**
 * Tells if a server that the suite started ends at this `age` of its process, in ms, though the only client sends nothing. If so, no input
 * is to blame for that, and the run stops. To see that, the server is started again. If it outlives `age`, no end at that age or a
 * lower one is looked into again.
 */
export async function endsByItself(age: number, pass: Pass): Promise<boolean> {
  const { shared, target } = pass;
  const { process } = target;
  if (!process || age <= pass.ends.stood || age > OLDEST * shared.timeout) return false;
  await process.kill();
  const watcher = (await standUp(pass)) ? await watch(pass) : undefined;
  if (!watcher) return false;
  const left = age + VARIES - (performance.now() - process.startedAt);
  const end = await fallsWithin(Math.max(0, left), watcher, pass);
  watcher.finish();
  if (!end) {
    pass.ends.stood = age;
    return false;
  }
  const words = `${end.how} about ${took(end.age ?? age, 1)} after each start, though the only client there sent nothing`;
  stopUnprovoked(pass, words);
  return true;
}

/** The part by which the times differ for which a server stands that ends by the clock. */
const ABOUT = 0.1;

/**
 * Returns the time after which a server that the suite found running ends each time it came back, in ms: twice after as long, and for
 * longer than the timeout. No input is to blame for that, whatever ran.
 */
export function endsAfter({ ends: { lives, culprits }, shared: { timeout } }: Pass): number | undefined {
  const [before = 0, last = 0] = lives.slice(-2);
  return isSteady(before, last, timeout) && culprits.size === 0 ? last : undefined;
}

const isSteady = (before: number, last: number, least: number): boolean =>
  Math.min(before, last) > least && Math.abs(last - before) <= ABOUT * last;

/** Tells if a fall at `to`, in ms of the run's clock, came as long after the server was back as the one before: no input is proved by it. */
export const fellByTheClock = ({ to }: Fall, { ends: { lives, stoodAt = to }, shared: { timeout } }: Pass): boolean =>
  isSteady(lives.at(-1) ?? 0, to - stoodAt, timeout);

/** Stops the run over a server that ends by the clock, without a goodbye. What its earlier ends made of suspects is dropped. */
export function stopByTheClock({ how, endKind }: Fall, ms: number, pass: Pass): void {
  const { unexplained } = pass.ends;
  unexplained.splice(0, Infinity, ...unexplained.filter((it) => it.endKind !== endKind));
  stopUnprovoked(pass, `${how} about ${took(ms, 1)} after each time it came back, whatever clients sent`);
}
