import { type Entrance, SETTLING } from "./attempts.ts";
import { blame } from "./blame.ts";
import { hasTimeToWait, timeThere, timeToSearch } from "./budget.ts";
import { SECOND_OVER } from "./connection-rate.ts";
import { type CaseResult, endOf } from "./execute.ts";
import { NO_ANSWER, wordsOfFailure } from "./failure.ts";
import { SHUT_OUT } from "./fall.ts";
import { guess } from "./guess.ts";
import type { Refused } from "./known-limits.ts";
import { type Fall, hasEnded, type Pass } from "./pass.ts";
import { type Aside, letsInPlain } from "./plain-clients.ts";
import { greetsAll } from "./protocol.ts";
import {
  isShut,
  isShutSoon,
  LATEST,
  letsOneIn,
  type Refusing,
  runSuspect,
  type Shut,
  slowly,
  type Trial,
  untilOpen,
  untilShut,
} from "./shut-trial.ts";
import { sleep } from "./sleep.ts";
import { byNearness, inputsOf, isSuspect } from "./suspects.ts";
import { inSeconds } from "./words.ts";

// Finds the input after which a target lets nobody in for a while, if one alone is enough. No limit does that.

/** The time for which a client that is refused over an input may have been under way, in ms. */
const UNDER_WAY = 30;

/** The most suspects that run again: in all, and each alone of those that ran just before the target shut everybody out. */
const MOST = { tried: 160, alone: 6 } as const;

/** Plain clients show that it is not the number: more of them come at once than a case has connections, and more than came before, up to so many. */
const PLAIN = { more: 3, most: 300 } as const;

/** The longest time for which a search waits for the target to let clients in again, in ms. */
const LONGEST = 30_000;

/** The time that there is for searches at least, however late a run knows that it has to search, in ms. */
const LEAST = 10_000;

/** The words for a target that does so over more inputs, or for longer, than there is time to wait. */
const NO_TIME = "the target lets nobody in for a while over single inputs, and the time to wait for it was up";

/** Tells if an input is known after which the target lets nobody in for a while. */
export const isShutByOne = ({ results }: Pick<Pass, "results">): boolean =>
  [...results.values()].some(({ checks }) =>
    checks.some(({ harm, endKind }) => harm === "stall" && endKind === SHUT_OUT),
  );

/** The first refusal of a target that let nobody in since then, for so many ms. */
interface ShutSince extends Refused {
  readonly ms: number;
}

/** A case after which alone nobody was let in: since a time, and earlier for so many ms. */
interface Culprit {
  readonly result: CaseResult;
  readonly since: number;
  readonly ms: number;
}

/** The end of a search: the culprit, or how the target refused clients. */
interface Searched {
  readonly culprit?: Culprit | undefined;
  readonly shut?: Refusing | undefined;
}

/**
 * Finds the case after which the target let nobody in since a refusal, and blames it. The suspects run again, each
 * before a newcomer, until one is refused. The last of them did it, or one shortly before. Then it is proved: after more plain clients
 * anybody is let in, and after this case alone nobody is, twice. Tells if it found one, or the target lets nobody in any more.
 */
export async function blameForShutOut(
  { at, way, ms: closed }: ShutSince,
  ran: readonly CaseResult[],
  entrance: Entrance,
  aside: Aside,
): Promise<boolean> {
  const { pass } = aside;
  pass.times.away += closed;
  const began = timeThere(pass);
  const deadline = began + Math.max(timeToSearch(pass), LEAST - pass.times.searched);
  const isOver = () =>
    timeThere(pass) > deadline ||
    trial.closed > LONGEST ||
    (isShutByOne(pass) && !hasTimeToWait(trial.closed, pass)) ||
    hasEnded(pass);
  const trial: Trial = { ...aside, entrance, at, closed, came: 0, isOver };
  // It may still answer nobody. A suspect that runs then never gets to send anything.
  if (way.code === NO_ANSWER && !Number.isFinite(await untilOpen(trial))) {
    pass.availability.refuses(at, way);
    return true;
  }
  const suspects = ran.filter((it) => isSuspect(it) && mayHaveShut(it, at) && !pass.ends.culprits.has(it.case.id));
  const { culprit, shut } = await search(byNearness(suspects, at, greetsAll(pass.protocol)), trial);
  if (shut === "for good") pass.availability.refuses(at, way);
  if (culprit) blameFor(culprit, { at, way }, pass);
  if (isShutByOne(pass)) await goOn(culprit, trial);
  pass.times.searched += timeThere(pass) - began;
  return culprit !== undefined || shut === "for good";
}

/** Tells if a case sent something shortly before a time. */
const mayHaveShut = ({ connections }: CaseResult, at: number): boolean =>
  inputsOf(connections).some(({ event }) => event.at >= at - LATEST && event.at <= at + UNDER_WAY);

