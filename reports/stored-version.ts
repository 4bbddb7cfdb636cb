import { open } from "node:fs/promises";
import { isObject, parse } from "../harness/transcript.ts";
import { reportFile } from "./read.ts";

/** The bytes of a report in which its protocol version stands. */
const VERSION_WITHIN = 4_096;

const PROTOCOL = /^\ufeff?\s*\{\s*"suite"\s*:.*?"protocol"\s*:\s*(\{[^{}]*\})/s;

/**
 * Reads the protocol version of a stored report from its beginning, and the kind of client if it is of one. Resolves to nothing if it is
 * no report, or cannot be read: a reader of all of it says why.
 */
export async function storedVersion(
  path: string,
): Promise<{ readonly version?: string | undefined; readonly actor?: string | undefined }> {
  const file = await open(await reportFile(path)).catch(() => undefined);
  if (!file) return {};
  try {
    if (!(await file.stat()).isFile()) return {};
    const { buffer, bytesRead } = await file.read(Buffer.alloc(VERSION_WITHIN), 0, VERSION_WITHIN, 0);
    const protocol = parse(PROTOCOL.exec(buffer.toString("utf8", 0, bytesRead))?.[1] ?? "");
    const text = (value: unknown) => (typeof value === "string" ? value : undefined);
    return isObject(protocol) ? { version: text(protocol.version), actor: text(protocol.actor) } : {};
  } finally {
    await file.close();
  }
}
