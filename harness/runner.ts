import { availability } from "./availability.ts";
import { back, confirm, reconsider } from "./blame.ts";
import { type Requirement, worst } from "./catalogue.ts";
import { type Bench, type CaseResult, dial, execute, notRun } from "./execute.ts";
import { spoiledBy } from "./limited.ts";
import { pool } from "./pool.ts";
import type { Protocol } from "./protocol.ts";
import { LIMITS, share } from "./recorder.ts";
import type { Case } from "./scenario.ts";
import { type RunOptions, type Session, type Stop, settle } from "./session.ts";

/** What came of a run. */
export interface RunResult {
  readonly startedAt: Date;
  readonly durationMs: number;
  /** One for each case, in the order given. */
  readonly results: readonly CaseResult[];
  readonly stop: Stop | undefined;
  /** The results of each repetition. */
  readonly passes: readonly (readonly CaseResult[])[];
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
  const { clock, sockets } = shared;
  const requirements = new Map(protocol.requirements.map((it): [string, Requirement] => [it.id, it]));
  const judging = { requirements, strict: options.strict };
  const bench: Bench = {
    protocol,
    target: options.target,
    judging,
    shared,
    random: options,
    record: options.record,
    signal: options.signal,
  };
  const cut = () => {
    for (const destroy of sockets) destroy();
  };

  options.signal?.addEventListener("abort", cut);
  const passes: CaseResult[][] = [];
  let stop: Stop | undefined;
  try {
    const there = availability(clock, () => dial(bench));
    while (passes.length < options.repeat && !stop) {
      const session: Session = {
        ...bench,
        options,
        availability: there,
        results: new Map(),

        confirming: 0,
        stop,
      };
      await pass(cases, session);
      stop = session.stop;
      // What an early end kept from running again keeps the verdict that it has.
      const before = passes.at(-1);
      passes.push(
        cases.map((it, i) => session.results.get(it) ?? before?.[i] ?? notRun(it, stop?.words ?? "", judging)),
      );
    }
  } finally {
    options.signal?.removeEventListener("abort", cut);
    cut();
  }
  const seed = cases.some(({ generates }) => generates) ? options.seed : 0;
  const limit = shared.limits.words;
  return { startedAt, durationMs: Math.round(clock()), results: merge(passes), passes, stop, seed, limit };
}

/**
 * Runs each case once: first those that cannot upset a server, then the others, then, one after another, those that put load
 * on it.
 */
async function pass(cases: readonly Case[], session: Session): Promise<void> {
  const { protocol, options } = session;
  const named = (kind: "upsets" | "load") => new Set(protocol.suites.filter((it) => it[kind]).map(({ name }) => name));
  const [upsetting, heavy] = [named("upsets"), named("load")];
  const kindOf = ({ suite }: Case) => (heavy.has(suite) ? "heavy" : upsetting.has(suite) ? "upsetting" : "calm");
  for (const kind of ["calm", "upsetting", "heavy"]) {
    const queue = cases.filter((it) => kindOf(it) === kind);
    const concurrency = kind === "heavy" ? 1 : options.concurrency;
    while (queue.length > 0 && !session.stop) await batch(queue, concurrency, session);
  }
  await reconsider(session);
}

/** Runs cases from the queue until it is empty or something must be looked into; looks into it. */
async function batch(queue: Case[], concurrency: number, session: Session): Promise<void> {
  const { options, availability, results, shared, signal } = session;
  const { limits } = shared;
  const began = shared.clock();
  let ran: CaseResult[] = [];
  const isFailure = ({ verdict, checks, case: { id } }: CaseResult) =>
    verdict === "fail" && !options.excuses?.(id, checks);
  const halt = () =>
    signal?.aborted ||
    limits.noticed ||
    availability.downSince !== undefined ||
    (options.bail && ran.some(isFailure)) ||
    false;

  const crowded = () => shared.meter.bytes > LIMITS.crowded;
  const size = limits.cases(concurrency);
  await pool(queue, size, halt, crowded, async (it, idle) => {
    // A case that waits keeps its connections: where their number is limited no other can begin meanwhile.
    const result = await execute(it, session, availability.saw, limits.together === undefined ? idle : () => {});
    if (signal?.aborted) return;
    ran.push(result);
    settle(result, session);
  });
  const took = shared.clock() - began;
  await back(ran, session);
  const spoiled = await spoiledBy(ran, session);
  queue.unshift(...spoiled.map((it) => it.case));
  ran = ran.filter((it) => !spoiled.includes(it));
  const alone = size === 1 || ran.length === 1;
  if (!session.stop && !alone) await confirm(ran, took, session);
  const bad = ran.find((it) => isFailure(results.get(it.case) ?? it));
  if (signal?.aborted) session.stop = { reason: "interrupted", words: "not run: interrupted" };
  else if (options.bail && bad)
    session.stop ??= { reason: "bail", words: `not run: ${bad.case.id} failed before (--bail)` };
}

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
