import { discard } from "./memory.ts";
import { type Nothing, silent } from "./nothing.ts";
import { HANDSHAKE } from "./patience.ts";
import { ending } from "./reading.ts";
import type { Shared } from "./shared.ts";
import { readFrom, type Side, type WireEvent } from "./transcript.ts";

/** What the suite reads at most, whatever the server sends: bytes, and events. And what it keeps of a text that it sends. */
export const LIMITS = {
  message: 1 << 20,
  connection: 8 << 20,
  /** On all connections that are watched at the same time. */
  together: 32 << 20,
  /** On them, before more are opened only as others end. */
  crowded: 8 << 20,
  /** Connections that are open at the same time. */
  sockets: 600,
  events: 5_000,
  fragments: 4_096,
  /** Pings, and pongs, that are recorded; more are only answered, until they are a flood. */
  pings: 20,
  flood: 5_000,
  head: 16 << 10,
  interim: 100,
  sent: 16 << 10,
} as const;

/** How the words of a bound end that is one for all connections: alone a case may not hit it. */
export const AT_ONCE = "at the same time";

/** What an event costs beside its payload, and each value in a JSON text when it is parsed, in bytes. */
const EVENT = 400;
const NODE = 75;

/** What a ping or pong leaves behind, in bytes, recorded or not. */
const CONTROL = 400;

/** So many messages after the suite has closed a connection, and it is dropped. */
const LATE = 100;

/** A timer that is so late, in ms, shows that the suite itself did not run: that time is no fault of the server. */
const STALL = 100;

/** What a text costs, in bytes: itself, and what it becomes when it is parsed. */
export function costOf(text: string): number {
  let cost = 2 * text.length;
  // Before each value stands a comma, a colon, or an opening bracket or brace. (A set of them takes four times as long.)
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x2c || code === 0x3a || code === 0x5b || code === 0x7b) cost += NODE;
  }
  return cost;
}

/** So many connections any server is expected to serve at the same time, unless a case asks for just that. */
const CROWD = 64;

/** Where so many clients in a row wait in vain, it may be that fewer connections are too many for the server. */
const ROW = 4;
const SOME = 16;

/** So much of the timeout must pass before a server is said to stand still. */
const STILL = 0.25;

type New<E = WireEvent> = E extends WireEvent ? Omit<E, "at"> : never;

/** The memory of one connection: what happened on it, in order, and who waits for what. */
export interface Recorder {
  readonly events: readonly WireEvent[];
  /** Whether nothing more can come. */
  readonly over: boolean;
  /** Notes what happened now, and wakes who waits for it; gives it as it is noted. `size` is what it costs, in bytes. */
  record(event: New, size?: number): WireEvent | undefined;
  /** Notes a ping or pong; of many only the first, since a flood of them shall cost nothing. */
  control(from: Side, type: "ping" | "pong", payload: Uint8Array): void;
  /** Wakes who waits for what is not in the transcript. */
  wake(): void;
  /** Nothing more can come. */
  end(): void;
  /** What happens from now on is not recorded. */
  freeze(): void;
  /** Drops all that was recorded, and cost so many bytes at least: TCP may outlive it for long. */
  forget(bytes: number): void;
  /** Waits until `found` gives something: not longer than the run's patience for `what`, nor than the connection lasts. */
  wait<T>(what: string, found: () => T | undefined, how?: HowToWait): Promise<T | Nothing>;
}

/** How a wait is unlike others. */
export interface HowToWait {
  /** False where a server may stay silent. */
  readonly owed?: boolean;
  /** It lasts so many ms, whatever the patience of the run: nothing is expected to come. */
  readonly exactly?: number;
}

