import {
  aloneAgain,
  askAgain,
  askInLine,
  CONFIRMATION,
  isLate,
  onceForgotten,
  openAgain,
  sideBySide,
} from "./again.ts";
import { isSpent, isTooLate, TO_BEGIN } from "./budget.ts";
import { isBroken, isRight } from "./catalogue.ts";
import {
  breaksAgain,
  brokenSoFar,
  doubtful,
  failureKind,
  harmsOthers,
  inconclusive,
  isSilent,
  othersWereServed,
  tellStall,
  ungrounded,
  warnedInVain,
  wasForgotten,
} from "./doubt.ts";
import { wasDroppedAmongOthers, whoEndedThem } from "./dropped.ts";
import type { CaseResult } from "./execute.ts";
import { bearers, isPlain } from "./foundation.ts";
import { goodbyesAmong, isByGoodbyes, tellGoodbyes } from "./goodbyes.ts";
import { ground } from "./ground.ts";
import { settleMixedUp } from "./mixed-up.ts";
import { againAlone } from "./one-by-one.ts";
import { hasEnded, type Pass, settle } from "./pass.ts";
import type { Case } from "./scenario.ts";
import { allTogether, isSure, notAlone, sample } from "./silences.ts";
import { alone, lookAndRepeat, work } from "./work.ts";

/** Runs again the cases that failed among others, so that none is blamed for another. The first run took `tookMs`. */
export async function confirm(cases: readonly Case[], tookMs: number, pass: Pass): Promise<void> {
  if (cases.every((it) => isRight(pass.results.get(it) ?? { verdict: "pass" }))) return;
  await askAgain(cases, pass);
  await askInLine(cases, pass);
  await openAgain(cases, pass);
  if (pass.stop) return;
  await settleMixedUp(cases, pass);
  await recheckPlain(cases, pass);
  // The cases that may have upset the server come first: what the others found may be their doing.
  const harmful = silentOf(cases, pass).filter((it) => harmsOthers(it, pass));
  const forgotten = harmful.filter((it) => wasForgotten(it, pass));
  const sure = await confirmForgotten(forgotten, tookMs, pass);
  await sample(
    harmful.filter((it) => !forgotten.includes(it)),
    tookMs,
    pass,
    sure,
  );
  await confirmSilent(cases, tookMs, pass);
  await confirmOthers(cases, tookMs, pass);
  await clearWarned(cases, pass);
}

/** Runs cases again that only warn, where a goodbye to everybody may explain that. It does if they do not warn any more. */
async function clearWarned(cases: readonly Case[], pass: Pass): Promise<void> {
  const warned = cases.flatMap((it) => pass.results.get(it) ?? []).filter(({ verdict }) => verdict === "warn");
  const goodbyes = warned.length > 0 ? goodbyesAmong(warned, pass) : [];
  const hit = warned.filter((it) => isByGoodbyes(it, goodbyes, pass.protocol));
  const again = await sideBySide(hit, pass);
  const cleared = hit.filter((it) => isRight(again.get(it.case) ?? it));
  if (cleared.length === 0 || hasEnded(pass)) return;
  tellGoodbyes(cleared, goodbyes, pass);
  for (const it of cleared) settle(again.get(it.case) ?? it, pass);
}

/** Returns the results that are in doubt for messages alone that did not come in time. */
const silentOf = (cases: readonly Case[], pass: Pass): readonly CaseResult[] => doubtful(cases, pass).filter(isSilent);

/**
 * Runs cases again alone after which a newcomer was forgotten but the very next one served: nothing upset the server, unless the same
 * happens again and again. Resolves to the kinds of which one case does so.
 */
async function confirmForgotten(
  forgotten: readonly CaseResult[],
  tookMs: number,
  pass: Pass,
): Promise<ReadonlySet<string>> {
  const sure = new Set<string>();
  for (const it of forgotten) {
    if (hasEnded(pass)) return sure;
    if (pass.ends.culprits.has(it.case.id)) continue;
    if (isLate(tookMs, pass)) {
      settle(notAlone(it, sure.has(failureKind(it)), pass), pass);
      continue;
    }
    const again = await aloneAgain(it, pass);
    if (hasEnded(pass)) return sure;
    pass.rechecked.add(it.case.id);
    if (pass.ends.culprits.has(it.case.id)) continue;
    const isConstant = await isSure(it, again, pass);
    if (hasEnded(pass)) return sure;
    if (isConstant) sure.add(failureKind(it));
    settle(isConstant ? again : { ...ungrounded(it, pass), unstable: true }, pass);
  }
  return sure;
}

/**
 * Runs cases again that waited in vain, and harm nobody. Each round may clear a requirement that explained the failures of others. The
 * next round runs those.
 */
async function confirmSilent(cases: readonly Case[], tookMs: number, pass: Pass): Promise<void> {
  const asked = new Set<Case>();
  for (;;) {
    const silent = silentOf(cases, pass).filter((it) => !harmsOthers(it, pass));
    const warned = warnedInVain(cases, pass);
    for (const it of warned) if (!othersWereServed(it, pass)) tellStall(it, pass);
    const open = [...silent, ...warned].filter((it) => !asked.has(it.case));
    if (open.length === 0) return;
    for (const it of open) asked.add(it.case);
    await allTogether(open, tookMs, pass);
  }
}

/** Runs all other cases in doubt again, alone. Once it is known who ended those that pass now, others may be in doubt. */
async function confirmOthers(cases: readonly Case[], tookMs: number, pass: Pass): Promise<void> {
  for (;;) {
    const others = doubtful(cases, pass).filter((it) => !isSilent(it));
    const innocent = await againAlone(others, tookMs, pass);
    if (innocent.length === 0) return;
    await whoEndedThem(innocent, pass);
  }
}

