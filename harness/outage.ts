import { setTimeout as sleep } from "node:timers/promises";
import { answers } from "./availability.ts";
import { broken, worst } from "./catalogue.ts";
import type { Connection } from "./connection.ts";
import { type CaseResult, dial, execute } from "./execute.ts";
import { seeing } from "./foundation.ts";
import type { Check } from "./judge.ts";
import { type Session, settle } from "./session.ts";
import type { ServerProcess } from "./start.ts";
import { byRecency, type Guess, guess, tellInput } from "./suspects.ts";
import { isEnded, isServerEnd, type Transcript } from "./transcript.ts";

/** That a server ended, or ended the connections of others: between these times, in ms of the run's clock. */
export interface Fall {
  readonly from: number;
  readonly to: number;
  /** In words: `the server ended (exit code 1)`. */
  readonly how: string;
}

/** So many ms at most are spent in a run on finding out what ends a server. */
const SEARCH = 20_000;

/** So many suspects are tried alone, one after another, after those that were at work. */
const EARLIER = 400;

/** So many of those that fit best are tried again by themselves. */
const TRIES = 8;

/** Where no other input fits within so many ms, the one that was at work is not tried a second time. */
const CLEAR = 60;

/** What ends a server once does so again after as long, give or take so many ms and a half. */
const SLACK = 100;

/** A search for what ends a server: what it needs of the run. */
interface Search {
  readonly session: Session;
  readonly fall: Fall;
  /** Results of the first time, by the id of the case. */
  readonly before: ReadonlyMap<string, CaseResult>;
  readonly deadline: number;
}

/**
 * Finds the cases whose input ended the server, or the connections of others: runs the suspects again alone, those at work
 * first, the most recent input first, then those before them. Who ends it again fails for that; the others get the verdict that they have
 * alone. Resolves to the ids of the culprits.
 */
export async function findCulprits(atWork: readonly CaseResult[], fall: Fall, session: Session): Promise<string[]> {
  const { clock } = session.shared;
  session.falls.push(fall);
  const earlier = [...session.results.values()].filter(
    (it) => !atWork.some((other) => other.case === it.case) && it.connections.length > 0 && it.beganAt <= fall.to,
  );
  const search: Search = {
    session,
    fall,
    before: new Map([...atWork, ...earlier].map((it) => [it.case.id, it])),
    deadline: clock() + Math.max(0, SEARCH - session.searched),
  };
  const began = clock();
  const first = await sweep(byRecency(atWork, fall.to), search, true);
  const found = first.length > 0 ? first : await sweep(byRecency(earlier, fall.to).slice(0, EARLIER), search, false);
  session.searched += clock() - began;
  return found;
}

/** Runs suspects alone, one after another. With `all` each gets the result that it has alone; else it ends with the first culprit. */
async function sweep(suspects: readonly CaseResult[], search: Search, all: boolean): Promise<string[]> {
  const { session, fall, deadline } = search;
  const { shared, signal } = session;
  const queue = [...suspects];
  const found: string[] = [];
  let tried: CaseResult[] = [];
  let watcher = await watch(session);
  const since = Math.min(fall.to, ...suspects.map(({ beganAt }) => beganAt));
  const longest = Math.min(fall.to - since, shared.timeout * 1.5);
  const isOver = () => signal?.aborted || session.stop || shared.clock() > deadline;
  while (watcher && !isOver()) {
    const suspect = queue.shift();
    if (!suspect && tried.length === 0) break;
    // Who ends it late does so after the last suspect is done.
    const result = suspect && (await alone(suspect, session));
    if (result) tried.push(result);
    const fell = result ? await hasFallen(watcher, session) : await fallsWithin(longest + SLACK, watcher, session);
    if (fell === undefined) {
      if (!result) break;
      if (all) settle(result, session);
      watcher = await exchange(watcher, session);
      continue;
    }
    const culprit = await convict(tried, fell, search);
    if (culprit) {
      found.push(culprit.result.case.id);
      settle(blamed(culprit, fell, session), session);
      if (!all) {
        await standUp(session); // Else the end that convicted it would be looked into as another.
        break;
      }
    }
    // What else was running when it fell has no result of its own yet.
    if (result && culprit?.result.case !== result.case) {
      if (tried.filter((it) => it.case === result.case).length > 1) settle(inconclusive(result, fell.how), session);
      else if (culprit) queue.unshift(result);
    }
    tried = [];
    watcher = (await standUp(session)) ? await watch(session) : undefined;
  }
  watcher?.finish();
  for (const left of all ? queue : []) settle(inconclusive(left, fall.how), session);
  return found;
}

/** Of those that were tried the one that ends the server, or others, again when it runs by itself. */
async function convict(tried: readonly CaseResult[], fell: Fall, search: Search): Promise<Guess | undefined> {
  const { session, before, fall } = search;
  const guesses = tried
    .map((it) => guess(it, fell.to, before.get(it.case.id), fall.to))
    .toReversed()
    .toSorted((a, b) => a.difference - b.difference);
  const [best, second] = guesses;
  const last = tried.at(-1);
  if (best?.result === last && best && best.delay < CLEAR && (second?.difference ?? CLEAR) >= CLEAR) return best;
  for (const suspect of guesses.slice(0, TRIES)) {
    const watcher = (await standUp(session)) ? await watch(session) : undefined;
    if (!watcher || session.signal?.aborted) return undefined;
    const result = await alone(suspect.result, session);
    const again = await fallsWithin(suspect.delay * 1.5 + SLACK, watcher, session);
    watcher.finish();
    if (again) return { ...suspect, result };
  }
  return undefined;
}

