import { keep, MOST_KEPT } from "../harness/kept.ts";
import type { Transcript, WireEvent } from "../harness/transcript.ts";
import { plural } from "../harness/words.ts";
import { gap } from "./recorded.ts";

/** The number of events that a report shows at each end of a connection. With the note between them `keep` leaves none out. */
const SHOWN = { head: MOST_KEPT.events - 1, tail: MOST_KEPT.events } as const;

/** The events at both ends of a connection, which a report shows. */
export interface Ends {
  readonly head: WireEvent[];
  readonly tail: WireEvent[];
  /** The cost of each in the tail, and of all. */
  readonly costs: number[];
  bytes: number;
}

/** The ends of a connection of which nothing was recorded yet. */
export const noEnds = (): Ends => ({ head: [], tail: [], costs: [], bytes: 0 });

/** Keeps an event if it is among the first; any other until enough came after it. */
export function addTo(ends: Ends, event: WireEvent, cost: number): void {
  const { head, tail, costs } = ends;
  ends.bytes += cost;
  if (head.length < SHOWN.head) {
    head.push(event);
    return;
  }
  tail.push(event);
  costs.push(cost);
  if (tail.length <= SHOWN.tail) return;
  tail.shift();
  ends.bytes -= costs.shift() ?? 0;
}

/** Returns the transcript that a report shows of a connection with so many events. */
export function shownOf(url: string, { head, tail }: Ends, count: number): Transcript {
  const between = count - head.length - tail.length;
  const note = between > 0 ? [gap("client", tail[0]?.at ?? 0, `${plural(between, "event")} left out`)] : [];
  return keep({ url, events: [...head, ...note, ...tail] });
}

/** Returns the place of an event of such a number in that; nothing where it is left out. */
export function shownPlace(number: number | undefined, { head, tail }: Ends, count: number): number | undefined {
  if (number === undefined || number < head.length) return number;
  const between = count - head.length - tail.length;
  if (between === 0) return number;
  return number < head.length + between ? undefined : number - between + 1;
}
