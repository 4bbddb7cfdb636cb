import { broken, isFinding, withChecks } from "./catalogue.ts";
import type { Connection } from "./connection.ts";
import { placed } from "./evidence.ts";
import { type CaseResult, endOf } from "./execute.ts";
import { seeing } from "./foundation.ts";
import type { Check } from "./judge.ts";
import { inconclusive, standUp } from "./outage.ts";
import { convict, retry, type Search, SLACK } from "./proof.ts";
import { type Fall, type Session, settle } from "./session.ts";
import { byLikelihood, byRecency, type Guess, inputsOf, isSuspect, notAtWork, tellInput } from "./suspects.ts";
import { isEnded } from "./transcript.ts";
import { fallsWithin, hasFallen, told, watch } from "./watcher.ts";

/** The most time that a run spends on finding out what ends a server, in ms. */
const SEARCH = 30_000;

/** The most suspects that are tried of those that were done before the fall. */
const EARLIER = 400;

/** The number of suspects after which a fresh connection shows that the server still stands. */
const LOOK = 8;

/** The number of falls without a culprit after which the search ends, if the server lives on: they are chance. */
const BY_CHANCE = 3;

/** The longest time from an input to the fall that it causes, in timeouts. */
const LATEST = 2.5;

/**
 * Finds the cases whose input ended the server, or the connections of others. Runs the suspects again alone, those at work first,
 * then earlier ones, the most recent input first. A culprit fails for it; the others at work get the verdict that they have alone.
 * Resolves to the ids of the culprits.
 */
export async function findCulprits(atWork: readonly CaseResult[], fall: Fall, session: Session): Promise<string[]> {
  const { shared, results, culprits } = session;
  const began = shared.clock();
  const first = atWork.filter((it) => isSuspect(it) && it.beganAt <= fall.to);
  const since = fall.to - LATEST * shared.timeout;
  const earlier = notAtWork(atWork, results.values()).filter(
    (it) => it.beganAt <= fall.to && endOf(it) >= since && !culprits.has(it.case.id),
  );
  const search: Search = {
    session,
    fall,
    before: new Map([...first, ...earlier].map((it) => [it.case.id, it])),
    deadline: began + Math.max(0, SEARCH - session.searched),
    tried: [],
  };
  session.sightings.set(fall.to, search.before);
  const found = await sweep(byLikelihood(first, fall.to), search, !fall.lives);
  if (found.length === 0) found.push(...(await sweep(byRecency(earlier, fall.to).slice(0, EARLIER), search, false)));
  session.searched += shared.clock() - began;
  return found;
}

/**
 * Runs suspects alone, one after another; resolves to the ids of the culprits. Those `atWork` all run, and each but a culprit gets
 * the result that it has alone. Others run until the first culprit is found; in the end a late fall is waited for.
 */
async function sweep(suspects: readonly CaseResult[], search: Search, atWork: boolean): Promise<string[]> {
  const { session, fall, deadline, tried } = search;
  const { shared, signal } = session;
  const queue = [...suspects];
  const found: string[] = [];
  const twice = new Set<CaseResult["case"]>();
  let chance = 0;
  let watcher = queue.length > 0 ? await watch(session) : undefined;
  const longest = longestDelay(suspects, search);
  const isOver = () => signal?.aborted || session.stop || shared.clock() > deadline;
  while (watcher && !isOver()) {
    const suspect = queue.shift();
    if (!suspect && (atWork || tried.length === 0)) break;
    const attempt: Attempt = suspect
      ? await attemptWith(suspect, { watcher, atWork, isLast: queue.length === 0 }, search)
      : { fell: await fallsWithin(longest, watcher, session), watcher };
    const { fell, result } = attempt;
    watcher = attempt.watcher;
    if (!fell && !suspect) break;
    if (!fell) continue;
    const culprits = await settleCulprits(fell, search);
    found.push(...culprits);
    if (culprits.length === 0) chance += 1;
    if ((culprits.length > 0 && !atWork) || (fall.lives && chance >= BY_CHANCE)) break;
    // The suspect that ran when the server fell has no result of its own yet.
    if (result && suspect && atWork && !session.culprits.has(result.case.id)) {
      if (twice.has(result.case)) settle(inconclusive(result, fell.how), session);
      else queue.unshift(suspect);
      twice.add(result.case);
    }
    tried.length = 0;
    watcher = (await standUp(session)) ? await watch(session) : undefined;
  }
  watcher?.finish();
  if (!session.stop) await standUp(session);
  for (const left of atWork ? queue : []) settle(inconclusive(left, fall.how), session);
  return found;
}

