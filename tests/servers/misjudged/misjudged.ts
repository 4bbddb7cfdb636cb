import type { RunOptions } from "../../../harness/run-options.ts";
import type { RequirementId } from "../../../schemas/0.1.7/requirements.ts";
import { onWs, type Running } from "../libraries.ts";
import { onRaw, type Quirks } from "../raw.ts";
import { type Choices, type Tachyon, tachyon } from "../tachyon.ts";

/** The right findings on a server: no less, and no more. */
export interface Right {
  /** The requirements that are broken. */
  readonly told?: readonly RequirementId[];
  /** One of these must be broken as well. */
  readonly oneOf?: readonly RequirementId[];
  /** These come of the same, and may be broken as well. */
  readonly also?: readonly RequirementId[];
  /** Only a client that sends something else than a JSON object meets the breach. */
  readonly noObjects?: true;
  /** It meets one case in so many. */
  readonly share?: number;
  /** Options of the run. */
  readonly options?: Partial<RunOptions>;
  /** The headers that the user gives. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A server that is easily misjudged, with the right findings. */
export interface Misjudged extends Right {
  start(): Promise<Running>;
}

/** Makes one on `ws` with a decision of its own. */
export const chooses = (choices: () => Partial<Choices>, right: Right): Misjudged => ({
  start: () => onWs(tachyon(choices())),
  ...right,
});

/** Makes one on bare TCP with a way of its own. */
export const sends = (quirks: () => Partial<Quirks>, right: Right = {}): Misjudged => ({
  start: () => onRaw(tachyon(), quirks()),
  ...right,
});

/** Makes one on bare TCP that hears, or speaks, at other times. */
export const wraps = (wrap: (server: Tachyon) => Tachyon, right: Right): Misjudged => ({
  start: () => onRaw(wrap(tachyon())),
  ...right,
});

/** Does one thing for one client in some, and another for the rest. */
export function everyNth<T>(n: number, act: (it: T) => void, otherwise: (it: T) => void): (it: T) => void {
  let count = 0;
  return (it) => (++count % n === 0 ? act : otherwise)(it);
}
