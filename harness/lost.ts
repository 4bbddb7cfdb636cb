import { blame } from "./blame.ts";
import { timeThere } from "./budget.ts";
import { isBroken } from "./catalogue.ts";
import { findCulprits, LATEST_FALL, RECENT } from "./culprits.ts";
import { BEHIND, endedAtNobody, wasCutOff } from "./cut-off.ts";
import { inconclusive, isSilent, missedHandshake } from "./doubt.ts";
import { type CaseResult, endOf } from "./execute.ts";
import { diedOrNot, howItFell } from "./fall.ts";
import { isPlain } from "./foundation.ts";
import { goodbyeBefore } from "./goodbyes.ts";
import { type Guess, guess } from "./guess.ts";
import { fallOfHanging, stuckOn } from "./hanging.ts";
import { endsByTheClock, lifeByTheClock, stopByTheClock } from "./own-end.ts";
import { type Fall, lastResults, type Pass, settle } from "./pass.ts";
import { greetsAll } from "./protocol.ts";
import { countEnds, dealtLong } from "./proven.ts";
import { seemsDeaf } from "./shared.ts";
import { wordsOfShutOut } from "./shut-out.ts";
import { standUp } from "./stand-up.ts";
import { lookIntoStalls } from "./standstill.ts";
import { byLikelihood, byRecency, isSuspect, notAtWork } from "./suspects.ts";
import { withoutSecrets } from "./target.ts";
import { explainUnreachable } from "./unreachable.ts";
import { UnreachableError } from "./usage.ts";
import { HANDSHAKE } from "./waited.ts";
import { plural } from "./words.ts";

/** The most suspects that are named. */
const NAMED_SUSPECTS = 6;

/** The cases that were hit when a target went away. */
interface Affected {
  /** They were at work. Each has another result by now. */
  readonly atWork: readonly CaseResult[];
  /** They were done a moment before, or began afterwards. Nobody knows if an input of the former ends the target later. */
  readonly recent: readonly CaseResult[];
}

const NOBODY: Affected = { atWork: [], recent: [] };

/**
 * Looks into a target that went away, or hangs, while cases ran. If it comes back, finds the culprits and clears all others. If not,
 * drops the findings of those at work, ranks the suspects and stops the run. Throws an `UnreachableError` if the target was never
 * there.
 */
export async function lookInto(ran: readonly CaseResult[], pass: Pass): Promise<Affected> {
  const { availability, signal } = pass;
  if (signal?.aborted) return NOBODY;
  const began = timeThere(pass);
  const fall = await fallOf(pass);
  pass.times.searched += timeThere(pass) - began;
  if (!fall) return { atWork: [], recent: [...(await lookIntoStalls(ran, pass)), ...ran.filter(missedHandshake)] };
  // A process that ended was there: the suite waited for it.
  if (availability.upAt === undefined && !pass.target.process?.death) {
    await seekOnce(pass);
    return { atWork: [], recent: ran };
  }
  pass.ends.falls.push(fall);
  // Resets look like a limit on connections. So a round may end over them before it is known that nobody is there.
  const all = lastResults(ran, pass);
  const atWork = hitBy(fall, ran, all);
  stopAfterTooMany(pass);
  if (!pass.stop && !fall.isBehind && (await standUp(pass))) {
    const affected = await clear({ fall, all, atWork }, ran, pass);
    pass.shared.limits.forget(); // A gateway refused clients while the server was away.
    pass.onStood();
    return affected;
  }
  if (signal?.aborted) return NOBODY;
  // The last refusal may say more than the first: that of a gateway, where the server ended in a handshake.
  giveUp({ fall: fall.refuses ? { ...fall, ...(await howItFell(pass)) } : fall, all, atWork }, pass);
  return { atWork, recent: [] };
}

/** Tries once to reach a target that was never there. Throws an `UnreachableError` if it still is not. */
async function seekOnce({ availability, options, protocol }: Pass): Promise<void> {
  const why = await availability.recover(0);
  if (why === undefined) return;
  const { target } = options;
  const words = explainUnreachable(target.url, why, protocol.loginHint);
  throw new UnreachableError(withoutSecrets(words, target), why);
}