/** Returns the longest time after the input of a suspect at which the server may fall, in ms. */
function longestDelay(suspects: readonly CaseResult[], { fall, session }: Search): number {
  const first = Math.min(fall.to, ...suspects.map(({ beganAt }) => beganAt));
  return Math.min(fall.to - first, LATEST * session.shared.timeout) + SLACK;
}

/** The result of a suspect that ran, the fall that it or one before it caused, and the watcher of what comes next. */
interface Attempt {
  readonly result?: CaseResult;
  readonly fell: Fall | undefined;
  readonly watcher: Connection | undefined;
}

/** Runs one suspect alone, now and then with a look at the server. A fresh watcher takes over after each look. */
async function attemptWith(
  suspect: CaseResult,
  { watcher, atWork, isLast }: { readonly watcher: Connection; readonly atWork: boolean; readonly isLast: boolean },
  { session, tried }: Search,
): Promise<Attempt> {
  const result = await retry(suspect, session);
  tried.push(result);
  const look = isLast || tried.length % LOOK === 0;
  const fell = await hasFallen(watcher, session, look);
  if (fell) return { result, fell, watcher };
  if (atWork) settle(result, session);
  if (!look) return { result, fell: undefined, watcher };
  const next = await watch(session);
  // The server may have ended the old watcher while the next one came.
  const late = isEnded(watcher) ? await told(watcher, session) : undefined;
  watcher.finish();
  return { result, fell: late, watcher: next };
}

/** Finds those that made the server fall, and blames them; resolves to their ids. */
async function settleCulprits(fell: Fall, search: Search): Promise<string[]> {
  const { session } = search;
  const culprits = await convict(fell, search);
  for (const culprit of culprits) {
    session.culprits.add(culprit.result.case.id);
    settle(blamed(culprit, fell, session), session);
    explain(culprit, session);
  }
  return culprits.map(({ result }) => result.case.id);
}

/** Removes the unexplained ends of the server that this culprit explains. */
function explain({ result, delay }: Guess, { unexplained, sightings }: Session): void {
  const isIt = (at: number) =>
    inputsOf(sightings.get(at)?.get(result.case.id)?.connections ?? []).some(
      ({ event }) => Math.abs(at - event.at - delay) < SLACK,
    );
  for (const it of unexplained.filter(({ at }) => isIt(at))) unexplained.splice(unexplained.indexOf(it), 1);
}

/** Returns the result of a culprit. Throws if the catalogue lacks the requirement that it breaks. */
function blamed({ result, input, delay }: Guess, { how }: Fall, { protocol, judging }: Session): CaseResult {
  const id = protocol.survivalOf(result.case);
  const requirement = judging.requirements.get(id);
  if (!requirement) throw new Error(`the catalogue has no requirement "${id}"`);
  const { level, statement } = requirement;
  const evidence = input && placed([input.event], result.connections);
  const after = input ? ` ${Math.max(0, delay).toFixed(0)} ms after ${tellInput(input)}` : "";
  const check: Check = {
    requirement: id,
    level,
    verdict: broken(level, judging.strict),
    expected: statement,
    actual: `${how}${after}`,
    ended: true,
    ...(evidence && { evidence }),
  };
  const others = result.checks.filter((it) => it.requirement !== id);
  // The end of its own connections, and what did not come for that, are no second finding.
  const checks = [check, ...others.map((it) => (isFinding(it) ? seeing(it, id) : it))];
  return withChecks(result, checks);
}
