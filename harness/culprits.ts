import { blame, dropExplained } from "./blame.ts";
import { timeThere, timeToSearch } from "./budget.ts";
import { convict } from "./convict.ts";
import { inconclusive } from "./doubt.ts";
import { endsOthers } from "./ends-others.ts";
import { type CaseResult, endOf } from "./execute.ts";
import { endHanging, livesOn, SHUT_OUT, SPARING } from "./fall.ts";
import { isCommon, isHarmless, relapse, SLACK, withOddInput } from "./guess.ts";
import { likeBefore } from "./late-ends.ts";
import { type Fall, hasEnded, type Pass, settle } from "./pass.ts";
import { type Confirmed, isOutOfTime, type Search } from "./proof.ts";
import { greetsAll } from "./protocol.ts";
import { dropProven } from "./proven.ts";
import type { Case } from "./scenario.ts";
import { standUp } from "./stand-up.ts";
import { byLikelihood, isSuspect, notAtWork } from "./suspects.ts";
import { untilFall } from "./until-fall.ts";
import { missedByNewcomer } from "./watcher.ts";

/** The number of falls without a culprit after which the search ends: they are chance. */
const FALLS_BY_CHANCE = 3;

/** A case may have sent an input that ends the server later within this time before a fall, in timeouts. */
export const RECENT = 0.25;

/**
 * The time between two suspects that run in their first order, in ms. At another pace than the first, the times show which input it was.
 */
const BETWEEN_INPUTS = 5;

/** A case that ended so short a time before the fall may have been hit by it, in ms. */
const MAY_BE_HIT_WITHIN = 30;

/** The longest time from an input to the fall that it causes, in timeouts. */
export const LATEST_FALL = 2.5;

/** The time before a fall in which most inputs come that end a server late, in timeouts. */
const LATE_ENDS_WITHIN = 0.6;

/** The ids of the culprits, and the cases that may be it where there was no time to prove it, the likeliest first. */
interface CulpritsFound {
  readonly culprits: readonly string[];
  readonly likely: readonly CaseResult[];
}

/**
 * Finds the cases whose input ended the server, or the connections of others. Suspects run again alone, those at work first. If none ends
 * the server soon, it ends late: then they and earlier ones of `all` run in their first order, since the first of several ended it. An
 * input that is known to be deadly needs no search. A culprit fails; the others at work get the verdict that they have alone.
 */
export async function findCulprits(
  atWork: readonly CaseResult[],
  all: readonly CaseResult[],
  fall: Fall,
  pass: Pass,
): Promise<CulpritsFound> {
  const began = timeThere(pass);
  const { shared } = pass;
  const { culprits } = pass.ends;
  const first = atWork.filter((it) => isSuspect(it) && it.beganAt <= fall.to);
  const since = fall.to - LATEST_FALL * shared.timeout;
  const earlier = notAtWork(atWork, all).filter(
    (it) => it.beganAt <= fall.to && endOf(it) >= since && !culprits.has(it.case.id),
  );
  const search: Search = {
    pass,
    fall,
    before: new Map([...first, ...earlier].map((it) => [it.case.id, it])),
    deadline: began + timeToSearch(pass),
    tried: [],
    likely: [],
  };
  pass.ends.sightings.set(fall.to, search.before);
  const found = await searchAmong(first, earlier, search);
  pass.times.searched += timeThere(pass) - began;
  return { culprits: found, likely: search.likely };
}

/** Searches the suspects that were at work `first`, then the `earlier` ones, until culprits are found. Resolves to their ids. */
async function searchAmong(
  first: readonly CaseResult[],
  earlier: readonly CaseResult[],
  search: Search,
): Promise<readonly string[]> {
  const { pass, fall } = search;
  const isOpen = (it: CaseResult) => !pass.ends.culprits.has(it.case.id);
  const found = blameRelapses([...first, ...earlier], search);
  const late = found.length === 0 ? await likeBefore([...first, ...earlier], search) : undefined;
  if (late) found.push(...blameAll([late], fall, search));
  if (found.length === 0 || !livesOn(fall)) {
    const suspects = byLikelihood(first.filter(isOpen), fall.to, greetsAll(pass.protocol));
    found.push(...(await runSuspects(suspects, search, !livesOn(fall))));
  }
  return found.length > 0 ? found : runInOrder([...first, ...earlier].filter(isOpen), search);
}

/** Blames those that sent what is known to be deadly, as long before the fall; returns their ids. */
function blameRelapses(suspects: readonly CaseResult[], { pass, fall }: Search): string[] {
  const relapses = suspects.flatMap((it) => relapse(it, fall, pass.ends.deadly) ?? []);
  for (const it of relapses) blame(it, fall, pass);
  return relapses.map(({ result }) => result.case.id);
}

/** Runs suspects in their first order, for a server that ends late: those that ran shortly before the fall first. */
async function runInOrder(suspects: readonly CaseResult[], search: Search): Promise<readonly string[]> {
  const inOrder = suspects.toSorted((a, b) => a.beganAt - b.beganAt);
  const soon = search.fall.to - LATE_ENDS_WITHIN * search.pass.shared.timeout;
  for (const some of [inOrder.filter((it) => endOf(it) >= soon), inOrder.filter((it) => endOf(it) < soon)]) {
    if (some.length === 0) continue;
    await forgetTried(search);
    const found = await runSuspects(some, search, false);
    if (found.length > 0) return found;
  }
  return [];
}

