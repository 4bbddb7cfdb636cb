import { worst } from "./catalogue.ts";
import { type CaseResult, execute, probe } from "./execute.ts";
import { groupBy } from "./group.ts";
import { AT_ONCE } from "./recorder.ts";
import { type Session, settle } from "./session.ts";
import { explainUnreachable } from "./unreachable.ts";
import { UnreachableError } from "./usage.ts";

/** Running failures again may take as long as the first pass took, and this long (ms) at least. */
const CONFIRMATION = 5_000;

/** A target that fell behind may take so long (ms) to catch up. */
const CALM = 4_000;

/** So many of a kind that fail again alone, and none that passes, are enough: the others are taken to be no different. */
const ENOUGH = 3;

/**
 * Where the target went away, waits until it is back. Where it does not come back, it is said which cases were running; if
 * there were several, nobody can say which of them it was, and none takes the blame. Throws an
 * `UnreachableError` where the target was never there.
 */
export async function back(ran: readonly CaseResult[], session: Session): Promise<void> {
  const { availability, options, signal } = session;
  const { downSince, upAt } = availability;
  if (downSince === undefined || signal?.aborted) return;
  const why = await availability.recover(upAt === undefined ? 0 : options.recovery);
  if (why === undefined || signal?.aborted) return;
  if (upAt === undefined) throw new UnreachableError(explainUnreachable(options.target.url, why));

  const running = ran
    .filter(({ beganAt, durationMs }) => beganAt <= downSince && beganAt + durationMs >= upAt)
    .toSorted((a, b) => b.beganAt - a.beganAt);
  const words = `the target stopped accepting connections (${why}) while ${names(running)} ran`;
  session.stop = { reason: "lost", words: `not run: ${words}` };
  const suspects = running.filter(({ verdict }) => verdict === "fail");
  const warned = running.filter(({ verdict }) => verdict === "warn");
  for (const result of suspects.length > 1 ? [...suspects, ...warned] : []) settle(untold(result, words), session);
}

/** A failure of which nobody can say whether the case is to blame, and why. */
function untold(result: CaseResult, why: string): CaseResult {
  const checks = result.checks.map((check) =>
    check.verdict === "fail" || check.verdict === "warn"
      ? { ...check, verdict: "error" as const, actual: `${check.actual}; but ${why}` }
      : check,
  );
  return { ...result, checks, verdict: worst(checks.map(({ verdict }) => verdict)) };
}

const DOUBTFUL =
  "others that failed like this passed alone, and there was no time to run this one alone (--concurrency 1 does)";

/** So many cases are named in a sentence. */
const NAMED = 6;

function names(results: readonly CaseResult[]): string {
  const all = results.map((it) => it.case.id);
  if (all.length <= NAMED) return all.join(", ");
  return `${all.slice(0, NAMED).join(", ")} and ${all.length - NAMED} more (--concurrency 1 finds which)`;
}

/** Runs what failed among other cases again, alone: whoever passes then was only blamed for another. `took` is in ms. */
export async function confirm(ran: readonly CaseResult[], took: number, session: Session): Promise<void> {
  const failed = ran.filter((result) => result.verdict === "fail" || isCrowded(result));
  if (failed.length > 0) await calm(session);
  const nothingToUntangle = failed.length === ran.length && ran.length > session.options.concurrency;
  await again(failed, nothingToUntangle ? 0 : Math.max(CONFIRMATION, took), session);
}

/** Lets a target that fell behind with accepting connections catch up: what it does alone counts, not what it still has to do. */
async function calm({ protocol, target, shared }: Session): Promise<void> {
  if (!shared.patience.isBehind()) return;
  shared.patience.hadTime((await probe(protocol, target, CALM)) === undefined);
}

/** Whether the suite stopped reading because of what came for all cases together. */
const isCrowded = ({ verdict, connections }: CaseResult) =>
  verdict === "error" &&
  connections.some(({ events }) => events.some((it) => it.type === "limit" && it.data.endsWith(AT_ONCE)));

/** Where cases were blamed for others, warnings and what could not be judged may have come of that as well. */
export async function reconsider(session: Session): Promise<void> {
  const results = [...session.results.values()];
  if (session.stop || !results.some(({ unstable }) => unstable)) return;
  const doubtful = results.filter(({ verdict, unstable }) => !unstable && (verdict === "warn" || verdict === "skip"));
  await again(doubtful, session.confirming + Math.max(CONFIRMATION, session.shared.clock()), session);
}

/** Runs cases again alone, one of each kind first; ends when that has taken `budget` ms. */
async function again(some: readonly CaseResult[], budget: number, session: Session): Promise<void> {
  const { availability, signal } = session;
  const kinds = [...groupBy(some, (result) => brokenIn(result).join(" ")).values()].map((cases) => ({
    cases,
    confirmed: 0,
    cleared: 0,
  }));
  const turns = kinds.flatMap((kind) => kind.cases.map((result, turn) => ({ kind, result, turn })));
  for (const { kind, result } of turns.toSorted((a, b) => a.turn - b.turn)) {
    if (signal?.aborted) return;
    const enough = kind.confirmed >= ENOUGH && kind.cleared === 0;
    if (enough || session.stop || session.confirming >= budget) {
      const doubtful = kind.cleared > 0 && kind.confirmed === 0;
      settle({ ...(doubtful ? untold(result, DOUBTFUL) : result), unconfirmed: true }, session);
      continue;
    }
    const alone = await execute(result.case, session, availability.saw, () => {});
    session.confirming += alone.durationMs;
    if (signal?.aborted) return;
    const about = alone.checks.filter(({ requirement }) => brokenIn(result).includes(requirement));
    if (about.some(({ verdict }) => verdict === result.verdict)) {
      kind.confirmed += 1;
      settle(result, session);
    } else if (about.some(({ verdict }) => verdict === "skip" || verdict === "error")) {
      settle({ ...result, unconfirmed: true }, session);
    } else {
      kind.cleared += 1;
      settle(isCrowded(result) ? alone : { ...alone, unstable: true, ...doubtOf(result, session) }, session);
    }
    await back([alone], session);
  }
}

/**
 * What a case that passes alone shows all the same: where the server itself broke a rule of every message, and no lack of time
 * explains it, it did so for some case, perhaps by dying a moment after it.
 */
function doubtOf({ checks }: CaseResult, { protocol }: Session): { doubt?: string } {
  const rules = new Set(protocol.rules.filter(({ owes }) => !owes).map(({ requirement }) => requirement));
  const broken = checks.find(({ requirement, verdict }) => verdict === "fail" && rules.has(requirement));
  return broken ? { doubt: `${broken.requirement} was broken while it ran among others: ${broken.actual}` } : {};
}

/** The requirements that gave a case its verdict. Failures that have them in common are of one kind. */
const brokenIn = ({ checks, verdict }: CaseResult): string[] =>
  checks.flatMap((check) => (check.verdict === verdict ? [check.requirement] : []));
