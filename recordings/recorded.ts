import { costOf, LIMITS } from "../harness/recorder.ts";
import { CUT, type Side, type WireEvent } from "../harness/transcript.ts";

/** Something that a recording holds: an event, and on which connection it happened. */
export interface Recorded {
  readonly connection: string;
  readonly url?: string | undefined;
  readonly event: WireEvent;
}

/** What takes a recording, one event after another. */
export type Sink = (recorded: Recorded) => void;

/** What a message may cost when it is read, in bytes: some such are remembered at the same time. */
const COST = 4 << 20;

/** A place in a transcript of which it is not known what one side sent. */
export const gap = (from: Side, at: number, data: string): WireEvent => ({ at, from, type: "cut", data });

/** An event, or the gap that stands for one that is too big to be judged. */
export function bounded(event: WireEvent): WireEvent {
  if (!("data" in event) || event.type === "cut") return event;
  const { length } = event.data;
  const most = LIMITS.message;
  if (length > most) return gap(event.from, event.at, `a ${event.type} of ${length} characters, more than ${most}`);
  if (length > COST / 100 && event.type === "text" && costOf(event.data) > COST)
    return gap(event.from, event.at, `a text that would take more than ${COST} bytes to read`);
  return event;
}

/** The events that an event of a report stands for: what is cut there cannot be judged. */
export function uncut(event: WireEvent): readonly WireEvent[] {
  const { at, from } = event;
  if (event.type === "cut") return [gap("client", at, event.data), gap("server", at, event.data)];
  const [, length] = ("data" in event && CUT.exec(event.data.slice(-50))) || [];
  if (length === undefined) return [event];
  const instead = gap(from, at, `a ${event.type} of ${length} characters that is cut`);
  if (event.type === "violation") return [event, instead];
  return event.type === "text" || event.type === "binary" ? [instead] : [event];
}
