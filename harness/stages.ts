import { askSkipped } from "./again.ts";
import { runBaseline } from "./baseline.ts";
import { isSpent, isTooLate, TO_BEGIN, waitedInVain, waitsInLine } from "./budget.ts";
import { isRight } from "./catalogue.ts";
import { clearRefused, confirm, reconsider } from "./confirm.ts";
import { brokenSoFar, inconclusive, isSilent, overlaps } from "./doubt.ts";
import { lookOn, whoEndedLooker } from "./dropped.ts";
import { type CaseResult, execute } from "./execute.ts";
import { isPlain, restsOnBroken } from "./foundation.ts";
import { ground } from "./ground.ts";
import { groupBy } from "./group.ts";
import { lastLook, lastNewcomer } from "./last-newcomer.ts";
import { notJudged } from "./not-run.ts";
import { hasEnded, type Pass, settle } from "./pass.ts";
import type { Protocol } from "./protocol.ts";
import { bailedBy, INTERRUPTED } from "./run-options.ts";
import type { Case } from "./scenario.ts";
import { notAlone } from "./silences.ts";
import { plural } from "./words.ts";
import { type HowToWork, work } from "./work.ts";

/**
 * Runs each case once: first those that cannot upset a server, the plainest before all others; then those that may; then those that
 * put load on it, one after another. Resolves to the results, in which one cause is one finding.
 */
export async function runPass(cases: readonly Case[], pass: Pass): Promise<ReadonlyMap<Case, CaseResult>> {
  const { options, protocol } = pass;
  const stages = stagesOf(cases, protocol);
  const waiting = leavesEnough(stages.waits, pass) ? keepWaiting(stages.waits, pass) : undefined;
  await stage(stages.calm, options.concurrency, pass);
  pass.isLastStage = stages.load.length === 0;
  const upset = () => stage(stages.upsetting, options.concurrency, pass);
  const looker = stages.upsetting.length > 0 ? await lookOn(pass, upset) : undefined;
  pass.isLastStage = true;
  await stage(stages.load, 1, pass);
  if (waiting) await waiting();
  else if (!pass.stop) await runWaiting(stages.waits, pass);
  if (looker) await whoEndedLooker(looker, pass);
  const hit = fellMeanwhile(stages.waits, pass);
  if (mayWaitAgain(pass)) await runWaiting(hit, pass);
  dropFindings(fellMeanwhile(hit, pass), pass);
  if (pass.signal?.aborted) pass.stop ??= INTERRUPTED;
  if (!pass.stop && !options.once) await confirm(stages.waits, 0, pass);
  if (pass.stop?.reason === "slow" && !options.once) leaveOpen(stages.waits, pass);
  if (!options.once) await clearRefused(pass);
  if (!options.once) await askSkipped(pass);
  await lastNewcomer(cases, pass);
  await reconsider(pass);
  const baseline = options.once ? [] : await runBaseline(pass);
  await lastLook(pass);
  if (pass.signal?.aborted) pass.stop ??= INTERRUPTED;
  const { results } = pass;
  const grounded = ground([...results.values()], baseline, protocol.foundations);
  for (const it of grounded) if (results.get(it.case) !== it) settle(it, pass);
  return results;
}

interface Stages {
  readonly calm: readonly Case[];
  readonly upsetting: readonly Case[];
  readonly load: readonly Case[];
  /** The cases that mostly wait, beside all others. */
  readonly waits: readonly Case[];
}

function stagesOf(cases: readonly Case[], { suites, foundations }: Protocol): Stages {
  const named = (kind: "upsets" | "load") => new Set(suites.filter((it) => it[kind]).map(({ name }) => name));
  const [upsets, load] = [named("upsets"), named("load")];
  const kindOf = (it: Case) => {
    if (it.waits) return "waits";
    if (isPlain(it.id, foundations)) return "plain";
    if (load.has(it.suite)) return "load";
    return it.upsets || upsets.has(it.suite) ? "upsetting" : "calm";
  };
  const kinds = groupBy(cases, kindOf);
  const of = (kind: ReturnType<typeof kindOf>) => kinds.get(kind) ?? [];
  return { calm: [...of("plain"), ...of("calm")], upsetting: of("upsetting"), load: of("load"), waits: of("waits") };
}

