/** A number of things, in words. `written` is the number as it is shown. */
export const plural = (n: number, one: string, many = `${one}s`, written = String(n)): string =>
  `${written} ${n === 1 ? one : many}`;
