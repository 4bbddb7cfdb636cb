import { STOPPED_ACCEPTING } from "./fall.ts";
import type { Pass } from "./pass.ts";
import { BETWEEN_LOOKS, sleep } from "./sleep.ts";
import { type ServerProcess, withoutSecrets } from "./target.ts";

/** Starts a server again, or waits for it; resolves to `true` if it is there. Ends a process that accepts no more connections. */
export async function standUp(pass: Pass): Promise<boolean> {
  const { ends, availability, shared, target } = pass;
  const began = shared.clock();
  const { downSince } = availability;
  const isBack = downSince !== undefined && !target.process;
  if (isBack && ends.backAt !== undefined) ends.lives.push(downSince - ends.backAt);
  const stands = await bringBack(pass);
  if (isBack) ends.backAt = shared.clock();
  pass.times.away += shared.clock() - began;
  return stands;
}

/** A server that ends over each client within this time, in ms, is given up after so many starts in a row. */
const NEWBORN = { starts: 3, within: 50 } as const;

/** Starts it or waits for it, and takes no note of the time. One that is not there again after some `starts` stops the run. */
async function bringBack(pass: Pass, starts = 0): Promise<boolean> {
  const { target, availability, shared, signal } = pass;
  const { process } = target;
  const how = pass.ends.falls.at(-1)?.how ?? STOPPED_ACCEPTING;
  const deadline = deadlineToReturn(pass);
  for (; !signal?.aborted; await sleep(BETWEEN_LOOKS)) {
    // The end of a process is known a moment later than that of its connections.
    if (process?.death) {
      if (starts === NEWBORN.starts) stopUnprovoked(pass, `${how}, and ${starts} times more when only one client came`);
      return !pass.stop && (await restart(process, pass)) && bringBack(pass, starts + 1);
    }
    if ((await availability.recover(0)) === undefined) {
      if (await standsWithOne(pass, starts)) break;
      continue;
    }
    if (shared.clock() <= deadline) continue;
    if (starts > 0) pass.stop ??= { reason: "lost", why: `${how}, also after it was started again` };
    if (!process || pass.stop) return false;
    pass.ends.refusesForGood ||= availability.refusal !== undefined;
    await process.kill();
  }
  shared.patience.forgive();
  return !signal?.aborted;
}

/** Returns the time by which a server has to be back. One that refuses everybody was waited for since it began to do so. */
function deadlineToReturn({ ends, availability, options, shared }: Pass): number {
  const now = shared.clock();
  if (ends.refusesForGood) return now;
  const { refusal, downSince = now } = availability;
  return Math.max(now, (refusal ? downSince : now) + options.recovery);
}

/** Tells if a server that was just started still stands a moment after a client came. Once it did, it does not end over every client. */
async function standsWithOne(pass: Pass, starts: number): Promise<boolean> {
  const { process } = pass.target;
  if (!process || starts === 0 || pass.ends.standsFor > 0) return true;
  await sleep(NEWBORN.within);
  if (process.death) return false;
  pass.ends.standsFor = NEWBORN.within;
  return true;
}

/** Stops the run, since the server ends though no client sends anything: no input is to blame for that. */
export function stopUnprovoked(pass: Pass, why: string): void {
  pass.stop ??= { reason: "lost", why };
  pass.ends.unprovoked = true;
}

/** Starts a server again; resolves to `true` if it accepts connections. Otherwise the run stops. */
async function restart(process: ServerProcess, pass: Pass): Promise<boolean> {
  const failure = await process.restart();
  if (failure !== undefined) pass.stop ??= { reason: "lost", why: withoutSecrets(failure, pass.target) };
  return failure === undefined;
}
