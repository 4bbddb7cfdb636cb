import { gaveWebSocket } from "./availability.ts";
import { LATEST_FALL } from "./culprits.ts";
import { comeAside } from "./dial.ts";
import { endOf } from "./execute.ts";
import { diedOrNot } from "./fall.ts";
import { lookInto } from "./lost.ts";
import { hasEnded, type Pass } from "./pass.ts";
import type { Case } from "./scenario.ts";
import { isSuspect } from "./suspects.ts";
import { isEnded } from "./transcript.ts";

/** The last client stays at least so long after the last case if it lingers, in timeouts. */
const SHORTLY = 0.125;

/** After no more cases than these, a process that the suite started is watched for a whole timeout: it may end late of one of them. */
const DONE_BEFORE_LATE_END = 4;

/**
 * Returns how long the last client stays, in ms. `long`: no input is likely to end a process later that the suite started. `short`: no
 * longer than any other client is silent.
 */
function toLinger(cases: number, { options, shared: { clock, timeout }, target, results, isFollowed }: Pass): number {
  const { linger, idle = timeout } = options;
  // The only case runs again, and sends the same.
  if (linger === undefined || (isFollowed && cases === 1)) return 0;
  if (linger === "long") return (target.process ? LATEST_FALL : 1) * timeout;
  if (target.process && cases <= DONE_BEFORE_LATE_END) return timeout;
  const last = [...results.values()].filter(isSuspect).map(endOf);
  return Math.max(0, Math.max(0, ...last) + Math.min(SHORTLY * timeout, idle) - clock());
}

/** Ends a run with a newcomer, and another one later, if it lingers. Looks into a target that serves them no more. */
export async function lastNewcomer(cases: readonly Case[], pass: Pass): Promise<void> {
  if (hasEnded(pass) || cases.length === 0) return;
  const { availability } = pass;
  const newcomer = await comeAside(pass, { name: "last newcomer" });
  availability.saw(newcomer);
  const time = gaveWebSocket(newcomer) ? toLinger(cases.length, pass) : 0;
  if (time > 0) await newcomer.quiet(time);
  const wasEnded = isEnded(newcomer);
  newcomer.finish();
  if (time > 0) {
    const later = await comeAside(pass, { name: "later newcomer" });
    availability.saw(later);
    if (wasEnded || !gaveWebSocket(later)) await diedOrNot(pass);
    later.finish();
  }
  await lastLook(pass);
}

/** Looks into the end of a target, which counts until the very end of a run. */
export async function lastLook(pass: Pass): Promise<void> {
  const { availability, target } = pass;
  const isAway = availability.downSince !== undefined || target.process?.death !== undefined;
  if (isAway && !hasEnded(pass)) await lookInto([], pass);
}
