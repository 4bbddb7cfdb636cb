import { aloneAgain, askAgain, CONFIRMATION, isLate, openAgain } from "./again.ts";
import { isTooLate } from "./budget.ts";
import { isBroken, isRight } from "./catalogue.ts";
import {
  breaksAgain,
  brokenSoFar,
  doubtful,
  harmsOthers,
  isSilent,
  othersWereServed,
  raw,
  tellStall,
  warnedInVain,
  wasForgotten,
} from "./doubt.ts";
import { wasDroppedAmongOthers, whoEndedThem } from "./dropped.ts";
import type { CaseResult } from "./execute.ts";
import { bearers } from "./foundation.ts";
import { ground } from "./ground.ts";
import { againAlone } from "./one-by-one.ts";
import type { Case } from "./scenario.ts";
import { type Session, settle } from "./session.ts";
import { allTogether, isSure, sample, settleMixedUp } from "./silences.ts";
import { alone, lookAndRepeat, work } from "./work.ts";

/** Runs again the cases that failed among others, so that none is blamed for another. The first run took `took` ms. */
export async function confirm(cases: readonly Case[], took: number, session: Session): Promise<void> {
  if (cases.every((it) => isRight(session.results.get(it) ?? { verdict: "pass" }))) return;
  await askAgain(cases, session);
  await openAgain(cases, session);
  if (session.stop) return;
  await settleMixedUp(cases, session);
  await recheckPlain(cases, session);
  // The cases that may have upset the server come first: what the others found may be their doing.
  const harmful = silentOf(cases, session).filter((it) => harmsOthers(it, session));
  const forgotten = harmful.filter((it) => wasForgotten(it, session));
  await confirmForgotten(forgotten, took, session);
  await sample(
    harmful.filter((it) => !forgotten.includes(it)),
    took,
    session,
  );
  await confirmSilent(cases, took, session);
  await confirmLoud(cases, took, session);
}

/** Returns the results that are in doubt for messages alone that did not come in time. */
const silentOf = (cases: readonly Case[], session: Session): readonly CaseResult[] =>
  doubtful(cases, session).filter(isSilent);

/**
 * Runs cases again alone after which a newcomer was forgotten but the very next one served: nothing upset the server, unless the same
 * happens again and again.
 */
async function confirmForgotten(forgotten: readonly CaseResult[], took: number, session: Session): Promise<void> {
  for (const it of forgotten) {
    const again = isLate(took, session) ? undefined : await aloneAgain(it, session);
    session.rechecked.add(it.case.id);
    if (session.culprits.has(it.case.id)) continue;
    const isConstant = again !== undefined && (await isSure(it, again, session));
    settle(isConstant ? again : { ...raw(it, session), unstable: true }, session);
  }
}

/**
 * Runs cases again that waited in vain, and harm nobody. Each round may clear a requirement that explained the failures of others. The
 * next round runs those.
 */
async function confirmSilent(cases: readonly Case[], took: number, session: Session): Promise<void> {
  const asked = new Set<Case>();
  for (;;) {
    const silent = silentOf(cases, session).filter((it) => !harmsOthers(it, session));
    const warned = warnedInVain(cases, session);
    for (const it of warned) if (!othersWereServed(it)) tellStall(it, session);
    const open = [...silent, ...warned].filter((it) => !asked.has(it.case));
    if (open.length === 0) return;
    for (const it of open) asked.add(it.case);
    await allTogether(open, took, session);
  }
}

/** Runs cases again alone that found something wrong. Once it is known who ended those that pass now, others may be in doubt. */
async function confirmLoud(cases: readonly Case[], took: number, session: Session): Promise<void> {
  for (;;) {
    const loud = doubtful(cases, session).filter((it) => !isSilent(it));
    const innocent = await againAlone(loud, took, session);
    if (innocent.length === 0) return;
    await whoEndedThem(innocent, session);
  }
}

/**
 * Runs the plain forms that failures rest on once more, alone. A busy server may send something wrong too late to be seen.
 * A plain form has to fail twice alone to count as broken.
 */
async function recheckPlain(cases: readonly Case[], session: Session): Promise<void> {
  const { protocol, results } = session;
  const { foundations } = protocol;
  const needed = new Set(
    doubtful(cases, session).flatMap(({ case: it, checks }) =>
      checks
        .filter(isBroken)
        .flatMap(({ requirement }) => bearers(requirement, it.id, foundations))
        .flatMap((id) => foundations.plain[id]?.plain ?? []),
    ),
  );
  for (const result of [...results.values()]) {
    const { case: it } = result;
    if (!needed.has(it.id) || session.rechecked.has(it.id) || !isRight(result)) continue;
    if (isTooLate(session)) return;
    session.rechecked.add(it.id);
    const again = await alone(it, session);
    if (session.stop || session.signal?.aborted) return;
    if (again.verdict !== "fail" || session.culprits.has(it.id)) continue;
    await lookForHang(again, session);
    if (session.stop || session.signal?.aborted) return;
    const third = await alone(it, session);
    if (!session.stop && breaksAgain(again, third)) settle(third, session);
  }
}

/** Looks into the server if a plain case misses an answer that it got before: it may give that to nobody any more. */
async function lookForHang({ checks }: CaseResult, session: Session): Promise<void> {
  const { awaited } = session.protocol.foundations;
  const missed = checks.map(({ silence }) => silence?.what ?? "").find((what) => awaited[what] !== undefined);
  if (missed === undefined) return;
  session.shared.patience.despair(missed);
  await lookAndRepeat([...session.results.values()], session);
}

/** Tells if it is known what ends the connections of others: an input, or the goodbye of any client. */
function isHarmKnown(session: Session): boolean {
  const { isolated = "" } = session.protocol.foundations;
  return session.culprits.size > 0 || brokenSoFar(session).get(isolated) === isolated;
}

/**
 * Runs cases again alone once it is known what harms others, since that may have caused more than failures: warnings, skipped checks,
 * and connections that ended together with others.
 */
export async function reconsider(session: Session): Promise<void> {
  const results = [...session.results.values()];
  if (session.stop || !isHarmKnown(session)) return;
  const grounded = ground(results, [], session.protocol.foundations);
  const doubted = grounded.filter((it) => {
    const { verdict, unstable, checks } = it;
    if (wasDroppedAmongOthers(it, session)) return true;
    return (
      !unstable &&
      (verdict === "warn" || (verdict === "skip" && checks.some((check) => check.verdict === "skip" && !check.see)))
    );
  });
  const budget = session.confirming + Math.max(CONFIRMATION, session.shared.clock());
  for (const first of doubted) {
    if (session.signal?.aborted || session.confirming >= budget || isTooLate(session)) return;
    const again = await aloneAgain(first, session);
    if (!session.culprits.has(first.case.id) && !breaksAgain(first, again)) settle(again, session);
  }
}

/** Runs cases again whose connections were refused by a limit that was not known then. */
export async function clearRefused(session: Session): Promise<void> {
  const { shared, results, options, culprits } = session;
  const refused = [...results.values()].filter(
    (it) => !isRight(it) && !culprits.has(it.case.id) && shared.limits.explains(it.refused ?? []),
  );
  const { done: again } = await work(
    refused.map((it) => it.case),
    session,
    { size: options.concurrency },
  );
  for (const it of again.values()) if (!shared.limits.explains(it.refused ?? [])) settle(it, session);
}
