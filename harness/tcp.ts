import type { Socket } from "node:net";
import { setTimeout as pause, setImmediate as turn } from "node:timers/promises";

/** The number of segments with time between them, so that even a slow reader gets them one by one. More would take long. */
const APART = 16;

/** The time between two segments, in ms. */
const MOMENT = 1;

/** Writes each part in a TCP segment of its own. Each waits until the system has the one before. */
export async function inSegments(tcp: Socket, parts: readonly Uint8Array[]): Promise<void> {
  for (const [i, part] of parts.entries()) {
    if (tcp.destroyed) return;
    await new Promise((resolve) => tcp.write(part, resolve));
    if (i < APART && i < parts.length - 1) await pause(MOMENT);
    // On a busy machine that time may be over at once.
    await turn();
  }
}

/** Resets a TCP connection. One inside TLS can only be dropped. */
export function reset(tcp: Socket): void {
  if ("encrypted" in tcp) tcp.destroy();
  else tcp.resetAndDestroy();
}
