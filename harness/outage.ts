import { setTimeout as sleep } from "node:timers/promises";
import { isBroken, isFinding, withChecks } from "./catalogue.ts";
import { isShownByMessage } from "./evidence.ts";
import { type CaseResult, notJudged } from "./execute.ts";
import { wordsOfFailure } from "./failure.ts";
import { groupBy } from "./group.ts";
import { type Fall, type Pass, settle } from "./pass.ts";
import { HANDSHAKE } from "./patience.ts";
import { stopFor } from "./run-options.ts";
import type { Case } from "./scenario.ts";
import { type ServerProcess, withoutSecrets } from "./target.ts";
import { isServerEnd, type Transcript } from "./transcript.ts";

/**
 * The words in which a program tells one bug otherwise each time: what Node.js says of a text that is no JSON, what stands in double
 * quotes, one character in single ones, and whatever has a digit, such as a time or an address. Of what it prints only words are known.
 */
const VARYING = /(?<=SyntaxError: ).*\bJSON\b.*|"[^"]*"|'.'|[\w:.+-]*\d[\w:.+-]*/g;

/** The end of the connections of others. */
export const ENDED_OTHERS = { how: "connections of other clients were ended", endKind: "drop", harm: "drop" } as const;

/** Tells if the server lives on. */
export const livesOn = ({ harm }: Pick<Fall, "harm">): boolean => harm === "drop" || harm === "stall";

/** The words for one that stood still for long, and may do so again. */
export const STOOD_STILL = "the server stood still";

/** The words for a server that hangs, by what it gives nobody any more. */
const STOPPED = { handshake: "answering anybody", greeting: "greeting anybody", answer: "answering requests" } as const;

/** The time within which a client answers what it hears last from a server that hangs over the answer, in ms. */
const ANSWER = 5;

/** A server that opens no WebSocket any more and sends something for longer than this still hears odd clients, in timeouts. */
const DEAF = 0.25;

/**
 * Ends a server of which a newcomer misses some kind of answer; returns its fall. It came about when somebody last got that or, of a
 * server that hears nobody, when it last sent something.
 */
export async function endHanging(pass: Pass, missed: string): Promise<Fall> {
  const { shared, availability, target, protocol } = pass;
  const { heard } = shared.attention;
  const last = shared.patience.end(missed);
  const isDeaf = missed === HANDSHAKE && heard - last.to < DEAF * shared.timeout;
  const { from, to } = isDeaf ? { from: heard, to: heard } : last;
  availability.hangs(missed);
  await target.process?.kill();
  const what = missed === HANDSHAKE ? "handshake" : missed === protocol.greeting ? "greeting" : "answer";
  const how = `the server stopped ${STOPPED[what]}`;
  return { from, to: to + ANSWER, how, endKind: `hang: ${what}`, harm: "hang", hangs: missed };
}

/** The end of a server of which no more is known. */
const STOPPED_ACCEPTING = "the server stopped accepting connections";

/** Says how a server ended, or that it ended the connections of others. */
export async function howItFell({ target, availability }: Pass): Promise<Omit<Fall, "from" | "to">> {
  const { process } = target;
  if (process?.death) {
    const { how } = process.death;
    const said = await process.lastWords();
    const words = said === undefined ? "" : withoutSecrets(`: ${said.text}`, target);
    const isTold = said?.isCause ?? false;
    const endKind = isTold ? `${how}${words.replace(VARYING, "#")}` : how;
    const age = process.death.at - process.startedAt;
    return { how: `the server ended (${how}${words})`, endKind, harm: "end", isTold, age };
  }
  const { downSince, refusal } = availability;
  if (downSince === undefined) return ENDED_OTHERS;
  if (refusal === undefined) return { how: STOPPED_ACCEPTING, endKind: "away", harm: "end" };
  return { how: `${STOPPED_ACCEPTING} (${wordsOfFailure(refusal)})`, endKind: `away: ${refusal.code}`, harm: "end" };
}

/** The inputs that end a server in the same way, and are enough: further ones would show the same bug, and each takes long. */
const PROVEN = { mostly: 10, late: 3 } as const;

/** The time after which fewer inputs are enough, and ends that came about as others did count for as many as they are, in ms. */
const LONG = 10_000;

/** Tells if the suite has dealt with ends of the server for long. */
export const dealtLong = ({ times }: Pass): boolean => times.away + times.searched > LONG;

/** Returns the number of inputs that prove one way in which a server ends. */
export const enough = (pass: Pass): number => (dealtLong(pass) ? PROVEN.late : PROVEN.mostly);

/** Groups the proved ends of a server that came about in the same way, and break the same requirement. */
const endsAlike = (results: Iterable<CaseResult>) =>
  groupBy(
    [...results].flatMap(({ checks }) => checks.filter(({ harm }) => harm)),
    ({ requirement, endKind }) => `${requirement} ${endKind}`,
  );

/** Counts the inputs that ended the server; of those that did in the same way, as many as prove it. */
export const countEnds = ({ results, ends: { enders } }: Pass): number =>
  [...endsAlike([...results.values()].filter((it) => enders.has(it.case.id))).values()].reduce(
    (sum, { length }) => sum + Math.min(length, PROVEN.mostly),
    0,
  );

/**
 * Takes the cases out of a queue that would only show once more how the server ends. They get the verdict that they rest on that.
 */
