import { cut } from "../harness/kept.ts";
import type { Rule } from "../harness/rule.ts";
import type { Transcript } from "../harness/transcript.ts";
import { UsageError } from "../harness/usage.ts";
import { append, begun, type Followed, type FollowedConnection, finished, trim } from "./followed.ts";
import { bounded, gap, type RecordedEvent, type RecordedPlace } from "./recorded.ts";
import { seen } from "./seen.ts";

/** The memory for all connections, in bytes. */
const MEMORY = 24 << 20;

/** A transcript that has grown by so many events, or bytes, is cut down to the events that still decide. */
const PIECE = { events: 256, bytes: 1 << 20 } as const;

/** Follows the connections of recordings, however long, and in bounded memory. */
export interface Follower {
  /** Returns where the event stands. */
  see(file: string, recorded: RecordedEvent): RecordedPlace;
  /** Nothing more comes on a connection: hands it over. */
  over(file: string, connection: string): void;
  /** Returns the events that decide the rules on a connection so far. */
  sofar(file: string, connection: string): Transcript | undefined;
  /** Nothing more comes: hands over all that is still followed. */
  end(): void;
}

/** The connections that are followed. Memory is short when the lively ones fill half of it: then the silent ones end. */
interface Followers {
  /** Those that were heard of lately, and their bytes. */
  lively: Map<string, Followed>;
  bytes: number;
  /** Those that were not heard of since memory was last short. */
  silent: Map<string, Followed>;
  /** Those that were given up. */
  readonly left: ReturnType<typeof seen>;
  count: number;
}

/**
 * Makes a follower. It hands each connection to `done` when the recording ends, or when memory is short and the connection was silent for
 * longer than others. If that goes on later, it is another connection, whose beginning is known to be missing.
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
      const before = it.bytes;
      add(it, recorded, rules);
      all.bytes += it.bytes - before;
      const place = { connection: it.id, number: it.number, place: it.places - 1 };
      if (all.bytes > MEMORY / 2) for (const given of giveUpSilent(all)) done(finished(given));
      return place;
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

/** Adds an event to its connection, and cuts that down where it has grown long. */
function add(it: Followed, recorded: RecordedEvent, rules: readonly Rule[]): void {
  if (recorded.event.at < it.last) throw outOfOrder(recorded, it.last);
  it.url ||= recorded.url ?? "";
  append(it, bounded(recorded.event));
  if (it.fresh > PIECE.events || it.freshBytes > PIECE.bytes) trim(it, rules);
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

/** Gives up the connections that were silent for longest. All others count as silent until something is heard of them. */
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
