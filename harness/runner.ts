import { availability } from "./availability.ts";
import { confirm, reconsider } from "./blame.ts";
import { type Requirement, worst } from "./catalogue.ts";
import { runControls } from "./controls.ts";
import { brokenSoFar } from "./doubt.ts";
import { type Bench, type CaseResult, dial, endOf, execute, isGreeted, notJudged, notRun } from "./execute.ts";
import { ground, isPlain, restsOnBroken } from "./foundation.ts";
import { lastNewcomer } from "./lost.ts";
import { inconclusive } from "./outage.ts";
import type { Protocol } from "./protocol.ts";
import type { Case } from "./scenario.ts";
import {
  isSpent,
  newSession,
  type RunOptions,
  type Session,
  type Stop,
  settle,
  TO_BEGIN,
  type Unexplained,
} from "./session.ts";
import { hangUp, type Stall, share } from "./shared.ts";
import { work } from "./work.ts";

/** What came of a run. */
export interface RunResult {
  readonly startedAt: Date;
  readonly durationMs: number;
  /** One for each case, in the order given. */
  readonly results: readonly CaseResult[];
  readonly stop: Stop | undefined;
  /** The results of each repetition. */
  readonly passes: readonly (readonly CaseResult[])[];
  /** Times in which the target stood still and a case waited in vain. */
  readonly stalls: readonly Stall[];
  /** Ends of the target that no case explains. */
  readonly unexplained: readonly Unexplained[];
  /** The seed that the cases which generate their inputs started from; 0 where there was none. */
  readonly seed: number;
  /** How many connections the target accepts, in words, where that was noticed. */
  readonly limit?: string | undefined;
}

/**
 * Runs cases against a target and judges them. Throws an `UnreachableError` where the target cannot be reached, or refuses
 * the WebSocket, before one case could talk.
 */
export async function run(protocol: Protocol, cases: readonly Case[], options: RunOptions): Promise<RunResult> {
  const startedAt = new Date();
  const shared = share(options.timeout);
  const { clock } = shared;
  const requirements = new Map(protocol.requirements.map((it): [string, Requirement] => [it.id, it]));
  const judging = { requirements, strict: options.strict };
  const { target, record, signal } = options;
  const bench: Bench = {
    protocol,
    target,
    judging,
    shared,
    random: options,
    idle: options.idle ?? options.timeout,
    record,
    signal,
  };
  const cut = () => hangUp(shared);

  signal?.addEventListener("abort", cut);
  const passes: CaseResult[][] = [];
  const [unexplained, stalls]: [Unexplained[], Set<Stall>] = [[], new Set()];
  let stop: Stop | undefined;
  try {
    const there = availability(
      clock,
      () => dial(bench),
      (client) => isGreeted(client, protocol),
    );
    while (passes.length < options.repeat && !stop) {
      const session = newSession(bench, { options, availability: there, unexplained, stalls, stop });
      const results = await pass(cases, session);
      stop = session.stop;
      // What an early end kept from running again keeps the verdict that it has.
      const before = passes.at(-1);
      passes.push(
        cases.map((it, i) => results.get(it) ?? before?.[i] ?? notRun(it, stop?.words ?? "not run", judging)),
      );
    }
  } finally {
    signal?.removeEventListener("abort", cut);
    cut();
  }
  const seed = cases.some(({ generates }) => generates) ? options.seed : 0;
  const durationMs = Math.round(clock());
  const limit = shared.limits.words;
  return { startedAt, durationMs, results: merge(passes), passes, stop, stalls: [...stalls], unexplained, seed, limit };
}

/**
 * Runs each case once: first those that cannot upset a server, the plainest before all others, then those that may, then, one after another,
 * those that put load on it. Resolves to what follows from all results together.
 */
async function pass(cases: readonly Case[], session: Session): Promise<ReadonlyMap<Case, CaseResult>> {
  const { options, protocol } = session;
  const stages = stagesOf(cases, protocol);
  const long = runLong(stages.long, session);
  await stage(stages.calm, options.concurrency, session);
  session.isLastStage = stages.heavy.length === 0;
  await stage(stages.upsetting, options.concurrency, session);
  session.isLastStage = true;
  await stage(stages.heavy, 1, session);
  await long;
  excuse(stages.long, session);
  if (!session.stop) await confirm(stages.long, 0, session);
  await lastNewcomer(cases, session);
  await reconsider(session);
  const { results } = session;
  const grounded = ground([...results.values()], await runControls(session), protocol.foundations);
  for (const it of grounded) if (results.get(it.case) !== it) settle(it, session);
  return results;
}

