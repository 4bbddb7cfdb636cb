import { type Entrance, SETTLING } from "./attempts.ts";
import type { CaseResult } from "./execute.ts";
import { type Aside, runAside } from "./plain-clients.ts";
import { sleep } from "./sleep.ts";

// Runs suspects by themselves, and sees if a target lets nobody in after them.

/** The longest time between an input and the first refusal that comes of it, in ms. */
export const LATEST = 400;

/** The times after an input at which newcomers come by themselves, in ms. */
const LOOKS: readonly number[] = [0, 40, 120, 240, LATEST];

/** The means to run suspects by themselves, and what came of that so far. Times are in ms of the clock of `shared`. */
export interface Trial extends Aside {
  readonly entrance: Entrance;
  /** The first refusal, in ms of the run's clock. */
  readonly at: number;
  /** The time for which the target has let nobody in since then, in ms. */
  closed: number;
  /** The clients that came since it last let nobody in. */
  came: number;
  isOver(): boolean;
}

/** A time in which nobody was let in: since a newcomer was first refused, for so many ms. Before it, so many clients came. */
export interface Shut {
  readonly since: number;
  readonly ms: number;
  readonly came: number;
}

/** A target let nobody in for a while, or for good, or just refused one client. */
export type Refusing = Shut | "limited" | "for good";

/** Cases that ran one after another, and how the target refused clients then, if it did. */
interface Batch {
  readonly results: readonly CaseResult[];
  readonly shut?: Refusing | undefined;
}

/** Tells if a target let nobody in for a while. */
export const isShut = (shut: Batch["shut"]): shut is Shut => typeof shut === "object";

/** Runs suspects one after another until the target refuses a client. */
export async function untilShut(suspects: readonly CaseResult[], trial: Trial): Promise<Batch> {
  const results: CaseResult[] = [];
  for (const it of suspects) {
    if (trial.isOver()) break;
    const result = await runSuspect(it, trial);
    results.push(result);
    if (trial.refusedAt(result) !== undefined || !(await letsOneIn(trial)))
      return { results, shut: await waitOut(result, trial) };
  }
  return ending(results, trial);
}

/** Has newcomers come after some cases for as long as a refusal may take. */
async function ending(results: readonly CaseResult[], trial: Trial): Promise<Batch> {
  const last = results.at(-1);
  return last && (await isShutSoon(trial)) ? { results, shut: await waitOut(last, trial) } : { results };
}

/** Runs a case again, and counts its clients. */
export async function runSuspect({ case: it }: CaseResult, trial: Trial): Promise<CaseResult> {
  const result = await runAside(it, trial);
  trial.came += result.connections.length;
  return result;
}

/** Tells if a newcomer is let in, and counts it. */
export function letsOneIn(trial: Trial): Promise<boolean> {
  trial.came += 1;
  return trial.entrance.isOpen();
}

/** Waits until the target lets clients in again. If the next one by itself is let in at once, it just limits connections. */
async function waitOut(last: CaseResult, trial: Trial): Promise<Refusing> {
  const { pass, shared } = trial;
  const since = trial.refusedAt(last) ?? shared.clock();
  const { came } = trial;
  await sleep(SETTLING, pass.signal);
  const tries = await untilOpen(trial);
  if (!Number.isFinite(tries)) return pass.signal?.aborted ? "limited" : "for good";
  return tries > 1 ? { since, ms: shared.clock() - since, came } : "limited";
}

/** Waits until the target lets a client in, in a time that does not count for the search; resolves to the number of tries. */
export async function untilOpen(trial: Trial): Promise<number> {
  const { pass, shared, entrance } = trial;
  const began = shared.clock();
  const tries = await entrance.opens();
  const ms = shared.clock() - began;
  pass.times.away += ms;
  trial.closed += ms;
  trial.came = 0;
  return tries;
}

/** Runs cases, and then has newcomers come for as long as a refusal may take. */
export async function slowly(cases: readonly CaseResult[], trial: Trial): Promise<Batch> {
  const results: CaseResult[] = [];
  for (const it of cases) results.push(await runSuspect(it, trial));
  return ending(results, trial);
}

/** Tells if a newcomer is refused within the time that a refusal may take. */
export async function isShutSoon(trial: Trial): Promise<boolean> {
  for (const [i, look] of LOOKS.entries()) {
    await sleep(look - (LOOKS[i - 1] ?? 0), trial.pass.signal);
    if (!(await letsOneIn(trial))) return true;
  }
  return false;
}
