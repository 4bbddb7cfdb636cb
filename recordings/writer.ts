import { reason, UsageError } from "../harness/usage.ts";
import { type GrowingFile, openParts } from "./growing-file.ts";

/** The time for which lines are gathered before they are written, in ms. */
const GATHER = 50;

/** Characters that may wait to be written, before no more should come. */
const CHARACTERS_THAT_WAIT = 16 << 20;

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
interface LineWriterOptions {
  /** Bytes of a file at most; one line may be longer. */
  readonly most: number;
  /** Makes the first line of each file, from its number. */
  readonly head: (part: number) => string;
  /** Called when it is no longer crowded. */
  readonly relieve: () => void;
  /** Called once, when no more can be written. */
  readonly failed: (error: Error) => void;
}

/** The state of a writer. */
interface Writing extends Pick<LineWriterOptions, "most" | "relieve" | "failed"> {
  readonly parts: GrowingFile;
  lines: string[];
  /** Characters that wait to be written. */
  waiting: number;
  failure: Error | undefined;
  timer: NodeJS.Timeout | undefined;
  /** Settles once all is written that was to be so far. */
  flushing: Promise<void>;
}

/** Opens a file that does not exist yet, and writes lines to it. Throws a `UsageError`. */
export async function writer(path: string, { most, head, relieve, failed }: LineWriterOptions): Promise<LineWriter> {
  const parts = await openParts(path, most, head);
  const state: Writing = {
    ...{ most, relieve, failed, parts, lines: [], waiting: 0 },
    ...{ failure: undefined, timer: undefined, flushing: Promise.resolve() },
  };
  return {
    write: (line) => gather(state, line),
    get crowded() {
      return state.waiting > CHARACTERS_THAT_WAIT;
    },
    files: parts.files,
    get failure() {
      return state.failure;
    },
    async end() {
      clearTimeout(state.timer);
      await state.flushing;
      await flush(state);
      await parts.close().catch(() => {});
    },
  };
}

/** Takes a line, and writes it soon, with all that come until then. */
function gather(state: Writing, line: string): void {
  if (state.failure) return;
  state.lines.push(line);
  state.waiting += line.length;
  state.timer ??= setTimeout(() => {
    state.flushing = state.flushing.then(() => flush(state));
  }, GATHER);
}

async function flush(state: Writing): Promise<void> {
  const { lines, most, parts, waiting: length } = state;
  state.timer = undefined;
  state.lines = [];
  try {
    for (const bytes of batches(lines, most)) if (!state.failure) await parts.append(bytes);
  } catch (error) {
    const words = `${parts.files.at(-1)} ends too early: ${reason(error)}`;
    state.failure = error instanceof UsageError ? error : new Error(words);
    state.failed(state.failure);
  }
  const wasCrowded = state.waiting > CHARACTERS_THAT_WAIT;
  state.waiting -= length;
  if (wasCrowded && state.waiting <= CHARACTERS_THAT_WAIT) state.relieve();
}

/** Lines as bytes, so many in one go that they fit into a part of a file. */
function* batches(lines: readonly string[], most: number): Generator<Buffer> {
  const room = Math.min(most, 1 << 20);
  let [some, size] = ["", 0];
  for (const line of lines) {
    const more = Buffer.byteLength(line) + 1;
    if (size > 0 && size + more > room) {
      yield Buffer.from(some);
      [some, size] = ["", 0];
    }
    some += `${line}\n`;
    size += more;
  }
  if (size > 0) yield Buffer.from(some);
}