/** A fall, the last result of every case, and those that it hit. */
interface Fallen {
  readonly fall: Fall;
  readonly all: readonly CaseResult[];
  readonly atWork: readonly CaseResult[];
}

/** Returns the results of the cases that were at work when the server fell, of all. */
function hitBy(fall: Fall, ran: readonly CaseResult[], all: readonly CaseResult[]): readonly CaseResult[] {
  return all.filter(
    (it) => endOf(it) >= fall.from || wasCutOff(it, fall.from - BEHIND) || (ran.includes(it) && endedAtNobody(it)),
  );
}

/** Stops the run if the server has fallen in as many ways as the user allows. */
function stopAfterTooMany(pass: Pass): void {
  const { enders, unexplained, likewise } = pass.ends;
  const { restarts } = pass.options;
  const falls = enders.size + unexplained.length + likewise;
  const ways = dealtLong(pass) ? falls : countEnds(pass) + unexplained.length;
  if (ways < restarts) return;
  const times = falls === 0 ? "the server ended" : `the server ended in ${plural(falls, "way")}`;
  pass.stop ??= { reason: "lost", why: `${times}, and no further end is looked into (--restarts ${restarts})` };
}

/** Finds the culprits of a fall once the server stands again, and clears all others. Returns those that it hit. */
async function clear({ fall, all, atWork }: Fallen, ran: readonly CaseResult[], pass: Pass): Promise<Affected> {
  const { shared, ends } = pass;
  const { culprits, unexplained, namedEnds, delays } = ends;
  const back = shared.clock();
  const early = await clearByTheClock({ fall, all, atWork }, ran, back, pass);
  if (early) return early;
  pass.options.onSearch?.(fall.how);
  const found = await findCulprits(atWork, all, fall, pass);
  const later = await clearByTheClock({ fall, all, atWork }, ran, back, pass);
  if (later) return later;
  const suspects = rank(found.likely, { fall, all, atWork }, pass);
  // Connections that watch for its end do not notice that a server shuts everybody out.
  const only =
    found.culprits.length === 0 && fall.refuses && pass.target.process ? soleCause(fall, all, pass) : undefined;
  if (only) blame(only, fall, pass);
  else if (found.culprits.length === 0 && namedEnds.has(fall.endKind)) ends.likewise += 1;
  else if (found.culprits.length === 0 && !ends.unprovoked && !tellRestart(fall, back, pass))
    unexplained.push({ at: fall.to, words: fall.how, endKind: fall.endKind, suspects });
  // Where it ends late, each input since the one that ended it may be another.
  const since = fall.from - Math.max(RECENT * shared.timeout, ...(delays.get(fall.endKind) ?? []));
  const isRecent = (it: CaseResult) => endOf(it) < fall.from && endOf(it) >= since;
  const isLater = (it: CaseResult) => it.beganAt > fall.to;
  const again = ran.filter((it) => (isRecent(it) || isLater(it)) && !culprits.has(it.case.id));
  // There may be no time to run them again.
  for (const it of again.filter(isLater)) settle(inconclusive(it, fall.how), pass);
  return { atWork: atWork.filter((it) => !isLater(it)), recent: again };
}

/**
 * Clears all cases of a fall that came by the clock: they run again where the server said goodbye, as one does that restarts; else the run
 * stops. Returns nothing of other falls.
 */
async function clearByTheClock(
  { fall, atWork }: Fallen,
  ran: readonly CaseResult[],
  back: number,
  pass: Pass,
): Promise<Affected | undefined> {
  const life = lifeByTheClock(pass);
  if (life === undefined || !(await endsByTheClock(life, pass))) return undefined;
  // Only a client that watched may have heard its goodbye.
  const saidGoodbye = [...pass.standstills.told].some(({ goodbye, ms }) => goodbye && ms > 0);
  if (!tellRestart(fall, back, pass) && !saidGoodbye) {
    if (pass.ends.saysGoodbye)
      pass.standstills.told.add({ at: fall.to, ms: Math.round(back - fall.to), goodbye: true });
    else stopByTheClock(fall, life, pass);
  }
  if (!pass.stop) await standUp(pass);
  for (const it of atWork) settle(inconclusive(it, fall.how), pass);
  return { atWork: [], recent: [...atWork, ...ran.filter((it) => it.beganAt > fall.to)] };
}

