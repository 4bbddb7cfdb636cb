import { performance } from "node:perf_hooks";
import { type Nothing, nothing } from "./nothing.ts";
import { type Patience, patience } from "./patience.ts";
import type { WireEvent } from "./transcript.ts";

/** What the suite reads at most, whatever the server sends: bytes, and events. */
export const LIMITS = {
  message: 1 << 20,
  connection: 2 << 20,
  /** On all connections that are watched at the same time. */
  together: 64 << 20,
  events: 5_000,
  /** Pings, and pongs, that are recorded; more are only answered. */
  pings: 100,
  head: 16 << 10,
} as const;

/** What an event costs beside its payload, and each object or array in a JSON text when it is parsed, in bytes. */
const EVENT = 200;
const NODE = 100;

/** What a text costs, in bytes: itself, and what it becomes when it is parsed. */
export function costOf(text: string): number {
  let cost = text.length;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === OBJECT || c === ARRAY) cost += NODE;
  }
  return cost;
}

const [OBJECT, ARRAY] = ["{".charCodeAt(0), "[".charCodeAt(0)];

/** What all connections of one run share. */
export interface Shared {
  /** Milliseconds since the run began. */
  readonly clock: () => number;
  readonly patience: Patience;
  /** Bytes received on the connections that are still watched. */
  readonly meter: { bytes: number };
  /** Ends each TCP connection that is still there. */
  readonly sockets: Set<() => void>;
}

/** What the connections of a new run share. `timeout` is in ms. */
export function share(timeout: number): Shared {
  const zero = performance.now();
  return {
    clock: () => performance.now() - zero,
    patience: patience(timeout),
    meter: { bytes: 0 },
    sockets: new Set(),
  };
}

type New<E = WireEvent> = E extends WireEvent ? Omit<E, "at"> : never;

/** The memory of one connection: what happened on it, in order, and who waits for what. */
export interface Recorder {
  readonly events: readonly WireEvent[];
  /** Whether nothing more can come. */
  readonly over: boolean;
  /** Notes what happened now, and wakes who waits for it. `size` is what it costs, in bytes. */
  record(event: New, size?: number): void;
  /** Wakes who waits for what is not in the transcript. */
  wake(): void;
  /** Nothing more can come. */
  end(): void;
  /** What happens from now on is not recorded. */
  freeze(): void;
  /**
   * Waits until `found` gives something: not longer than the run's patience for `what`, nor than the connection lasts. `owed`
   * is false where a server may stay silent.
   */
  wait<T>(what: string, found: () => T | undefined, owed?: boolean): Promise<T | Nothing>;
}

/** A recorder. `idle` is called when a wait turns out to be one for the network, `stop` when a bound is hit. */
export function recorder(shared: Shared, idle: () => void, stop: () => void): Recorder {
  const { clock, meter } = shared;
  const events: WireEvent[] = [];
  const waiting = new Set<() => void>();
  let received = 0;
  const seen = { ping: 0, pong: 0 };
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

  function record(event: New, size = 0): void {
    if (frozen) return;
    const control = event.type === "ping" || event.type === "pong";
    if (control) seen[event.type] += 1;
    if (control && seen[event.type] > LIMITS.pings) return;
    events.push({ at: stamp(clock()), ...event } as WireEvent);
    const cost = event.from === "server" ? size + EVENT : 0;
    received += cost;
    meter.bytes += cost;
    if (received > LIMITS.connection) limit(`more than ${LIMITS.connection} bytes on one connection`);
    else if (meter.bytes > LIMITS.together) limit(`more than ${LIMITS.together} bytes at the same time`);
    else if (events.length >= LIMITS.events) limit(`more than ${LIMITS.events} events on one connection`);
    else wake();
  }

  return {
    events,
    wake,
    get over() {
      return over;
    },
    record,
    end() {
      over = true;
      wake();
    },
    freeze() {
      frozen = true;
      meter.bytes -= received;
      received = 0;
    },
    wait<T>(what: string, found: () => T | undefined, owed = true): Promise<T | Nothing> {
      const patient = shared.patience.limit(what);
      let began: number | undefined;
      return new Promise((resolve) => {
        const timers: NodeJS.Timeout[] = [];
        const settle = (value: T | Nothing) => {
          for (const timer of timers) clearTimeout(timer);
          waiting.delete(look);
          resolve(value);
        };
        const look = () => {
          const value = found();
          if (value !== undefined && began !== undefined) shared.patience.met(what, clock() - began);
          if (value !== undefined || over) settle(value ?? ending(events));
          return value !== undefined || over;
        };
        if (look()) return;
        began = clock();
        const giveUp = () => {
          if (look()) return;
          shared.patience.missed(what, owed);
          settle(nothing(`nothing in ${patient} ms`));
          record({ from: "client", type: "timeout", data: `gave up waiting for ${what} after ${patient} ms` });
        };
        const pause = shared.patience.idle();
        if (pause !== undefined) timers.push(setTimeout(idle, pause));
        timers.push(setTimeout(giveUp, patient));
        waiting.add(look);
      });
    },
  };
}

const stamp = (ms: number) => Math.round(ms * 100) / 100;

/** Why nothing more can come on a connection that is over. */
function ending(events: readonly WireEvent[]): Nothing {
  const why = ({ type }: WireEvent) => type === "violation" || type === "error" || type === "limit";
  const last = events.find(why) ?? events.findLast(({ type }) => type === "close" || type === "end") ?? events.at(-1);
  switch (last?.type) {
    case "error":
      return nothing(`the connection failed: ${last.data}`);
    case "violation":
      return nothing(`the server broke the WebSocket protocol: ${last.data}`);
    case "limit":
      return nothing(`the suite stopped reading: ${last.data}`, true);
    case "close":
      return nothing(`the server closed the connection first (${last.code ?? "no code"})`);
    case "upgrade":
      return nothing(`the server refused the WebSocket with HTTP ${last.code ?? "nothing"}`);
    case "timeout":
      return nothing(last.data);
    default:
      return nothing("the server ended the TCP connection first, without a close frame");
  }
}