/**
 * Runs the plain forms that failed, or that failures rest on, again alone. A busy server may send something wrong too late to be seen, and
 * one may fail every second client. One that is broken may explain why others failed.
 */
async function recheckPlain(cases: readonly Case[], pass: Pass): Promise<void> {
  const tried = new Set<Case>();
  // One of them may save the time of many others.
  const isOver = () => isSpent(pass, TO_BEGIN);
  for (let next = nextPlain(cases, tried, pass); next && !isOver(); next = nextPlain(cases, tried, pass)) {
    tried.add(next.case);
    const failed = await failsTwice(next, pass);
    if (hasEnded(pass)) return;
    if (failed || isRight(next)) pass.rechecked.add(next.case.id);
    if (failed) settle(failed, pass);
  }
}

/** Returns the first result of a plain form that failed, or that failures in doubt rest on, and was not `tried` yet. */
function nextPlain(cases: readonly Case[], tried: ReadonlySet<Case>, pass: Pass): CaseResult | undefined {
  const { foundations } = pass.protocol;
  const doubted = doubtful(cases, pass);
  const below = doubted.flatMap(({ case: it, checks }) =>
    checks
      .filter(isBroken)
      .flatMap(({ requirement }) => bearers(requirement, it.id, foundations))
      .flatMap((id) => foundations.plain[id]?.plain ?? [id]),
  );
  const own = doubted.map(({ case: { id } }) => id).filter((id) => isPlain(id, foundations));
  const needed = new Set([...own, ...below]);
  const byId = new Map([...pass.results.values()].map((it) => [it.case.id, it]));
  // Each rests on those before it.
  const inOrder = Object.values(foundations.plain).flatMap(({ plain }) => plain);
  const isOpen = (it: CaseResult) => !tried.has(it.case) && !pass.rechecked.has(it.case.id) && !isSilent(it);
  return inOrder
    .filter((id) => needed.has(id))
    .flatMap((id) => byId.get(id) ?? [])
    .find(isOpen);
}

/** The times that a plain case runs alone: at least, and once it has failed. One that each second client fails does so twice. */
const PLAIN_RUNS = { least: 2, most: 4 } as const;

/** Runs a plain case alone. Resolves to the second result that breaks the same as the first did, if there are two. */
async function failsTwice(result: CaseResult, pass: Pass): Promise<CaseResult | undefined> {
  const { case: it } = result;
  const rests = { inVain: 0 };
  let first = result.verdict === "fail" ? result : undefined;
  for (let i = 0; i < (first ? PLAIN_RUNS.most : PLAIN_RUNS.least); i++) {
    const again = await onceForgotten(() => alone(it, pass), rests, pass);
    if (hasEnded(pass) || pass.ends.culprits.has(it.id)) return undefined;
    if (again.verdict !== "fail") continue;
    if (first && breaksAgain(first, again)) return again;
    if (!first) await lookForHang(again, pass);
    if (hasEnded(pass)) return undefined;
    first ??= again;
  }
  return undefined;
}

/** Looks into the server if a plain case misses an answer that it got before: it may give that to nobody any more. */
async function lookForHang({ checks }: CaseResult, pass: Pass): Promise<void> {
  const { awaited } = pass.protocol.foundations;
  const missed = checks.map(({ silence }) => silence?.what ?? "").find((what) => awaited[what] !== undefined);
  if (missed === undefined) return;
  pass.shared.patience.despair(missed);
  await lookAndRepeat([...pass.results.values()], pass);
}

/** Tells if it is known what ends the connections of others: an input, or the goodbye of any client. */
function isHarmKnown(pass: Pass): boolean {
  const { isolated = "" } = pass.protocol.foundations;
  return pass.ends.culprits.size > 0 || brokenSoFar(pass).get(isolated) === isolated;
}

/**
 * Runs cases again alone once it is known what harms others, since that may have caused more than failures: warnings, skipped checks,
 * and connections that ended together with others.
 */
export async function reconsider(pass: Pass): Promise<void> {
  const results = [...pass.results.values()];
  if (pass.stop || !isHarmKnown(pass)) return;
  const grounded = ground(results, [], pass.protocol.foundations);
  const doubted = grounded.filter((it) => {
    const { verdict, unstable, checks } = it;
    if (wasDroppedAmongOthers(it, pass)) return true;
    return (
      !unstable &&
      (verdict === "warn" || (verdict === "skip" && checks.some((check) => check.verdict === "skip" && !check.see)))
    );
  });
  const budget = pass.times.confirming + Math.max(CONFIRMATION, pass.shared.clock());
  for (const first of doubted) {
    if (hasEnded(pass) || pass.times.confirming >= budget || isTooLate(pass)) return;
    const again = await aloneAgain(first, pass);
    if (!hasEnded(pass) && !pass.ends.culprits.has(first.case.id) && !breaksAgain(first, again)) settle(again, pass);
  }
}

/** Runs cases again whose connections were refused by a limit that was not known then. Where no more may run, they show nothing. */
export async function clearRefused(pass: Pass): Promise<void> {
  const { shared, results, options } = pass;
  const { culprits } = pass.ends;
  const refused = [...results.values()].filter(
    (it) => !isRight(it) && !culprits.has(it.case.id) && shared.limits.explains(it.refused ?? []),
  );
  if (hasEnded(pass)) for (const it of refused) settle(inconclusive(it, "the target refused connections"), pass);
  const { done: again } = await work(
    refused.map((it) => it.case),
    pass,
    { size: options.concurrency },
  );
  for (const it of again.values()) if (!shared.limits.explains(it.refused ?? [])) settle(it, pass);
}
