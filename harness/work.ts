import { BOUNDS } from "./bounds.ts";
import { stopShutOut } from "./budget.ts";
import { withCanary } from "./canary.ts";
import { endedSilent } from "./cut-off.ts";
import { dial } from "./dial.ts";
import { inconclusive } from "./doubt.ts";
import { type CaseResult, execute } from "./execute.ts";
import { isTurnedAway, NO_ANSWER, wordsOfFailure } from "./failure.ts";
import { STOOD_STILL } from "./fall.ts";
import { stuckOn } from "./hanging.ts";
import { lookInto } from "./lost.ts";
import type { ByInputs } from "./measure-all.ts";
import { againAfterMute, MUTE, type Ran, watchForMute } from "./mute.ts";
import { hasEnded, lastResults, type Pass, settle } from "./pass.ts";
import { asideOf } from "./plain-clients.ts";
import { pool } from "./pool.ts";
import { dropProven } from "./proven.ts";
import type { Case } from "./scenario.ts";
import { casesAtWork, hangUp, isCrowd, mayOverlap, seemsDeaf, share, wasServing, wasStillFor } from "./shared.ts";
import { blameForShutOut, isShutByOne } from "./shut-by-one.ts";
import { mayShutOut, shutsOutAfter, wrongBefore } from "./shut-out.ts";
import { letStallEnd, openStalls, untilStall } from "./standstill.ts";

/** Tells if the target went away or hangs, or stood still for long. Nothing that runs then can be judged. */
export function isGone(pass: Pass): boolean {
  const { availability, target, shared, protocol } = pass;
  const hangs = seemsDeaf(shared) && wasServing(shared, protocol);
  return (
    availability.downSince !== undefined ||
    target.process?.death !== undefined ||
    hangs ||
    stuckOn(pass) !== undefined ||
    openStalls(pass).length > 0
  );
}

/** A case that was done a moment before an unexplained end of the target runs again so many times at most. */
const RERUNS_AFTER_END = 5;

/** Counts how often each case runs again; tells if it still may. */
function tally(): (it: Case) => boolean {
  const again = new Map<Case, number>();
  return (it) => {
    const times = (again.get(it) ?? 0) + 1;
    again.set(it, times);
    return times <= RERUNS_AFTER_END;
  };
}

/** The ways to work on cases. */
export interface HowToWork {
  /** The most cases at work at the same time. */
  readonly size: number;
  /** More may begin while one waits; by default if several may be at work. */
  readonly overlap?: boolean;
  /** Tells if no more shall begin. */
  readonly halt?: () => boolean;
  /** Called with each result. */
  readonly onResult?: (result: CaseResult) => void;
}

/** The results of the cases that ran, and the cases that were left: halted before their turn, or before they could run again. */
interface Worked {
  readonly done: ReadonlyMap<Case, CaseResult>;
  readonly left: readonly Case[];
}

/** Works on cases until all are done, halted, or the run has ended. If the target goes away meanwhile, looks into it and goes on. */
export async function work(
  cases: readonly Case[],
  pass: Pass,
  { size, overlap = size > 1, halt = () => false, onResult = () => {} }: HowToWork,
): Promise<Worked> {
  const { signal } = pass;
  const { culprits } = pass.ends;
  const queue = [...cases];
  const done = new Map<Case, CaseResult>();
  const note = (result: CaseResult) => {
    done.set(result.case, result);
    onResult(result);
  };
  const isDue = tally();
  const isOver = () => hasEnded(pass) || halt();
  while (queue.length > 0 && !isOver()) {
    const worked = await workInOneGo(queue, pass, { size, overlap, halt: isOver, onResult: note });
    if (signal?.aborted) break;
    const mute = await againAfterMute(worked, note, pass);
    if (pass.shared.limits.suspected && !isGone(pass)) await explainRefusal(worked.ran, pass);
    const gone = isGone(pass);
    const again = gone ? await againAfterEnd(worked, done, isDue, pass) : againForLimit(worked.ran, pass);
    queue.unshift(...new Set([...mute, ...again]));
    if (gone || isShutByOne(pass)) dropProven(queue, (it) => it, pass);
  }
  // The result of a culprit is its blame, whatever came later.
  for (const it of done.keys())
    if (culprits.has(it.id)) done.set(it, pass.results.get(it) ?? (done.get(it) as CaseResult));
  return { done, left: queue };
}

