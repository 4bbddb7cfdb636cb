import { short } from "./names.ts";
import { fitting } from "./width.ts";

/** The narrowest column that a text is broken for. */
const NARROWEST = 20;

/**
 * A statement of more characters is told by its first sentence. A shorter one stands whole, since its second sentence may be the broken
 * one.
 */
const GLANCE = 160;

/**
 * Breaks a text between words into at most so many lines, for a terminal of `width` columns, the first `indent` of which are taken. Without
 * a width it is one line, cut after `unbroken` characters.
 */
export function columns(
  text: string,
  indent: number,
  most: number,
  width: number | undefined,
  unbroken: number,
): string[] {
  if (width === undefined) return [short(text, unbroken)];
  const room = Math.max(NARROWEST, width - indent - 1);
  const lines: string[] = [];
  for (let rest = text; rest !== ""; ) {
    const whole = fitting(rest, room);
    if (lines.length === most - 1 || whole === rest) {
      lines.push(whole === rest ? rest : `${fitting(rest, room - 1)}…`);
      break;
    }
    const space = rest.lastIndexOf(" ", whole.length);
    const line = space > whole.length / 2 ? rest.slice(0, space) : whole;
    lines.push(line);
    rest = rest.slice(line.length).trimStart();
  }
  return lines.length === 0 ? [""] : lines;
}

/** The first sentence of a text. A dot in brackets, or of an abbreviation, does not end it. */
export const firstSentence = (text: string): string => /^.{20,}?[^.]{3}[.;](?= [A-Z]|$)/.exec(text)?.[0] ?? text;

/** A statement as a finding tells it. */
export const atAGlance = (statement: string): string =>
  statement.length <= GLANCE ? statement : firstSentence(statement);
