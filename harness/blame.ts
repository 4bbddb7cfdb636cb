import { broken, isFinding, withChecks } from "./catalogue.ts";
import { isShownByMessage, placed } from "./evidence.ts";
import type { CaseResult } from "./execute.ts";
import { livesOn } from "./fall.ts";
import { seeing } from "./ground.ts";
import { type Guess, SLACK, tellInput } from "./guess.ts";
import type { Check } from "./judge.ts";
import { type Fall, type Pass, settle } from "./pass.ts";
import { inputsOf } from "./suspects.ts";

/** Blames a case for a fall, whatever else it found. */
export function blame(culprit: Guess, fell: Fall, pass: Pass): void {
  pass.ends.culprits.add(culprit.result.case.id);
  if (!livesOn(fell)) pass.ends.enders.add(culprit.result.case.id);
  settle(blamed(culprit, fell, pass), pass);
}

/** Removes the unexplained ends of the server that this culprit explains, or whose cause its process named alike. */
export function dropExplained({ result, delay }: Guess, { unexplained, sightings, namedEnds }: Pass["ends"]): void {
  const isIt = (at: number) =>
    inputsOf(sightings.get(at)?.get(result.case.id)?.connections ?? []).some(
      ({ event }) => Math.abs(at - event.at - delay) < SLACK,
    );
  const isKnown = (kind = "") => namedEnds.has(kind);
  for (const it of unexplained.filter(({ at, endKind }) => isIt(at) || isKnown(endKind)))
    unexplained.splice(unexplained.indexOf(it), 1);
}

/** Returns the result of a culprit. Throws if the catalogue lacks the requirement that it breaks. */
function blamed(
  { result, input, delay }: Guess,
  { how, endKind, harm }: Fall,
  { protocol, judging }: Pass,
): CaseResult {
  const id = protocol.survivalOf(result.case);
  const requirement = judging.requirements.get(id);
  if (!requirement) throw new Error(`the catalogue has no requirement "${id}"`);
  const { level, statement } = requirement;
  const evidence = input && placed([input.event], result.connections);
  const after = input ? ` ${Math.max(0, delay).toFixed(0)} ms after ${tellInput(input)}` : "";
  const check: Check = {
    requirement: id,
    level,
    verdict: broken(level, judging.strict),
    expected: statement,
    actual: `${how}${after}`,
    harm,
    endKind,
    ...(evidence && { evidence }),
  };
  const others = result.checks.filter((it) => it.requirement !== id);
  // The end of its own connections, and a message that is missing for that, are no second finding. A wrong word of a server that lives on
  // is one.
  const isOwn = (it: Check) => livesOn({ harm }) && isShownByMessage(it.evidence, result.connections);
  const checks = [check, ...others.map((it) => (isFinding(it) && !isOwn(it) ? seeing(it, id) : it))];
  return withChecks(result, checks);
}
