/** The texts that must stand in no output. The list can grow while a run lasts. */
export interface Secrets {
  add(...secrets: readonly string[]): void;
  /** Takes them out of a text: as they stand, percent-encoded, and as in JSON; of `Bearer abc` also `abc` alone. */
  redact(text: string): string;
}

/** The least length of a secret, in characters. Shorter ones stand in too many innocent places. */
const SHORTEST = 4;

/** Makes a list of secrets. */
export function secrets(...first: readonly string[]): Secrets {
  const known = new Set<string>();
  let pattern: RegExp | undefined;
  const list: Secrets = {
    add(...more) {
      for (const spelling of more.flatMap(spellingsOf)) known.add(spelling);
      const longestFirst = [...known].toSorted((a, b) => b.length - a.length);
      pattern = known.size > 0 ? new RegExp(longestFirst.map(literal).join("|"), "g") : undefined;
    },
    redact: (text) => (pattern ? text.replace(pattern, "[redacted]") : text),
  };
  list.add(...first);
  return list;
}

const spellingsOf = (secret: string): string[] =>
  [secret, ...secret.split(/\s+/).slice(1)]
    .filter((part) => part.length >= SHORTEST)
    .flatMap((part) => [part, encodeURIComponent(part), JSON.stringify(part).slice(1, -1)]);

const literal = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
