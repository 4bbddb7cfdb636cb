const NEWLINE = 0x0a;
const EMPTY = Buffer.alloc(0);

/** Cuts bytes into lines. */
export interface Lines {
  push(bytes: Uint8Array): void;
  /** Hands over the rest behind the last line break, if there is one. */
  end(): void;
  /** The bytes behind the last line break. */
  readonly rest: number;
}

/** Most lines come in one part, which needs no copy. */
function joined(parts: readonly Uint8Array[]): Buffer {
  const [first = EMPTY, ...more] = parts;
  return more.length === 0 ? Buffer.from(first.buffer, first.byteOffset, first.length) : Buffer.concat(parts);
}

/**
 * Hands each line and its number, from 1, to `each`. If a line has more than `most` bytes, throws the error that `tooLong` makes of its
 * number.
 */
export function boundedLines(
  most: number,
  tooLong: (number: number) => Error,
  each: (line: Buffer, number: number) => void,
): Lines {
  let parts: Uint8Array[] = [];
  let length = 0;
  let number = 0;
  const add = (bytes: Uint8Array) => {
    length += bytes.length;
    if (length > most) throw tooLong(number + 1);
    if (bytes.length > 0) parts.push(bytes);
  };
  const flush = () => {
    const line = joined(parts);
    [parts, length] = [[], 0];
    each(line, ++number);
  };
  return {
    get rest() {
      return length;
    },
    push(bytes) {
      let from = 0;
      for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, from)) {
        // Empty lines cost next to nothing, however many there are.
        if (at === from && length === 0) each(EMPTY, ++number);
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
