import { availability } from "./availability.ts";
import { back, confirm, reconsider } from "./blame.ts";
import { type Requirement, worst } from "./catalogue.ts";
import { type Bench, type CaseResult, dial, execute, notRun } from "./execute.ts";
import { pool } from "./pool.ts";
import type { Protocol } from "./protocol.ts";
import { share } from "./recorder.ts";
import type { Case } from "./scenario.ts";
import { type RunOptions, type Session, type Stop, settle } from "./session.ts";

/** What came of a run. */
export interface RunResult {
  readonly startedAt: Date;
  readonly durationMs: number;
  /** One for each case, in the order given. */
  readonly results: readonly CaseResult[];
  readonly stop: Stop | undefined;
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
  const bench: Bench = { protocol, target: options.target, judging, shared, signal: options.signal };
  const cut = () => {
    for (const destroy of sockets) destroy();
  };

  options.signal?.addEventListener("abort", cut);
  const passes: CaseResult[][] = [];
  let stop: Stop | undefined;
  try {
    const there = availability(clock, () => dial(bench));
    while (passes.length < options.repeat && !stop) {
      const session: Session = { ...bench, options, availability: there, results: new Map(), confirming: 0, stop };
      await pass(cases, session);
      stop = session.stop;
      passes.push(cases.map((it) => session.results.get(it) ?? notRun(it, stop?.words ?? "", judging)));
    }
  } finally {
    options.signal?.removeEventListener("abort", cut);
    cut();
  }
  return { startedAt, durationMs: Math.round(clock()), results: merge(passes), stop };
}

/** Runs each case once: first those that cannot upset a server, then the others. */
async function pass(cases: readonly Case[], session: Session): Promise<void> {
  const upsetting = new Set(session.protocol.suites.filter(({ upsets }) => upsets).map(({ name }) => name));
  for (const upsets of [false, true]) {
    const queue = cases.filter(({ suite }) => upsetting.has(suite) === upsets);
    while (queue.length > 0 && !session.stop) await batch(queue, session);
  }
  await reconsider(session);
}

/** Runs cases from the queue until it is empty or something must be looked into; looks into it. */
async function batch(queue: Case[], session: Session): Promise<void> {
  const { options, availability, results, shared, signal } = session;
  const began = shared.clock();
  const ran: CaseResult[] = [];
  const failed = () => ran.filter(({ verdict }) => verdict === "fail");
  const halt = () =>
    signal?.aborted || availability.downSince !== undefined || (options.bail && failed().length > 0) || false;

  await pool(queue, options.concurrency, halt, async (it, idle) => {
    const result = await execute(it, session, availability.saw, idle);
    if (signal?.aborted) return;
    ran.push(result);
    settle(result, session);
  });

  const took = shared.clock() - began;
  const alone = options.concurrency === 1 || ran.length === 1;
  await back(ran, session);
  if (!session.stop && !alone) await confirm(ran, took, session);
  const bad = ran.find((it) => results.get(it.case)?.verdict === "fail");
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
