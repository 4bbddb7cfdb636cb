/** A text in quotes of any kind. */
const TEXT = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`/gs;
/** A property, and no variable that is spread. */
const PROPERTY = /(?<!\.)\.[A-Za-z_]\w*/g;
const FILLED_IN = /\$\{[^}]*\}/g;

/**
 * What every compiler keeps of a function: the texts in it, and the names of the properties that it reads or calls. Its layout, the
 * names of its variables and the order of its branches may change with a compiler, or with code elsewhere in a bundle.
 */
export function essence(of: (...args: never[]) => unknown): string[] {
  const source = of.toString();
  const texts = (source.match(TEXT) ?? []).flatMap((literal) => literal.slice(1, -1).split(FILLED_IN));
  const code = source.replaceAll(TEXT, (literal) => (literal.startsWith("`") ? filledIn(literal) : ""));
  const parts = new Set([...texts.map(lowerEscapes), ...(code.match(PROPERTY) ?? [])]);
  return [...parts].filter((part) => part !== "").toSorted();
}

const filledIn = (template: string) => (template.match(FILLED_IN) ?? []).join(" ");

const lowerEscapes = (text: string) => text.replace(/\\u[0-9A-F]{4}/gi, (it) => it.toLowerCase());
