import { onWs } from "./libraries.ts";
import { bucket, gateway, type Limiter, queue, together, type Way, window } from "./limiting.ts";
import { program } from "./program.ts";
import { slow, turns } from "./quirks.ts";
import { onRaw } from "./raw.ts";
import { tachyon } from "./tachyon.ts";
import type { Unusual } from "./unusual.ts";

/** A gateway that limits connections. It meets one case in `share`. */
const takes = (limiter: () => Limiter, way: Way, share = 1): Unusual => ({
  start: async () => gateway(await onWs(tachyon()), way, limiter()),
  warns: [],
  share,
  limited: true,
});

/** One of the kinds in `slow.js`. */
const slowly = (kind: string): Unusual => ({ start: () => program("tests/servers/slow.js", kind), warns: [] });

/**
 * Servers that are slow, or limit connections, in which the suite must find nothing wrong. A run opens some 800 connections, which
 * would take minutes behind a low limit. So these meet an even share of the cases, still enough to meet the limit.
 */
export const unusualSlow: Readonly<Record<string, Unusual>> = {
  // Limits on connections at the same time.
  "answers 503 to more than 5 connections": takes(() => together(5), 503, 4),
  "resets more than 5 connections": takes(() => together(5), "reset", 4),
  "answers 429 to more than 10 connections": takes(() => together(10), 429, 4),
  "lets more than 8 connections wait for the handshake": takes(() => together(8), "queue"),

  // Limits on connections per second.
  "answers 503 to more than 10 connections a second": takes(() => bucket(10, 5), 503, 24),
  "answers 429 to more than 30 connections a second": takes(() => window(30), 429, 8),
  "answers 429 to more than 100 connections a second, with a burst of 20": takes(() => bucket(100, 20), 429, 2),
  "resets more than 100 connections in each second": takes(() => window(100), "reset", 2),
  "answers 503 to more than 300 connections a second, with a burst of 50": takes(() => bucket(300, 50), 503),
  "resets more than 300 connections a second": takes(() => bucket(300, 10), "reset"),
  "lets 100 clients in a second, 20 wait, and answers 503 to more": takes(() => queue(100, 20), 503, 2),
  "answers 429 to more than 40 connections within a second, and counts those, too": takes(
    () => window(40, true),
    429,
    6,
  ),

  // Slow ones.
  "lets a client in every 20 ms": {
    start: () => onRaw(tachyon(), { admit: turns(20) }),
    warns: [],
    share: 2,
    limited: true,
  },
  "greets after 1.5 s": { start: () => onRaw(slow(1_500, 0)(tachyon())), warns: [] },
  "stands still for 1.5 s at its first client": slowly("stands still for 1.5 s at once"),
  "stands still for 1.5 s at its 100th client": slowly("stands still for 1.5 s once"),
  "stands still for 2.5 s among unusual handshakes": slowly("stands still for 2.5 s among unusual handshakes"),
  "closes 1.8 s after its last word": slowly("closes after 1.8 s"),
};
