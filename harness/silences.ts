import { aloneAgain, FURTHER, isLate, type Rerun, sideBySide, waitsOutStall } from "./again.ts";
import { isTooLate } from "./budget.ts";
import { isBroken } from "./catalogue.ts";
import {
  breaksAgain,
  failureKind,
  harmsOthers,
  inconclusive,
  isDoubtful,
  mayBeLate,
  missedBy,
  othersWereServed,
  stoodStill,
  tellStall,
  undecided,
  ungrounded,
  wasCrowded,
  wasHarmed,
} from "./doubt.ts";
import type { CaseResult } from "./execute.ts";
import { groupBy } from "./group.ts";
import { letCatchUp, NOT_KEPT_UP, waitedAmongMany, waitedInLine } from "./in-line.ts";
import { hasEnded, type Pass, settle, settleFailed } from "./pass.ts";
import type { Case } from "./scenario.ts";

/** This many failures of one kind are certain, if others were served meanwhile. */
export const CERTAIN_FAILURES = 16;

/** The number of cases that stand for a kind with more than `CERTAIN_FAILURES`, and run again. They are few enough for every server. */
const STAND_FOR_MANY = 5;

/** This many cases side by side hardly keep a server busy. */
const FEW_SIDE_BY_SIDE = 8;

/**
 * If some of these cases waited in line, lets the server catch up. If it does not, nobody can tell what they would have met. Resolves to
 * the kinds that are left: without those cases then, else all.
 */
async function withoutWaitedInLine(
  kinds: readonly (readonly CaseResult[])[],
  pass: Pass,
): Promise<readonly (readonly CaseResult[])[]> {
  const inLine = new Set(kinds.flat().filter((it) => waitedInLine(it, pass) !== undefined));
  if (inLine.size === 0 || (await letCatchUp([...inLine], pass))) return kinds;
  for (const it of inLine) settleFailed(inconclusive(ungrounded(it, pass), NOT_KEPT_UP), pass);
  return kinds.map((kind) => kind.filter((it) => !inLine.has(it))).filter((kind) => kind.length > 0);
}

/**
 * Runs cases again, side by side, that waited in vain. Of a large kind some run first, and stand for all if each waits in vain again. One
 * that waits in vain again is confirmed if others were served meanwhile, and no stall explains it; otherwise a sample runs alone. One that
 * passes now is unstable if others were served the first time; otherwise a stall explains it.
 */
export async function allTogether(all: readonly CaseResult[], tookMs: number, pass: Pass): Promise<void> {
  const kinds = [...groupBy(all, failureKind).values()];
  const isCertain = (kind: readonly CaseResult[]) =>
    kind.length >= CERTAIN_FAILURES && kind.every((it) => othersWereServed(it, pass));
  for (const it of kinds.filter(isCertain).flat()) settleFailed(ungrounded(it, pass), pass);
  const rest = await withoutWaitedInLine(
    kinds.filter((kind) => !isCertain(kind)),
    pass,
  );
  const some = await sideBySide(rest.flatMap(standing), pass);
  const unsure = rest.filter((kind) => !settledByFew(kind, some, pass)).flat();
  const others = await sideBySide(
    unsure.filter((it) => !some.has(it.case)),
    pass,
  );
  const again = new Map([...some, ...others]);
  const [open, alone, failed]: [CaseResult[], CaseResult[], CaseResult[]] = [[], [], []];
  const forgotten = new Set<string>();
  for (const first of unsure) {
    const second = again.get(first.case);
    if (pass.ends.culprits.has(first.case.id)) continue;
    if (!second) {
      // One that rests on what is proved by now did not run again.
      if (isBroken(pass.results.get(first.case) ?? first)) settle(notAgain(first, pass), pass);
    } else if (!breaksAgain(first, second)) {
      for (const what of missedBy(first)) forgotten.add(what);
      settlePassed(first, second, pass);
    } else if ((unsure.length > 1 && waitedAmongMany(second, pass)) || (await waitsOutStall(second, pass)))
      alone.push(second);
    else if (unsure.length === 1 || othersWereServed(second, pass) || othersWereServed(first, pass))
      failed.push(second);
    else open.push(second);
  }
  await settleSure([...failed, ...(open.length > FEW_SIDE_BY_SIDE ? [] : open)], forgotten, pass);
  await sample(open.length > FEW_SIDE_BY_SIDE ? [...alone, ...open] : alone, tookMs, pass);
}

/** Settles a kind of many cases if the few that stand for it fail again; tells if they did. */
function settledByFew(kind: readonly CaseResult[], again: ReadonlyMap<Case, CaseResult>, pass: Pass): boolean {
  const failsAgain = (it: CaseResult) => {
    const second = again.get(it.case);
    return second !== undefined && breaksAgain(it, second) && !waitedAmongMany(second, pass);
  };
  if (kind.length <= CERTAIN_FAILURES || !standing(kind).every(failsAgain)) return false;
  for (const it of kind) settleFailed(again.get(it.case) ?? ungrounded(it, pass), pass);
  return true;
}

/**
 * Settles cases that failed twice. If another case missed the same, and got it the second time (`forgotten`), they run again, side by side.
 */
async function settleSure(failed: readonly CaseResult[], forgotten: ReadonlySet<string>, pass: Pass): Promise<void> {
  let doubted = failed.filter((it) => missedBy(it).some((what) => forgotten.has(what)));
  for (const it of failed) if (!doubted.includes(it)) settleFailed(it, pass);
  for (let i = 0; i < FURTHER && doubted.length > 0 && !isTooLate(pass); i++) {
    const again = await sideBySide(doubted, pass);
    const passes = (it: CaseResult) => !breaksAgain(it, again.get(it.case) ?? it);
    for (const it of doubted.filter((one) => passes(one) && !pass.ends.culprits.has(one.case.id)))
      settlePassed(it, again.get(it.case) as CaseResult, pass);
    // A case may have taken the blame for an end of the server meanwhile.
    doubted = doubted.filter((it) => !passes(it) && !pass.ends.culprits.has(it.case.id));
  }
  for (const it of doubted) settleFailed(it, pass);
}

