import type { Socket } from "node:net";
import type { Quirks } from "./raw.ts";

/** How a client that is one too many is turned away: an HTTP status, or a reset of its TCP connection. */
export type Refusal = number | "reset";

/** Whether one more may come now. */
type Gate = (socket: Socket) => boolean;

const refusing = (gate: Gate, how: Refusal): Partial<Quirks> =>
  how === "reset"
    ? {
        accept(socket) {
          const welcome = gate(socket);
          if (!welcome) socket.resetAndDestroy();
          return welcome;
        },
      }
    : { refuse: (_, socket) => (gate(socket) ? undefined : how) };

/** At most so many connections at the same time; others are refused. */
export function atOnce(most: number, how: Refusal): Partial<Quirks> {
  let open = 0;
  return refusing((socket) => {
    if (open >= most) return false;
    open += 1;
    socket.once("close", () => {
      open -= 1;
    });
    return true;
  }, how);
}

/** At most so many connections at the same time; others wait for their handshake until one ends. */
export function queued(most: number): Partial<Quirks> {
  let open = 0;
  const waiting: (() => void)[] = [];
  const next = () => {
    if (open < most) waiting.shift()?.();
  };
  return {
    admit: (socket) =>
      new Promise((resolve) => {
        waiting.push(() => {
          if (socket.destroyed) return next();
          open += 1;
          socket.once("close", () => {
            open -= 1;
            next();
          });
          resolve();
        });
        next();
      }),
  };
}

/** A bucket that lets so many connections a second in, and so many more in one go where there were none for a while. */
export function perSecond(rate: number, burst: number, how: Refusal): Partial<Quirks> {
  let level = 0;
  let at = performance.now();
  return refusing(() => {
    const now = performance.now();
    level = Math.max(0, level - ((now - at) / 1_000) * rate);
    at = now;
    if (level >= burst + 1) return false;
    level += 1;
    return true;
  }, how);
}

/** So many connections in each second of the clock. */
export function perWindow(rate: number, how: Refusal): Partial<Quirks> {
  let [window, count] = [0, 0];
  return refusing(() => {
    const now = Math.floor(performance.now() / 1_000);
    count = now === window ? count + 1 : 1;
    window = now;
    return count <= rate;
  }, how);
}