/** The users that most cases need at the same time. */
const NEEDED = 2;

/** Tells if cases that hold a user each for long leave enough for others, where a user has one connection. */
const leavesEnough = (cases: readonly Case[], { shared }: Pass): boolean =>
  shared.identities.users === undefined || shared.identities.users.length - cases.length >= NEEDED;

/** The times that cases which mostly wait begin again beside all others. */
const WAITING_BEGINS = 3;

/**
 * Runs cases that mostly wait beside all others. Those that a fall of the server hit begin again once it stands. Returns what resolves
 * once all are done.
 */
function keepWaiting(cases: readonly Case[], pass: Pass): () => Promise<void> {
  const atWork = new Set<Case>();
  let running: Promise<unknown> = Promise.resolve();
  const begin = (some: readonly Case[]) => {
    for (const it of some) atWork.add(it);
    const run = runWaiting(some, pass).finally(() => some.forEach((it) => void atWork.delete(it)));
    running = Promise.all([running, run]);
    running.catch(() => {}); // It is awaited in the end.
  };
  begin(cases);
  let left = WAITING_BEGINS; // A server may end over them.
  pass.onStood = () => {
    const done = cases.filter((it) => !atWork.has(it));
    const hit = mayWaitAgain(pass) ? fellMeanwhile(done, pass) : [];
    if (hit.length > 0 && left-- > 0) begin(hit);
  };
  return async () => {
    pass.onStood = () => {};
    await running;
  };
}

/** Tells if cases that mostly wait may begin again. */
const mayWaitAgain = (pass: Pass): boolean => !hasEnded(pass) && !pass.options.once && !isTooLate(pass);

/** Runs cases that mostly wait, all at the same time. */
async function runWaiting(cases: readonly Case[], pass: Pass): Promise<void> {
  const results = await Promise.all(cases.map((it) => execute(it, pass)));
  if (pass.signal?.aborted) return;
  for (const result of results) settle(result, pass);
}

/** Returns the cases that found something wrong while the target went away. */
const fellMeanwhile = (cases: readonly Case[], { results, ends: { falls } }: Pass): readonly Case[] =>
  cases.filter((it) => {
    const result = results.get(it);
    return result && !isRight(result) && falls.some(({ from, to }) => overlaps(result, from, to));
  });

/** Leaves open what cases that mostly wait missed beside others, since there was no time to run them again alone. */
function leaveOpen(cases: readonly Case[], pass: Pass): void {
  for (const it of cases.flatMap((done) => pass.results.get(done) ?? []))
    if (isSilent(it) && !pass.rechecked.has(it.case.id)) settle(notAlone(it, false, pass), pass);
}

/** Drops the findings of cases that mostly wait, since the target went away meanwhile. */
function dropFindings(cases: readonly Case[], pass: Pass): void {
  const how = pass.ends.falls.at(-1)?.how ?? "";
  for (const it of cases.flatMap((done) => pass.results.get(done) ?? [])) settle(inconclusive(it, how), pass);
}

