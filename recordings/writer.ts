import { reason, UsageError } from "../harness/usage.ts";
import { openParts } from "./growing-file.ts";

/** The time for which lines are gathered before they are written, in ms. */
const GATHER = 50;

/** Characters that may wait to be written, before no more should come. */
const CROWDED = 16 << 20;

/** Writes lines to a file, and to further ones of the same name as it grows. */
export interface LineWriter {
  write(line: string): void;
  /** More waits to be written than should. */
  readonly crowded: boolean;
  /** The files so far. */
  readonly files: readonly string[];
  /** The error that kept the rest from being written. */
  readonly failure: Error | undefined;
  /** Writes all that is left. */
  end(): Promise<void>;
}

/** The options of a writer. */
export interface LineWriterOptions {
  /** Bytes of a file at most; one line may be longer. */
  readonly most: number;
  /** Makes the first line of each file, from its number. */
  readonly head: (part: number) => string;
  /** Called when it is no longer crowded. */
  readonly relieve: () => void;
  /** Called once, when no more can be written. */
  readonly failed: (error: Error) => void;
}

/** Opens a file that does not exist yet, and writes lines to it. Throws a `UsageError`. */
export async function writer(path: string, { most, head, relieve, failed }: LineWriterOptions): Promise<LineWriter> {
  const parts = await openParts(path, most, head);
  const { files } = parts;
  let waiting = 0;
  let lines: string[] = [];
  let failure: Error | undefined;
  let timer: NodeJS.Timeout | undefined;
  let flushing = Promise.resolve();

  async function flush(): Promise<void> {
    timer = undefined;
    const [batch, length] = [lines, waiting];
    lines = [];
    try {
      for (const bytes of batches(batch, most)) if (!failure) await parts.append(bytes);
    } catch (error) {
      failure = error instanceof UsageError ? error : new Error(`${files.at(-1)} ends too early: ${reason(error)}`);
      failed(failure);
    }
    const wasCrowded = waiting > CROWDED;
    waiting -= length;
    if (wasCrowded && waiting <= CROWDED) relieve();
  }

  const soon = () => {
    timer ??= setTimeout(() => {
      flushing = flushing.then(flush);
    }, GATHER);
  };

  return {
    write(line) {
      if (failure) return;
      lines.push(line);
      waiting += line.length;
      soon();
    },
    get crowded() {
      return waiting > CROWDED;
    },
    files,
    get failure() {
      return failure;
    },
    async end() {
      clearTimeout(timer);
      await flushing;
      await flush();
      await parts.close().catch(() => {});
    },
  };
}

/** Lines as bytes, so many in one go that they fit into a part of a file. */
function* batches(lines: readonly string[], most: number): Generator<Buffer> {
  const room = Math.min(most, 1 << 20);
  let some = "";
  for (const line of lines) {
    if (some !== "" && some.length + line.length > room) {
      yield Buffer.from(some);
      some = "";
    }
    some += `${line}\n`;
  }
  if (some !== "") yield Buffer.from(some);
}
