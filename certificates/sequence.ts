import { BOUNDS } from "../harness/bounds.ts";
import { isBreach, isServerEnd, type WireEvent } from "../harness/transcript.ts";
import { HANDSHAKE } from "../harness/waited.ts";

/** The events so far on a connection, as far as they decide what can follow. */
interface Sofar {
  asked: boolean;
  opened: boolean;
  answered: boolean;
  /** Only a reset by the client can follow. */
  over: boolean;
  /** Nothing can follow. */
  closed: boolean;
  last: WireEvent | undefined;
  pings: number;
  /** The payloads of pings that nobody answered. */
  readonly unanswered: Set<string>;
}

/** Finds an event that the suite never records at its place on a connection. Returns it in words. */
export function oddSequence(events: readonly WireEvent[]): string[] {
  const sofar: Sofar = {
    ...{ asked: false, opened: false, answered: false, over: false, closed: false },
    ...{ last: undefined, pings: 0, unanswered: new Set<string>() },
  };
  for (const event of events) {
    if (!canFollow(event, sofar)) return [`a ${event.type} of the ${event.from} stands where the suite records none`];
    add(event, sofar);
  }
  return [];
}

function canFollow(event: WireEvent, sofar: Sofar): boolean {
  const { from, type } = event;
  if (sofar.closed) return false;
  // A bundle holds texts uncut, but for those that the suite sends.
  if (event.length !== undefined && !(from === "client" && type === "text")) return false;
  if (sofar.over) return from === "client" && type === "end";
  if (!sofar.asked) return from === "client" && type === "upgrade";
  return from === "client" ? canBeDone(event, sofar) : canCome(event, sofar);
}

function canBeDone(event: WireEvent, { opened, last, pings, unanswered }: Sofar): boolean {
  if (!opened && !EARLY.has(event.type)) return false;
  switch (event.type) {
    case "upgrade":
    case "cut":
    case "error":
      return false;
    case "pong":
      // Of many pings, only the first are recorded.
      return unanswered.has(event.data) || pings >= BOUNDS.pings;
    case "close":
      if (event.by === undefined) return true;
      return (last !== undefined && isBreach(last)) || (event.code === 1000 && event.data === "");
    default:
      return true;
  }
}

/** The events of a client that can stand before the answer to its handshake. */
const EARLY: ReadonlySet<WireEvent["type"]> = new Set(["violation", "end", "limit", "timeout"]);

function canCome(event: WireEvent, { answered, opened }: Sofar): boolean {
  switch (event.type) {
    case "upgrade":
      return !answered;
    case "error":
      return !opened || event.handshake === true;
    case "violation":
      return true;
    case "limit":
    case "timeout":
    case "cut":
      return false;
    default:
      return opened;
  }
}

function add(event: WireEvent, sofar: Sofar): void {
  const isOurs = event.from === "client";
  const byItself = event.type === "close" && event.by === "suite";
  const failed = byItself && sofar.last !== undefined && isBreach(sofar.last);
  sofar.last = event;
  if (event.type === "upgrade" && isOurs) sofar.asked = true;
  if (event.type === "upgrade" && !isOurs) {
    sofar.answered = true;
    sofar.opened = event.code === 101;
    sofar.over = !sofar.opened;
  }
  if (event.type === "ping" && !isOurs) {
    sofar.pings += 1;
    sofar.unanswered.add(event.data);
  }
  if (event.type === "pong" && isOurs) sofar.unanswered.delete(event.data);
  const isFailed = event.type === "error" || (event.type === "timeout" && event.what === HANDSHAKE);
  sofar.over ||= isServerEnd(event) || event.type === "limit" || isFailed || failed;
  sofar.closed ||= byItself && !failed;
}
