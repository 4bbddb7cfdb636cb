import stringWidth from "string-width";
import { upTo } from "../harness/words.ts";

/**
 * Characters that take one column each: those of ASCII, dashes, quotes, dots and arrows. All others are measured, which loads more code.
 */
const NARROW = /^[ -~\u2010-\u2027\u2190-\u21ff]*$/;

/** The columns that a text without control characters takes on a terminal. */
export const widthOf = (text: string): number => (NARROW.test(text) ? text.length : stringWidth(text));

/** Returns the beginning of a text that fits into so many columns. Cuts no character, unless it is wider than all of them. */
export function fitting(text: string, room: number): string {
  // The next character may belong to the last one.
  if (NARROW.test(upTo(text, room + 1))) return upTo(text, room);
  let taken = 0;
  let end = 0;
  for (const { segment, index } of new Intl.Segmenter().segment(text)) {
    taken += widthOf(segment);
    if (taken > room) break;
    end = index + segment.length;
  }
  return end === 0 ? upTo(text, room) : text.slice(0, end);
}
