import { isObject, parse, type WireEvent } from "../harness/transcript.ts";
import { show, upTo } from "../harness/words.ts";
import { short } from "./names.ts";

/** The number of characters that stay of a text which is cut in its middle: at its beginning, and before the part that is shown. */
const CONTEXT = { beginning: 56, before: 16 } as const;

/** The characters of a name and its value that are shown. */
const VALUE_CHARACTERS = 60;

/** A part of a text. */
interface Part {
  readonly at: number;
  readonly length: number;
}

/** The thing that a check found in an event: its value, or the names of the properties that lead to it. */
interface FoundThing {
  readonly actual?: string;
  readonly path?: readonly string[] | undefined;
}

/** The content of an event on one line of so many characters. The part that a check found is not cut off. */
export function excerpt(event: WireEvent, most: number, found: FoundThing = {}): string | undefined {
  const text = onOneLine(event, found);
  if (text === undefined) return undefined;
  const part = placeIn(text, found.path) ?? valueIn(text, found.actual);
  if (!part || part.at + part.length < most) return short(text, most);
  const rest = text.slice(part.at - CONTEXT.before).replace(/^[\udc00-\udfff]/, "");
  return `${upTo(text, CONTEXT.beginning)}… ${short(rest, most - CONTEXT.beginning - 2)}`;
}

/**
 * The content of an event on one line: the first line of an HTTP head, and the one that shows the finding or the first of its body; or the
 * JSON of a message that the server laid out over several.
 */
function onOneLine(event: WireEvent, { actual }: FoundThing): string | undefined {
  if (!("data" in event)) return undefined;
  if (event.type === "upgrade") {
    const [first = "", ...lines] = event.data.split(/\r?\n/);
    const shown = lines.find((line) => valueIn(line, actual)) ?? bodyLine(event, lines);
    return shown === undefined ? first : `${first} … ${shown}`;
  }
  if (event.type === "text" && event.data === "") return "(empty)";
  const laidOut = event.type === "text" && event.from === "server" && /[\n\t]/.test(event.data);
  const value = laidOut ? parse(event.data) : undefined;
  return value === undefined ? event.data : show(value);
}

/** Returns the first line of the body of an answer: of a refusal it says why. */
const bodyLine = ({ from }: WireEvent, lines: readonly string[]): string | undefined =>
  from === "server" && lines.includes("") ? lines.slice(lines.indexOf("")).find((line) => line !== "") : undefined;

/** Finds the last property of a path. Only the names of objects lead to it, since places in arrays do not stand in the text. */
function placeIn(text: string, path: readonly string[] = []): Part | undefined {
  let at = -1;
  for (const name of path.filter((it) => !/^\d+$/.test(it))) {
    at = text.indexOf(JSON.stringify(name), at + 1);
    if (at < 0) return undefined;
  }
  if (at < 0) return undefined;
  const [shown = ""] = /^"[^"]*":\s*(?:"[^"]*"|[^,{}[\]]*)/.exec(text.slice(at, at + VALUE_CHARACTERS)) ?? [];
  return { at, length: shown.length };
}

/** Finds the first text in a value that came, as a text or within an object. */
function valueIn(text: string, actual: string | undefined): Part | undefined {
  if (actual === undefined) return undefined;
  const value = parse(actual);
  const all = isObject(value) ? Object.values(value) : [value].flat();
  for (const it of all) {
    const at = typeof it === "string" && it !== "" ? text.indexOf(it) : -1;
    if (at >= 0) return { at, length: Math.min(String(it).length, VALUE_CHARACTERS) };
  }
  return undefined;
}
