import { type FileHandle, open, stat } from "node:fs/promises";
import { parse } from "node:path";
import { reason, UsageError } from "../harness/usage.ts";
import { complaint, makeFolder } from "../reports/write.ts";

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
  /** Writes what is left. */
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

/** Opens a file that does not exist yet: no recording is written over. Throws a `UsageError`. */
export async function writer(path: string, { most, head, relieve, failed }: LineWriterOptions): Promise<LineWriter> {
  const there = await stat(path).catch(() => undefined);
  if (there?.isFile() && there.size > 0)
    throw new UsageError(`${path} is there already. Name another file with --out, or remove it.`);
  const rotates = !there || there.isFile();
  await makeFolder(parse(path).dir || ".").catch((error) => {
    throw complaint(path, error);
  });
  const files: string[] = [];
  let [size, waiting] = [0, 0];
  let lines: string[] = [];
  let failure: Error | undefined;
  let timer: NodeJS.Timeout | undefined;
  let file = await begin();
  let flushing = Promise.resolve();

  async function begin(): Promise<FileHandle> {
    const name = partOf(path, files.length + 1);
    const line = Buffer.from(`${head(files.length + 1)}\n`);
    try {
      const handle = await open(name, rotates ? "wx" : "w").catch((error) => {
        if (error.code === "EEXIST" && name === path) return open(name, "w");
        throw error;
      });
      files.push(name);
      size = 0;
      await append(handle, line);
      return handle;
    } catch (error) {
      throw complaint(name, error);
    }
  }

  /** Writes bytes, all of them or, where that fails, none. */
  async function append(handle: FileHandle, bytes: Buffer): Promise<void> {
    try {
      for (let at = 0; at < bytes.length; ) at += (await handle.write(bytes, at)).bytesWritten;
      size += bytes.length;
    } catch (error) {
      if (rotates) await handle.truncate(size).catch(() => {});
      throw error;
    }
  }

  async function flush(): Promise<void> {
    timer = undefined;
    const [batch, length] = [lines, waiting];
    lines = [];
    try {
      for (const bytes of batches(batch, most)) {
        if (failure) break;
        if (rotates && size + bytes.length > most && size > 0) {
          await file.close();
          file = await begin();
        }
        await append(file, bytes);
      }
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
      await file.close().catch(() => {});
    },
  };
}

/** The name of a part: `a.ndjson`, `a.2.ndjson`, … */
function partOf(path: string, part: number): string {
  if (part === 1) return path;
  const { dir, name, ext } = parse(path);
  return `${dir === "" ? "" : `${dir.replace(/\/$/, "")}/`}${name}.${part}${ext}`;
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
