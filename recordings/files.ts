import { stat } from "node:fs/promises";
import { parse } from "../harness/transcript.ts";
import { STDIN, UsageError } from "../harness/usage.ts";
import { gunzipped } from "../reports/gunzipped.ts";
import { inputFrom, reportFile } from "../reports/read.ts";
import { type PartHead, partHead } from "./ndjson.ts";

/** Bytes that are read at a time. */
const CHUNK = 256 << 10;

/** Bytes of the first line of a part, at most. */
const FIRST_LINE = 4 << 10;

/** The first bytes of a gzip file (RFC 1952, 2.3.1). */
const GZIP = Buffer.from([0x1f, 0x8b]);

/** Reads a file from its beginning: the report of a folder, the standard input, and the content of gzip. */
export async function* chunksOf(file: string): AsyncGenerator<Buffer, undefined> {
  const path = await reportFile(file);
  const stream = inputFrom(path, { highWaterMark: CHUNK });
  const chunks: AsyncIterator<Buffer> = stream[Symbol.asyncIterator]();
  const first: Buffer[] = [];
  try {
    // A pipe may begin with very little.
    while (Buffer.concat(first).length < GZIP.length) {
      const { done, value } = await chunks.next();
      if (done) break;
      first.push(value);
    }
    const isZipped = Buffer.concat(first).subarray(0, GZIP.length).equals(GZIP);
    if (isZipped) yield* gunzipped(all(first, chunks), (words) => notWhole(file, words), CHUNK);
    else yield* all(first, chunks);
  } finally {
    stream.destroy();
  }
  return undefined;
}

async function* all(first: readonly Buffer[], rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer, undefined> {
  yield* first;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
  return undefined;
}

const notWhole = (file: string, words: string) =>
  new UsageError(`${file} is no whole gzip file: ${words}. It may have been cut off.`);

/** A file, and the part of a recording that it is. */
interface Named {
  readonly file: string;
  /** The file on the disk; nothing for a pipe. */
  readonly place: string | undefined;
  readonly head: PartHead | undefined;
}

/** Puts the parts of a recording in order. Throws a `UsageError` if something is given twice. */
export async function arranged(files: readonly string[]): Promise<readonly string[]> {
  if (files.length < 2) return files;
  const all = await Promise.all(files.map(named));
  for (const [i, it] of all.entries()) {
    const other = all.slice(0, i).find((before) => isSame(before, it));
    if (other) throw twice(other.file, it.file);
  }
  const partsOf = (name: string) =>
    all.filter(({ head }) => head?.recording === name).toSorted((a, b) => (a.head?.part ?? 0) - (b.head?.part ?? 0));
  const taken = new Set<Named>();
  return all.flatMap((it) => {
    if (taken.has(it)) return [];
    const some = it.head ? partsOf(it.head.recording) : [it];
    const [hole] = some.filter(({ head }, i) => head && i > 0 && head.part !== (some[i - 1]?.head?.part ?? 0) + 1);
    if (hole?.head)
      throw new UsageError(
        `${hole.file} is part ${hole.head.part} of a recording, and part ${hole.head.part - 1} is missing. Name that, too, or check each part alone.`,
      );
    for (const part of some) taken.add(part);
    return some.map(({ file }) => file);
  });
}

/** The error of a file that would be judged twice. */
export const twice = (one: string, other: string) =>
  new UsageError(
    one === other
      ? `${one} is given twice. Name it once.`
      : `${other} holds the same as ${one}. Name one of them: the same traffic would count twice.`,
  );

const isSame = (one: Named, other: Named) =>
  one.file === other.file ||
  (one.place !== undefined && one.place === other.place) ||
  (one.head !== undefined && one.head.recording === other.head?.recording && one.head.part === other.head.part);

async function named(file: string): Promise<Named> {
  const there = await stat(file, { bigint: true }).catch(() => undefined);
  if (!there?.isFile()) return { file, place: undefined, head: undefined };
  // Whatever is read of the standard input is gone.
  const head = file === STDIN ? undefined : await headOfFile(file);
  return { file, place: `${there.dev}:${there.ino}`, head };
}

/** Reads which part of a recording a file is; nothing where it is none. */
export async function headOfFile(file: string): Promise<PartHead | undefined> {
  let text = "";
  try {
    for await (const chunk of chunksOf(file)) {
      text += chunk.toString("utf8", 0, FIRST_LINE);
      if (text.length >= FIRST_LINE || text.includes("\n")) break;
    }
  } catch {
    return undefined; // The reader will say what is wrong.
  }
  return partHead(parse(text.split("\n", 1)[0] ?? ""));
}
