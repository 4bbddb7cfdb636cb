/** The most that the suite reads of a server, in bytes and events, and keeps of a text that it sends. */
export const BOUNDS = {
  message: 1 << 20,
  connection: 8 << 20,
  /** The bytes on all connections that are watched at the same time. */
  together: 32 << 20,
  /** Above so many bytes on these, a connection opens only when another one ends. */
  full: 8 << 20,
  /** Connections that are open at the same time. */
  sockets: 600,
  events: 5_000,
  fragments: 4_096,
  /** The pings, and the pongs, that are recorded. Further ones are only answered, until they are a flood. */
  pings: 20,
  flood: 5_000,
  head: 16 << 10,
  /** The bytes of an answer that gives no WebSocket. */
  body: 64 << 10,
  interim: 100,
  sent: 16 << 10,
} as const;

/** The cost of an event beside its payload, in bytes. */
export const EVENT_COST = 400;

/** The cost of each value in a JSON text once it is parsed, in bytes. */
const VALUE_COST = 75;

/** Estimates the cost of a text in bytes, for itself and for the values that it is parsed to. */
export function costOf(text: string): number {
  let cost = 2 * text.length;
  // Before each value stands a comma, a colon, or an opening bracket or brace. (A set of them takes four times as long.)
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x2c || code === 0x3a || code === 0x5b || code === 0x7b) cost += VALUE_COST;
  }
  return cost;
}

/** Counts the signs that make values in a JSON text: commas, colons and opening brackets outside strings. */
export function structureOf(text: string): number {
  let [count, inside] = [0, false];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x22) inside = !inside;
    else if (code === 0x5c) i += 1;
    else if (!inside && (code === 0x2c || code === 0x3a || code === 0x5b || code === 0x7b)) count += 1;
  }
  return count;
}

/** A bound that is hit, in words and by its scope. */
export interface Bound {
  readonly data: string;
  /** `run` is all connections together: a case that runs alone may not hit it. */
  readonly scope: "message" | "connection" | "run";
}

/** The code of the error that the body of an answer is too long. */
export const BODY = "TOO_LONG_BODY";

/** The bounds that one message hits, by the code of the error of `ws`, or ours. */
export const TOO_MUCH: Readonly<Record<string, Bound>> = {
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: { data: `a message of more than ${BOUNDS.message} bytes`, scope: "message" },
  [BODY]: { data: `a body of more than ${BOUNDS.body} bytes`, scope: "message" },
  WS_ERR_TOO_MANY_BUFFERED_PARTS: { data: `a message in more than ${BOUNDS.fragments} fragments`, scope: "message" },
};

/** Bytes that came on one connection. */
export interface Counter {
  /** Counts an event of `size` bytes behind `events` earlier ones. If it is too much, it is not counted, and the bound is returned. */
  add(size: number, events: number): Bound | undefined;
  /** Starts from zero again, and returns the bytes so far. */
  clear(): number;
}

/** Counts bytes of one connection; `meter` has those of all. */
export function counter(meter: { bytes: number }): Counter {
  let received = 0;
  return {
    add(size, events) {
      const cost = size + EVENT_COST;
      if (received + cost > BOUNDS.connection) return onOne(`${BOUNDS.connection} bytes`);
      if (meter.bytes + cost > BOUNDS.together)
        return { data: `more than ${BOUNDS.together} bytes at the same time`, scope: "run" };
      if (events >= BOUNDS.events) return onOne(`${BOUNDS.events} events`);
      received += cost;
      meter.bytes += cost;
      return undefined;
    },
    clear() {
      const cleared = received;
      meter.bytes -= received;
      received = 0;
      return cleared;
    },
  };
}

/** The bound for one connection. `much` is the amount in words. */
export const onOne = (much: string): Bound => ({ data: `more than ${much} on one connection`, scope: "connection" });
