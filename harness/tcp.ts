import type { Socket } from "node:net";
import { setTimeout as pause, setImmediate as turn } from "node:timers/promises";

/** So many segments come one by one even to a server that does not read at once; more would take long. */
const APART = 16;

/** In ms. */
const MOMENT = 1;

/** Writes each part in a TCP segment of its own: the next when the one before is with the system, and mostly with the server. */
export async function inSegments(tcp: Socket, parts: readonly Uint8Array[]): Promise<void> {
  for (const [i, part] of parts.entries()) {
    if (tcp.destroyed) return;
    await new Promise((resolve) => tcp.write(part, resolve));
    await (i < APART && i < parts.length - 1 ? pause(MOMENT) : turn());
  }
}

/** Resets a TCP connection; one inside TLS can only be dropped. */
export function reset(tcp: Socket): void {
  if ("encrypted" in tcp) tcp.destroy();
  else tcp.resetAndDestroy();
}
