import { BOUNDS, costOf } from "../harness/bounds.ts";
import { stamp } from "../harness/shared.ts";
import { isMessage, type Side, type WireEvent } from "../harness/transcript.ts";

/** Something that a recording holds: an event, and on which connection it happened. */
export interface RecordedEvent {
  readonly connection: string;
  /** The name of a recording in several files, which share its connections. */
  readonly recording?: string | undefined;
  readonly url?: string | undefined;
  readonly event: WireEvent;
}

/** The place of an event in a recording: the connection, its number among all, and the number of the event there, from 0. */
export interface RecordedPlace {
  readonly connection: string;
  readonly number: number;
  readonly place: number;
}

/** A function that takes a recording, one event after another. */
export type Sink = (recorded: RecordedEvent) => void;

/** The bytes that a message may cost when it is read. Several are remembered at the same time. */
const COST = 4 << 20;

/** A place in a transcript where something is missing that one side sent. */
export const gap = (from: Side, at: number, data: string): WireEvent => ({ at, from, type: "cut", data });

/**
 * Returns an event, or the gap that stands for it if its text is cut: a part of a text cannot be judged. The whole text has so many
 * characters.
 */
export function orGap(event: WireEvent, length = event.length): readonly WireEvent[] {
  if (length === undefined || !("data" in event) || event.data.length >= length) return [event];
  const instead = gap(event.from, event.at, `a ${event.type} of ${length} characters that is cut`);
  if (event.type === "violation") return [event, instead];
  return isMessage(event) ? [instead] : [event];
}

/** An event, or the gap that stands for one that is too big to be judged. */
export function bounded(event: WireEvent): WireEvent {
  if (!("data" in event) || event.type === "cut") return event;
  const { length } = event.data;
  const most = BOUNDS.message;
  if (length > most) return gap(event.from, event.at, `a ${event.type} of ${length} characters, more than ${most}`);
  if (length > COST / 100 && event.type === "text" && costOf(event.data) > COST)
    return gap(event.from, event.at, `a text that would take more than ${COST} bytes to read`);
  return event;
}

/** Reads when something happened, in ms since the recording began; `undefined` where it is no time. */
export type Clock = (at: unknown) => number | undefined;

/** A number above this is ms since 1970, not since the beginning of a recording. */
export const EPOCH = 1e11;

/** Makes the clock of one recording, which may say when it began. An event without a time happened when the one before it did. */
export function clock(began?: number): Clock {
  let zero = began;
  let last = 0;
  return (at) => {
    if (at === undefined || at === null) return last;
    const ms = typeof at === "string" ? Date.parse(at) : at;
    if (typeof ms !== "number" || !Number.isFinite(ms)) return undefined;
    if (Math.abs(ms) >= EPOCH) zero ??= ms;
    last = stamp(Math.abs(ms) >= EPOCH ? ms - (zero ?? 0) : ms);
    return last;
  };
}
