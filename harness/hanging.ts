import { isTooLate } from "./budget.ts";
import { isRight } from "./catalogue.ts";
import { endHanging } from "./fall.ts";
import type { Fall, Pass } from "./pass.ts";
import type { Patience } from "./patience.ts";
import { HANDSHAKE } from "./waited.ts";
import { missedByNewcomer } from "./watcher.ts";

/**
 * Returns a kind of answer that the server seems to give nobody any more, though a plain client got it before. A server that opens no
 * WebSocket any more may still refuse odd clients.
 */
export function stuckOn(pass: Pass): string | undefined {
  const { patience } = pass.shared;
  return [HANDSHAKE, ...Object.keys(pass.protocol.foundations.awaited)].find(
    (kind) => patience.stopped(kind) && (kind === HANDSHAKE || patience.isBehind(kind) || isGivenPlain(kind, pass)),
  );
}

/** Tells if a plain client got this kind of answer in the run so far. */
function isGivenPlain(kind: string, { protocol: { foundations }, results }: Pass): boolean {
  const requirement = foundations.awaited[kind] ?? "";
  const plain: readonly string[] = foundations.plain[requirement]?.plain ?? [];
  const shown = [...results.values()].filter(({ case: { id } }) => plain.includes(id));
  const checks = shown.flatMap((it) => it.checks.filter((check) => check.requirement === requirement));
  return checks.length > 0 && checks.every(isRight);
}

/** Returns the fall of a server that does one thing after another, and did not keep up with the suite. */
function fallBehind(missed: string, patience: Patience): Fall {
  const how =
    "the server does one thing after another for all clients, and did not keep up (--concurrency 1 asks for one at a time)";
  return { ...patience.lastServing(missed), how, endKind: "behind", harm: "hang", isBehind: true };
}

/**
 * The most newcomers that wait, one after another, until a server has dealt with clients that came too fast and gave up: for a handshake,
 * or an answer.
 */
const HELD_UP_NEWCOMERS = { handshake: 16, answer: 2 } as const;

/** The next client is let in within this time then, in timeouts; or within the time that so many clients take, if that is longer. */
const NEXT_IS_LET_IN_WITHIN = { timeouts: 0.25, clients: 2 } as const;

/**
 * Waits until a server has dealt with clients that came too fast, where it takes so many ms for the answer to each, one after another.
 * Tells if it does in time.
 */
export async function catchesUp(ms: number, pass: Pass, kind: string = HANDSHAKE): Promise<boolean> {
  const { timeout, clock } = pass.shared;
  const soon = Math.max(NEXT_IS_LET_IN_WITHIN.timeouts * timeout, NEXT_IS_LET_IN_WITHIN.clients * ms);
  const most = HELD_UP_NEWCOMERS[kind === HANDSHAKE ? "handshake" : "answer"];
  for (let i = 0; i < most && !pass.signal?.aborted && !isTooLate(pass); i++) {
    const began = clock();
    const missed = await missedByNewcomer(pass, kind, timeout);
    if (missed === undefined && clock() - began < soon) return true;
  }
  return false;
}

/**
 * The number of clients that come at about the same time, from one case or from several. If each is let in this late, some wait in vain.
 */
const COME_TOGETHER = 32;

/** Tells if clients come too fast for a server that lets one in after another, in so many ms each. */
const comeTooFast = (ms: number, { shared: { timeout } }: Pass): boolean => COME_TOGETHER * ms >= timeout;

/**
 * Makes clients come as slowly as the server lets them in, one after another, in so many ms each. Tells if they came faster before, and too
 * fast.
 */
export function comeInLine(ms: number, pass: Pass): boolean {
  const { patience, limits } = pass.shared;
  if (!comeTooFast(ms, pass)) return false;
  limits.forget(); // What it could not answer in time was no refusal.
  patience.forgive();
  const isNews = limits.paces(ms);
  if (isNews && limits.words !== undefined) pass.options.onLimit?.(limits.words, limits.perSecond);
  return isNews;
}

/** Tells if a target gives a newcomer some kind of answer, which many did not get. If not, ends the target and resolves to its fall. */
export async function fallOfHanging(pass: Pass, stopped: string): Promise<Fall | undefined> {
  const { shared } = pass;
  const ms = shared.patience.spacing(stopped);
  const isInLine = stopped === HANDSHAKE && shared.patience.isBehind(stopped) && comeTooFast(ms, pass);
  if (isInLine && (await catchesUp(ms, pass)) && comeInLine(ms, pass)) return undefined;
  shared.patience.despair(undefined); // The newcomer waits in full.
  // Before it, a server that is slow may serve those who have left.
  const missed = await missedByNewcomer(pass, stopped, 2 * shared.timeout + shared.patience.backlog(HANDSHAKE));
  // An answer that no plain client ever got is no sign that the server hangs now.
  if (missed !== undefined && shared.patience.isBehind(missed)) return fallBehind(missed, shared.patience);
  if (missed !== undefined && (missed === HANDSHAKE || isGivenPlain(missed, pass))) return endHanging(pass, missed);
  shared.patience.forgive();
  return undefined;
}
