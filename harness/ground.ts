import { isBroken, isFinding, withChecks } from "./catalogue.ts";
import { isShownByMessage, refusalThatShows } from "./evidence.ts";
import { failedByItself } from "./failure.ts";
import { bearers, brokenFoundations, causeWithin, type Foundations, type Judged, plainOf } from "./foundation.ts";
import type { Check } from "./judge.ts";

/**
 * Returns results in which one cause is one finding. A check becomes a `skip` that names the cause if it rests on a requirement
 * that is broken in its plainest form, or comes of another breach in the same case. `baseline` are results of plain forms that
 * the run lacked. Pure.
 */
export function ground<Result extends Judged>(
  results: readonly Result[],
  baseline: readonly Result[],
  foundations: Foundations,
): Result[] {
  const broken = brokenFoundations([...results, ...baseline], foundations);
  return results.map((it) => grounded(it, broken, foundations));
}

/** Returns one result as `ground` does; `broken` are the foundations that `brokenFoundations` found. */
export function grounded<Result extends Judged>(
  it: Result,
  broken: ReadonlyMap<string, string>,
  foundations: Foundations,
): Result {
  if (broken.size === 0 && !it.unstable && !it.checks.some(isFinding)) return it;
  const causes = new Map<string, string>();
  const explained = (check: Check, cause: string | undefined) => {
    if (cause === undefined) return check;
    causes.set(check.requirement, cause);
    return seeing(check, cause);
  };
  const first = it.checks.map((check) => explained(check, brokenBelow(check, it, broken, foundations)));
  const still = new Set(first.filter(isBroken).map(({ requirement }) => requirement));
  const second = first.map((check) => explained(check, causeWithin(check, it, still, foundations)));
  // A server without a limit refuses only now and then, and perhaps at a moment when nobody could see it.
  const isForm = (check: Check) => it.unstable || (it.refusedUsual && (it.unconfirmed || showsFailure(check, it)));
  if (causes.size === 0 && !second.some(isForm)) return it;
  const third = second.map((check) => (isForm(check) ? asForm(check, it, foundations) : check));
  const checks = third.map((check) => {
    const further = check.verdict === "skip" && check.see !== undefined ? causes.get(check.see) : undefined;
    return further === undefined ? check : seeing(check, further);
  });
  return withChecks(it, checks);
}

/** Returns the broken requirement that a check of a case rests on, if there is one. */
function brokenBelow(
  { requirement, verdict, harm, silence }: Check,
  it: Judged,
  broken: ReadonlyMap<string, string>,
  foundations: Foundations,
): string | undefined {
  if (harm) return undefined; // That is proved, whatever else is broken.
  if (!isFinding({ verdict }) && !(verdict === "pass" && foundations.keptBySilence.includes(requirement)))
    return undefined;
  // The cases about a general requirement tell it, and its plainest form.
  const isAbout = [...it.case.tests, ...plainOf(it.case.id, foundations)].includes(requirement);
  if (foundations.general.includes(requirement) && !isAbout && broken.has(requirement)) return broken.get(requirement);
  const others = it.unstable || it.unconfirmed ? (foundations.varying[requirement] ?? []) : [];
  // A requirement that could not be judged for another does not make this one vary.
  const besides = others.filter((id) => [id, ...plainOf(id, foundations)].includes(broken.get(id) ?? ""));
  const below = [...bearers(requirement, it.case.id, foundations), ...besides, silence?.what ?? ""];
  // Another case may show a form of the same requirement on which this one rests.
  const isOther = (id: string) =>
    broken.get(id) !== requirement || (plainOf(id, foundations).includes(requirement) && id !== it.case.id);
  return broken.get(below.find((id) => broken.has(id) && isOther(id)) ?? "");
}

/** Tells if a server that failed by itself shows a check. It does so now and then, and twice in a row by chance. */
const showsFailure = ({ evidence }: Check, { connections }: Judged): boolean =>
  failedByItself({ status: refusalThatShows(evidence, connections) });

/** Returns a check that is broken now and then as one of the requirement that it is a form of. */
function asForm(check: Check, it: Judged, foundations: Foundations): Check {
  if (!isBroken(check)) return check;
  const { awaited, formOf, general } = foundations;
  // A refused connection does not explain a breach on one that was served. What rests on nothing needs no connection.
  const needsOthers = check.requirement in formOf || bearers(check.requirement, it.case.id, foundations).length > 0;
  const isSaid = isShownByMessage(check.evidence, it.connections);
  const showsRefusal = refusalThatShows(check.evidence, it.connections) !== undefined;
  const isOfOthers = general.includes(check.requirement) && !showsRefusal;
  // An odd handshake that alone is accepted was refused by chance, too.
  const isChance = it.refusedUsual || (it.unstable && showsRefusal);
  const isRefused = isChance && needsOthers && !isOfOthers && !isSaid;
  const one = isRefused ? foundations.refused : formOf[check.requirement];
  const { silence } = check;
  const answer = silence && foundations.isAnswer?.(silence.what) ? foundations.unanswered : undefined;
  const requirement = silence ? (awaited[silence.what] ?? answer) : one;
  // Each requirement that others are forms of is a MUST.
  return requirement === undefined ? check : { ...check, level: "MUST", verdict: "fail", requirement };
}

/** Returns a check that is not judged, since the requirement `see` is broken. */
export function seeing({ silence: _, why: __, ...check }: Check, see: string): Check {
  return { ...check, verdict: "skip", actual: `not judged: see ${see}`, see };
}
