import { broken, isFinding, withChecks } from "./catalogue.ts";
import type { Connection } from "./connection.ts";
import { type CaseResult, endOf, execute } from "./execute.ts";
import { seeing } from "./foundation.ts";
import type { Check } from "./judge.ts";
import { inconclusive, standUp } from "./outage.ts";
import { type Fall, type Session, settle } from "./session.ts";
import { byLikelihood, byRecency, type Guess, guess, inputsOf, isSuspect, notAtWork, tellInput } from "./suspects.ts";
import { isEnded } from "./transcript.ts";
import { fallsWithin, hasFallen, told, watch } from "./watcher.ts";

/** So many ms at most are spent in a run on finding out what ends a server. */
const SEARCH = 30_000;

/** So many suspects are tried alone, one after another, after those that were at work. */
const EARLIER = 400;

/** After so many suspects a fresh connection shows that the server has got so far. */
const LOOK = 8;

/** So many at a time are tried once more, those that fit best first, so many ms apart. */
const TRIES = 32;

const APART = 30;

/** So many of those that fit best then are tried by themselves. */
const ALONE = 4;

/** Where no other input fits within so many ms, the one that was at work is not tried a second time. */
const CLEAR = 60;

/** So many times a server that lives ends a watcher, though no suspect makes it do so again, and it does so by chance. */
const BY_CHANCE = 3;

/** What ends a server once does so again after as long, give or take so many ms. */
const SLACK = 100;

/** A search for what ends a server: what it needs of the run. */
interface Search {
  readonly session: Session;
  readonly fall: Fall;
  /** Results of the first time, by the id of the case. */
  readonly before: ReadonlyMap<string, CaseResult>;
  readonly deadline: number;
  /** What ran since the server was last started, or found to stand. */
  readonly tried: CaseResult[];
}

/**
 * Finds the cases whose input ended the server, or the connections of others: runs the suspects again alone, those at work
 * first, the most recent input first, then those before them. Who ends it again fails for that; the others at work get the
 * verdict that they have alone. Resolves to the ids of the culprits.
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

/** So many times the timeout before the end of a server its input may have come. */
const LATEST = 2.5;

/**
 * Runs suspects alone, one after another. Where they are `atWork`, each gets the result that it has alone, but for the culprits; else it ends
 * with the first culprit, and waits in the end for one that ends the server late.
 */
