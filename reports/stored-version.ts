import { open } from "node:fs/promises";
import { reportFile } from "./read.ts";

/** The bytes of a report in which its protocol version stands. */
const HEAD = 4_096;

const VERSION = /^\ufeff?\s*\{\s*"suite"\s*:.*?"protocol"\s*:\s*\{[^{}]*?"version"\s*:\s*"([^"\\]*)"/s;

/**
 * The protocol version that a stored report says, by its beginning; nothing of what is no report, or cannot be read: whoever reads
 * all of it says why.
 */
export async function storedVersion(path: string): Promise<string | undefined> {
  const file = await open(await reportFile(path)).catch(() => undefined);
  if (!file) return undefined;
  try {
    if (!(await file.stat()).isFile()) return undefined;
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD), 0, HEAD, 0);
    return VERSION.exec(buffer.toString("utf8", 0, bytesRead))?.[1];
  } finally {
    await file.close();
  }
}
