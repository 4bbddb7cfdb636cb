import { blame } from "./blame.ts";
import { timeThere, timeToSearch } from "./budget.ts";
import { comeAside, isGreeted } from "./dial.ts";
import { type CaseResult, endOf } from "./execute.ts";
import { STOOD_STILL } from "./fall.ts";
import { guess } from "./guess.ts";
import { type Fall, hasEnded, type Pass } from "./pass.ts";
import { greetsAll, loadSuitesOf } from "./protocol.ts";
import { hangUp, mayOverlap, SERVES_SOMEBODY_WITHIN, type Stall, wasServing } from "./shared.ts";
import { sleep } from "./sleep.ts";
import { byLikelihood, inputsOf, isSuspect, unansweredSince } from "./suspects.ts";
import { newTrials } from "./trials.ts";
import { inSeconds } from "./words.ts";

/** The time between an input and a stall that comes of it, in ms: others may be answered meanwhile. */
const FROM_INPUT_TO_STALL = 250;

/** The bounds of the search for the culprit of a stall. */
const MOST = {
  /** Suspects that run again. */
  tried: 120,
  /** Suspects that run alone before all others. */
  first: 6,
  /** The time for them, in timeouts. */
  time: 0.5,
  /** Suspects that run alone after a stall among others. */
  last: 3,
  /** Newcomers that come one after another until one is served. */
  waits: 3,
  /** Until all stalls together take so long, in ms, a stall of the search counts as time in which the server was away. */
  still: 16_000,
} as const;

/** After so many stalls without a culprit, no further one is looked into: they are chance. */
const STALLS_BY_CHANCE = 2;

/** The time between two newcomers, in ms. */
const BETWEEN_NEWCOMERS = 10;

/** The time without an answer after which no further suspect runs, in timeouts. */
const SUSPECT_STOPS_AFTER = 0.1;

/** Returns the stalls of more than a timeout that are to be looked into. */
export function openStalls(pass: Pass): readonly Stall[] {
  const { shared, options, protocol } = pass;
  const { looked, vain } = pass.standstills;
  const canLook =
    !options.once && options.concurrency > 1 && vain < STALLS_BY_CHANCE && shared.limits.words === undefined;
  if (!canLook || !mayOverlap(shared) || !wasServing(shared, protocol)) return [];
  return shared.stalls.filter((it) => isLong(it, pass) && !looked.has(it));
}

const isLong = ({ ms }: Stall, { shared }: Pass) => ms > shared.timeout;

/**
 * Returns a pass to run cases in. With `several`, all are cut off as soon as a stall is over that has to be looked into, since they run
 * again anyway; `end` cuts them off.
 */
export function untilStall(
  pass: Pass,
  several: boolean,
): { readonly pass: Pass; readonly isCut: boolean; end(): void; leave(): void } {
  const { shared, signal } = pass;
  const sockets = new Set<() => void>();
  const cutter = new AbortController();
  const abort = () => cutter.abort();
  const hang = () => hangUp({ sockets });
  const end = () => {
    abort();
    hang();
  };
  const cut = () => {
    if (several && openStalls(pass).length > 0) end();
  };
  if (signal?.aborted) abort();
  signal?.addEventListener("abort", abort);
  shared.onStall.add(cut);
  shared.sockets.add(hang);
  return {
    pass: { ...pass, signal: cutter.signal, shared: { ...shared, sockets, brief: true } },
    get isCut() {
      return cutter.signal.aborted;
    },
    end,
    leave() {
      signal?.removeEventListener("abort", abort);
      shared.onStall.delete(cut);
      shared.sockets.delete(hang);
    },
  };
}

/**
 * Finds the inputs over which the server stood still for longer than the timeout. The suspects run again, the likeliest first, while
 * newcomers come. A case is blamed if the server stands still again when it runs alone. Resolves to those that the stalls hit.
 */
export async function lookIntoStalls(ran: readonly CaseResult[], pass: Pass): Promise<readonly CaseResult[]> {
  const { shared, protocol, standstills } = pass;
  const { culprits } = pass.ends;
  const stalls = openStalls(pass);
  const began = timeThere(pass);
  const deadline = began + timeToSearch(pass);
  const isOver = () => timeThere(pass) > deadline || hasEnded(pass);
  // A case that puts load on the server runs alone anyway, and says itself what came of that.
  const load = loadSuitesOf(protocol);
  const light = ran.filter((it) => !load.has(it.case.suite));
  for (const stall of stalls) {
    const known = culprits.size;
    const suspects = light.filter((it) => isSuspect(it) && mayHaveCaused(it, stall) && !culprits.has(it.case.id));
    if (suspects.length > 0) pass.options.onSearch?.(STOOD_STILL);
    await trySuspects(
      byLikelihood(suspects, stall.at, greetsAll(pass.protocol)).slice(0, MOST.tried),
      stall,
      isOver,
      pass,
    );
    if (culprits.size > known) continue;
    standstills.told.add(stall);
    if (suspects.length > 0) standstills.vain += 1;
  }
  for (const stall of shared.stalls) standstills.looked.add(stall);
  pass.times.searched += timeThere(pass) - began;
  return light.filter((it) => !culprits.has(it.case.id) && stalls.some(({ at }) => endOf(it) >= at));
}

