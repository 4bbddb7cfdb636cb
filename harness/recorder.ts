import { BOUNDS, type Bound, type Counter, counter, onOne } from "./bounds.ts";
import { base64 } from "./deeds.ts";
import { discard } from "./memory.ts";
import { SERVES_SOMEBODY_WITHIN, type Shared, stamp } from "./shared.ts";
import type { Side, Unstamped, WireEvent } from "./transcript.ts";
import { type WaitFor, waits } from "./waits.ts";

/** The cost of a ping or pong in bytes, recorded or not. */
const CONTROL = 400;

/** A connection is dropped if so many messages come after the suite has closed it. */
const MOST_AFTER_CLOSE = 100;

/** A server stands still if it serves nobody for so much of the timeout. */
const STANDS_STILL_AFTER = 0.25;

/**
 * Somebody has to wait for at least so long in a stall, in timeouts, unless several gave up in it. A client that gave up and came again has
 * not waited for long.
 */
const WAITED = 0.1;

/** After a stall, a server answers all who waited within this time, in ms. */
const ANSWERS_ALL_WITHIN = 100;

/** The events of a client that ask for nothing. */
const NO_DEEDS: ReadonlySet<WireEvent["type"]> = new Set(["timeout", "limit", "error", "cut"]);

/** The memory of one connection: what happened on it, in order, and who waits for what. */
export interface Recorder {
  readonly events: readonly WireEvent[];
  /** No message can come any more: the connection has ended, or a bound of the suite is hit. */
  readonly over: boolean;
  /** Tells if the close frame of the other side came, and TCP has not ended. */
  isClosing(): boolean;
  /** Notes an event of now, and wakes whoever waits. Returns the event. `size` is its cost in bytes. */
  record(event: Unstamped, size?: number): WireEvent | undefined;
  /** Notes a ping or pong; of many only the first, since a flood of them shall cost nothing. */
  controlFrame(from: Side, type: "ping" | "pong", payload: Uint8Array): void;
  /** Wakes those who wait for something that is not in the transcript, such as the success of a handshake. */
  wake(): void;
  /** Notes that the connection is over, and wakes all who wait. */
  end(): void;
  /** Records nothing from now on. */
  freeze(): void;
  /** Drops all that was recorded, and cost so many bytes at least: TCP may outlive it for long. */
  forget(bytes: number): void;
  readonly wait: WaitFor;
}

/** The state of a recorder. */
interface RecorderState {
  readonly shared: Shared;
  /** Called when a bound is hit. */
  readonly stop: () => void;
  readonly events: WireEvent[];
  readonly bytes: Counter;
  /** The number of pings and pongs, recorded or not. */
  readonly seen: { ping: number; pong: number };
  /** Payloads of pings: their pongs are recorded, however many others came. */
  readonly awaited: Set<string>;
  /** Has those look once more who wait. */
  wake: () => void;
  /** The number of events that came since nothing is recorded any more. */
  late: number;
  frozen: boolean;
  over: boolean;
  /** The time at which the client last did something. */
  asked: number;
}

/**
 * A recorder. `idle` is called when a wait turns out to be one for the network, `stop` when a bound is hit. `isClosing` tells if the
 * WebSocket is: the library tells of a close frame only when TCP ends.
 */
export function recorder(
  shared: Shared,
  idle: () => void,
  stop: () => void,
  isClosing: () => boolean = () => false,
): Recorder {
  const tape = emptyTape(shared, stop);
  const log: Recorder = {
    events: tape.events,
    get over() {
      return tape.over;
    },
    isClosing,
    record: (event, size = 0) => record(tape, event, size),
    controlFrame: (from, type, payload) => controlFrame(tape, from, type, payload),
    wake: () => tape.wake(),
    end() {
      tape.over = true;
      tape.wake();
    },
    freeze() {
      tape.frozen = true;
    },
    forget(least) {
      tape.events.length = 0;
      discard(Math.max(tape.bytes.clear(), least));
    },
    wait: (...how) => wait(...how),
  };
  const { wait, wake } = waits(log, shared, idle);
  tape.wake = wake;
  return log;
}

const emptyTape = (shared: Shared, stop: () => void): RecorderState => ({
  shared,
  stop,
  events: [],
  bytes: counter(shared.meter),
  seen: { ping: 0, pong: 0 },
  awaited: new Set(),
  wake: () => {},
  late: 0,
  frozen: false,
  over: false,
  asked: Number.POSITIVE_INFINITY,
});

function record(tape: RecorderState, event: Unstamped, size: number): WireEvent | undefined {
  const { awaited, events, shared } = tape;
  if (tape.frozen) return afterwards(tape, event.from);
  if (event.from === "server") {
    const bound = tape.bytes.add(size, events.length);
    if (bound) return noteBound(tape, bound);
    if (event.type !== "ping") noticeStall(shared, tape.asked);
    if (event.type === "text") shared.patience.heard();
  } else if (event.type === "ping") awaited.add(event.data);
  const noted = { at: stamp(shared.clock()), ...event } as WireEvent;
  if (event.from === "client" && !NO_DEEDS.has(event.type)) tape.asked = noted.at;
  events.push(noted);
  tape.wake();
  return noted;
}

function controlFrame(tape: RecorderState, from: Side, type: "ping" | "pong", payload: Uint8Array): void {
  const { awaited, seen } = tape;
  seen[type] += 1;
  const answers = from === "server" && type === "pong" && awaited.size > 0 && awaited.delete(base64(payload));
  if (answers || seen[type] <= BOUNDS.pings) record(tape, { from, type, data: base64(payload) }, payload.length);
  else if (tape.frozen) afterwards(tape, from);
  else if (seen[type] > BOUNDS.flood) noteBound(tape, onOne(`${BOUNDS.flood} ${type}s`));
  else tape.wake();
  discard(CONTROL);
}

/** Notes that a bound is hit, and ends the connection. */
function noteBound(tape: RecorderState, bound: Bound): undefined {
  tape.events.push({ at: stamp(tape.shared.clock()), from: "client", type: "limit", ...bound });
  tape.frozen = true;
  tape.over = true;
  tape.stop();
  tape.wake();
}

/** Counts what comes when nothing is recorded any more, and ends the connection if the server goes on and on. */
function afterwards(tape: RecorderState, from: Side): undefined {
  if (from === "server") tape.late += 1;
  if (tape.late > MOST_AFTER_CLOSE) tape.stop();
}

/**
 * Notes that the server sends something to a client that last asked for something at `asked`, and if it had stood still before. It did not
 * stand still while nobody asked for anything.
 */
function noticeStall({ attention, clock, stalls, onStall, timeout }: Shared, asked: number): void {
  const now = clock();
  const ms = Math.round(now - attention.since);
  // A stall may be longer than the wait of most clients, or of all.
  const several = attention.gaveUp.size > 1;
  const isLonger = several && ms > timeout * SERVES_SOMEBODY_WITHIN;
  if ((several || attention.waiting > 1) && ms > timeout * STANDS_STILL_AFTER)
    attention.quiet = { at: attention.since, ms };
  attention.since = now;
  attention.gaveUp.clear();
  attention.heardAt = now;
  const { quiet } = attention;
  if (!quiet || (!isLonger && asked > now - timeout * WAITED)) return;
  attention.quiet = undefined;
  if (now > quiet.at + quiet.ms + ANSWERS_ALL_WITHIN) return;
  stalls.push(quiet);
  for (const act of quiet.ms > timeout ? onStall : []) act();
}
