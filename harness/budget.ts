import { performance } from "node:perf_hooks";
import type { Pass } from "./pass.ts";
import { inSeconds } from "./words.ts";

/** The part of the budget in which cases begin. The rest is for cases that run again. */
export const TO_BEGIN = 0.6;

/** The parts of the budget after which no case runs again: before the last stage, and in it. */
const TO_CONFIRM = { first: 0.35, last: 0.75 } as const;

/** Tells if the time to run cases again is over. */
export const isTooLate = (pass: Pass): boolean => isSpent(pass, pass.isLastStage ? TO_CONFIRM.last : TO_CONFIRM.first);

/** The most time that a pass spends on finding out what ends a server, in ms, without the time that its starts take. */
const SEARCH = 15_000;

/** The part of the budget after which the search is over. */
const TO_SEARCH = 0.75;

/** A part of the budget. If the suite has searched for culprits, cases begin, and run again, until so much later. */
const LATER_AFTER_SEARCH = 0.2;

/** Returns the time that is left to find out what ends a server, in ms. */
export function timeToSearch(pass: Pass): number {
  const budget = budgetOf(pass);
  const left = budget === undefined ? SEARCH : TO_SEARCH * budget - waited(pass);
  return Math.max(0, Math.min(left, SEARCH - pass.times.searched));
}

/** Returns the time that a target has. There is none if it limits all connections: other bounds hold then. */
const budgetOf = ({ options, shared }: Pass): number | undefined =>
  shared.limits.words === undefined ? options.budget : undefined;

/** Returns the time that a pass has waited for its target, in ms. A busy machine of the suite does not make a server slow. */
function waited({ shared, times: { began, wasted, away } }: Pass): number {
  // Where cases wait in line for a user, answers that come late hold them up one after another. Only what never came counts.
  if (shared.identities.users) return shared.patience.wasted - wasted;
  // While the suite holds messages back, it does not wait for the server.
  return performance.eventLoopUtilization(began).idle - shared.pacing.heldMs - away;
}

/** Tells if clients waited in vain for most of the time that a pass has waited for its target. */
export const waitedInVain = (pass: Pass): boolean =>
  2 * (pass.shared.patience.wasted - pass.times.wasted) > waited(pass);

/** The longest time that a pass takes in all, in budgets: its own work counts, and so do waits for a turn, as where the target has limits. */
const LONGEST = { mostly: 8, inTurn: 20 } as const;

/**
 * Returns the time of a pass so far, in ms. The time in which the suite held messages or connections back, or the server was away, does not
 * count.
 */
function lasted({ shared, times: { began, away } }: Pass): number {
  const { idle, active } = performance.eventLoopUtilization(began);
  return idle + active - shared.pacing.heldMs - shared.limits.held - away;
}

/** Tells if cases wait in line, since the target limits connections, or a user has one. */
export const waitsInLine = ({ limits, identities }: Pass["shared"]): boolean =>
  limits.words !== undefined || identities.users !== undefined;

/** Tells if a part of the longest time is over. */
function isLong(pass: Pass, part: number): boolean {
  const { options, shared } = pass;
  return (
    lasted(pass) >
    part * LONGEST[waitsInLine(shared) ? "inTurn" : "mostly"] * (options.budget ?? Number.POSITIVE_INFINITY)
  );
}

/** Tells if a part of the budget is spent by waiting. The search for what ends a server has a part of its own. */
export function isSpent(pass: Pass, part: number): boolean {
  if (isLong(pass, part)) return true;
  const budget = budgetOf(pass);
  if (budget === undefined) return false;
  const all = waited(pass);
  return all - pass.times.searched > part * budget || all > (part + LATER_AFTER_SEARCH) * budget;
}

/** Returns the time of the run in which the server was not away, in ms. */
export const timeThere = ({ shared, times }: Pass): number => shared.clock() - times.away;

/** The longest time in all for which the suite waits for a target that shuts everybody out: after single inputs, after many, and now and then; in ms. */
const LONGEST_SHUT = { byOne: 20_000, byMany: 120_000, others: 30_000 } as const;

/** Tells if a pass has time to wait so many ms more for a target that shuts everybody out over single inputs. */
export const hasTimeToWait = (ms: number, { times }: Pick<Pass, "times">): boolean =>
  times.shut + ms <= LONGEST_SHUT.byOne;

/** Stops a pass that has waited long enough for a target that shuts everybody out over many wrong inputs, or for a reason that nobody knows. */
export function stopShutOut(pass: Pick<Pass, "standstills" | "stop">): void {
  const shut = [...pass.standstills.told].filter(({ refused, afterWrong }) => (refused ?? afterWrong) !== undefined);
  const isByMany = shut.some(({ afterWrong }) => afterWrong !== undefined);
  if (shut.reduce((sum, { ms }) => sum + ms, 0) < LONGEST_SHUT[isByMany ? "byMany" : "others"]) return;
  const longest = inSeconds(Math.max(...shut.map(({ ms }) => ms)), 1);
  const when = isByMany ? "after malformed commands or frames" : "now and then";
  const why = `the target lets nobody in for up to ${longest} ${when}, and the time to wait for it was up`;
  pass.stop ??= { reason: "slow", why };
}
