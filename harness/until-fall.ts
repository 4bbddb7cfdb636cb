import { timeThere } from "./budget.ts";
import type { CaseResult } from "./execute.ts";
import type { Fall } from "./pass.ts";
import { isOutOfTime, type Search } from "./proof.ts";
import { sleep } from "./sleep.ts";
import { isEnded } from "./transcript.ts";
import { newTrials } from "./trials.ts";
import { fallShownBy, fallsWithin, hasFallen, watch } from "./watcher.ts";

/** The number of suspects after which a fresh connection shows that the server still stands. */
const SUSPECTS_BETWEEN_LOOKS = 8;

/** Suspects that ran again, and the fall that one of them caused. */
interface Round {
  readonly results: readonly CaseResult[];
  readonly fell?: Fall | undefined;
}

/**
 * Runs suspects of a queue, so many ms apart, until the server falls. Waits for a fall so many ms after the last. Now and then a newcomer
 * shows that the server still stands, and a fresh watcher takes over.
 */
export async function untilFall(queue: CaseResult[], longest: number, pace: number, search: Search): Promise<Round> {
  const { pass } = search;
  const trials = newTrials(pass);
  let watcher = await watch(pass);
  let fell: Fall | undefined;
  for (let count = 1; watcher && !fell && queue.length > 0 && !isOutOfTime(search); count++) {
    await trials.add(queue.shift() as CaseResult);
    if (pace > 0) await sleep(pace, pass.signal);
    const look = count % SUSPECTS_BETWEEN_LOOKS === 0;
    fell = await hasFallen(watcher, pass, look);
    if (!look || fell) continue;
    const next = await watch(pass);
    // The server may have ended the old watcher while the next one came.
    if (isEnded(watcher)) fell = await fallShownBy(watcher, pass);
    else if (!next) fell = await hasFallen(watcher, pass, true);
    watcher.finish();
    watcher = next;
  }
  const results = await trials.finish();
  const left = Math.max(0, search.deadline - timeThere(pass));
  if (watcher) fell ??= await fallsWithin(Math.min(longest, left), watcher, pass);
  watcher?.finish();
  return { results, fell };
}