const alone = ({ case: it }: CaseResult, session: Session) => execute(it, session, session.availability.saw, () => {});

/** A connection that does nothing: its end shows that others are ended. Nothing where the server is not there. */
async function watch(session: Session): Promise<Connection | undefined> {
  const connection = await dial(session, { name: "watcher" });
  return answers(connection) ? connection : undefined;
}

/** A fresh watcher in the place of one that has nothing to tell. */
async function exchange(watcher: Connection, session: Session): Promise<Connection | undefined> {
  const next = await watch(session);
  watcher.finish();
  return next;
}

/** Whether the server, or the watcher's connection, has ended by now: a further connection shows that it has got so far. */
async function hasFallen(watcher: Connection, session: Session): Promise<Fall | undefined> {
  const probe = await dial(session, { name: "probe" });
  session.availability.saw(probe);
  const isUp = answers(probe);
  probe.finish();
  return isUp && !session.target.process?.death && !isEnded(watcher) ? undefined : told(watcher, session);
}

/** Whether the server, or the watcher's connection, ends within so many ms. */
async function fallsWithin(ms: number, watcher: Connection, session: Session): Promise<Fall | undefined> {
  await watcher.quiet(ms);
  return hasFallen(watcher, session);
}

/** How the server, or the connection of a watcher, ended. */
async function told({ transcript }: Connection, session: Session): Promise<Fall> {
  const now = session.shared.clock();
  const end = transcript.events.find((event) => isServerEnd(event) || event.type === "error");
  const to = end?.at ?? now;
  await diedOrNot(session);
  return { from: to, to, how: await howItFell(session) };
}

/** Gives a process that accepts no connections any more the moment that its end takes to be known. */
async function diedOrNot({ target, availability }: Session): Promise<void> {
  for (let i = 0; i < LOOKS && target.process && !target.process.death && availability.downSince; i++)
    await sleep(PAUSE);
}

/** So many looks at most. */
const LOOKS = 20;

/** In words how the server ended; or, where it is still there, that it ended the connections of others. */
export async function howItFell({ target, availability }: Session): Promise<string> {
  const { process } = target;
  if (process?.death) {
    const words = await process.lastWords();
    return `the server ended (${process.death.how}${words === undefined ? "" : `: ${words}`})`;
  }
  return availability.downSince === undefined
    ? "connections of other clients were ended"
    : "the server stopped accepting connections";
}

/** Starts a server again that ended, or waits for it. Whether it is there. */
export async function standUp(session: Session): Promise<boolean> {
  const { target, availability, options, shared, signal } = session;
  const { process } = target;
  for (const deadline = shared.clock() + options.recovery; !signal?.aborted; await sleep(PAUSE)) {
    // That a process has ended may be known a moment after its connections are.
    if (process?.death) return (await restart(process, session)) && standUp(session);
    if ((await availability.recover(0)) === undefined) break;
    if (shared.clock() > deadline) return false;
  }
  shared.patience.forgive();
  return true;
}

/** Between two looks at a server that is not there, in ms. */
const PAUSE = 25;

/** Starts a server again. Whether it accepts connections. */
async function restart(process: ServerProcess, session: Session): Promise<boolean> {
  const failure = await process.restart();
  if (failure !== undefined) session.stop ??= { reason: "lost", words: `not run: ${failure}` };
  return failure === undefined;
}

/** The result of a case whose input ends the server, or the connections of others. */
function blamed({ result, input, delay }: Guess, { how }: Fall, { protocol, judging }: Session): CaseResult {
  const id = protocol.survivalOf(result.case);
  const requirement = judging.requirements.get(id);
  if (!requirement) throw new Error(`the catalogue has no requirement "${id}"`);
  const { level, statement } = requirement;
  const after = input ? ` ${delay.toFixed(0)} ms after ${tellInput(input)}` : "";
  const check: Check = {
    requirement: id,
    level,
    verdict: broken(level, judging.strict),
    expected: statement,
    actual: `${how}${after}`,
  };
  const others = result.checks.filter((it) => it.requirement !== id);
  // That the connection of the case itself ended is no second finding.
  const checks = [check, ...others.map((it) => (it.verdict === "error" ? seeing(it, id) : it))];
  return { ...result, checks, verdict: worst(checks.map(({ verdict }) => verdict)) };
}

/** A result of which nothing can be told, since the server ended meanwhile. */
export function inconclusive(result: CaseResult, how: string): CaseResult {
  const checks = result.checks.map((check) =>
    check.verdict === "fail" || check.verdict === "warn" || check.verdict === "error"
      ? { ...check, verdict: "skip" as const, actual: `not judged: ${how} while it ran` }
      : check,
  );
  return { ...result, checks, verdict: worst(checks.map(({ verdict }) => verdict)) };
}

/** When connections were ended by the server without a word to them, in ms of the run's clock. */
export const endedAt = (connections: readonly Transcript[]): number | undefined => {
  const ends = connections.flatMap(({ events }) => events.filter(isServerEnd).map(({ at }) => at));
  return ends.length === 0 ? undefined : Math.min(...ends);
};
