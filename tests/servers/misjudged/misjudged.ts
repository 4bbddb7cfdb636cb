import type { RunOptions } from "../../../harness/session.ts";
import type { RequirementId } from "../../../schemas/0.1.7/requirements.ts";
import { onWs, type Running } from "../libraries.ts";
import { onRaw, type Quirks } from "../raw.ts";
import { type Choices, type Tachyon, tachyon } from "../tachyon.ts";

/** What a user must be told of a server: no less, and no more. */
export interface Right {
  /** The requirements that are broken. */
  readonly told?: readonly RequirementId[];
  /** Any of these names one more breach, and one of them does. */
  readonly oneOf?: readonly RequirementId[];
  /** What comes of the same, and may be told as well. */
  readonly also?: readonly RequirementId[];
  /** Only a client that sends something else than a JSON object meets the breach. */
  readonly noObjects?: true;
  /** Options of the run. */
  readonly options?: Partial<RunOptions>;
  /** The headers that the user gives. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A server that is easily judged wrongly, and what is right. */
export interface Misjudged extends Right {
  start(): Promise<Running>;
}

/** One on `ws` that decides something in a way of its own. */
export const chooses = (choices: () => Partial<Choices>, right: Right): Misjudged => ({
  start: () => onWs(tachyon(choices())),
  ...right,
});

/** One on bare TCP that does something in a way of its own. */
export const sends = (quirks: () => Partial<Quirks>, right: Right = {}): Misjudged => ({
  start: () => onRaw(tachyon(), quirks()),
  ...right,
});

/** One on bare TCP that hears, or speaks, at other times. */
export const wraps = (wrap: (server: Tachyon) => Tachyon, right: Right): Misjudged => ({
  start: () => onRaw(wrap(tachyon())),
  ...right,
});

/** Does one thing for every so many-th, and another for the rest. */
export function everyNth<T>(n: number, act: (it: T) => void, otherwise: (it: T) => void): (it: T) => void {
  let count = 0;
  return (it) => (++count % n === 0 ? act : otherwise)(it);
}
