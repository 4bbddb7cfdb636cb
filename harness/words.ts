/** A number of things, in words. `written` is the number as it is shown. */
export const plural = (n: number, one: string, many = `${one}s`, written = String(n)): string =>
  `${written} ${n === 1 ? one : many}`;

/** The beginning of a text, at most so many UTF-16 units: no half of a pair. */
export const upTo = (text: string, most: number): string => text.slice(0, most).replace(/[\ud800-\udbff]$/, "");

/** A value in words, as it stands in an explanation. */
export function show(value: unknown): string {
  if (value === undefined) return "nothing there";
  try {
    return JSON.stringify(value);
  } catch {
    return "a value that is nested too deep to show";
  }
}

/** A time that is given in ms, in seconds: `1.50 s`. */
export const inSeconds = (ms: number, digits = 2): string => `${(ms / 1_000).toFixed(digits)} s`;
