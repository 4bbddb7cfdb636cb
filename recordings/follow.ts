import { costOf } from "../harness/bounds.ts";
import type { Rule } from "../harness/rule.ts";
import { stamp } from "../harness/shared.ts";
import { cut, shorten, type Transcript, type WireEvent } from "../harness/transcript.ts";
import { UsageError } from "../harness/usage.ts";
import { isEnd, prune } from "./judge.ts";
import { bounded, gap, type RecordedEvent } from "./recorded.ts";
import { seen } from "./seen.ts";
import { addTo, type Ends, noEnds, shownOf, shownPlace } from "./shown.ts";

/** The memory for all connections, in bytes. */
const MEMORY = 24 << 20;

/** The cost of an event beside its texts, in bytes. */
const EVENT = 400;

/** The cost of a connection beside its texts, in bytes. */
const CONNECTION = 1_000;

/** A transcript that has grown by so many events, or bytes, is cut down to the events that still decide. */
const PIECE = { events: 256, bytes: 1 << 20 } as const;

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
}

/** Follows the connections of recordings, however long, and in bounded memory. */
export interface Follower {
  see(file: string, recorded: RecordedEvent): void;
  /** Nothing more comes on a connection: hands it over. */
  over(file: string, connection: string): void;
  /** Returns the events that decide the rules on a connection so far. */
  sofar(file: string, connection: string): Transcript | undefined;
  /** Nothing more comes: hands over all that is still followed. */
  end(): void;
}

interface Followed {
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
  /** Of each of them its number among all, from 0, and its cost; no number of one that was not recorded. */
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

/** The connections that are followed. Memory is short when the lively ones fill half of it: then the silent ones end. */
interface Followers {
  /** Those that were heard of lately, and their bytes. */
  lively: Map<string, Followed>;
  bytes: number;
  /** Those that were not since memory was last short. */
  silent: Map<string, Followed>;
  /** Those that were given up. */
  readonly left: ReturnType<typeof seen>;
  count: number;
}

/**
 * A follower. Each connection is handed to `done` when the recording ends, or when memory is short and it was silent for longer
 * than others. If it goes on later, that is another connection, whose beginning is known to be missing.
 */
export function follow(rules: readonly Rule[], done: (connection: FollowedConnection) => void): Follower {
  const all: Followers = { lively: new Map(), bytes: 0, silent: new Map(), left: seen(), count: 0 };
  const release = (key: string, it: Followed) => {
    all.bytes -= it.bytes;
    all.lively.delete(key);
    done(finished(it));
  };
  return {
    see(file, recorded) {
      const key = keyOf(recorded.recording ?? file, recorded.connection);
      const known = find(all, key);
      // A name may be used again, once its connection is over.
      const over = known?.ended && recorded.event.type === "upgrade";
      if (over) release(key, known);
      const it = known && !over ? known : begin(all, key, file, recorded);
      if (recorded.event.at < it.last) throw outOfOrder(recorded, it.last);
      it.url ||= recorded.url ?? "";
      const before = it.bytes;
      append(it, bounded(recorded.event));
      if (it.fresh > PIECE.events || it.freshBytes > PIECE.bytes) trim(it, rules);
      all.bytes += it.bytes - before;
      if (all.bytes > MEMORY / 2) for (const given of giveUpSilent(all)) done(finished(given));
    },
    over(file, connection) {
      const key = keyOf(file, connection);
      const it = find(all, key);
      if (it) release(key, it);
    },
    sofar(file, connection) {
      const key = keyOf(file, connection);
      const it = all.lively.get(key) ?? all.silent.get(key);
      return it && { url: it.url, events: it.decisive };
    },
    end() {
      const left = [...all.silent.values(), ...all.lively.values()];
      for (const it of left.toSorted((a, b) => a.number - b.number)) done(finished(it));
    },
  };
}

/** Begins to follow a connection. */
function begin(
  all: Followers,
  key: string,
  file: string,
  { connection: id, recording, url = "", event }: RecordedEvent,
): Followed {
  all.count += 1;
  const it = begun(file, id, url, all.count, event.at);
  // In a file of `record` each connection begins with the request of the client.
  const why = all.left.has(key) ? BEFORE : recording === undefined ? undefined : ELSEWHERE;
  if (event.type !== "upgrade" && why !== undefined)
    for (const from of ["client", "server"] as const) append(it, gap(from, event.at, why));
  all.bytes += it.bytes;
  all.lively.set(key, it);
  return it;
}

/** Finds a connection that is followed; it is lively from now on. */
function find(all: Followers, key: string): Followed | undefined {
  const it = all.lively.get(key) ?? all.silent.get(key);
  if (it && all.silent.delete(key)) {
    all.lively.set(key, it);
    all.bytes += it.bytes;
  }
  return it;
}

/** Gives up those that were silent for longest. All others count as silent until they are heard of again. */
function giveUpSilent(all: Followers): readonly Followed[] {
  const given = [...all.silent.values()];
  for (const key of all.silent.keys()) all.left.add(key);
  all.silent = all.lively;
  all.lively = new Map();
  all.bytes = 0;
  return given;
}

const outOfOrder = ({ connection, event }: RecordedEvent, last: number) =>
  new UsageError(
    `an event of connection ${cut(connection, 60)} at ${event.at} ms stands behind one at ${last} ms. Sort the events by their time.`,
  );

const keyOf = (file: string, connection: string) => `${file}\0${connection}`;

const BEFORE = "what came before; too many connections were recorded at the same time to follow it on";

const ELSEWHERE = "what came before; it stands in a file that is not given";

const begun = (file: string, id: string, url: string, number: number, at: number): Followed => ({
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
  bytes: CONNECTION + 2 * (id.length + url.length),
  ends: noEnds(),
});

function append(it: Followed, event: WireEvent): void {
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
function trim(it: Followed, rules: readonly Rule[]): void {
  const notes = new Map(it.decisive.map((event, i) => [event, it.notes[i]]));
  it.decisive = prune(rules, { url: it.url, events: it.decisive });
  it.notes = it.decisive.map((event) => notes.get(event) ?? { number: undefined, cost: costIn(event) });
  it.fresh = 0;
  it.freshBytes = 0;
  it.bytes = it.notes.reduce((sum, { cost }) => sum + cost, CONNECTION + it.ends.bytes);
}

const costIn = (event: WireEvent) => EVENT + ("data" in event ? costOf(event.data) : 0);

function finished({
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
    placeOf: (event) => shownPlace(notes[decisive.indexOf(event)]?.number, ends, places),
  };
}