/**
 * Makes the run tell of a server that said goodbye to everybody before it fell, and was `back` at a time in ms of the run's clock. Tells if
 * it did. A process that the suite started must not end by itself.
 */
function tellRestart(fall: Fall, back: number, { results, breaches, protocol, standstills }: Pass): boolean {
  if (fall.age !== undefined) return false; // The process ended.
  const at = goodbyeBefore(fall, [...results.values(), ...breaches], protocol);
  if (at !== undefined) standstills.told.add({ at, ms: Math.round(back - at), goodbye: true });
  return at !== undefined;
}

/** Drops the findings of the cases at work when the server fell for good, and stops the run. */
function giveUp({ fall, all, atWork }: Fallen, pass: Pass): void {
  const { culprits } = pass.ends;
  // A culprit of an earlier fall stays one, though it may have run a moment before this one.
  for (const it of atWork) if (!culprits.has(it.case.id)) settle(inconclusive(it, fall.how), pass);
  if (fall.isBehind) {
    // Those that gave up before waited behind others, too.
    for (const it of all) if (isBroken(it) && isSilent(it)) settle(inconclusive(it, fall.how), pass);
    pass.stop ??= { reason: "slow", why: fall.how };
    return;
  }
  const only = soleCause(fall, all, pass);
  if (only && !culprits.has(only.result.case.id)) blame(only, fall, pass);
  const shutOut = only ? undefined : wordsOfShutOut(fall, all, pass);
  // A known culprit makes a guess at another needless.
  const isGuess = !only && !pass.ends.unprovoked && (pass.stop === undefined || culprits.size === 0);
  pass.stop ??= { reason: "lost", why: shutOut ?? fall.how };
  if (isGuess) pass.stop = { ...pass.stop, suspects: rank([], { fall, all, atWork }, pass) };
}

/** Returns the only case over which a server can have ended: nothing else ran, and it sent something a moment before. */
function soleCause(fall: Fall, all: readonly CaseResult[], { availability, shared }: Pass): Guess | undefined {
  const [only, another] = all.filter(({ connections }) => connections.length > 0);
  if (!only || another || !isSuspect(only) || (availability.upAt ?? Number.NEGATIVE_INFINITY) < only.beganAt)
    return undefined;
  const it = guess(only, fall.to, undefined, fall.to);
  return it.input && it.delay <= LATEST_FALL * shared.timeout ? it : undefined;
}

/**
 * Returns the cases that may have ended the target, the likeliest first: those to which each of several ends points, then those at
 * work. Hardly a server ends over what every client sends.
 */
function rank(pointed: readonly CaseResult[], { fall, all, atWork }: Fallen, { protocol }: Pass): string[] {
  const isOfAll = (it: CaseResult) => Number(isPlain(it.case.id, protocol.foundations));
  const likely = byLikelihood(atWork, fall.to, greetsAll(protocol), all).toSorted((a, b) => isOfAll(a) - isOfAll(b));
  const ranked = [...pointed, ...likely, ...byRecency(notAtWork(atWork, all), fall.to)];
  return [...new Set(ranked.map((it) => it.case.id))].slice(0, NAMED_SUSPECTS);
}

/** Resolves to when and how the target went away, or to `undefined` if it is there. */
async function fallOf(pass: Pass): Promise<Fall | undefined> {
  const { availability, target, shared } = pass;
  // Its door may be closed before its end is known.
  if (availability.downSince !== undefined) await diedOrNot(pass);
  const death = target.process?.death;
  if (death) {
    const at = shared.clock() - (performance.now() - death.at);
    return { from: at - BEHIND, to: at, ...(await howItFell(pass)) };
  }
  const { downSince } = availability;
  if (downSince !== undefined) {
    // A gateway may refuse some while others are still let in.
    const { upAt = downSince } = availability;
    const [from, to] = [Math.min(upAt, downSince), Math.max(upAt, downSince)];
    return { from, to, ...(await howItFell(pass)), ...(availability.refusal !== undefined && { refuses: true }) };
  }
  const stopped = stuckOn(pass) ?? (seemsDeaf(shared) ? HANDSHAKE : undefined);
  return stopped === undefined ? undefined : fallOfHanging(pass, stopped);
}
