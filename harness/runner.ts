import { type Availability, availability } from "./availability.ts";
import { isFirst, servesRequests } from "./canary.ts";
import { isBroken, worst } from "./catalogue.ts";
import { comeAside, isGreeted } from "./dial.ts";
import { noticeExclusive } from "./exclusive.ts";
import type { Bench, CaseResult } from "./execute.ts";
import { notRun } from "./not-run.ts";
import type { NoticedLimits } from "./noticed-limits.ts";
import { newPass, type OfRun, tellResults, type Unexplained } from "./pass.ts";
import { catalogueOf, type Protocol } from "./protocol.ts";
import type { RunOptions, Stop } from "./run-options.ts";
import type { Case } from "./scenario.ts";
import { hangUp, type Shared, type Stall, share } from "./shared.ts";
import { runPass } from "./stages.ts";

/** The result of a run. */
export interface RunResult {
  readonly startedAt: Date;
  readonly durationMs: number;
  /** One for each case, in the order given. */
  readonly results: readonly CaseResult[];
  readonly stop: Stop | undefined;
  /** The results of each repetition. */
  readonly passes: readonly (readonly CaseResult[])[];
  /** The times in which the target served nobody, as they are told. */
  readonly stalls: readonly Stall[];
  /** The ends of the target that no case explains. */
  readonly unexplained: readonly Unexplained[];
  /** The seed of generated inputs; 0 if no case generated any. */
  readonly seed: number;
  readonly limits?: NoticedLimits | undefined;
  /** The number of users that the target accepts one connection of each, if it does not accept more. */
  readonly exclusive?: number | undefined;
}

/**
 * Runs cases against a target and judges them. Throws an `UnreachableError` if the target cannot be reached, or refuses the
 * WebSocket, before one case could talk.
 */
export async function run(protocol: Protocol, cases: readonly Case[], options: RunOptions): Promise<RunResult> {
  const startedAt = new Date();
  const shared = share(options.timeout, options.rate || undefined);
  const { signal } = options;
  const stalls = new Set<Stall>();
  const unexplained: Unexplained[] = [];
  const cut = () => hangUp(shared);

  const bench = benchOf(protocol, options, shared);
  signal?.addEventListener("abort", cut);
  const running = noticeExclusive(bench).then(() => repeat(cases, bench, { options, unexplained, stalls }));
  const { passes, stop } = await running.finally(() => {
    signal?.removeEventListener("abort", cut);
    cut();
  });
  const seed = cases.some(({ generates }) => generates) ? options.seed : 0;
  const durationMs = Math.round(shared.clock());
  return {
    startedAt,
    durationMs,
    results: steady(mergePasses(passes), protocol),
    passes,
    stop,
    stalls: [...stalls],
    unexplained,
    seed,
    limits: noticedIn(shared),
    exclusive: shared.identities.users?.length,
  };
}

/** Returns the limits that a run noticed; nothing if there are none. */
function noticedIn({ limits, identities, pacing }: Shared): NoticedLimits | undefined {
  const { together, perSecond, fewer } = limits;
  const noticed: NoticedLimits = {
    ...(together !== undefined && { together }),
    ...(together !== undefined && fewer.length > 1 && { fewer }),
    ...(perSecond !== undefined && { perSecond: Math.round(perSecond) || 1 }),
    ...(identities.oneEach && { oneEach: identities.oneEach }),
    ...(pacing.joined && { messages: "together" }),
  };
  return Object.keys(noticed).length > 0 ? noticed : undefined;
}

/** Returns what each case of a run needs. */
export function benchOf(protocol: Protocol, options: RunOptions, shared: Shared): Bench {
  const { target, record, signal, strict, timeout, idle = timeout } = options;
  return {
    protocol,
    target,
    judging: { requirements: catalogueOf(protocol), strict },
    shared,
    random: options,
    idle,
    record,
    signal,
  };
}

/** Runs all cases as often as the options say, or until the run stops. `known` is what the passes add to. */
async function repeat(cases: readonly Case[], bench: Bench, known: OfRun): Promise<Pick<RunResult, "passes" | "stop">> {
  const { options } = known;
  const passes: CaseResult[][] = [];
  let stop: Stop | undefined;
  const there: Availability = availability(
    bench.shared.clock,
    () => comeAside(bench),
    async (client, missed) =>
      (await isGreeted(client, bench.protocol)) &&
      (isFirst(missed, bench.protocol) || (await servesRequests(missed, { ...bench, availability: there }))),
  );
  while (passes.length < options.repeat && !stop) {
    const pass = newPass(bench, there, known);
    pass.isFollowed = passes.length + 1 < options.repeat;
    const results = await runPass(cases, pass);
    if (there.upAt !== undefined) tellResults(pass);
    stop = pass.stop;
    // A case that did not run in this pass keeps the result of the one before.
    const before = passes.at(-1);
    passes.push(cases.map((it, i) => results.get(it) ?? before?.[i] ?? notRun(it, stop?.why, bench.judging)));
  }
  return { passes, stop };
}

/** Returns the worst result of each case in several passes, `unstable` if they differ. */
export function mergePasses(passes: readonly (readonly CaseResult[])[]): CaseResult[] {
  const [first = [], ...more] = passes;
  return first.map((result, i) => {
    const all = [result, ...more.map((results) => results[i] as CaseResult)];
    const verdict = worst(all.map((it) => it.verdict));
    const shown = all.find((it) => it.verdict === verdict) as CaseResult;
    return all.every((it) => it.verdict === verdict && !it.unstable) ? shown : { ...shown, unstable: true };
  });
}

/**
 * Returns results without the mark of a verdict that varies where they only saw now and then what is broken for good: a message that
 * breaks a rule for all messages. It may come before the end of a case that is about something else, or after it.
 */
export function steady(
  results: readonly CaseResult[],
  { requirements, sections }: Pick<Protocol, "requirements" | "sections">,
): CaseResult[] {
  const ofMessages = new Set(sections.filter(({ everyMessage }) => everyMessage).map(({ name }) => name));
  const ruled = new Set(requirements.filter(({ section }) => ofMessages.has(section)).map(({ id }) => id));
  const brokenBy = ({ checks }: CaseResult) => checks.filter(isBroken).map(({ requirement }) => requirement);
  const known = new Set(results.filter(({ unstable }) => !unstable).flatMap(brokenBy));
  const onlySaw = (it: CaseResult) =>
    isBroken(it) && brokenBy(it).every((id) => ruled.has(id) && known.has(id) && !it.case.tests.includes(id));
  return results.map((it) => {
    const { unstable, ...rest } = it;
    return unstable && onlySaw(it) ? rest : it;
  });
}
