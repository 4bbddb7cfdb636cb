/** Reads when something happened: ms since the recording began, or what it says itself where that is small; `undefined`: no time. */
export type Clock = (at: unknown) => number | undefined;

/** A number from here on is ms since 1970, not since some recording began. */
const EPOCH = 1e11;

/** The clock of one recording. What has no time of its own happened when the event before it did. */
export function clock(): Clock {
  let zero: number | undefined;
  let last = 0;
  return (at) => {
    if (at === undefined || at === null) return last;
    const ms = typeof at === "string" ? Date.parse(at) : at;
    if (typeof ms !== "number" || !Number.isFinite(ms)) return undefined;
    if (Math.abs(ms) >= EPOCH) zero ??= ms;
    last = Math.round((Math.abs(ms) >= EPOCH ? ms - (zero ?? 0) : ms) * 100) / 100;
    return last;
  };
}
