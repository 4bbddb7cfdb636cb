import type { AddressInfo } from "node:net";
import { createServer, type Socket, connect as tcp } from "node:net";
import { onWs, type Running } from "./libraries.ts";
import { type Client, DISCONNECT, overheard, type Tachyon } from "./tachyon.ts";

/** The ways in which a gateway refuses a client beyond its limit, or where it reaches no server. */
export type Way = 429 | 502 | 503 | "reset" | "queue";

/** Tells if a client that comes now may pass, while `inside` clients are there, or after how many ms it may. */
export type Limiter = (inside: number) => boolean | number;

/** Limits the clients at the same time. */
export const together =
  (most: number): Limiter =>
  (inside) =>
    inside < most;

/** Limits clients by a bucket of tokens: some per second, and some at once. */
export function bucket(perSecond: number, burst: number): () => boolean {
  let tokens = burst;
  let last = performance.now();
  return () => {
    const now = performance.now();
    tokens = Math.min(burst, tokens + ((now - last) / 1_000) * perSecond);
    last = now;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
}

/** Limits clients in each period of the clock, in ms. With `strict`, refused ones count as well, over the past period. */
export function window(most: number, { strict = false, period = 1_000 } = {}): Limiter {
  let seen: number[] = [];
  return () => {
    const now = performance.now();
    seen = seen.filter((at) => (strict ? at > now - period : Math.floor(at / period) === Math.floor(now / period)));
    const passes = seen.length < most;
    if (passes || strict) seen.push(now);
    return passes;
  };
}

/** Lets clients in one after another, so many a second, and so many wait at most. */
export function queue(perSecond: number, most: number): Limiter {
  const gap = 1_000 / perSecond;
  let next = 0;
  return () => {
    const now = performance.now();
    const wait = Math.max(0, next - now);
    if (wait > most * gap) return false;
    next = now + wait + gap;
    return wait;
  };
}

/** Shuts all clients out after too many in a second, until none has tried for so many ms. */
export function ban(most: number, ms: number): Limiter {
  let seen: number[] = [];
  let until = 0;
  return () => {
    const now = performance.now();
    seen = [...seen.filter((at) => at > now - 1_000), now];
    if (now < until || seen.length > most) until = now + ms;
    return now >= until;
  };
}

/** Lets in so many clients in any second, and forgets those that it refuses. */
export function sliding(most: number): Limiter {
  let seen: number[] = [];
  return () => {
    const now = performance.now();
    seen = seen.filter((at) => at > now - 1_000);
    if (seen.length >= most) return false;
    seen.push(now);
    return true;
  };
}

/** Refuses one client in some, whatever the others do. */
export function every(nth: number): Limiter {
  let n = 0;
  return () => {
    n += 1;
    return n % nth !== 0;
  };
}

/** Ends the connection of each client beyond a limit once it is open, in place of a greeting. */
export function turnsAway(limiter: Limiter, turnAway: (client: Client) => void): (server: Tachyon) => Tachyon {
  let inside = 0;
  return (server) => (client) => {
    if (limiter(inside) === false) {
      turnAway(client);
      return { message() {}, gone() {} };
    }
    inside += 1;
    const served = server(client);
    return {
      ...served,
      gone() {
        inside -= 1;
        served.gone();
      },
    };
  };
}

/** Starts a gateway on TCP in front of a server. It lets in the clients that all its limiters let in. */
export async function gateway(to: Running, way: Way, ...limiters: readonly Limiter[]): Promise<Running> {
  const { port, hostname } = new URL(to.url);
  const sockets = new Set<Socket>();
  const waiting: Socket[] = [];
  let inside = 0;
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  };
  const admit = (client: Socket) => {
    if (client.destroyed) return;
    inside += 1;
    client.once("close", () => {
      inside -= 1;
      const next = waiting.shift();
      if (next && !next.destroyed) admit(next);
    });
    const server = tcp(Number(port), hostname);
    keep(server);
    const reachesNobody = () => way !== "queue" && refuse(client, way);
    server.once("error", reachesNobody);
    server.once("connect", () => {
      server.off("error", reachesNobody);
      client.pipe(server).pipe(client);
      server.on("close", () => client.destroy());
    });
    client.on("close", () => server.destroy());
  };
  const gate = createServer({ pauseOnConnect: true }, (client) => {
    keep(client);
    const waits = limiters.map((limiter) => limiter(inside));
    const wait = Math.max(...waits.map((it) => (it === true ? 0 : Number(it))));
    if (!waits.includes(false)) wait > 0 ? setTimeout(admit, wait, client) : admit(client);
    else if (way === "queue") waiting.push(client);
    else refuse(client, way);
  });
  await new Promise<void>((resolve) => gate.listen(0, "127.0.0.1", resolve));
  return {
    url: `ws://127.0.0.1:${(gate.address() as AddressInfo).port}/`,
    close: () =>
      new Promise((resolve) => {
        gate.close(() => void to.close().then(resolve));
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function refuse(client: Socket, way: number | "reset"): void {
  if (way === "reset") return void client.resetAndDestroy();
  client.resume(); // What it asked is read, so that the answer is not lost to a reset.
  client.end(`HTTP/1.1 ${way} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
}

/** Starts a server that answers 403 to all for so many ms after each so many malformed commands. */
export const shuttingOut = (wrong: number, ms: number) =>
  banning((text) => !text.includes(`"${DISCONNECT}"`), { after: wrong, ms, way: 403 });

/** The ways to shut everybody out, and when: `after` so many inputs, so much `later`, for so many ms, and twice as long each time. */
interface Ban {
  readonly way: number | "reset" | "1013" | "mute" | "silence";
  readonly after?: number;
  readonly later?: number;
  readonly ms: number;
  readonly doubles?: boolean;
}

/** Starts a server that shuts everybody out for a while over texts that are `bad`. */
export function banning(bad: (text: string) => boolean, { way, after = 1, later = 0, ms, doubles = false }: Ban) {
  let seen = 0;
  let until = 0;
  let next = ms;
  const isOpen = () => performance.now() >= until;
  const shut = () => {
    until = performance.now() + next;
    if (doubles) next *= 2;
  };
  const counting = overheard((text) => {
    if (!bad(text)) return;
    seen += 1;
    if (seen % after > 0) return;
    if (later > 0) setTimeout(shut, later);
    else shut();
  });
  if (way === "1013") return onWs(turnsAway(isOpen, (client) => client.close(1013))(counting));
  if (way === "mute") return onWs(turnsAway(isOpen, () => {})(counting));
  return onWs(counting, {
    verifyClient({ req }, answer) {
      if (way === "reset" && !isOpen()) (req.socket as Socket).resetAndDestroy();
      else if (way !== "silence" || isOpen()) answer(isOpen(), Number(way));
    },
  });
}
