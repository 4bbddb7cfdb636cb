import { PAUSE, TRIES } from "./attempts.ts";
import { FORGOTTEN, SECOND } from "./connection-rate.ts";
import { type Failure, isTurnedAway, saysTooMany } from "./failure.ts";
import { isLimited, type KnownLimits } from "./known-limits.ts";

/** The times before tries that come ever later, in ms. */
const LATER = [
  ...Array.from({ length: TRIES - 1 }, () => PAUSE),
  200,
  300,
  500,
  800,
  SECOND,
  SECOND,
  SECOND,
  2 * FORGOTTEN,
];

/**
 * The times before further tries to get in, in ms. Who says that there are too many says it to each try, for a period at most. Others
 * may shut out for longer with each try, so these come ever later; for up to 15 s, while an input may be the reason.
 */
const RESTS = {
  tooMany: Array.from({ length: 12 }, () => SECOND),
  /** It is known to let clients in again. */
  shutOut: Array.from({ length: 60 }, () => SECOND / 5),
  mayShut: [...LATER, 3 * SECOND, 3 * SECOND],
  others: LATER,
} as const;

/** Returns the times before further tries to get in where a target refuses clients in some ways, in ms; `isOne` says that it does over one input. */
export function restsFor(known: KnownLimits, ways: readonly Failure[], isOne: boolean): readonly number[] {
  if (known.wrong !== undefined || isOne) return RESTS.shutOut;
  if (ways.some(saysTooMany)) return RESTS.tooMany;
  return isLimited(known) || ways.some(isTurnedAway) ? RESTS.others : RESTS.mayShut;
}
