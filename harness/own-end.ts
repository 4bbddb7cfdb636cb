import type { Pass } from "./pass.ts";
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
