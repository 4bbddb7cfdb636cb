import { blame } from "./blame.ts";
import { timeThere, timeToSearch } from "./budget.ts";
import { canaryOf } from "./canary.ts";
import { type CaseResult, endOf, execute } from "./execute.ts";
import { wordsOfFailure } from "./failure.ts";
import { SHUT_OUT } from "./fall.ts";
import { guess } from "./guess.ts";
import type { Entrance } from "./measure-all.ts";
import { type Fall, hasEnded, type Pass } from "./pass.ts";
import { greetsAll } from "./protocol.ts";
import { type Shared, share } from "./shared.ts";
import { sleep } from "./sleep.ts";
import { byLikelihood, inputsOf, isSuspect } from "./suspects.ts";
import { isOpening } from "./transcript.ts";
import { inSeconds } from "./words.ts";

// Finds the input after which a target lets nobody in for a while, if one alone is enough. No limit does that.

/** The time between an input and the first refusal that comes of it, in ms. */
const BEFORE = 250;

/** The most suspects that run again. */
const MOST = 120;

/** The time in which a target forgets most clients that came, if it counts them by the second, in ms. */
const REST = 1_100;

/** The time after which a target has noticed that the connections of a case ended, in ms. */
const SETTLING = 100;

/** Tells if an input is known after which the target lets nobody in for a while. */
export const isShutByOne = ({ results }: Pick<Pass, "results">): boolean =>
  [...results.values()].some(({ checks }) =>
    checks.some(({ harm, endKind }) => harm === "stall" && endKind === SHUT_OUT),
  );

/**
 * Finds the case after which the target let nobody in from `at` on, in ms of the run's clock, and blames it. The suspects run again, each
 * before a newcomer, until one is refused. Then it is proved: after this case alone nobody is let in for a while, twice, and after as many
 * plain clients anybody is. Tells if it found one.
 */
export async function blameForShutOut(
  at: number,
  ran: readonly CaseResult[],
  entrance: Entrance,
  pass: Pass,
): Promise<boolean> {
  const began = timeThere(pass);
  const deadline = began + timeToSearch(pass);
  const isOver = () => timeThere(pass) > deadline || hasEnded(pass);
  const suspects = ran.filter((it) => isSuspect(it) && mayHaveShut(it, at) && !pass.ends.culprits.has(it.case.id));
  const queue = byLikelihood(suspects, at, greetsAll(pass.protocol)).slice(0, MOST);
  const trial: Trial = { pass, entrance, shared: share(pass.shared.timeout) };
  let last: Shut | "limited" | undefined;
  while (!last && queue.length > 0 && !isOver()) last = await shuts(queue.shift() as CaseResult, trial);
  // As many clients may be too many. Once a case is known that does so, they are not.
  const isCulprit = typeof last === "object" && (isShutByOne(pass) || (await isProved(last, trial)));
  if (isCulprit) blameFor(last as Shut, at, pass);
  pass.times.searched += timeThere(pass) - began;
  return isCulprit;
}

/** Blames a case after which the target let nobody in. */
function blameFor({ result, since, ms }: Shut, at: number, pass: Pass): void {
  const how = `the server let nobody in for up to ${inSeconds(ms, 1)} (${wordsOfFailure(pass.shared.limits.refusal.way)})`;
  const fall: Fall = { from: at, to: at, how, endKind: SHUT_OUT, harm: "stall" };
  blame(guess(result, since, undefined, since), fall, pass);
}

/** Tells if a case sent something shortly before a time. */
const mayHaveShut = ({ connections }: CaseResult, at: number): boolean =>
  inputsOf(connections).some(({ event }) => event.at >= at - BEFORE && event.at <= at);

/** The means to run a suspect by itself. */
interface Trial {
  readonly pass: Pass;
  readonly entrance: Entrance;
  readonly shared: Shared;
}

/** The result of a case after which nobody was let in, since a time in ms of the trial's clock, for so many ms. */
interface Shut {
  readonly result: CaseResult;
  readonly since: number;
  readonly ms: number;
}

/** Runs a case by itself. If a client is refused then, resolves to its result, or to "limited" if the next one by itself is let in at once. */
async function shuts(
  { case: it }: Pick<CaseResult, "case">,
  { pass, entrance, shared }: Trial,
): Promise<Shut | "limited" | undefined> {
  const { record: _, ...bench } = pass;
  const result = await execute(it, { ...bench, shared });
  if (!result.refused && (await entrance.isOpen())) return undefined;
  const since = (result.refused && refusedAt(result)) ?? endOf(result);
  await sleep(SETTLING, pass.signal);
  const tries = await entrance.opens();
  return tries > 1 && Number.isFinite(tries) ? { result, since, ms: shared.clock() - since } : "limited";
}

/** Returns when a client of a case first asked for a WebSocket and got none, in ms of the trial's clock. */
const refusedAt = ({ connections }: CaseResult): number | undefined =>
  connections.find(({ events }) => !events.some(isOpening))?.events[0]?.at;

/** Tells if a case alone shuts everybody out, twice, and as many plain clients do not. The target has forgotten all others by then. */
async function isProved({ result }: Shut, trial: Trial): Promise<boolean> {
  const { pass } = trial;
  const { record: _, ...bench } = pass;
  const plain = canaryOf(pass.protocol);
  if (!plain) return false;
  const { shared, entrance } = trial;
  /** Tells if as many plain clients at once come in. */
  const isAnybodyIn = async () => {
    const all = result.connections.map(() => execute(plain, { ...bench, shared }));
    return (await Promise.all(all)).every(({ refused }) => !refused) && entrance.isOpen();
  };
  const isShut = async () => typeof (await shuts(result, trial)) === "object";
  for (const holds of [isShut, isAnybodyIn, isShut]) {
    await sleep(REST, pass.signal);
    if (!(await holds()) || hasEnded(pass)) return false;
  }
  return true;
}
