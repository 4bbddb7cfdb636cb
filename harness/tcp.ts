import type { Socket } from "node:net";
import { setTimeout as pause, setImmediate as turn } from "node:timers/promises";

/** The number of segments with time between them. Even a slow reader gets these one by one; more would take long. */
const SEGMENTS_APART = 16;

/** The time between two segments, in ms. */
const BETWEEN = 1;

/** A part of what is written in TCP segments: bytes, or a pause before the next ones, in ms. */
export type Segment = Uint8Array | number;

/** Writes each part in a TCP segment of its own. Each waits until the system has the one before. */
export async function inSegments(tcp: Socket, parts: readonly Segment[]): Promise<void> {
  for (const [i, part] of parts.entries()) {
    if (tcp.destroyed) return;
    if (typeof part === "number") {
      await pause(part);
      continue;
    }
    await new Promise((resolve) => tcp.write(part, resolve));
    if (i < SEGMENTS_APART && i < parts.length - 1) await pause(BETWEEN);
    // On a busy machine that time may be over at once.
    await turn();
  }
}

const END_OF_HEAD = "\r\n\r\n";

/**
 * Makes spaces of tabs behind header values, which mean the same (RFC 9110, 5.5), until the function that it returns is called.
 * Behind a tab Node.js sees no `Upgrade`.
 */
export function withoutTabs(tcp: Socket): () => void {
  const mend = (bytes: Buffer) => {
    // Each white space is looked at once: a hostile server sends very much of it.
    const [head = ""] = bytes.toString("latin1").split(END_OF_HEAD, 1);
    for (const { index, 0: white } of `${head}\r`.matchAll(/(?<![ \t])[ \t]+(?=\r)/g))
      bytes.fill(" ", index, index + white.length);
  };
  // Before the parser sees them.
  tcp.prependListener("data", mend);
  return () => void tcp.off("data", mend);
}

/** Resets a TCP connection. One inside TLS can only be dropped. */
export function reset(tcp: Socket): void {
  if ("encrypted" in tcp) tcp.destroy();
  else tcp.resetAndDestroy();
}