export function dropProven<It>(queue: It[], caseOf: (it: It) => Case, pass: Pass): void {
  const roots = provenRoots(queue.map(caseOf), pass);
  for (const [it, root] of roots) if (!saidWrong(pass.results.get(it))) settle(notJudged(it, root, pass.judging), pass);
  queue.splice(0, Infinity, ...queue.filter((it) => !roots.has(caseOf(it))));
}

/** Returns the cases that would only show once more how the server ends, each with what it rests on: enough inputs did in the same way. */
function provenRoots(cases: readonly Case[], pass: Pass): ReadonlyMap<Case, string> {
  const alike = endsAlike(pass.results.values());
  const { sameInputs = {} } = pass.protocol.foundations;
  const proven = new Set(
    [...alike.values()].flatMap((some) => (some.length < enough(pass) ? [] : (some[0]?.requirement ?? []))),
  );
  const open = cases.filter(({ id }) => !pass.ends.culprits.has(id));
  return new Map(
    open.flatMap((it) => {
      const root = [...proven].find((id) => it.tests.some((test) => test === id || sameInputs[id]?.includes(test)));
      return root === undefined ? [] : [[it, root] as const];
    }),
  );
}

/** Tells if a message of the server broke something in a case that ran before: that stays, whatever ended the server. */
const saidWrong = (it: CaseResult | undefined): boolean =>
  it?.checks.some((check) => isBroken(check) && isShownByMessage(check.evidence, it.connections)) ?? false;

/** The time between two looks at a server that is gone, in ms. */
const PAUSE = 25;

/** The most looks at a process that may have ended. */
const LOOKS = 6;

/** Waits a moment for the end of a process, which is known later than that of its connections. */
export async function diedOrNot({ target }: Pass): Promise<void> {
  for (let i = 0; i < LOOKS && target.process && !target.process.death; i++) await sleep(PAUSE);
}

/** Starts a server again, or waits for it; resolves to `true` if it is there. Ends a process that accepts no more connections. */
export async function standUp(pass: Pass): Promise<boolean> {
  const began = pass.shared.clock();
  const stands = await bringBack(pass);
  pass.times.away += pass.shared.clock() - began;
  return stands;
}

/** The starts in a row after which a server that each client ends is given up, and the time that it has to end so, in ms. */
const NEWBORN = { starts: 3, within: 50 } as const;

/** Starts it or waits for it, and takes no note of the time. One that is not there again after some `starts` stops the run. */
async function bringBack(pass: Pass, starts = 0): Promise<boolean> {
  const { target, availability, options, shared, signal } = pass;
  const { process } = target;
  const how = pass.ends.falls.at(-1)?.how ?? STOPPED_ACCEPTING;
  for (const deadline = shared.clock() + options.recovery; !signal?.aborted; await sleep(PAUSE)) {
    // The end of a process is known a moment later than that of its connections.
    if (process?.death) {
      if (starts === NEWBORN.starts) stopUnprovoked(pass, `${how}, and ${starts} times more when only one client came`);
      return !pass.stop && (await restart(process, pass)) && bringBack(pass, starts + 1);
    }
    if ((await availability.recover(0)) === undefined) {
      if (await standsWithOne(pass, starts)) break;
      continue;
    }
    if (shared.clock() <= deadline) continue;
    if (starts > 0) pass.stop ??= stopFor("lost", `${how}, also after it was started again`);
    if (!process || pass.stop) return false;
    await process.kill();
  }
  shared.patience.forgive();
  return true;
}

/** Tells if a server that was just started stands a moment after a client came. Once it did, no client as such ends it. */
async function standsWithOne(pass: Pass, starts: number): Promise<boolean> {
  const { process } = pass.target;
  if (!process || starts === 0 || pass.ends.stood > 0) return true;
  await sleep(NEWBORN.within);
  if (process.death) return false;
  pass.ends.stood = NEWBORN.within;
  return true;
}

/** Stops the run, since the server ends though no client sends anything: no input is to blame for that. */
export function stopUnprovoked(pass: Pass, why: string): void {
  pass.stop ??= stopFor("lost", why);
  pass.ends.unprovoked = true;
}

/** Starts a server again; resolves to `true` if it accepts connections. Otherwise the run stops. */
async function restart(process: ServerProcess, pass: Pass): Promise<boolean> {
  const failure = await process.restart();
  if (failure !== undefined) pass.stop ??= stopFor("lost", withoutSecrets(failure, pass.target));
  return failure === undefined;
}

/** Returns a result whose findings, and what rests on them, are not judged, since the server ended meanwhile. */
export function inconclusive(result: CaseResult, how: string): CaseResult {
  const dropped = new Set(result.checks.filter(isFinding).map(({ requirement }) => requirement));
  const checks = result.checks.map((check) => {
    const { see, ...rest } = check;
    const isDropped = isFinding(check) || (see !== undefined && dropped.has(see));
    return isDropped ? { ...rest, verdict: "skip" as const, actual: `not judged: ${how} while it ran` } : check;
  });
  return withChecks(result, checks);
}

/** Returns when the server first ended one of these connections, in ms of the run's clock. */
export const endedAt = (connections: readonly Transcript[]): number | undefined => {
  const ends = connections.flatMap(({ events }) => events.filter(isServerEnd).map(({ at }) => at));
  return ends.length === 0 ? undefined : Math.min(...ends);
};