/** Runs the cases of one stage, then those again that failed, and stops the run if there is a reason. */
async function stage(cases: readonly Case[], concurrency: number, pass: Pass): Promise<void> {
  const { shared, options } = pass;
  shared.patience.hurry = concurrency === 1;
  const bailed = () => bailedBy(() => unspoiled(pass), options);
  const halt = () => isSpent(pass, TO_BEGIN) || bailed() !== undefined;
  for (let queue = dropUnjudgeable(cases, pass); queue.length > 0 && !hasEnded(pass); ) {
    const began = shared.clock();
    const left = await eachOnce(queue, pass, {
      size: concurrency,
      overlap: options.concurrency > 1,
      halt,
      onResult: (result) => settle(result, pass),
    });
    if (mayConfirm(pass)) {
      const tookMs = shared.clock() - began;
      await confirm(plainIn(queue, pass), tookMs, pass);
      await confirm(queue, tookMs, pass);
    }
    if (pass.signal?.aborted) pass.stop = INTERRUPTED;
    pass.stop ??= bailed();
    // The last result of a case that was to run again for a limit may be right.
    const missed = left.filter((it) => !isRight(pass.results.get(it) ?? { verdict: "skip" }));
    if (missed.length > 0 && isSpent(pass, TO_BEGIN)) stopSlow(missed, pass);
    // They may go on: nothing fails any more, or a limit is known.
    queue = dropUnjudgeable(missed, pass);
  }
}

/** Returns the results that no limit spoiled: those cases run again. */
const unspoiled = ({ results, shared: { limits } }: Pass): readonly CaseResult[] =>
  [...results.values()].filter((it) => !limits.spoils(it.case, it.refused ?? []));

/** Stops a pass whose time is up before these cases ran. */
function stopSlow(missed: readonly Case[], pass: Pass): void {
  const done = [...pass.results.keys()].filter((it) => !missed.includes(it)).length;
  const [why, more] = whySlow(pass);
  pass.stop ??= { reason: "slow", why: `${why}: the time was up after ${plural(done, "case")} (${more})` };
}

/** Says why the time of a pass is up, and what gives more. */
function whySlow(pass: Pass): readonly [why: string, more: string] {
  const longer = "a longer --timeout gives more";
  if (pass.ends.enders.size > 0) return ["the target ended or hung several times, and its ends took long", longer];
  // A longer timeout makes waits in vain as much longer.
  if (waitedInVain(pass))
    return ["clients waited in vain for most of the time", "--concurrency 1 takes as long as it needs"];
  return ["the target is slow", longer];
}

/**
 * Runs each case once; resolves to those that are left. A run takes long where cases wait in line. Once that is known, the plain forms run
 * next, and then only what does not rest on a broken one.
 */
async function eachOnce(queue: readonly Case[], pass: Pass, how: Required<HowToWork>): Promise<readonly Case[]> {
  const { shared, options } = pass;
  const began = shared.clock();
  if (options.once) return (await work(queue, pass, how)).left;
  const halt = () => how.halt() || waitsInLine(shared);
  const left = waitsInLine(shared) ? queue : (await work(queue, pass, { ...how, halt })).left;
  if (left.length === 0 || how.halt() || !mayConfirm(pass)) return left;
  const first = new Set(plainIn(left, pass));
  const plain = await work([...first], pass, how);
  if (mayConfirm(pass)) await confirm(plainIn(queue, pass), shared.clock() - began, pass);
  const others = left.filter((it) => !first.has(it));
  return [...plain.left, ...(await work(dropUnjudgeable(others, pass), pass, how)).left];
}

/** Tells if cases may run again that failed. */
const mayConfirm = (pass: Pass): boolean => !hasEnded(pass) && !pass.options.once;

/** Returns the plain forms among cases. They come first: the failures of others may rest on them. */
const plainIn = (cases: readonly Case[], { protocol }: Pass): readonly Case[] =>
  cases.filter(({ id }) => isPlain(id, protocol.foundations));

/** Settles the cases that can show nothing, since all their requirements rest on something broken. Returns the others. */
function dropUnjudgeable(cases: readonly Case[], pass: Pass): readonly Case[] {
  const broken = brokenSoFar(pass);
  const rooted = cases.map((it) => ({ it, root: restsOnBroken(it, broken, pass.protocol.foundations) }));
  for (const { it, root } of rooted) if (root !== undefined) settle(notJudged(it, root, pass.judging), pass);
  return rooted.flatMap(({ it, root }) => (root === undefined ? it : []));
}