/** Tells if a case sent something shortly before a stall, or in it. */
const mayHaveCaused = ({ connections }: CaseResult, { at, ms }: Stall): boolean =>
  inputsOf(connections).some(({ event }) => event.at >= at - FROM_INPUT_TO_STALL && event.at <= at + ms);

/** Runs the suspects of a stall until all had their turn, and blames those over which the server stands still again. */
async function trySuspects(
  suspects: readonly CaseResult[],
  stall: Stall,
  isOver: () => boolean,
  pass: Pass,
): Promise<void> {
  const queue = [...suspects];
  const { shared } = pass;
  const tryAlone = async (suspect: CaseResult): Promise<boolean> => {
    const { results, again } = await amongNewcomers([suspect], () => false, pass);
    for (const culprit of again ? results : []) blameForStall(culprit, again as Stall, stall, pass);
    return again !== undefined;
  };
  const began = shared.clock();
  for (let i = 0; i < MOST.first && queue.length > 0 && !isOver(); i++) {
    const found = await tryAlone(queue.shift() as CaseResult);
    if (!found && shared.clock() - began > MOST.time * shared.timeout) break;
  }
  while (queue.length > 0 && !isOver()) {
    const { results, again } = await amongNewcomers(queue, isOver, pass);
    if (!again) return;
    for (const likely of byLikelihood(results, again.at, greetsAll(pass.protocol)).slice(0, MOST.last))
      if (isOver() || (await tryAlone(likely))) break;
  }
}

/** Suspects that ran again, and the stall that one of them caused. */
interface Turn {
  readonly results: readonly CaseResult[];
  readonly again: Stall | undefined;
}

/** Runs suspects of a queue, while newcomers come one after another, until the server stood still. */
async function amongNewcomers(queue: CaseResult[], isOver: () => boolean, pass: Pass): Promise<Turn> {
  const { attention, clock, stalls, timeout } = pass.shared;
  await untilServed(pass);
  const known = stalls.length;
  const trial = untilStall(pass, true);
  const trials = newTrials(trial.pass);
  let over = false;
  // A stall is longer than the wait of a case, and shows only if two clients wait in its end.
  const come = async () => {
    for (let left: number = MOST.waits; !over || left > 0; await sleep(BETWEEN_NEWCOMERS)) {
      const served = await isServed(pass);
      if (over) left = served || hasEnded(pass) ? 0 : left - 1;
    }
  };
  const coming = Promise.all([come(), come()]);
  const isStill = () => attention.waiting > 0 && clock() - attention.since > SUSPECT_STOPS_AFTER * timeout;
  do {
    await trials.add(queue.shift() as CaseResult);
  } while (queue.length > 0 && !isStill() && !trial.isCut && !isOver());
  const results = await trials.finish();
  over = true;
  await coming;
  trial.leave();
  const again = stalls.slice(known).find((it) => isLong(it, pass));
  if (again) discount(again, pass);
  return { results, again };
}

/** Does not charge the run for a stall of the search: a server that hangs over one input is not slow for all others. */
function discount({ ms }: Stall, pass: Pass): void {
  const still = pass.shared.stalls.reduce((sum, it) => sum + it.ms, 0);
  if (still < MOST.still) pass.times.away += ms;
}

/** Tells if a newcomer is greeted. */
export async function isServed(pass: Pass): Promise<boolean> {
  const newcomer = await comeAside(pass, { name: "newcomer" });
  const served = await isGreeted(newcomer, pass.protocol);
  newcomer.finish();
  return served;
}

/**
 * Has two newcomers come if the server served nobody for long before `at`, in ms of the run's clock. If it stood still, that is known once
 * both are served.
 */
export async function letStallEnd(at: number, pass: Pass): Promise<void> {
  const { attention, timeout } = pass.shared;
  if (attention.heardAt <= at - SERVES_SOMEBODY_WITHIN * timeout) await Promise.all([isServed(pass), isServed(pass)]);
}

/** Waits until a newcomer is greeted, but not for long. An earlier input may make the server stand still again meanwhile. */
async function untilServed(pass: Pass): Promise<void> {
  for (let i = 0; i < MOST.waits && !(await isServed(pass)); i++);
}

/** Blames a case that ran alone for a stall, and for the one before that it explains. */
function blameForStall(culprit: CaseResult, { at, ms }: Stall, before: Stall, pass: Pass): void {
  const how = `${STOOD_STILL} for ${inSeconds(ms, 1)}`;
  const asked = unansweredSince(culprit, at + ms - 1, greetsAll(pass.protocol));
  const since = asked >= at && asked <= at + ms ? asked : at;
  const fall: Fall = { from: before.at, to: before.at + before.ms, how, endKind: "stall", harm: "stall" };
  pass.ends.falls.push(fall);
  // It was cut off when the stall was over, so what it could not judge is no finding.
  const checks = culprit.checks.filter(({ verdict }) => verdict !== "error");
  blame(guess({ ...culprit, checks }, since, undefined, since), fall, pass);
}