/** Returns those of a kind that stand for all, from everywhere in it; where they are few, all of them. */
const standing = (kind: readonly CaseResult[]): readonly CaseResult[] =>
  kind.length <= CERTAIN_FAILURES
    ? kind
    : Array.from(
        { length: STAND_FOR_MANY },
        (_, i) => kind[Math.floor((i * kind.length) / STAND_FOR_MANY)] as CaseResult,
      );

/** Returns the result of a case for which there was no time to run again. */
const notAgain = (first: CaseResult, pass: Pass): CaseResult => {
  const own = ungrounded(first, pass);
  const isHarmed = wasHarmed(first, pass) && !harmsOthers(first, pass);
  const isOpen =
    stoodStill(first, pass) ||
    waitedInLine(first, pass) !== undefined ||
    (isTooLate(pass) && (isHarmed || mayBeLate(first, pass)));
  return { ...(isOpen ? undecided(own, pass.protocol) : own), unconfirmed: true };
};

/** If this many cases of a kind fail alone, and none passes, they stand for the whole kind. */
const FAIL_ALONE_FOR_ALL = 2;

/** Returns the result of a case for which there was no time to run alone; `isKnown` if others of its kind say enough. */
export const notAlone = (result: CaseResult, isKnown: boolean, pass: Pass): CaseResult => ({
  ...(isKnown ? ungrounded(result, pass) : undecided(result, pass.protocol)),
  unconfirmed: true,
});

/**
 * Runs some cases of each kind alone. If one passes, nothing is known of the others of its kind. Of a `sure` kind, one failed alone before.
 */
export async function sample(
  failed: readonly CaseResult[],
  tookMs: number,
  pass: Pass,
  sure: ReadonlySet<string> = new Set(),
): Promise<void> {
  for (const [name, kind] of groupBy(failed, failureKind)) {
    const cleared: Rerun[] = [];
    const settled = new Set<CaseResult>();
    let confirmed = sure.has(name) ? 1 : 0;
    for (const result of kind) {
      const enough = confirmed >= FAIL_ALONE_FOR_ALL && cleared.length === 0;
      if (settled.has(result) || pass.ends.culprits.has(result.case.id)) continue;
      if (enough || isLate(tookMs, pass)) {
        const isOpen = (isTooLate(pass) && mayBeLate(result, pass)) || waitedInLine(result, pass) !== undefined;
        const isKnown = confirmed > 0 || (cleared.length === 0 && !isOpen);
        settle(notAlone(result, isKnown, pass), pass);
        continue;
      }
      const again = await aloneAgain(result, pass);
      if (hasEnded(pass)) return;
      if (pass.ends.culprits.has(result.case.id)) continue;
      if (!(await isSure(result, again, pass))) {
        cleared.push([result, again]);
        continue;
      }
      confirmed += 1;
      settleFailed(ungrounded(result, pass), pass);
      if (!harmsOthers(result, pass)) continue;
      pass.ends.culprits.add(result.case.id);
      const open = kind.filter((it) => it !== result && !settled.has(it) && !cleared.some(([first]) => first === it));
      for (const it of await clearHarmed(open, pass)) settled.add(it);
    }
    // The culprits have to be known before these are settled.
    for (const [first, alone] of cleared) settlePassed(first, alone, pass);
  }
}

/** Tells if a case fails alone, too. One that harms others has to do so four times, since two may be chance. */
export async function isSure(first: CaseResult, again: CaseResult, pass: Pass): Promise<boolean> {
  if (!breaksAgain(first, again)) return false;
  if (!harmsOthers(first, pass)) return true;
  for (let i = 0; i < FURTHER && !hasEnded(pass); i++)
    if (!breaksAgain(first, await aloneAgain(first, pass))) return false;
  return !hasEnded(pass);
}

/** Runs the cases again, side by side, that ran at the same time as a culprit. Settles and resolves to those that pass now. */
export async function clearHarmed(failed: readonly CaseResult[], pass: Pass): Promise<readonly CaseResult[]> {
  const harmed = failed.filter((it) => !pass.ends.culprits.has(it.case.id) && wasHarmed(it, pass));
  const run = async (harms: boolean) => {
    const some = harmed.filter((it) => harmsOthers(it, pass) === harms);
    return sideBySide(some, pass);
  };
  // Those that may harm others run by themselves.
  const again = new Map([...(await run(false)), ...(await run(true))]);
  const innocent = failed.filter((first) => {
    const second = again.get(first.case);
    return second !== undefined && !breaksAgain(first, second);
  });
  for (const { case: it } of innocent) settle(again.get(it) as CaseResult, pass);
  return innocent;
}

/**
 * Settles a case that failed and passes now. It is unstable if it broke again, or if others were served meanwhile, or if nobody
 * can say; otherwise a culprit, a crowd or a stall explains the failure.
 */
function settlePassed(first: CaseResult, second: CaseResult, pass: Pass): void {
  if (breaksAgain(first, second)) settle({ ...ungrounded(first, pass), unstable: true }, pass);
  else if (wasHarmed(first, pass) || wasCrowded(first, pass)) settle(second, pass);
  else if (othersWereServed(first, pass)) settle({ ...ungrounded(first, pass), unstable: true }, pass);
  else {
    tellStall(first, pass);
    settle({ ...second, ...(isDoubtful(first, pass) && { unstable: true }) }, pass);
  }
}
