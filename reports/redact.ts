/** Shorter secrets than this stand in too many innocent places to be taken out of running text. */
const SHORTEST = 4;

/** Takes secrets out of a text, as they stand, percent-encoded, and as in JSON; of `Bearer abc` also `abc` alone. */
export function redactor(secrets: readonly string[]): (text: string) => string {
  const parts = secrets.flatMap((secret) => [secret, ...secret.split(/\s+/).slice(1)]);
  const spellings = parts
    .filter((part) => part.length >= SHORTEST)
    .flatMap((part) => [part, encodeURIComponent(part), JSON.stringify(part).slice(1, -1)])
    .toSorted((a, b) => b.length - a.length);
  return (text) => spellings.reduce((left, spelling) => left.replaceAll(spelling, "[redacted]"), text);
}
