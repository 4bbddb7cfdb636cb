import { isTooLate } from "./budget.ts";
import { isRight } from "./catalogue.ts";
import { SECOND_OVER } from "./connection-rate.ts";
import { isShort, isSilent, missedHandshake, waitedInStalls } from "./doubt.ts";
import { type CaseResult, endOf } from "./execute.ts";
import { saysTooMany } from "./failure.ts";
import { isOwnGoodbye } from "./goodbyes.ts";
import { ground } from "./ground.ts";
import { comeInLine } from "./hanging.ts";
import { cameInLine } from "./in-line.ts";
import { hasEnded, type Pass, settle } from "./pass.ts";
import { loadSuitesOf } from "./protocol.ts";
import type { Case } from "./scenario.ts";
import { sleep } from "./sleep.ts";
import { letStallEnd } from "./standstill.ts";
import { HANDSHAKE } from "./waited.ts";
import { alone, work } from "./work.ts";

/** The least time for running failures again one by one, in ms. They may take as long as the first pass took. */
export const CONFIRMATION = 5_000;

/** A case that ran twice. */
export type Rerun = readonly [first: CaseResult, alone: CaseResult];

/** Runs a case again alone, and counts the time that it takes. If the server stood still for everybody meanwhile, it runs once more. */
export async function aloneAgain(result: CaseResult, pass: Pass): Promise<CaseResult> {
  const began = pass.shared.clock();
  let again = await alone(result.case, pass);
  for (let i = 0; i < FURTHER && (await waitsOutStall(again, pass)); i++) again = await alone(result.case, pass);
  pass.times.confirming += pass.shared.clock() - began;
  return again;
}

/** Lets a stall end, if there is one; tells if a case that failed again waited in vain over it. */
export async function waitsOutStall(again: CaseResult, pass: Pass): Promise<boolean> {
  if (hasEnded(pass) || !isSilent(again)) return false;
  await letStallEnd(endOf(again), pass);
  return waitedInStalls(again, pass);
}

/** Tells if a connection of a case was refused since there were too many. */
export const wasTooMany = ({ refused = [] }: CaseResult): boolean => refused.some(saysTooMany);

/** A limit that counts by the second forgets a client in one rest. After so many rests that changed nothing, none follows. */
const RESTS_IN_VAIN = 2;

/** Counts the rests in a row after which a target still refused a client. */
export interface Rests {
  inVain: number;
}

/** Runs a case alone as `once` does. If the target says that odd clients come too often, rests, and runs it once more. */
export async function onceForgotten(once: () => Promise<CaseResult>, rests: Rests, pass: Pass): Promise<CaseResult> {
  const result = await once();
  if (!wasTooMany(result) || result.refusedUsual || rests.inVain >= RESTS_IN_VAIN || hasEnded(pass)) return result;
  await sleep(SECOND_OVER, pass.signal);
  pass.times.away += SECOND_OVER;
  const later = await once();
  rests.inVain = wasTooMany(later) ? rests.inVain + 1 : 0;
  return later;
}

/** The number of further times that a case has to fail if two may be chance: a server may forget or refuse some clients, or end others. */
export const FURTHER = 2;

/** Tells if the time for running cases again one by one is over. The first pass took `tookMs`. */
export const isLate = (tookMs: number, pass: Pass) =>
  pass.times.confirming >= Math.max(CONFIRMATION, tookMs) || isTooLate(pass);

/** Runs cases again, side by side, whose findings rest on waits that were cut short. This time they wait in full. */
export async function askAgain(cases: readonly Case[], pass: Pass): Promise<void> {
  const wanted = new Set(cases);
  const grounded = ground([...pass.results.values()], [], pass.protocol.foundations);
  const short = grounded.filter((it) => wanted.has(it.case) && isShort(it));
  for (const result of (await sideBySide(short, pass)).values()) settle(result, pass);
}

/**
 * Runs cases again, side by side, whose handshake had no answer while others had theirs late. The server lets one client in after another,
 * so now they come as slowly.
 */
export async function askInLine(cases: readonly Case[], pass: Pass): Promise<void> {
  const missed = cases.flatMap((it) => pass.results.get(it) ?? []).filter((it) => !isRight(it) && cameInLine(it, pass));
  if (missed.length === 0 || hasEnded(pass) || !comeInLine(pass.shared.patience.spacing(HANDSHAKE), pass)) return;
  for (const result of (await sideBySide(missed, pass)).values()) settle(result, pass);
}

/**
 * Runs cases again alone which skipped something because the server refused them, or said goodbye of its own accord. It may have been away
 * for a moment.
 */
export async function askSkipped(pass: Pass): Promise<void> {
  const { results, protocol, ends } = pass;
  const wasSentAway = ({ refused, connections }: CaseResult) =>
    refused !== undefined || connections.some(({ events }) => events.some((it) => isOwnGoodbye(it, protocol)));
  const skipped = [...results.values()].filter(
    (it) =>
      it.verdict === "skip" &&
      it.checks.some((check) => check.verdict === "skip" && check.see === undefined) &&
      !ends.culprits.has(it.case.id) &&
      wasSentAway(it),
  );
  for (const it of skipped) {
    if (hasEnded(pass) || isTooLate(pass)) return;
    const again = await aloneAgain(it, pass);
    if (isRight(again) && !hasEnded(pass) && !ends.culprits.has(it.case.id)) settle(again, pass);
  }
}

/** Runs cases again, one by one, whose handshake had no answer in time. The server may have had too many at once. */
export async function openAgain(cases: readonly Case[], pass: Pass): Promise<void> {
  const { results, shared } = pass;
  const deadline = shared.clock() + CONFIRMATION;
  for (const it of cases) {
    const first = results.get(it);
    if (!first || (first.verdict !== "skip" && first.verdict !== "warn") || !missedHandshake(first)) continue;
    if (hasEnded(pass) || shared.clock() > deadline || isTooLate(pass)) return;
    const again = await aloneAgain(first, pass);
    if (!hasEnded(pass) && !pass.ends.culprits.has(it.id)) settle(again, pass);
  }
}

/**
 * Runs cases again, side by side. Cases that put load on the server run alone: their own load may have made each other fail. Each wait
 * lasts for the full timeout.
 */
export async function sideBySide(results: readonly CaseResult[], pass: Pass): Promise<ReadonlyMap<Case, CaseResult>> {
  const { shared, options, protocol } = pass;
  const load = loadSuitesOf(protocol);
  const of = (isLoad: boolean) => results.map((it) => it.case).filter(({ suite }) => load.has(suite) === isLoad);
  const halt = () => isTooLate(pass);
  return shared.patience.unhurried(async () => {
    const { done: light } = await work(of(false), pass, { size: Math.max(options.concurrency, 2), halt });
    const { done: loading } = await work(of(true), pass, { size: 1, halt });
    return new Map([...light, ...loading]);
  });
}