interface Stages {
  readonly calm: readonly Case[];
  readonly upsetting: readonly Case[];
  readonly heavy: readonly Case[];
  /** They mostly wait, beside all others. */
  readonly long: readonly Case[];
}

function stagesOf(cases: readonly Case[], { suites, foundations }: Protocol): Stages {
  const named = (kind: "upsets" | "load") => new Set(suites.filter((it) => it[kind]).map(({ name }) => name));
  const [upsets, load] = [named("upsets"), named("load")];
  const kindOf = ({ id, suite, waits }: Case) => {
    if (waits) return "long";
    if (isPlain(id, foundations)) return "plain";
    return load.has(suite) ? "heavy" : upsets.has(suite) ? "upsetting" : "calm";
  };
  const of = (kind: ReturnType<typeof kindOf>) => cases.filter((it) => kindOf(it) === kind);
  return { calm: [...of("plain"), ...of("calm")], upsetting: of("upsetting"), heavy: of("heavy"), long: of("long") };
}

/** Runs cases that mostly wait, all at the same time and beside all others. */
async function runLong(cases: readonly Case[], session: Session): Promise<void> {
  const results = await Promise.all(cases.map((it) => execute(it, session)));
  if (session.signal?.aborted) return;
  for (const result of results) settle(result, session);
}

/** Takes back what cases that mostly wait found when the target went away for good. */
function excuse(cases: readonly Case[], session: Session): void {
  const ended = session.stop?.reason === "lost" ? session.falls.at(-1) : undefined;
  if (!ended) return;
  for (const it of cases.flatMap((one) => session.results.get(one) ?? [])) {
    if (endOf(it) >= ended.from) settle(inconclusive(it, ended.how), session);
  }
}

/** Runs cases of one kind, then looks again at what went wrong. */
async function stage(cases: readonly Case[], concurrency: number, session: Session): Promise<void> {
  const { shared, options, protocol } = session;
  const broken = brokenSoFar(session);
  // Where all that a case tests rests on what is broken, it could show nothing.
  const queue: Case[] = [];
  for (const it of cases) {
    const root = restsOnBroken(it, broken, protocol.foundations);
    if (root === undefined) queue.push(it);
    else settle(notJudged(it, root, session.judging), session);
  }
  shared.patience.hurry = concurrency === 1;
  const began = shared.clock();
  const halted = () =>
    isSpent(session, TO_BEGIN) || (options.bail && queue.some((it) => isFailure(session.results.get(it), session)));
  const overlap = options.concurrency > 1;
  await work(queue, session, { size: concurrency, overlap, halt: halted, keep: (result) => settle(result, session) });
  if (!session.stop && !session.signal?.aborted) {
    const took = shared.clock() - began;
    // Whether what others rest on is broken has to be known before they are looked at.
    await confirm(
      queue.filter(({ id }) => isPlain(id, protocol.foundations)),
      took,
      session,
    );
    await confirm(queue, took, session);
  }
  if (queue.some((it) => !session.results.has(it)) && isSpent(session, TO_BEGIN)) session.stop ??= tooSlow(session);
  if (session.signal?.aborted) session.stop = { reason: "interrupted", words: "not run: interrupted" };
  const bad = options.bail && queue.find((it) => isFailure(session.results.get(it), session));
  if (bad) session.stop ??= { reason: "bail", words: `not run: ${bad.id} failed before (--bail)` };
}

/** Why the rest of the cases did not run. */
const tooSlow = ({ results }: Session): Stop => ({
  reason: "slow",
  words: `not run: the target is slow, and the time was up after ${results.size} cases (a longer --timeout gives more)`,
});

const isFailure = (result: CaseResult | undefined, { options }: Session) =>
  result?.verdict === "fail" && !options.excuses?.(result.case.id, result.checks);

/** Of several passes the worst result of each case, `unstable` where they differ. */
function merge(passes: readonly (readonly CaseResult[])[]): CaseResult[] {
  const [first = [], ...more] = passes;
  return first.map((one, i) => {
    const all = [one, ...more.map((results) => results[i] as CaseResult)];
    const verdict = worst(all.map((it) => it.verdict));
    const shown = all.find((it) => it.verdict === verdict) as CaseResult;
    return all.every((it) => it.verdict === verdict && !it.unstable) ? shown : { ...shown, unstable: true };
  });
}