/**
 * Starts the server again, so that it forgets the suspects which ran again so far. Where it has no process, its next end may still come of
 * them.
 */
async function forgetTried({ pass, fall, tried }: Search): Promise<void> {
  const { process } = pass.target;
  if (!process || livesOn(fall) || hasEnded(pass)) return;
  await process.kill();
  await standUp(pass);
  tried.length = 0;
}

/**
 * Runs suspects again, one after another. Resolves to the ids of the culprits. Those `atWork` all run, and each but a culprit gets the
 * result that it has now. Others run until the first culprit is found; then the run waits for a late fall.
 */
async function runSuspects(suspects: readonly CaseResult[], search: Search, atWork: boolean): Promise<string[]> {
  const { pass, fall, tried } = search;
  const queue = [...suspects];
  const found: string[] = [];
  const longest = atWork ? 0 : longestDelay(suspects, search);
  const hits = new Map<string, number>();
  const settled = new Set<Case>();
  let chance = 0;
  while (!isOutOfTime(search) && (queue.length > 0 || (!atWork && tried.length > 0))) {
    const { results, fell } = await untilFall(queue, longest, atWork ? 0 : BETWEEN_INPUTS, search);
    tried.push(...results);
    const hit = fell ? results.filter((it) => endOf(it) >= fell.to - MAY_BE_HIT_WITHIN) : [];
    for (const it of atWork ? results.filter((result) => !hit.includes(result)) : []) {
      settle(it, pass);
      settled.add(it.case);
    }
    if (!fell) break;
    const culprits = await settleCulprits(fell, search);
    found.push(...culprits);
    if (culprits.length === 0) chance += 1;
    if (culprits.length > 0 && !atWork) break;
    // A suspect that ran when the server fell has no result of its own yet. Nor has one that ran a moment before a fall over another one.
    const since = culprits.length > 0 ? fell.to - RECENT * pass.shared.timeout : fell.to - MAY_BE_HIT_WITHIN;
    const open = results.filter((it) => atWork && endOf(it) >= since && !pass.ends.culprits.has(it.case.id));
    for (const it of open) if (culprits.length === 0) hits.set(it.case.id, (hits.get(it.case.id) ?? 0) + 1);
    const isLost = ({ case: { id } }: CaseResult) => (hits.get(id) ?? 0) > 1;
    for (const it of open.filter(isLost)) settle(inconclusive(it, fell.how), pass);
    queue.unshift(...open.filter((it) => !isLost(it)));
    if (atWork && culprits.length > 0) dropProven(queue, (it) => it.case, pass);
    if (chance >= FALLS_BY_CHANCE) break;
    tried.length = 0;
    await standUp(pass);
  }
  if (!pass.stop) await endIfStuck(fall, pass);
  if (!pass.stop) await standUp(pass);
  const left = atWork ? queue.filter((it) => !settled.has(it.case)) : [];
  for (const it of left) settle(inconclusive(it, fall.how), pass);
  return found;
}

/** Ends a server that hangs as it did before. The search may have run out of time before anybody saw that. */
async function endIfStuck({ hangs }: Fall, pass: Pass): Promise<void> {
  if (hangs === undefined || !pass.target.process) return;
  const missed = await missedByNewcomer(pass, hangs, pass.shared.timeout);
  if (missed !== undefined) await endHanging(pass, missed);
}

/** Returns the longest time after the input of a suspect at which the server may fall, in ms. */
function longestDelay(suspects: readonly CaseResult[], { fall, pass }: Search): number {
  const first = Math.min(fall.to, ...suspects.map(({ beganAt }) => beganAt));
  return Math.min(fall.to - first, LATEST_FALL * pass.shared.timeout) + SLACK;
}

/** Finds those that made the server fall, and blames them; resolves to their ids. */
async function settleCulprits(fell: Fall, search: Search): Promise<string[]> {
  const { pass } = search;
  const all = [...pass.results.values()];
  const convicted = await convict(fell, search);
  // An input that every client sends ends others everywhere. The cases about it say so.
  const isEverywhere = livesOn(fell) && convicted.length > 0 && (await endsOthers(pass));
  const culprits = isEverywhere
    ? []
    : convicted.filter((it) => !livesOn(fell) || !isCommon(it, all)).map((it) => ({ ...it, ...withOddInput(it, all) }));
  return blameAll(culprits, fell, search);
}

/** Blames culprits for a fall; resolves to their ids. */
function blameAll(culprits: readonly Confirmed[], fell: Fall, { pass }: Search): string[] {
  if (culprits.length === 0) return [];
  const all = [...pass.results.values()];
  // Several may have ended it the first time. Each one's own fall is what the server said when it ran alone.
  for (const culprit of culprits) {
    const { how, endKind, harm, namesCause, spares } = culprit.fall;
    pass.ends.delays.set(endKind, [...(pass.ends.delays.get(endKind) ?? []), culprit.delay]);
    blame(culprit, { ...fell, how: spares ? SPARING : how, endKind: spares ? SHUT_OUT : endKind, harm }, pass);
    if (namesCause) pass.ends.namedEnds.add(endKind);
  }
  const others = all.filter(({ case: { id } }) => !pass.ends.culprits.has(id));
  const falls = [...pass.ends.falls, fell];
  for (const culprit of culprits) {
    if (!isHarmless(culprit, others, falls, pass.shared.clock()))
      pass.ends.deadly.push({ ...culprit, endKind: culprit.fall.endKind });
    dropExplained(culprit, pass.ends);
  }
  return culprits.map(({ result }) => result.case.id);
}
