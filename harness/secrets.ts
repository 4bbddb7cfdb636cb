/** The texts that must stand in no output. The list can grow while a run lasts. */
export interface Secrets {
  add(...secrets: readonly string[]): void;
  /** Takes them out of a text: as they stand, percent-encoded, as in JSON and within base64; of `Bearer abc` also `abc` alone. */
  redact(text: string): string;
  /** Makes a function that does the same to a text which comes in parts. It keeps back the end of a part, where a secret may begin. */
  follow(): (part: string, isLast?: boolean) => string;
}

/** The names of headers, and of parameters of a url, whose values are secrets. */
export const SECRET_NAME =
  /token|secret|passw|pwd|api-?_?key|^key$|auth|signature|^sig$|session|jwt|ticket|credential|^code$/i;

/** Returns the secrets in the query of a url, as they stand there and decoded. */
export function secretsIn(query: string): string[] {
  const written = query.split("&").map((parameter): [string, string] => {
    const [name = "", ...value] = parameter.split("=");
    return [name, value.join("=")];
  });
  const all = [...written, ...new URLSearchParams(query)];
  return all.flatMap(([name, value]) => (SECRET_NAME.test(name) && value !== "" ? [value] : []));
}

/** The least length of a secret, in characters. Shorter ones stand in too many innocent places. */
export const SHORTEST = 4;

/** Makes a list of secrets. */
export function secrets(...first: readonly string[]): Secrets {
  const known = new Set<string>();
  let pattern: RegExp | undefined;
  let longest = 0;
  const list: Secrets = {
    add(...more) {
      for (const spelling of more.flatMap(spellingsOf)) known.add(spelling);
      const longestFirst = [...known].toSorted((a, b) => b.length - a.length);
      longest = longestFirst[0]?.length ?? 0;
      pattern = known.size > 0 ? new RegExp(longestFirst.map(literal).join("|"), "g") : undefined;
    },
    redact: (text) => (pattern ? text.replace(pattern, "[redacted]") : text),
    follow() {
      let kept = "";
      return (part, isLast = false) => {
        const text = kept + part;
        const end = isLast || !pattern ? text.length : endBefore(text, text.length - longest + 1, pattern);
        kept = text.slice(end);
        return list.redact(text.slice(0, end));
      };
    },
  };
  list.add(...first);
  return list;
}

/** Returns an offset in a text, or the one behind the secret that stands across it. */
function endBefore(text: string, offset: number, pattern: RegExp): number {
  for (const { index, 0: secret } of text.matchAll(pattern)) {
    if (index >= offset) break;
    if (index + secret.length > offset) return index + secret.length;
  }
  return Math.max(0, offset);
}

/** The ways in which a secret can stand in a text: as it is, percent-encoded, as in JSON, and within base64. */
const spellingsOf = (secret: string): string[] =>
  [secret, ...secret.split(/\s+/).slice(1)]
    .filter((part) => part.length >= SHORTEST)
    .flatMap((part) => [
      part,
      ...percentEncoded(part),
      JSON.stringify(part).slice(1, -1),
      ...[0, 1, 2].flatMap((before) => withinBase64(part, before)),
    ]);

/** A text as browsers, forms and hand-made queries write it. */
function percentEncoded(text: string): string[] {
  const usual = encodeURIComponent(Buffer.from(text).toString());
  const all = Array.from(Buffer.from(text), (byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
  return [
    usual,
    encodeURI(Buffer.from(text).toString()),
    usual.replaceAll("%20", "+"),
    usual.replace(/%../g, (code) => code.toLowerCase()),
    all,
    all.toUpperCase(),
  ];
}

/** Shorter parts of base64 stand in too many innocent places. */
const SHORTEST_BASE64 = 6;

/** The characters of base64 that depend on this text only. `before` is the number of bytes before it, modulo 3. */
function withinBase64(text: string, before: number): string[] {
  const bytes = Buffer.from(text);
  const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64");
  const core = encoded.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
  const spellings = [core, core.replaceAll("+", "-").replaceAll("/", "_")];
  return core.length < SHORTEST_BASE64 ? [] : spellings;
}

const literal = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
