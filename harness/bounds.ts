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

/** What an event costs beside its payload, and each value in a JSON text when it is parsed, in bytes. */
const EVENT = 400;
const NODE = 75;

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

/** A bound that is hit: in words, and what it is one of. */
export interface Bound {
  readonly data: string;
  /** `run`: of all connections together, so alone a case may not hit it. */
  readonly scope: "message" | "connection" | "run";
}

/** The bounds that one message hits, by the code of the error of `ws`. */
export const TOO_MUCH: Readonly<Record<string, Bound>> = {
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: { data: `a message of more than ${LIMITS.message} bytes`, scope: "message" },
  WS_ERR_TOO_MANY_BUFFERED_PARTS: { data: `a message in more than ${LIMITS.fragments} fragments`, scope: "message" },
};

/** Bytes that came on one connection. */
export interface Counter {
  /** Counts an event of so many bytes behind so many others; where that is too much, it only says which bound is hit. */
  add(size: number, events: number): Bound | undefined;
  /** Counts from none again; gives how many there were. */
  clear(): number;
}

/** Counts bytes of one connection; `meter` has those of all. */
export function counter(meter: { bytes: number }): Counter {
  let received = 0;
  return {
    add(size, events) {
      const cost = size + EVENT;
      if (received + cost > LIMITS.connection) return onOne(`${LIMITS.connection} bytes`);
      if (meter.bytes + cost > LIMITS.together)
        return { data: `more than ${LIMITS.together} bytes at the same time`, scope: "run" };
      if (events >= LIMITS.events) return onOne(`${LIMITS.events} events`);
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

/** The bound of so much on one connection. */
export const onOne = (much: string): Bound => ({ data: `more than ${much} on one connection`, scope: "connection" });
