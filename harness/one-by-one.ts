import { aloneAgain, FURTHER, isLate, onceForgotten, type Rerun, type Rests, wasTooMany } from "./again.ts";
import { isTooLate } from "./budget.ts";
import { isBroken } from "./catalogue.ts";
import {
  breaksAgain,
  brokenIn,
  harmsOthers,
  hitRunBound,
  missedHandshake,
  stoodStill,
  tellStall,
  undecided,
  ungrounded,
  waitedInCrowd,
  wasHarmed,
} from "./doubt.ts";
import { type CaseResult, endOf } from "./execute.ts";
import { ENDED_OTHERS } from "./fall.ts";
import { isPlain } from "./foundation.ts";
import { waitedInLine } from "./in-line.ts";
import { hasEnded, type Pass, settle } from "./pass.ts";
import { clearHarmed } from "./silences.ts";

/**
 * Runs cases again alone: those that may have harmed others first, since what the others found may be their doing. Once a culprit is known,
 * what ran beside it runs again side by side. Confirms those that fail again; resolves to those that pass.
 */
export async function againAlone(failed: readonly CaseResult[], tookMs: number, pass: Pass): Promise<readonly Rerun[]> {
  const harmful = failed.filter((it) => harmsOthers(it, pass));
  const others = failed.filter((it) => !harmful.includes(it));
  const innocent = await oneByOne(harmful, tookMs, pass);
  const cleared = pass.ends.culprits.size > 0 && !hasEnded(pass) ? await clearHarmed(others, pass) : [];
  for (const it of cleared) pass.rechecked.add(it.case.id);
  if (hasEnded(pass)) return innocent;
  const left = others.filter((it) => !cleared.includes(it));
  return [...innocent, ...(await oneByOne(left, tookMs, pass))];
}

/** Runs cases again alone, one after another. Confirms those that fail again; resolves to those that pass. */
async function oneByOne(failed: readonly CaseResult[], tookMs: number, pass: Pass): Promise<readonly Rerun[]> {
  const innocent: Rerun[] = [];
  const late: CaseResult[] = [];
  const rests = { inVain: 0 };
  for (const first of failed) {
    if (hasEnded(pass)) return innocent;
    pass.rechecked.add(first.case.id);
    if (isLate(tookMs, pass)) {
      late.push(first);
      continue;
    }
    const again = await untilSure(first, rests, pass);
    if (pass.ends.culprits.has(first.case.id)) continue;
    const outcome = outcomeOf(first, again, pass);
    if (outcome === "harms") noteDropper(first, pass.ends);
    if (COUNTS.has(outcome)) settle(again, pass);
    if (outcome !== "passes" && outcome !== "fails otherwise") continue;
    // Others may have hidden what it shows alone.
    const third = outcome === "fails otherwise" ? await aloneAgain(first, pass) : undefined;
    if (hasEnded(pass)) return innocent;
    if (third && breaksAgain(again, third)) settle(third, pass);
    else innocent.push([first, again]);
  }
  await settleLate(late, pass);
  return innocent;
}

/**
 * Runs a case again alone, and further times if it may fail by chance: a fault that hits one client in some, or a gateway that refuses
 * some, may hit the same case twice.
 */
async function untilSure(first: CaseResult, rests: Rests, pass: Pass): Promise<CaseResult> {
  const onceAlone = () => onceForgotten(() => aloneAgain(first, pass), rests, pass);
  let again = await onceAlone();
  if (pass.ends.culprits.has(first.case.id)) return again;
  const isByChance = breaksGeneral(ungrounded(first, pass), pass) || first.refused?.length;
  const goesOn = () => breaksAgain(first, again) && !pass.stop && !pass.ends.culprits.has(first.case.id);
  for (let i = 0; isByChance && i < FURTHER && goesOn(); i++) again = await onceAlone();
  return again;
}

/** Tells if a limit on odd clients alone explains that a case failed: no client was refused that came as any does. */
const wasLimited = (first: CaseResult, { results }: Pass): boolean =>
  wasTooMany(first) && ![...results.values()].some((it) => it.refusedUsual);

/** The outcome for a case that failed among others and ran again alone. */
type AloneOutcome =
  | "unread" // the suite had stopped reading the first time
  | "was harmed" // it does not fail so again, and ran beside what harms others, or met a limit
  | "passes"
  | "fails otherwise"
  | "harms" // it ended the connections of others both times
  | "shows more" // it is a plain form, and broke more than among others
  | "fails again";

/** The outcomes after which the result alone counts. Among others, another culprit may have ended what harms. */
const COUNTS: ReadonlySet<AloneOutcome> = new Set(["unread", "was harmed", "harms", "shows more"]);

/** Returns the outcome for a case by its results among others and alone. */
function outcomeOf(first: CaseResult, again: CaseResult, pass: Pass): AloneOutcome {
  if (hitRunBound(first)) return "unread";
  if (!breaksAgain(first, again)) {
    if (wasHarmed(first, pass) || wasLimited(first, pass)) return "was harmed";
    return again.verdict === "fail" ? "fails otherwise" : "passes";
  }
  if (harmsOthers(first, pass) && harmsOthers(again, pass)) return "harms";
  return showsMore(first, again) && isPlain(first.case.id, pass.protocol.foundations) ? "shows more" : "fails again";
}

/** Notes that a case ended the connections of others. */
function noteDropper(first: CaseResult, { culprits, falls }: Pass["ends"]): void {
  culprits.add(first.case.id);
  falls.push({ from: first.beganAt, to: endOf(first), ...ENDED_OTHERS });
}

/** Settles cases for which there was no time to run alone. Those that a culprit may have hit run once more, side by side. */
async function settleLate(late: readonly CaseResult[], pass: Pass): Promise<void> {
  const cleared = await clearHarmed(late, pass);
  for (const it of late.filter((result) => !cleared.includes(result))) {
    if (!wasTooMany(it) && missedHandshake(it)) tellStall(it, pass);
    settle(
      {
        ...(isOpen(it, pass) ? undecided(ungrounded(it, pass), pass.protocol) : ungrounded(it, pass)),
        unconfirmed: true,
      },
      pass,
    );
  }
}

/** Tells if a case breaks alone what it did not break among others. What rests on a plain form needs what that shows by itself. */
const showsMore = (first: CaseResult, again: CaseResult): boolean =>
  again.verdict === "fail" && brokenIn(again).some((id) => !brokenIn(first).includes(id));

/** Tells if it is open whether a case would pass alone: a culprit, a limit, or a server that stood still or is slow may have hit it. */
const isOpen = (it: CaseResult, pass: Pass): boolean =>
  wasTooMany(it) ||
  waitedInLine(it, pass) !== undefined ||
  (missedHandshake(it) && stoodStill(it, pass)) ||
  (isTooLate(pass) && (missedHandshake(it) || waitedInCrowd(it) || (wasHarmed(it, pass) && !harmsOthers(it, pass))));

/** Tells if a case broke a requirement that holds on every connection. */
const breaksGeneral = ({ checks }: CaseResult, { protocol }: Pass): boolean =>
  checks.some((check) => isBroken(check) && protocol.foundations.general.includes(check.requirement));
