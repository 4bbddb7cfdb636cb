import { type FileHandle, open, stat } from "node:fs/promises";
import { parse } from "node:path";
import { UsageError } from "../harness/usage.ts";
import { complaint, makeFolder } from "../reports/write.ts";

/** A file that grows, and further ones of the same name once it is full. */
export interface GrowingFile {
  /** The files so far. */
  readonly files: readonly string[];
  /** Writes bytes to the last file, or to the next where they do not fit: all of them or, where that fails, none. */
  append(bytes: Buffer): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens a file that does not exist yet: no recording is written over. `head` makes the first line of each file from its number. A
 * file has `most` bytes at most, unless one piece is longer. Throws a `UsageError`.
 */
export async function openParts(path: string, most: number, head: (part: number) => string): Promise<GrowingFile> {
  const there = await stat(path).catch(() => undefined);
  if (there?.isFile() && there.size > 0)
    throw new UsageError(`${path} is there already. Name another file with --out, or remove it.`);
  const rotates = !there || there.isFile();
  await makeFolder(parse(path).dir || ".").catch((error) => {
    throw complaint(path, error);
  });
  const files: string[] = [];
  let size = 0;
  let file = await begin();

  async function begin(): Promise<FileHandle> {
    const part = files.length + 1;
    const name = partOf(path, part);
    try {
      const handle = await open(name, rotates ? "wx" : "w").catch((error) => {
        if (error.code === "EEXIST" && name === path) return open(name, "w");
        throw error;
      });
      files.push(name);
      size = 0;
      await write(handle, Buffer.from(`${head(part)}\n`));
      return handle;
    } catch (error) {
      throw complaint(name, error);
    }
  }

  async function write(handle: FileHandle, bytes: Buffer): Promise<void> {
    try {
      for (let at = 0; at < bytes.length; ) at += (await handle.write(bytes, at)).bytesWritten;
      size += bytes.length;
    } catch (error) {
      if (rotates) await handle.truncate(size).catch(() => {});
      throw error;
    }
  }

  return {
    files,
    async append(bytes) {
      if (rotates && size + bytes.length > most && size > 0) {
        await file.close();
        file = await begin();
      }
      await write(file, bytes);
    },
    close: () => file.close(),
  };
}

/** The name of a part: `a.ndjson`, `a.2.ndjson`, … */
function partOf(path: string, part: number): string {
  if (part === 1) return path;
  const { dir, name, ext } = parse(path);
  return `${dir === "" ? "" : `${dir.replace(/\/$/, "")}/`}${name}.${part}${ext}`;
}