/** Looks into an end of the target, and notes the results of the cases that it hit. Resolves to those that run again. */
async function againAfterEnd(
  { ran, spoiled }: Ran,
  done: Map<Case, CaseResult>,
  isDue: (it: Case) => boolean,
  pass: Pass,
): Promise<Case[]> {
  const { culprits } = pass.ends;
  const known = culprits.size;
  const { atWork, recent } = await lookInto(ran, pass);
  for (const it of atWork) done.set(it.case, pass.results.get(it.case) ?? it);
  // Several inputs may end it one after another: the sooner one hides the later until it is known.
  const isFound = culprits.size > known;
  const again = new Set([...spoiled, ...recent].map((it) => it.case));
  return [...again].filter((it) => !culprits.has(it.id) && (isFound || isDue(it)));
}

/** Takes cases from the queue until it is empty, all is halted, or something has to be looked into first. */
async function workInOneGo(
  queue: Case[],
  pass: Pass,
  { size, overlap, halt, onResult }: Required<HowToWork>,
): Promise<Ran> {
  const { shared, signal } = pass;
  const ran: CaseResult[] = [];
  const spoiled: CaseResult[] = [];
  const here = untilStall(pass, size > 1);
  const mute = watchForMute(pass, size > 1, here.end);
  const isLate = (running: number) => overlap && !shared.patience.window.admits(running, size, shared.clock());
  const stop = () => {
    const stuck = stuckOn(pass);
    if (stuck !== undefined) shared.patience.despair(stuck); // Those at work need not wait in full.
    return halt() || mute.reopened !== undefined || shared.limits.suspected || isGone(pass);
  };
  const crowded = (running: number) => shared.meter.bytes > BOUNDS.full || isLate(running) || isCrowd(here.pass.shared);
  const round = () =>
    pool(queue, { size: casesAtWork(shared, size), stop, crowded, overlap }, async (it, idle) => {
      const result = await execute(it, here.pass, mayOverlap(shared) ? idle : undefined);
      if (signal?.aborted) return;
      ran.push(result);
      if (here.isCut) spoiled.push(result);
      onResult(here.isCut ? inconclusive(result, mute.reopened ? MUTE : STOOD_STILL) : result);
    });
  try {
    await (overlap ? withCanary(pass, round) : round());
  } finally {
    here.leave();
    mute.leave();
  }
  return { ran, spoiled, reopened: mute.reopened };
}

/** Notes and returns the cases that have to run again, since a limit on connections may have spoiled their results. */
function againForLimit(ran: readonly CaseResult[], pass: Pass): Case[] {
  if (hasEnded(pass)) return [];
  const { shared, ends } = pass;
  const isSpoiled = ({ case: it, refused = [] }: CaseResult) =>
    !ends.culprits.has(it.id) && shared.limits.spoils(it, refused);
  const again = ran.filter(isSpoiled).map((it) => it.case);
  for (const it of again) shared.limits.again(it);
  return again;
}

/** The time within which a server turns a client away after it opened its connection, in ms. */
const TURNING_AWAY = 50;

