import { aloneAgain } from "./again.ts";
import { isBroken, isRight } from "./catalogue.ts";
import { isSilent, othersWereServed, ungrounded } from "./doubt.ts";
import { hasEnded, type Pass, settleFailed } from "./pass.ts";
import type { Case } from "./scenario.ts";
import { CERTAIN_FAILURES } from "./silences.ts";

/**
 * Settles what many clients missed, if the server gives one client's answer to another: alone, they may miss nothing. The plain form of
 * what keeps clients apart, which runs alone, shows that.
 */
export async function settleMixedUp(cases: readonly Case[], pass: Pass): Promise<void> {
  const missed = cases
    .flatMap((it) => pass.results.get(it) ?? [])
    .filter((it) => !isRight(it) && isSilent(it) && othersWereServed(it, pass));
  if (missed.length < CERTAIN_FAILURES || !(await mixesUp(pass))) return;
  const left = missed.filter((it) => !pass.rechecked.has(it.case.id));
  for (const it of left) settleFailed({ ...ungrounded(it, pass), unconfirmed: true }, pass);
}

/** Tells if the server gives one client's answer to another. */
async function mixesUp(pass: Pass): Promise<boolean> {
  const { foundations } = pass.protocol;
  const id = foundations.isolated ?? "";
  const { plain = [] } = foundations.plain[id] ?? {};
  const first = [...pass.results.values()].find((it) => plain.includes(it.case.id) && !isRight(it));
  if (!first) return false;
  const again = await aloneAgain(first, pass);
  if (hasEnded(pass) || pass.ends.culprits.has(first.case.id)) return false;
  const mixes = again.checks.some((check) => check.requirement === id && isBroken(check));
  if (mixes) settleFailed(again, pass);
  return mixes;
}
