const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const SPACE = 0x20;
const [OBJECT, OBJECT_END, ARRAY, ARRAY_END] = [0x7b, 0x7d, 0x5b, 0x5d];

/**
 * The first name that stands twice in one object of a JSON text, or `undefined`: parsers hide it, each in its own way. The text must
 * be JSON. Takes time and memory in proportion to its length, however deep it is nested.
 */
export function repeatedName(text: string): string | undefined {
  // One entry for each bracket that is open: the names of an object so far, nothing for an array.
  const open: (Set<string> | undefined)[] = [];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === OBJECT) open.push(new Set());
    else if (code === ARRAY) open.push(undefined);
    else if (code === OBJECT_END || code === ARRAY_END) open.pop();
    else if (code === QUOTE) {
      const end = endOfString(text, i);
      const names = open.at(-1);
      if (names && isName(text, end)) {
        const name = unescaped(text.slice(i, end));
        if (names.has(name)) return name;
        names.add(name);
      }
      i = end - 1;
    }
  }
  return undefined;
}

/** The place behind the closing quote of a string. */
function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) return i + 1;
    if (code === BACKSLASH) i++;
  }
  return text.length;
}

/** Tells if a colon follows, as it does only behind names. */
function isName(text: string, end: number): boolean {
  let i = end;
  while (text.charCodeAt(i) <= SPACE) i++;
  return text.charCodeAt(i) === COLON;
}

/** A string as it is compared: with an escape in it, two spellings may be one name. */
function unescaped(literal: string): string {
  return literal.includes("\\") ? String(JSON.parse(literal)) : literal.slice(1, -1);
}