/** Finds out why a usual client was refused: the target fell behind a gateway that still answers, or it limits connections. */
async function explainRefusal(ran: readonly CaseResult[], pass: Pass): Promise<void> {
  const { limits } = pass.shared;
  const { at, way } = limits.refusal;
  // A limit on handshakes that wait looks like a server that stands still. Where there is none, a client that comes in a stall meets none.
  if (way.code === NO_ANSWER) await letStallEnd(pass.shared.clock(), pass);
  const stoodStill = way.code === NO_ANSWER && wasStillFor(at, pass.shared);
  if (limits.isNone && stoodStill) return limits.forget();
  // A server that turns clients away by itself has not fallen.
  if (isTurnedAway(way) || !endedSilent(ran, at)) return await measureLimits(ran, stoodStill, pass);
  pass.availability.refuses(at, way);
  limits.forget();
}

/**
 * Measures a limit that was noticed, with connections that no limit holds up; nothing else may be at work. Tells what is new, and
 * notes if the target lets nobody in any more. `stoodStill` says that it served nobody when it refused one.
 */
async function measureLimits(ran: readonly CaseResult[], stoodStill: boolean, pass: Pass): Promise<void> {
  const { protocol, target, options, shared, signal } = pass;
  const { limits } = shared;
  const before = limits.words;
  const aside = share(options.timeout);
  const cut = () => hangUp(aside);
  signal?.addEventListener("abort", cut);
  const come = async (listen: boolean) => {
    const client = await dial({ protocol, target, shared: aside });
    if (listen) await client.quiet(TURNING_AWAY);
    return client;
  };
  const { at, way: refused } = limits.refusal;
  const all = lastResults(ran, pass);
  const wrong = wrongBefore(at, all, pass);
  const began = shared.clock();
  const { searched, away } = pass.times;
  const byInputs: ByInputs = {
    mayBeMany: mayShutOut(wrong),
    many: ({ opens }) => shutsOutAfter(wrong, opens, pass),
    one: (entrance) => blameForShutOut({ at, way: refused, ms: shared.clock() - at }, all, entrance, asideOf(pass)),
    isOne: isShutByOne(pass),
  };
  const shut = await limits.measure({ dial: come, signal, stoodStill }, byInputs);
  const { ms = 0, tookMs = ms, way } = shut;
  signal?.removeEventListener("abort", cut);
  cut();
  if (way !== undefined) pass.availability.refuses(at, way);
  if (ms > 0) pass.standstills.told.add({ at, ms, refused: wordsOfFailure(refused), ...after(limits) });
  // A search for an input has a time of its own.
  pass.times.away = away + Math.max(tookMs, shared.clock() - began) - (pass.times.searched - searched);
  stopShutOut(pass);
  if (limits.words !== undefined && limits.words !== before) options.onLimit?.(limits.words, limits.perSecond);
}

/** Tells after how many wrong inputs a target lets nobody in, if that is known. */
const after = ({ wrong }: Pass["shared"]["limits"]) => wrong !== undefined && { afterWrong: wrong };

/** Looks into a target that went away or hangs, and runs again what may end it later. Resolves to the results of those at work then. */
export async function lookAndRepeat(ran: readonly CaseResult[], pass: Pass): Promise<readonly CaseResult[]> {
  const { atWork, recent } = await lookInto(ran, pass);
  const again = recent.map((it) => it.case);
  await work(again, pass, { size: pass.options.concurrency, onResult: (it) => settle(it, pass) });
  return atWork;
}

/** Runs one case alone. If the target ends meanwhile, looks into it. */
export async function alone(it: Case, pass: Pass): Promise<CaseResult> {
  const once = () => withCanary(pass, () => execute(it, pass));
  let result = await once();
  const { limits } = pass.shared;
  if (limits.suspected && !isGone(pass)) await explainRefusal([result], pass);
  if (pass.ends.culprits.has(it.id)) return pass.results.get(it) ?? result;
  if (!isGone(pass) && limits.explains(result.refused ?? [])) result = await once();
  if (hasEnded(pass) || !isGone(pass)) return result;
  const others = [...pass.results.values()].filter((other) => other.case !== it);
  const atWork = await lookAndRepeat([...others, result], pass);
  return atWork.length > 0 ? (pass.results.get(it) ?? result) : result;
}
