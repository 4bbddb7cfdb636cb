import { type Entrance, SETTLING } from "./attempts.ts";
import { blame } from "./blame.ts";
import { timeThere, timeToSearch } from "./budget.ts";
import { canaryOf } from "./canary.ts";
import { SECOND_OVER } from "./connection-rate.ts";
import { type CaseResult, endOf, execute } from "./execute.ts";
import { wordsOfFailure } from "./failure.ts";
import { SHUT_OUT } from "./fall.ts";
import { guess } from "./guess.ts";
import { type Fall, hasEnded, type Pass } from "./pass.ts";
import { greetsAll } from "./protocol.ts";
import { type Shared, share } from "./shared.ts";
import { sleep } from "./sleep.ts";
import { byLikelihood, inputsOf, isSuspect } from "./suspects.ts";
import { isOpening } from "./transcript.ts";
import { inSeconds } from "./words.ts";

// Finds the input after which a target lets nobody in for a while, if one alone is enough. No limit does that.

/** The longest time between an input and the first refusal that comes of it, in ms. */
const LATEST = 250;

/** The times after an input at which newcomers come by themselves, in ms. */
const LOOKS: readonly number[] = [0, 40, 120, LATEST];

/** The most suspects that run again. */
const MOST = 120;

/** The words for a target that shuts everybody out over more inputs than there is time to find. */
const TOO_MANY = "the target lets nobody in for a while over several inputs, and the time to find them was up";

/** Tells if an input is known after which the target lets nobody in for a while. */
export const isShutByOne = ({ results }: Pick<Pass, "results">): boolean =>
  [...results.values()].some(({ checks }) =>
    checks.some(({ harm, endKind }) => harm === "stall" && endKind === SHUT_OUT),
  );

/** The means to run suspects by themselves. Times are in ms of the clock of `shared`. */
interface Trial {
  readonly pass: Pass;
  readonly entrance: Entrance;
  readonly shared: Shared;
  readonly isOver: () => boolean;
}

/** A time in which nobody was let in: since a newcomer was first refused, for so many ms. */
interface Shut {
  readonly since: number;
  readonly ms: number;
}

/** Cases that ran one after another, and if the target let nobody in for a while then, or for good, or just refused one client. */
interface Batch {
  readonly results: readonly CaseResult[];
  readonly shut?: Shut | "limited" | "for good" | undefined;
}

/**
 * Finds the case after which the target let nobody in from `at` on, in ms of the run's clock, and blames it. The suspects run again, each
 * before a newcomer, until one is refused. The last of them did it, or one shortly before. Then it is proved: after this case alone
 * nobody is let in for a while, once more, and after more plain clients anybody is. Tells if it found one, or the target lets nobody in any more.
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
  const trial: Trial = { pass, entrance, shared: share(pass.shared.timeout), isOver };
  const suspects = ran.filter((it) => isSuspect(it) && mayHaveShut(it, at) && !pass.ends.culprits.has(it.case.id));
  const queue = byLikelihood(suspects, at, greetsAll(pass.protocol)).slice(0, MOST);
  const { results, shut } = await untilShut(queue, trial);
  // As many clients may be too many. So those that came shortly before run again more slowly.
  const recent = results.filter((it) => endOf(it) >= trial.shared.clock() - timeOf(shut) - LATEST).toReversed();
  const culprit = isShut(shut) ? await culpritAmong(recent, trial) : undefined;
  if (shut === "for good") pass.availability.refuses(at, pass.shared.limits.refusal.way);
  if (culprit) blameFor(culprit, at, pass);
  else if (isShutByOne(pass) && isOver()) pass.stop ??= { reason: "slow", why: TOO_MANY };
  pass.times.searched += timeThere(pass) - began;
  return culprit !== undefined || shut === "for good";
}

const isShut = (shut: Batch["shut"]): shut is Shut => typeof shut === "object";

const timeOf = (shut: Batch["shut"]): number => (isShut(shut) ? shut.ms : 0);

/** Tells if a case sent something shortly before a time. */
const mayHaveShut = ({ connections }: CaseResult, at: number): boolean =>
  inputsOf(connections).some(({ event }) => event.at >= at - LATEST && event.at <= at);

/** Runs suspects one after another until the target refuses a client. */
async function untilShut(suspects: readonly CaseResult[], trial: Trial): Promise<Batch> {
  const results: CaseResult[] = [];
  for (const { case: it } of suspects) {
    if (trial.isOver()) break;
    const result = await run(it, trial);
    results.push(result);
    if (result.refused || !(await trial.entrance.isOpen())) return { results, shut: await waitOut(result, trial) };
  }
  return { results };
}