/** A recorder. `idle` is called when a wait turns out to be one for the network, `stop` when a bound is hit. */
export function recorder(shared: Shared, idle: () => void, stop: () => void): Recorder {
  const { clock, meter } = shared;
  const events: WireEvent[] = [];
  const waiting = new Set<() => void>();
  let received = 0;
  const seen = { ping: 0, pong: 0 };
  const awaited = new Set<string>(); // Payloads of pings: their pongs are recorded, however many others came.
  let late = 0;
  let frozen = false;
  let over = false;
  let waking = false;

  // Once for all that came in one go: a flood costs no more than what it holds.
  const wake = () => {
    if (waking) return;
    waking = true;
    setImmediate(() => {
      waking = false;
      for (const look of [...waiting]) look();
    });
  };

  const limit = (why: string) => {
    events.push({ at: stamp(clock()), from: "client", type: "limit", data: why });
    frozen = true;
    over = true;
    stop();
    wake();
  };

  function record(event: New, size = 0): WireEvent | undefined {
    if (frozen) {
      afterwards(event.from);
      return undefined;
    }
    const bound = event.from === "server" ? exceeded(size + EVENT) : undefined;
    if (bound !== undefined) {
      limit(`more than ${bound}`);
      return undefined;
    }
    if (event.from === "server") noticeStall();
    if (event.from === "server" && event.type === "text") shared.patience.heard();
    if (event.from === "client" && event.type === "ping") awaited.add(event.data);
    const noted = { at: stamp(clock()), ...event } as WireEvent;
    events.push(noted);
    wake();
    return noted;
  }

  /** Notes that the server sends something, and whether it had stood still before. */
  function noticeStall(): void {
    const { attention } = shared;
    const now = clock();
    const ms = Math.round(now - attention.since);
    if (attention.waiting > 1 && ms > shared.timeout * STILL) shared.stalls.push({ at: attention.since, ms });
    attention.since = now;
  }

  /** The bound that so many more bytes exceed; where there is none, they are counted. */
  function exceeded(size: number): string | undefined {
    if (received + size > LIMITS.connection) return `${LIMITS.connection} bytes on one connection`;
    if (meter.bytes + size > LIMITS.together) return `${LIMITS.together} bytes ${AT_ONCE}`;
    if (events.length >= LIMITS.events) return `${LIMITS.events} events on one connection`;
    received += size;
    meter.bytes += size;
    return undefined;
  }

  function control(from: Side, type: "ping" | "pong", payload: Uint8Array): void {
    seen[type] += 1;
    const answers = type === "pong" && awaited.size > 0 && awaited.delete(base64(payload));
    if (answers || seen[type] <= LIMITS.pings) record({ from, type, data: base64(payload) }, payload.length);
    else if (frozen) afterwards(from);
    else if (seen[type] > LIMITS.flood) limit(`more than ${LIMITS.flood} ${type}s on one connection`);
    else wake();
    discard(CONTROL);
  }

  /** What comes when nobody records it any more: of a server that goes on and on the connection is ended. */
  function afterwards(from: Side): void {
    if (from === "server") late += 1;
    if (late > LATE) stop();
  }

  return {
    events,
    wake,
    get over() {
      return over;
    },
    record,
    control,
    end() {
      over = true;
      wake();
    },
    freeze() {
      frozen = true;
    },
    forget(bytes) {
      events.length = 0;
      meter.bytes -= received;
      discard(Math.max(received, bytes));
      received = 0;
    },
    wait<T>(what: string, found: () => T | undefined, { owed = true, exactly }: HowToWait = {}): Promise<T | Nothing> {
      const { limit, short } = exactly === undefined ? shared.patience.wait(what) : { limit: exactly, short: false };
      let began: number | undefined;
      return new Promise((resolve) => {
        const timers: NodeJS.Timeout[] = [];
        const settle = (value: T | Nothing) => {
          for (const timer of timers) clearTimeout(timer);
          if (waiting.delete(look)) shared.attention.waiting -= 1;
          resolve(value);
        };
        const look = () => {
          const value = found();
          if (value !== undefined && exactly === undefined) shared.patience.met(what, began ?? clock(), clock());
          if (value !== undefined || over) settle(value ?? ending(events));
          return value !== undefined || over;
        };
        if (look()) return;
        began = clock();
        shared.patience.begin(what, began);
        const among = shared.sockets.size;
        const giveUp = (due: number, again = true) => {
          if (look()) return;
          const late = clock() - due;
          if (late > STALL && again) return void timers.push(setTimeout(giveUp, late, clock() + late, false));
          const since = began ?? 0;
          const next = what === HANDSHAKE ? undefined : shared.patience.nextServed(what, since);
          if (exactly === undefined) shared.patience.missed(what, since, owed);
          const silence = {
            what,
            afterMs: limit,
            ...(short && { short: true as const }),
            ...(next !== undefined && { nextServedAfterMs: stamp(next - since) }),
            ...(among > (shared.patience.inARow(what, since) >= ROW ? SOME : CROWD) && { among }),
          };
          const data = `gave up waiting for ${what} after ${limit} ms`;
          settle(readFrom(record({ from: "client", type: "timeout", data, ...silence }), silent(silence)));
        };
        const pause = shared.patience.idle();
        const rest = () => void (meter.bytes < LIMITS.crowded && idle());
        if (pause !== undefined) timers.push(setTimeout(rest, pause));
        timers.push(setTimeout(giveUp, limit, clock() + limit));
        waiting.add(look);
        if (shared.attention.waiting === 0) shared.attention.since = clock();
        shared.attention.waiting += 1;
      });
    },
  };
}

/** Bytes as they stand in a transcript. */
export const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

const stamp = (ms: number) => Math.round(ms * 100) / 100;
