import { aloneAgain, askAgain, CONFIRMATION, isLate, openAgain, type Rerun } from "./again.ts";
import { isTooLate } from "./budget.ts";
import { isBroken, isRight } from "./catalogue.ts";
import {
  breaksAgain,
  brokenIn,
  brokenSoFar,
  doubtful,
  harmsOthers,
  hung,
  isCrowded,
  isSilent,
  othersWereServed,
  raw,
  stoodStill,
  tellStall,
  undecided,
  waitedInCrowd,
  warnedInVain,
  wasForgotten,
  wasHarmed,
} from "./doubt.ts";
import { wasDroppedAmongOthers, whoEndedThem } from "./dropped.ts";
import { type CaseResult, endOf } from "./execute.ts";
import { saysTooMany } from "./failure.ts";
import { bearers, isPlain } from "./foundation.ts";
import { ground } from "./ground.ts";
import { ENDED_OTHERS } from "./outage.ts";
import type { Case } from "./scenario.ts";
import { type Session, settle } from "./session.ts";
import { allTogether, clearHarmed, isSure, sample, settleMixedUp } from "./silences.ts";
import { alone, lookAndRepeat, work } from "./work.ts";

/** Runs again the cases that failed among others, so that none is blamed for another. The first run took `took` ms. */
export async function confirm(cases: readonly Case[], took: number, session: Session): Promise<void> {
  if (cases.every((it) => isRight(session.results.get(it) ?? { verdict: "pass" }))) return;
  await askAgain(cases, session);
  await openAgain(cases, session);
  if (session.stop) return;
  const missed = cases.flatMap((it) => session.results.get(it) ?? []).filter((it) => !isRight(it) && isSilent(it));
  await settleMixedUp(missed.filter(othersWereServed), session);
  await recheckPlain(cases, session);
  const silent = () => doubtful(cases, session).filter(isSilent);
  const loud = () => doubtful(cases, session).filter((it) => !isSilent(it));
  const harmful = silent().filter((it) => harmsOthers(it, session));
  // If a newcomer is forgotten but the very next one is served, nothing upset the server, unless the same happens again and again.
  for (const it of harmful.filter((result) => wasForgotten(result, session))) {
    const again = isLate(took, session) ? undefined : await aloneAgain(it, session);
    session.rechecked.add(it.case.id);
    if (session.culprits.has(it.case.id)) continue;
    const isConstant = again !== undefined && (await isSure(it, again, session));
    settle(isConstant ? again : { ...raw(it, session), unstable: true }, session);
  }
  // The cases that may have upset the server come first: what the others found may be their doing.
  await sample(
    harmful.filter((it) => !wasForgotten(it, session)),
    took,
    session,
  );
  // Each round may clear a requirement that explained the failures of others. The next round runs those.
  const asked = new Set<Case>();
  const vain = () => {
    const warned = warnedInVain(cases, session);
    for (const it of warned) if (!othersWereServed(it)) tellStall(it, session);
    return [...silent().filter((it) => !harmsOthers(it, session)), ...warned].filter((it) => !asked.has(it.case));
  };
  for (let open = vain(); open.length > 0; open = vain()) {
    for (const it of open) asked.add(it.case);
    await allTogether(open, took, session);
  }
  for (;;) {
    const innocent = await againAlone(loud(), took, session);
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

/**
 * Runs cases again alone: those that may have harmed others first, since what the others found may be their doing. Once a culprit is known,
 * what ran beside it runs again side by side. Confirms those that fail again; resolves to those that pass.
 */
async function againAlone(failed: readonly CaseResult[], took: number, session: Session): Promise<readonly Rerun[]> {
  const harmful = failed.filter((it) => harmsOthers(it, session));
  const others = failed.filter((it) => !harmful.includes(it));
  const innocent = await oneByOne(harmful, took, session);
  const isOver = () => session.signal?.aborted || session.stop !== undefined;
  const cleared = session.culprits.size > 0 && !isOver() ? await clearHarmed(others, session) : [];
  for (const it of cleared) session.rechecked.add(it.case.id);
  if (isOver()) return innocent;
  const left = others.filter((it) => !cleared.includes(it));
  return [...innocent, ...(await oneByOne(left, took, session))];
}

/** Runs cases again alone, one after another. Confirms those that fail again; resolves to those that pass. */
async function oneByOne(failed: readonly CaseResult[], took: number, session: Session): Promise<readonly Rerun[]> {
  const innocent: Rerun[] = [];
  const late: CaseResult[] = [];
  for (const first of failed) {
    if (session.signal?.aborted || session.stop) return innocent;
    session.rechecked.add(first.case.id);
    if (isLate(took, session)) {
      late.push(first);
      continue;
    }
    let again = await aloneAgain(first, session);
    if (session.culprits.has(first.case.id)) continue;
    // A fault that hits one client in some, or a gateway that refuses some, may hit the same case twice by chance.
    const isByChance = breaksGeneral(raw(first, session), session) || first.refused?.length;
    const tries = isByChance ? 2 : 0;
    const goesOn = () => breaksAgain(first, again) && !session.stop && !session.culprits.has(first.case.id);
    for (let i = 0; i < tries && goesOn(); i++) again = await aloneAgain(first, session);
    if (session.culprits.has(first.case.id)) continue;
    if (isCrowded(first)) settle(again, session);
    else if (!breaksAgain(first, again) && wasHarmed(first, session)) settle(again, session);
    else if (!breaksAgain(first, again)) {
      // Others may have hidden what it shows alone.
      const third = again.verdict === "fail" ? await aloneAgain(first, session) : undefined;
      if (session.signal?.aborted || session.stop) return innocent;
      if (third && breaksAgain(again, third)) settle(third, session);
      else innocent.push([first, again]);
    } else if (harmsOthers(first, session) && harmsOthers(again, session)) {
      session.culprits.add(first.case.id);
      session.falls.push({ from: first.beganAt, to: endOf(first), ...ENDED_OTHERS });
      settle(again, session); // Among others, another culprit may have ended it.
    } else if (showsMore(first, again) && isPlain(first.case.id, session.protocol.foundations)) settle(again, session);
  }
  const harmed = await clearHarmed(late, session);
  for (const it of late.filter((result) => !harmed.includes(result))) {
    if (!wasTooMany(it) && hung(it)) tellStall(it, session);
    settle({ ...(isOpen(it, session) ? undecided(raw(it, session)) : raw(it, session)), unconfirmed: true }, session);
  }
  return innocent;
}

/** Tells if a case breaks alone what it did not break among others. What rests on a plain form needs what that shows by itself. */
const showsMore = (first: CaseResult, again: CaseResult): boolean =>
  again.verdict === "fail" && brokenIn(again).some((id) => !brokenIn(first).includes(id));

/** Tells if nobody can say whether a case would pass alone: a culprit, a limit, or a server that stood still or is slow may have hit it. */
const isOpen = (it: CaseResult, session: Session): boolean =>
  wasTooMany(it) ||
  (hung(it) && stoodStill(it, session)) ||
  (isTooLate(session) && (hung(it) || waitedInCrowd(it) || (wasHarmed(it, session) && !harmsOthers(it, session))));

/** Tells if a connection of a case was refused since there were too many. */
const wasTooMany = ({ refused = [] }: CaseResult): boolean => refused.some(saysTooMany);

/** Tells if a case broke a requirement that holds on every connection. */
const breaksGeneral = ({ checks }: CaseResult, { protocol }: Session): boolean =>
  checks.some((check) => isBroken(check) && protocol.foundations.general.includes(check.requirement));

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