/** Runs a case on connections that no limit of the suite holds up. */
function run(it: CaseResult["case"], { pass, shared }: Trial): Promise<CaseResult> {
  const { record: _, ...bench } = pass;
  return execute(it, { ...bench, shared });
}

/** Waits until the target lets clients in again. If the next one by itself is let in at once, it just limits connections. */
async function waitOut(last: CaseResult, { pass, entrance, shared }: Trial): Promise<Batch["shut"]> {
  const since = refusedAt(last) ?? shared.clock();
  await sleep(SETTLING, pass.signal);
  const tries = await entrance.opens();
  if (!Number.isFinite(tries)) return pass.signal?.aborted ? "limited" : "for good";
  return tries > 1 ? { since, ms: shared.clock() - since } : "limited";
}

/** Returns when a client of a case first asked for a WebSocket and was refused, in ms of the trial's clock. */
const refusedAt = ({ connections, refused }: CaseResult): number | undefined =>
  refused && connections.find(({ events }) => !events.some(isOpening))?.events[0]?.at;

/** A case after which alone nobody was let in, with what it did then. */
interface Culprit {
  readonly result: CaseResult;
  readonly shut: Shut;
}

/** Returns the culprit among suspects, the last of which ran first: more and more of them run, and then halves of those that did it. */
async function culpritAmong(suspects: readonly CaseResult[], trial: Trial): Promise<Culprit | undefined> {
  for (let from = 0, size = 1; from < suspects.length && !trial.isOver(); from += size, size *= 2) {
    let some = suspects.slice(from, from + size);
    let last = await slowly(some, trial);
    while (isShut(last.shut) && some.length > 1 && !trial.isOver()) {
      const half = some.slice(0, Math.ceil(some.length / 2));
      last = await slowly(half, trial);
      some = isShut(last.shut) ? half : some.slice(half.length);
      if (!isShut(last.shut)) last = await slowly(some, trial);
    }
    const [result] = last.results;
    if (!result || !isShut(last.shut)) continue;
    if (some.length > 1) break; // There was no time to find out which of them.
    return (await isProved(result, trial)) ? { result, shut: last.shut } : undefined;
  }
  return undefined;
}

/** Runs cases, and then has newcomers come for as long as a refusal may take. */
async function slowly(cases: readonly CaseResult[], trial: Trial): Promise<Batch> {
  const results: CaseResult[] = [];
  for (const it of cases) results.push(await run(it.case, trial));
  return (await isShutSoon(trial))
    ? { results, shut: await waitOut(results.at(-1) as CaseResult, trial) }
    : { results };
}

/** Tells if a newcomer is refused within the time that a refusal may take. */
async function isShutSoon({ pass, entrance }: Trial): Promise<boolean> {
  for (const [i, look] of LOOKS.entries()) {
    await sleep(look - (LOOKS[i - 1] ?? 0), pass.signal);
    if (!(await entrance.isOpen())) return true;
  }
  return false;
}

/** Plain clients show that it is not the number: so many times as many come at once as the case has connections, and some more. */
const PLAIN = { times: 1.5, more: 3 } as const;

/** Tells if a case alone shuts everybody out once more, and more plain clients at once do not. */
async function isProved(result: CaseResult, trial: Trial): Promise<boolean> {
  const { pass } = trial;
  const plain = canaryOf(pass.protocol);
  if (!plain) return false;
  // A run that was refused early holds fewer connections than the case has.
  const before = pass.results.get(result.case)?.connections.length ?? 0;
  const most = Math.ceil(PLAIN.times * Math.max(before, result.connections.length)) + PLAIN.more;
  await sleep(SECOND_OVER, pass.signal);
  const all = await Promise.all(Array.from({ length: most }, () => run(plain, trial)));
  if (all.some(({ refused }) => refused) || (await isShutSoon(trial))) return false;
  await sleep(SECOND_OVER, pass.signal);
  return isShut((await slowly([result], trial)).shut) && !hasEnded(pass);
}

/** Blames a case after which the target let nobody in. */
function blameFor({ result, shut: { since, ms } }: Culprit, at: number, pass: Pass): void {
  const how = `the server let nobody in for up to ${inSeconds(ms, 1)} (${wordsOfFailure(pass.shared.limits.refusal.way)})`;
  const fall: Fall = { from: at, to: at, how, endKind: SHUT_OUT, harm: "stall" };
  blame(guess(result, since, undefined, since), fall, pass);
}
