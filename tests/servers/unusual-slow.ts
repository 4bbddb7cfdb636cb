import type { ServerOptions } from "ws";
import { onWs } from "./libraries.ts";
import {
  ban,
  bucket,
  gateway,
  type Limiter,
  queue,
  shuttingOut,
  sliding,
  together,
  turnsAway,
  type Way,
  window,
} from "./limiting.ts";
import { program } from "./program.ts";
import { slow, turns } from "./quirks.ts";
import { onRaw } from "./raw.ts";
import { type Client, tachyon } from "./tachyon.ts";
import type { Unusual } from "./unusual.ts";

/** A server that limits its clients. It meets one case in `share`. */
const limited = (start: Unusual["start"], share = 1): Unusual => ({ start, warns: [], share, limited: true });

/** A gateway that limits connections. */
const takes = (limiter: () => Limiter, way: Way, share?: number): Unusual =>
  limited(async () => gateway(await onWs(tachyon()), way, limiter()), share);

/** A server that ends connections beyond a limit once they are open. */
const closesBeyond = (limiter: Limiter, turnAway: (client: Client) => void, share: number): Unusual =>
  limited(() => onWs(turnsAway(limiter, turnAway)(tachyon())), share);

function busy(client: Client): void {
  for (const name of ["version", "disconnected"])
    client.say(JSON.stringify({ command: `system/${name}/response`, status: "failed", reason: "internal_error" }));
  client.close(1013);
}

/** The time in which all clients of a wave have asked, in ms. */
const LATER = 50;

/** Makes a server that counts each client that asks, and answers 403 a moment later to those beyond a limit. */
function refusesLate(most: number): Unusual {
  let inside = 0;
  const verifyClient: ServerOptions["verifyClient"] = ({ req }, answer) => {
    inside += 1;
    req.socket.once("close", () => {
      inside -= 1;
    });
    setTimeout(() => answer(inside <= most, 403), LATER);
  };
  return limited(() => onWs(tachyon(), { verifyClient }), 4);
}

/** Makes a server that answers 403 to all for so many ms after some wrong commands. */
const shutsOut = (wrong: number, ms: number): Unusual => limited(() => shuttingOut(wrong, ms), 4);

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
  "closes more than 10 connections with 1013": closesBeyond(together(10), (client) => client.close(1013), 4),
  "refuses more than 25 connections in words": closesBeyond(together(25), busy, 2),
  "ends the TCP connection of more than 12": closesBeyond(together(12), (client) => client.drop(), 4),
  "answers 403 to more than 12 connections, and counts those, too": refusesLate(12),

  // Limits on connections per second.
  "answers 503 to more than 10 connections a second": takes(() => bucket(10, 5), 503, 24),
  "answers 429 to more than 6 connections in any second": takes(() => sliding(6), 429, 40),
  "answers 429 to more than 30 connections a second": takes(() => window(30), 429, 8),
  "answers 429 to more than 100 connections a second, with a burst of 20": takes(() => bucket(100, 20), 429, 2),
  "resets more than 100 connections in each second": takes(() => window(100), "reset", 2),
  "closes more than 60 connections a second with 1008": closesBeyond(bucket(60, 20), (client) => client.close(1008), 4),
  "answers 503 to more than 300 connections a second, with a burst of 50": takes(() => bucket(300, 50), 503),
  "resets more than 300 connections a second": takes(() => bucket(300, 10), "reset"),
  "lets 100 clients in a second, 20 wait, and answers 503 to more": takes(() => queue(100, 20), 503, 2),
  "lets 100 clients in a second, 50 wait, and answers 503 to more": takes(() => queue(100, 50), 503, 2),
  "lets 40 clients in a second, and 200 wait": takes(() => queue(40, 200), 503, 3),
  "answers 429 to more than 60 connections within 6 seconds, and counts those, too": takes(
    () => window(60, { strict: true, period: 6_000 }),
    429,
    8,
  ),
  "answers 429 to more than 40 connections within a second, and counts those, too": takes(
    () => window(40, { strict: true }),
    429,
    6,
  ),
  "resets all for 2.5 s after 40 connections in a second, and longer with each try": takes(
    () => ban(40, 2_500),
    "reset",
    8,
  ),

  // Limits on wrong commands.
  "answers 403 to all for 1.2 s after each 20 wrong commands": shutsOut(20, 1_200),

  // Slow ones.
  "lets a client in every 20 ms": limited(() => onRaw(tachyon(), { admit: turns(20) }), 2),
  "lets a client in every 120 ms": limited(() => onRaw(tachyon(), { admit: turns(120) }), 16),
  "greets after 1.5 s": { start: () => onRaw(slow(1_500, 0)(tachyon())), warns: [], share: 2 },
  "greets after 1.5 s, and answers 1.5 s after that": {
    start: () => onRaw(slow(1_500, 1_500)(tachyon())),
    warns: [],
    share: 2,
  },
  "stands still for 1.5 s at its first client": slowly("stands still for 1.5 s at once"),
  "stands still for 1.5 s at its 100th client": slowly("stands still for 1.5 s once"),
  "stands still for 2.5 s among unusual handshakes": slowly("stands still for 2.5 s among unusual handshakes"),
  "stands still for 2.5 s between a goodbye and the close": slowly(
    "stands still for 2.5 s between a goodbye and the close",
  ),
  "serves four clients between a late goodbye and 2.5 s without the close": slowly(
    "serves four clients between a late goodbye and 2.5 s without the close",
  ),
  "takes up to 1.5 s for each message": slowly("up to 1.5 s for each message"),
  "closes 1.8 s after its last word": slowly("closes after 1.8 s"),
};
