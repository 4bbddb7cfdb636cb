import { type Bound, counter, LIMITS, onOne } from "./bounds.ts";
import { base64 } from "./deeds.ts";
import { discard } from "./memory.ts";
import { type Shared, stamp } from "./shared.ts";
import type { Side, Unstamped, WireEvent } from "./transcript.ts";
import { type WaitFor, waits } from "./waits.ts";

/** The cost of a ping or pong in bytes, recorded or not. */
const CONTROL = 400;

/** A connection is dropped if so many messages come after the suite has closed it. */
const LATE = 100;

/** A server stands still if it serves nobody for so much of the timeout. */
const STILL = 0.25;

/** The least time for which somebody waited in a stall, in timeouts: a client that gave up and came again has not waited for long. */
const WAITED = 0.1;

/** The time in which a server that stood still answers those who waited, in ms. */
const BURST = 100;

/** The events of a client that ask for nothing. */
const NO_DEEDS: ReadonlySet<WireEvent["type"]> = new Set(["timeout", "limit", "error", "cut"]);

/** The memory of one connection: what happened on it, in order, and who waits for what. */
export interface Recorder {
  readonly events: readonly WireEvent[];
  /** Nothing more can come. */
  readonly over: boolean;
  /** Notes what happened now, wakes who waits for it, and gives what was noted. `size` is what it costs, in bytes. */
  record(event: Unstamped, size?: number): WireEvent | undefined;
  /** Notes a ping or pong; of many only the first, since a flood of them shall cost nothing. */
  control(from: Side, type: "ping" | "pong", payload: Uint8Array): void;
  /** Wakes who waits for what is not in the transcript. */
  wake(): void;
  /** Nothing more can come. */
  end(): void;
  /** Records nothing from now on. */
  freeze(): void;
  /** Drops all that was recorded, and cost so many bytes at least: TCP may outlive it for long. */
  forget(bytes: number): void;
  readonly wait: WaitFor;
}

/** A recorder. `idle` is called when a wait turns out to be one for the network, `stop` when a bound is hit. */
export function recorder(shared: Shared, idle: () => void, stop: () => void): Recorder {
  const { clock } = shared;
  const events: WireEvent[] = [];
  const bytes = counter(shared.meter);
  const seen = { ping: 0, pong: 0 };
  const awaited = new Set<string>(); // Payloads of pings: their pongs are recorded, however many others came.
  let late = 0;
  let frozen = false;
  let over = false;
  /** The time at which the client last did something. */
  let asked = Number.POSITIVE_INFINITY;

  const log: Recorder = {
    events,
    get over() {
      return over;
    },
    record(event, size = 0) {
      if (frozen) return afterwards(event.from);
      const bound = event.from === "server" ? bytes.add(size, events.length) : undefined;
      if (bound) return limit(bound);
      if (event.from === "server" && event.type !== "ping") noticeStall(shared, asked);
      if (event.from === "server" && event.type === "text") shared.patience.heard();
      if (event.from === "client" && event.type === "ping") awaited.add(event.data);
      const noted = { at: stamp(clock()), ...event } as WireEvent;
      if (event.from === "client" && !NO_DEEDS.has(event.type)) asked = noted.at;
      events.push(noted);
      wake();
      return noted;
    },
    control(from, type, payload) {
      seen[type] += 1;
      const answers = type === "pong" && awaited.size > 0 && awaited.delete(base64(payload));
      if (answers || seen[type] <= LIMITS.pings) log.record({ from, type, data: base64(payload) }, payload.length);
      else if (frozen) afterwards(from);
      else if (seen[type] > LIMITS.flood) limit(onOne(`${LIMITS.flood} ${type}s`));
      else wake();
      discard(CONTROL);
    },
    wake: () => wake(),
    end() {
      over = true;
      wake();
    },
    freeze() {
      frozen = true;
    },
    forget(least) {
      events.length = 0;
      discard(Math.max(bytes.clear(), least));
    },
    wait: (...how) => wait(...how),
  };
  const { wait, wake } = waits(log, shared, idle);

  function limit(bound: Bound): undefined {
    events.push({ at: stamp(clock()), from: "client", type: "limit", ...bound });
    frozen = true;
    over = true;
    stop();
    wake();
  }

  /** Counts what comes when nothing is recorded any more, and ends the connection if the server goes on and on. */
  function afterwards(from: Side): undefined {
    if (from === "server") late += 1;
    if (late > LATE) stop();
  }

  return log;
}

/**
 * Notes that the server sends something to a client that last asked for something at `asked`, and if it had stood still before. A time
 * in which nobody asked for anything is none in which it stood still.
 */
function noticeStall({ attention, clock, stalls, onStall, timeout }: Shared, asked: number): void {
  const now = clock();
  const ms = Math.round(now - attention.since);
  if (attention.waiting > 1 && ms > timeout * STILL) attention.quiet = { at: attention.since, ms };
  attention.since = now;
  attention.heard = now;
  const { quiet } = attention;
  if (!quiet || asked > now - timeout * WAITED) return;
  attention.quiet = undefined;
  if (now > quiet.at + quiet.ms + BURST) return;
  stalls.push(quiet);
  for (const act of quiet.ms > timeout ? onStall : []) act();
}