async function sweep(suspects: readonly CaseResult[], search: Search, atWork: boolean): Promise<string[]> {
  const { session, fall, deadline, tried } = search;
  const { shared, signal } = session;
  const queue = [...suspects];
  const found: string[] = [];
  const twice = new Set<CaseResult["case"]>();
  let chance = 0;
  let watcher = queue.length > 0 ? await watch(session) : undefined;
  const first = Math.min(fall.to, ...suspects.map(({ beganAt }) => beganAt));
  const longest = Math.min(fall.to - first, LATEST * shared.timeout) + SLACK;
  const isOver = () => signal?.aborted || session.stop || shared.clock() > deadline;
  while (watcher && !isOver()) {
    const suspect = queue.shift();
    const isLast = queue.length === 0;
    if (!suspect && (atWork || tried.length === 0)) break;
    const result = suspect && (await retry(suspect, session));
    if (result) tried.push(result);
    const look = isLast || tried.length % LOOK === 0;
    let fell = result ? await hasFallen(watcher, session, look) : await fallsWithin(longest, watcher, session);
    if (fell === undefined && !result) break;
    if (fell === undefined && result) {
      if (atWork) settle(result, session);
      const fresh: Connection | undefined = look ? await watch(session) : watcher;
      // It may have been ended while the next one came.
      fell = look && isEnded(watcher) ? await told(watcher, session) : undefined;
      if (look) watcher.finish();
      watcher = fresh;
    }
    if (fell === undefined) continue;
    const culprits = await convict(tried, fell, search);
    for (const culprit of culprits) {
      found.push(culprit.result.case.id);
      session.culprits.add(culprit.result.case.id);
      settle(blamed(culprit, fell, session), session);
      explain(culprit, search);
    }
    if (culprits.length === 0) chance += 1;
    if ((culprits.length > 0 && !atWork) || (fall.lives && chance >= BY_CHANCE)) break;
    // What ran when it fell has no result of its own yet.
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

/** Of those that were tried the ones that end the server, or others, again when few others run near them. */
async function convict(tried: readonly CaseResult[], fell: Fall, search: Search): Promise<readonly Guess[]> {
  const { before, fall } = search;
  // An end of another kind has another cause: how long before the first one a case ran says nothing of it.
  const isAlike = fell.how === fall.how || fell.lives;
  const guesses = tried
    .map((it) => guess(it, fell.to, isAlike ? before.get(it.case.id) : undefined, fall.to))
    .toReversed()
    .toSorted((a, b) => a.difference - b.difference);
  const [best, second] = guesses;
  const isClear = best?.result === tried.at(-1) && best && best.delay < CLEAR && (second?.difference ?? CLEAR) >= CLEAR;
  if (isClear && !fell.lives) return [best];
  const first = await culpritAmong(guesses, fell, search);
  if (!first) return [];
  // Others that ran at about the same time may end it after as long, and had no time for it.
  const culprits: Guess[] = [first];
  for (;;) {
    const known = new Set(culprits.map(({ result }) => result.case));
    const near = guesses.filter(
      ({ result, delay }) => !known.has(result.case) && Math.abs(delay - first.delay) < CLEAR,
    );
    const further = await culpritAmong(near, fell, search);
    if (!further) return culprits;
    culprits.push(further);
  }
}

/** The best of some guesses that comes true again twice: among a few others, and by itself. */
async function culpritAmong(guesses: readonly Guess[], fell: Fall, search: Search): Promise<Guess | undefined> {
  const { session, deadline } = search;
  for (let i = 0; i < guesses.length && session.shared.clock() < deadline; i += TRIES) {
    const again = await apart(guesses.slice(i, i + TRIES), fell, session);
    for (const likely of again.slice(0, ALONE)) {
      // Who ends it while nobody else runs does so, be it a little sooner or later on a busy machine.
      const [culprit] = await apart([likely], { ...fell, to: likely.fellAt }, session);
      if (culprit) return culprit;
    }
    // One of them did it: where the times mislead, halves tell.
    const rest = again.slice(ALONE);
    const half = Math.ceil(rest.length / 2);
    for (const part of [rest.slice(0, half), rest.slice(half)]) {
      const culprit = part.length > 0 ? await culpritAmong(part, fell, search) : undefined;
      if (culprit) return culprit;
    }
  }
  return undefined;
}

/** Takes back that nobody knows what ended the server where it is what this case does. */
function explain({ result, delay }: Guess, { session: { unexplained, sightings } }: Search): void {
  const isIt = (at: number) =>
    inputsOf(sightings.get(at)?.get(result.case.id)?.connections ?? []).some(
      ({ event }) => Math.abs(at - event.at - delay) < SLACK,
    );
  for (const it of unexplained.filter(({ at }) => isIt(at))) unexplained.splice(unexplained.indexOf(it), 1);
}

/** A guess that came true again, at so many ms of the run's clock. */
type Confirmed = Guess & { readonly fellAt: number };

/** Runs suspects once more, far enough apart that the time of the end tells which of them it was; those that fit, the best first. */
async function apart(guesses: readonly Guess[], fell: Fall, session: Session): Promise<readonly Confirmed[]> {
  const watcher = guesses.length > 0 && (await standUp(session)) ? await watch(session) : undefined;
  if (!watcher || session.signal?.aborted) return [];
  const again: (readonly [CaseResult, Guess])[] = [];
  let end: Fall | undefined;
  for (const one of guesses) {
    again.push([await retry(one.result, session), one]);
    end = await fallsWithin(guesses.length > 1 ? APART : 0, watcher, session);
    if (end) break;
  }
  const longest = Math.max(0, ...guesses.map(({ delay }) => delay)) + SLACK;
  end ??= await fallsWithin(longest, watcher, session);
  watcher.finish();
  if (!end) return [];
  const { to } = end;
  return again
    .map(([result, one]) => ({ ...guess(result, to, one.result, fell.to), fellAt: to }))
    .toSorted((a, b) => a.difference - b.difference);
}

const retry = ({ case: it }: CaseResult, session: Session) => execute(it, session);

/** The result of a case whose input ends the server, or the connections of others. */
function blamed({ result, input, delay }: Guess, { how }: Fall, { protocol, judging }: Session): CaseResult {
  const id = protocol.survivalOf(result.case);
  const requirement = judging.requirements.get(id);
  if (!requirement) throw new Error(`the catalogue has no requirement "${id}"`);
  const { level, statement } = requirement;
  const after = input ? ` ${Math.max(0, delay).toFixed(0)} ms after ${tellInput(input)}` : "";
  const check: Check = {
    requirement: id,
    level,
    verdict: broken(level, judging.strict),
    expected: statement,
    actual: `${how}${after}`,
    ended: true,
  };
  const others = result.checks.filter((it) => it.requirement !== id);
  // That the connection of the case itself ended, and what did not come for that, is no second finding.
  const checks = [check, ...others.map((it) => (isFinding(it) ? seeing(it, id) : it))];
  return withChecks(result, checks);
}
