import { discard } from "../harness/memory.ts";
import { UsageError } from "../harness/usage.ts";
import { boundedLines, type Lines } from "../reports/bounded-lines.ts";

/** The most bytes of a line. A message of 8 MiB fits, and the rest of its event, even if each of its characters is escaped. */
export const LINE = 17 << 20;

/**
 * Hands each line that is not empty, and its number from 1, to `each`. Throws a `UsageError` that begins with `name` where one is too
 * long.
 */
export const lines = (name: string, each: (line: string, number: number) => void): Lines =>
  boundedLines(
    LINE,
    (number) => tooLong(name, number),
    (bytes, number) => {
      if (bytes.length === 0) return;
      const line = bytes.toString();
      discard(3 * bytes.length);
      each(number === 1 ? line.replace(/^\ufeff/, "") : line, number);
    },
  );

const tooLong = (name: string, number: number) =>
  new UsageError(`${name}:${number}: the line has more than ${LINE >> 20} MiB, and no event needs so many.`);
