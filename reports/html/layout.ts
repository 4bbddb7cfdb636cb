/** The kind of a part of a JSON text, which decides its colour. */
type TokenKind = "key" | "string" | "number" | "word" | "mark";

/** A part of a JSON text, as it was sent. */
export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
}

/** A line of a JSON text that is laid out. */
export interface Line {
  readonly depth: number;
  readonly tokens: readonly Token[];
  /** The names of properties, from the outside in, that lead to the value which begins here. */
  readonly path: readonly string[];
}

/** Nobody reads a message laid out that is longer, or nested deeper. */
const MOST = { characters: 20_000, depth: 40 } as const;

const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/** The state of the layout: one of these for every object and array that is open. */
interface Frame {
  readonly closes: string;
  name: string;
}

/**
 * Lays out a JSON text over lines, token by token: what a peer sent stays as it was, with the names that come twice, long
 * numbers and escapes that a parser would swallow. `undefined` where it is no JSON, too long or too deep.
 */
export function layout(text: string): readonly Line[] | undefined {
  if (text.length > MOST.characters || !isJson(text)) return undefined;
  const parts = text.match(TOKEN) ?? [];
  const stack: Frame[] = [];
  const lines: { depth: number; tokens: Token[]; path: readonly string[] }[] = [];
  const begin = () => lines.push({ depth: stack.length, tokens: [], path: stack.map(({ name }) => name) });
  const put = (text: string, kind: TokenKind = kindOf(text)) => lines.at(-1)?.tokens.push({ kind, text });
  begin();
  for (const [i, part] of parts.entries()) {
    const top = stack.at(-1);
    const next = parts[i + 1] ?? "";
    if (part === "{" || part === "[") {
      if (stack.length === MOST.depth) return undefined;
      put(part);
      stack.push({ closes: part === "{" ? "}" : "]", name: part === "{" ? nameOf(next) : "0" });
      if (next !== stack.at(-1)?.closes) begin();
    } else if (part === top?.closes) {
      stack.pop();
      if (parts[i - 1] !== (part === "}" ? "{" : "[")) begin();
      put(part);
    } else if (part === "," && top) {
      put(part);
      top.name = top.closes === "}" ? nameOf(next) : String(Number(top.name) + 1);
      begin();
    } else if (part === ":") put(": ");
    else put(part, next === ":" ? "key" : undefined);
  }
  return lines;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The name of a property, unquoted; nothing where it is none. */
const nameOf = (part: string): string => (part.startsWith('"') ? String(JSON.parse(part)) : "");

function kindOf(part: string): TokenKind {
  if (part.startsWith('"')) return "string";
  if (/^[-\d]/.test(part)) return "number";
  return /^[a-z]/.test(part) ? "word" : "mark";
}
