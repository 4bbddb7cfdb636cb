import { discard } from "../harness/memory.ts";
import { UsageError } from "../harness/usage.ts";

/** Bytes of a line at most: a message of 8 MiB of which each character is escaped by another, and the rest of its event. */
export const LINE = 17 << 20;

const NEWLINE = 0x0a;

/** Cuts bytes into lines. */
export interface Lines {
  push(bytes: Uint8Array): void;
  end(): void;
}

/** Hands each line and its number, from 1, to `each`. Throws a `UsageError` that begins with `name` where one is too long. */
export function lines(name: string, each: (line: string, number: number) => void): Lines {
  let parts: Uint8Array[] = [];
  let length = 0;
  let number = 0;

  const add = (bytes: Uint8Array) => {
    length += bytes.length;
    if (length > LINE) throw tooLong(name, number + 1);
    if (bytes.length > 0) parts.push(bytes);
  };
  const flush = () => {
    number += 1;
    const [first = new Uint8Array(), ...more] = parts;
    const line = (
      more.length === 0 ? Buffer.from(first.buffer, first.byteOffset, first.length) : Buffer.concat(parts)
    ).toString();
    discard(3 * length);
    [parts, length] = [[], 0];
    each(number === 1 ? line.replace(/^\ufeff/, "") : line, number);
  };

  return {
    push(bytes) {
      let from = 0;
      for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, from)) {
        // Empty lines cost next to nothing, however many there are.
        if (at === from && length === 0) number += 1;
        else {
          add(bytes.subarray(from, at));
          flush();
        }
        from = at + 1;
      }
      add(bytes.subarray(from));
    },
    end() {
      if (length > 0) flush();
    },
  };
}

const tooLong = (name: string, number: number) =>
  new UsageError(`${name}:${number}: the line has more than ${LINE >> 20} MiB, and no event needs so many.`);
