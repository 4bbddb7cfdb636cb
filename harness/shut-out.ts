import type { CaseResult } from "./execute.ts";
import { type Failure, saysTooMany, wantsLogin } from "./failure.ts";
import type { Fall, Pass } from "./pass.ts";
import { asideOf, letsInPlain, untilRefused } from "./plain-clients.ts";
import type { Protocol } from "./protocol.ts";
import type { Case } from "./scenario.ts";

// Finds out if a target shuts everybody out for a while once clients have sent many wrong commands, as those do that keep strangers off.

/** The number of cases with wrong inputs: so many have to have run, so many count at first, and so many run at most. */
const CASES = { least: 8, first: 40, most: 150 } as const;

/** The connections that a case opens. */
const EACH = 3;

/** Tells if a case sends what a server may take for an attack. */
const isWrong = ({ upsets, suite }: Case, { suites }: Protocol): boolean =>
  upsets === true || suites.some((it) => it.upsets === true && it.name === suite);

/** Returns the cases with wrong inputs that had begun before a time, in ms of the run's clock, the latest first. */
export const wrongBefore = (
  at: number,
  ran: readonly CaseResult[],
  { protocol }: Pick<Pass, "protocol">,
): readonly Case[] =>
  ran
    .filter((it) => it.beganAt <= at && it.connections.length > 0 && isWrong(it.case, protocol))
    .toSorted((a, b) => b.beganAt - a.beganAt)
    .map((it) => it.case);

/** Tells if so many wrong inputs came that a target may shut out who sends them. */
export const mayShutOut = (wrong: readonly Case[]): boolean => wrong.length >= CASES.least;

/** Tells if an answer in HTTP may be that of a gateway which reaches nobody. */
const isGateways = ({ status = 0 }: Failure): boolean => status >= 500;

/**
 * Says of a target that lets nobody in any more that it may shut out who sends wrong inputs, if many came. Where it says so itself, it
 * does: a gateway before a server that has ended says something else.
 */
export function wordsOfShutOut({ to, how, refuses }: Fall, ran: readonly CaseResult[], pass: Pass): string | undefined {
  const way = pass.availability.refusal;
  if (!refuses || !way || isGateways(way) || !mayShutOut(wrongBefore(to, ran, pass))) return undefined;
  const shuts = wantsLogin(way) || saysTooMany(way) ? "shuts" : "may shut";
  return `${how} after malformed commands or frames: it ${shuts} everybody out over one of them, or over their number`;
}

/**
 * Resolves to the number of wrong inputs after which the target lets nobody in for a while, if it does so again, and not after more plain
 * clients. `letsIn` waits until it lets somebody in, and resolves to the number of tries; to infinity if it does not.
 */
export async function shutsOutAfter(
  wrong: readonly Case[],
  letsIn: () => Promise<number>,
  pass: Pass,
): Promise<number | undefined> {
  if (!mayShutOut(wrong)) return undefined;
  const aside = asideOf(pass);
  const some = Array.from({ length: Math.min(CASES.most, 2 * wrong.length) }, (_, i) => [
    wrong[i % wrong.length] as Case,
  ]);
  /** Tells if more plain clients come in than so many cases open connections; else waits until one does. */
  const withoutWrong = async (cases: number) => {
    const areLetIn = await letsInPlain(EACH * cases, EACH, aside);
    if (!areLetIn) await letsIn();
    return areLetIn;
  };
  // Where it limits connections, the next client by itself is let in at once.
  const shuts = async () => {
    const cases = await untilRefused(some, aside);
    const tries = cases && (await letsIn());
    return tries !== undefined && tries > 1 && Number.isFinite(tries) ? cases : undefined;
  };
  if (!(await withoutWrong(CASES.first))) return undefined;
  const first = await shuts();
  const isShown = first !== undefined && (first <= CASES.first || (await withoutWrong(first)));
  return isShown ? await shuts() : undefined;
}
