import type { Door } from "./arrivals.ts";
import { isBroken, withChecks } from "./catalogue.ts";
import { type Bench, type CaseResult, perform } from "./execute.ts";
import { brokenFoundations, restsOnBroken } from "./foundation.ts";
import { ground } from "./ground.ts";
import { judge } from "./judge.ts";
import { notJudged, notRun } from "./not-run.ts";
import { nothing } from "./nothing.ts";
import type { Protocol } from "./protocol.ts";
import { bailedBy, INTERRUPTED, type RunOptions, type Stop } from "./run-options.ts";
import { benchOf, mergePasses, type RunResult } from "./runner.ts";
import type { Case } from "./scenario.ts";
import { hangUp, share } from "./shared.ts";
import type { Target } from "./target.ts";
import { type Visits, visits } from "./visits.ts";

/** The options of a run of a client that comes by itself. */
export interface HostOptions extends RunOptions {
  readonly target: Target & { readonly door: Door };
}

/** A pass over the cases of such a run. */
interface Hosting extends Bench {
  readonly options: HostOptions;
  readonly client: Visits;
}

/** Runs cases against a client that comes to the suite, one after another, and judges them. */
export async function host(protocol: Protocol, cases: readonly Case[], options: HostOptions): Promise<RunResult> {
  const startedAt = new Date();
  const shared = share(options.timeout, undefined, protocol.actor);
  const { target, signal } = options;
  const client = visits({ protocol, target, shared, signal });
  const hosting: Hosting = { ...benchOf(protocol, options, shared), options, client };
  const cut = () => hangUp(shared);
  signal?.addEventListener("abort", cut);
  const { passes, stop } = await repeat(cases, hosting, protocol).finally(() => {
    signal?.removeEventListener("abort", cut);
    client.end();
    cut();
  });
  return {
    startedAt,
    durationMs: Math.round(shared.clock()),
    results: mergePasses(passes),
    passes,
    stop,
    stalls: [],
    unexplained: [],
    seed: 0,
  };
}

/** Runs the cases as often as asked, until there is a reason to stop. */
async function repeat(
  cases: readonly Case[],
  hosting: Hosting,
  protocol: Protocol,
): Promise<{ readonly passes: readonly (readonly CaseResult[])[]; readonly stop: Stop | undefined }> {
  const passes: (readonly CaseResult[])[] = [];
  let stop: Stop | undefined;
  while (passes.length < hosting.options.repeat && !stop) {
    const { results, ...ended } = await passOf(inOrder(cases, protocol), hosting);
    stop = ended.stop;
    const byCase = new Map(ground(results, [], protocol.foundations).map((it) => [it.case, it]));
    // A case that did not run in this pass keeps the result of the one before.
    const before = new Map(passes.at(-1)?.map((it) => [it.case, it]));
    passes.push(cases.flatMap((it) => (byCase.get(it)?.unrun && before.get(it)) || byCase.get(it) || []));
  }
  return { passes, stop };
}

/** Those that cannot upset a client first. */
function inOrder(cases: readonly Case[], { suites }: Protocol): readonly Case[] {
  const upsetting = new Set(suites.filter(({ upsets }) => upsets).map(({ name }) => name));
  return cases.toSorted((a, b) => Number(upsetting.has(a.suite)) - Number(upsetting.has(b.suite)));
}

/** Runs each case once, until there is a reason to stop. */
async function passOf(
  cases: readonly Case[],
  hosting: Hosting,
): Promise<{ readonly results: readonly CaseResult[]; readonly stop: Stop | undefined }> {
  const { options } = hosting;
  const results: CaseResult[] = [];
  const tell = (result: CaseResult | undefined) => result && options.onResult?.(result);
  let stop: Stop | undefined;
  for (const it of cases) {
    results.push(...(stop ? [notRun(it, stop.why, hosting.judging)] : await next(it, results, hosting)));
    stop ??= stopOf(results.at(-1), hosting);
    // The harm of a case may show when the client does not come for the next.
    tell(results.at(-2));
  }
  tell(results.at(-1));
  return { results, stop };
}

/** Runs a case, unless all of it rests on what is broken. Takes the last result away and gives it back, perhaps changed. */
async function next(it: Case, results: CaseResult[], hosting: Hosting): Promise<readonly CaseResult[]> {
  const { foundations } = hosting.protocol;
  const root = restsOnBroken(it, brokenFoundations(results, foundations), foundations);
  return root === undefined ? visited(it, results.pop(), hosting) : [notJudged(it, root, hosting.judging)];
}

/** Runs one case. If the client does not come for it, what the case `before` did is to blame. */
async function visited(it: Case, before: CaseResult | undefined, hosting: Hosting): Promise<readonly CaseResult[]> {
  const earlier = before ? [before] : [];
  const first = await meet(it, hosting);
  if (hosting.signal?.aborted) return [...earlier, notRun(it, INTERRUPTED.why, hosting.judging)];
  if (!first)
    return [...earlier.map((one) => blamed(one, hosting)), notRun(it, hosting.client.missing, hosting.judging)];
  if (!first.checks.some((check) => check.silence && isBroken(check))) return [...earlier, first];
  // A missing message may only have been late.
  const forgot = hosting.client.remember();
  const second = await meet(it, hosting);
  if (hosting.signal?.aborted) return [...earlier, { ...first, unconfirmed: true }];
  if (!second) return [...earlier, blamed(first, hosting)];
  if (second.verdict === first.verdict) return [...earlier, second];
  return [...earlier, { ...((await forgot()) ? first : second), unstable: true }];
}

/** Runs one case. Resolves to nothing if the client did not come for it, unless that is what the case found. */
async function meet(it: Case, hosting: Hosting): Promise<CaseResult | undefined> {
  const { protocol, client } = hosting;
  const { result } = await perform(it, client.visit, { ...hosting, room: 1 });
  const isFinding = result.checks.some((check) => check.requirement === protocol.survivalOf(it) && isBroken(check));
  return client.missing === undefined || isFinding ? result : undefined;
}

/** Returns the result of a case after which the client stayed away. */
function blamed(one: CaseResult, { protocol, judging, client }: Hosting): CaseResult {
  const verdicts = judge(judging);
  verdicts.check(protocol.survivalOf(one.case), nothing(client.missing ?? "the client did not come again"));
  return withChecks(one, [...one.checks, ...verdicts.checks]);
}

/** Returns the reason that no further case can run, if there is one; `last` is what the case before found. */
function stopOf(last: CaseResult | undefined, { client, options }: Hosting): Stop | undefined {
  if (options.signal?.aborted) return INTERRUPTED;
  if (client.missing !== undefined) return { reason: "missing", why: client.missing };
  return bailedBy(() => (last ? [last] : []), options);
}
