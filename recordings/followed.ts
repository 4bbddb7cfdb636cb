import { costOf, EVENT_COST } from "../harness/bounds.ts";
import { shorten } from "../harness/kept.ts";
import type { Rule } from "../harness/rule.ts";
import { stamp } from "../harness/shared.ts";
import type { Transcript, WireEvent } from "../harness/transcript.ts";
import { isEnd, prune } from "./judge.ts";
import { addTo, type Ends, noEnds, shownOf, shownPlace } from "./shown.ts";

/** The cost of a connection beside its texts, in bytes. */
const CONNECTION_COST = 1_000;

/** A connection of a recording, all of it that was followed. */
export interface FollowedConnection {
  readonly file: string;
  readonly id: string;
  /** Its number among all, from 1, in the order of their beginnings. */
  readonly number: number;
  readonly events: number;
  readonly durationMs: number;
  readonly url: string;
  /** The events that decide the rules. */
  readonly decisive: Transcript;
  /** The transcript that a report shows. It is made on demand, since most are not shown. */
  shown(): Transcript;
  /** The place of an event in that; nothing where it is left out. */
  placeOf(event: WireEvent): number | undefined;
  /** The place of the event of this number, from 0, in the same way. */
  placeAt(number: number): number | undefined;
}

/** A connection while it is followed. */
export interface Followed {
  readonly file: string;
  readonly id: string;
  readonly number: number;
  url: string;
  /** Events that were recorded, and with the gaps between them. */
  count: number;
  places: number;
  ended: boolean;
  /** The times of the first and the last event, in ms of the recording. */
  readonly began: number;
  last: number;
  decisive: WireEvent[];
  /** The number of each among all events, from 0, and its cost. An event that was not recorded has no number. */
  notes: Note[];
  /** Events since it was last cut down, and their cost in bytes; the cost of all that is remembered, in bytes. */
  fresh: number;
  freshBytes: number;
  bytes: number;
  readonly ends: Ends;
}

interface Note {
  readonly number: number | undefined;
  /** In bytes. */
  readonly cost: number;
}

/** Returns a connection of which nothing has been seen yet. `at` is when it begins, in ms of the recording. */
export const begun = (file: string, id: string, url: string, number: number, at: number): Followed => ({
  file,
  id,
  url,
  number,
  count: 0,
  places: 0,
  ended: false,
  began: at,
  last: at,
  decisive: [],
  notes: [],
  fresh: 0,
  freshBytes: 0,
  bytes: CONNECTION_COST + 2 * (id.length + url.length),
  ends: noEnds(),
});

/** Notes the next event of a connection. */
export function append(it: Followed, event: WireEvent): void {
  const cost = costIn(event);
  it.count += event.type === "cut" ? 0 : 1;
  it.decisive.push(event);
  it.notes.push({ number: it.places, cost });
  it.places += 1;
  it.ended ||= isEnd(event);
  it.last = event.at;
  it.fresh += 1;
  it.freshBytes += cost;
  it.bytes += cost;
  const short = "data" in event ? shorten(event) : event;
  addTo(it.ends, short, short === event ? cost : costIn(short));
}

/** Cuts a connection down to the events that still decide. */
export function trim(it: Followed, rules: readonly Rule[]): void {
  const notes = new Map(it.decisive.map((event, i) => [event, it.notes[i]]));
  it.decisive = prune(rules, { url: it.url, events: it.decisive });
  it.notes = it.decisive.map((event) => notes.get(event) ?? { number: undefined, cost: costIn(event) });
  it.fresh = 0;
  it.freshBytes = 0;
  it.bytes = it.notes.reduce((sum, { cost }) => sum + cost, CONNECTION_COST + it.ends.bytes);
}

const costIn = (event: WireEvent) => EVENT_COST + ("data" in event ? costOf(event.data) : 0);

/** Returns a connection of which nothing more is followed. */
export function finished({
  file,
  id,
  url,
  number,
  count,
  places,
  began,
  last,
  decisive,
  notes,
  ends,
}: Followed): FollowedConnection {
  return {
    file,
    id,
    number,
    url,
    events: count,
    durationMs: Math.max(0, stamp(last - began)),
    decisive: { url, events: decisive },
    shown: () => shownOf(url, ends, places),
    placeAt: (place) => shownPlace(place, ends, places),
    placeOf: (event) => shownPlace(notes[decisive.indexOf(event)]?.number, ends, places),
  };
}