/** Searches among suspects, the likeliest of which stands first. */
async function search(suspects: readonly CaseResult[], trial: Trial): Promise<Searched> {
  const { results, shut } = await untilShut(suspects.slice(0, MOST.tried), trial);
  if (!isShut(shut)) return { shut };
  const recent = results.filter((it) => endOf(it) >= shut.since - LATEST).toReversed();
  return (await letsInMorePlain(recent, shut, trial)) ? { culprit: await culpritAmong(recent, shut, trial) } : {};
}

/** Tells if the target lets in more plain clients than came with some cases before it let nobody in. */
async function letsInMorePlain(cases: readonly CaseResult[], { came }: Shut, trial: Trial): Promise<boolean> {
  const { pass } = trial;
  const atOnce = PLAIN.more + Math.max(...cases.map(({ connections }) => connections.length));
  await sleep(SECOND_OVER, pass.signal);
  const clients = Math.min(PLAIN.most, came + PLAIN.more);
  const areLetIn = (await letsInPlain(clients, atOnce, trial)) && !(await isShutSoon(trial));
  if (areLetIn) await sleep(SECOND_OVER, pass.signal);
  else await untilOpen(trial);
  return areLetIn;
}

/**
 * Returns the culprit among suspects, the last of which ran first, when the target had shut everybody out over them. The likeliest run alone:
 * the last, and those that sent something as long before as the first time. Then more and more of them run, and halves of those that did it.
 */
async function culpritAmong(suspects: readonly CaseResult[], shut: Shut, trial: Trial): Promise<Culprit | undefined> {
  const { pass, at } = trial;
  const misfit = (it: CaseResult) => guess(it, shut.since, pass.results.get(it.case), at).difference;
  const byFit = suspects.toSorted((a, b) => misfit(a) - misfit(b));
  const likely = [...new Set([...suspects.slice(0, 1), ...byFit])].slice(0, MOST.alone);
  for (const it of likely) {
    if (trial.isOver()) return undefined;
    // Between two newcomers only the last ran. That it shut out the second is one proof, if it does so at once.
    const first = await shutsOut(it, trial);
    if (first) return it === suspects[0] && first.atOnce ? { ...first, ms: shut.ms } : twice(it, shut, trial);
  }
  const others = suspects.filter((it) => !likely.includes(it));
  for (let from = 0, size = 2; from < others.length && !trial.isOver(); from += size, size *= 2) {
    const [one, another] = (await halved(others.slice(from, from + size), trial)) ?? [];
    // There may be no time to find out which of them.
    if (one) return another || !(await shutsOut(one, trial)) ? undefined : twice(one, shut, trial);
  }
  return undefined;
}

/** Returns a culprit if a case that shut everybody out does so once more. */
async function twice(it: CaseResult, { ms }: Shut, trial: Trial): Promise<Culprit | undefined> {
  await untilOpen(trial);
  const again = await shutsOut(it, trial);
  return again && { ...again, ms };
}

/** Runs a case alone. If the target lets nobody in then, returns since when, and if the first newcomer saw it. */
async function shutsOut(
  it: CaseResult,
  trial: Trial,
): Promise<(Omit<Culprit, "ms"> & { readonly atOnce: boolean }) | undefined> {
  const result = await runSuspect(it, trial);
  const refusedAt = trial.refusedAt(result);
  const atOnce = refusedAt !== undefined || !(await letsOneIn(trial));
  if (!atOnce && !(await isShutSoon(trial))) return undefined;
  const since = refusedAt ?? trial.shared.clock();
  await sleep(SETTLING, trial.pass.signal);
  return (await letsOneIn(trial)) || hasEnded(trial.pass) ? undefined : { result, since, atOnce };
}

/** Returns the one of these cases over which the target shuts everybody out, or several where there is no time; `undefined` if it does not. */
async function halved(cases: readonly CaseResult[], trial: Trial): Promise<readonly CaseResult[] | undefined> {
  let some = cases;
  if (!isShut((await slowly(some, trial)).shut)) return undefined;
  while (some.length > 1 && !trial.isOver()) {
    const half = some.slice(0, Math.ceil(some.length / 2));
    some = isShut((await slowly(half, trial)).shut) ? half : some.slice(half.length);
  }
  return some;
}

/** Blames a case after which the target let nobody in. */
function blameFor({ result, since, ms }: Culprit, { at, way }: Refused, pass: Pass): void {
  const how = `the server let nobody in for up to ${inSeconds(ms, 1)} (${wordsOfFailure(way)})`;
  const fall: Fall = { from: at, to: at, how, endKind: SHUT_OUT, harm: "stall" };
  blame(guess(result, since, undefined, since), fall, pass);
}

/** Waits until the target lets clients in again that a culprit shut out. Stops the run if there is no time for that, or for the search for another. */
async function goOn(culprit: Culprit | undefined, trial: Trial): Promise<void> {
  const { pass } = trial;
  const next = culprit?.ms ?? 0;
  if (!hasTimeToWait(trial.closed + next, pass) || (!culprit && trial.isOver()))
    pass.stop ??= { reason: "slow", why: NO_TIME };
  else if (culprit && !Number.isFinite(await untilOpen(trial)))
    pass.stop ??= { reason: "lost", why: "the target lets nobody in any more after one input" };
  pass.times.shut += trial.closed;
}
