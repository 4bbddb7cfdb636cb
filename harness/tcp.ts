import type { Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";

/** Writes each part in a TCP segment of its own: the next when the one before is with the system. */
export async function inSegments(tcp: Socket, parts: readonly Uint8Array[]): Promise<void> {
  for (const part of parts) {
    if (tcp.destroyed) return;
    await new Promise((resolve) => tcp.write(part, resolve));
    await turn();
  }
}

/** Resets a TCP connection; one inside TLS can only be dropped. */
export function reset(tcp: Socket): void {
  if ("encrypted" in tcp) tcp.destroy();
  else tcp.resetAndDestroy();
}
