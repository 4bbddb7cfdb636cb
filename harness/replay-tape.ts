import type { Transcript, WireEvent } from "./transcript.ts";

/** A connection as it was recorded, and the part of it that has happened so far. */
export interface Track {
  readonly recorded: Transcript;
  readonly transcript: Transcript & { readonly events: WireEvent[] };
}

/** Recorded connections, whose events happen again in the order of their times. */
export interface Tape {
  readonly tracks: readonly Track[];
  /** Lets events happen until a track has so many of its own. */
  playTo(track: Track, events: number): void;
  /** The time of the last event that happened, in ms of the run's clock. */
  now(): number;
  /** The number of events that happened so far, on all connections. */
  happened(): number;
  /** Resolves once `settled` says so of a track. It is looked at whenever all that can run has run: between two of its events. */
  until(track: Track, settled: () => boolean): Promise<void>;
}

/** The state of a tape. */
interface Reel {
  readonly queue: readonly { readonly track: Track; readonly event: WireEvent }[];
  /** The index in the queue of the next event. */
  next: number;
  /** Those who wait on each track, and how many they are. Each tells if it is served. */
  readonly waiting: ReadonlyMap<Track, Set<() => boolean>>;
  count: number;
  /** Tracks on which something happened since those who wait there looked last: others cost nothing. */
  readonly changed: Set<Track>;
  scheduled: boolean;
}

/** A tape of the connections of one case. */
export function tape(recordings: readonly Transcript[]): Tape {
  const tracks = recordings.map((recorded): Track => ({ recorded, transcript: { ...recorded, events: [] } }));
  const queue = tracks
    .flatMap((track) => track.recorded.events.map((event) => ({ track, event })))
    .toSorted((a, b) => a.event.at - b.event.at);
  const waiting = new Map(tracks.map((track) => [track, new Set<() => boolean>()]));
  const reel: Reel = { queue, next: 0, waiting, count: 0, changed: new Set(), scheduled: false };
  return {
    tracks,
    playTo(track, events) {
      while (reel.next < queue.length && track.transcript.events.length < events) step(reel);
    },
    now: () => queue[reel.next - 1]?.event.at ?? 0,
    happened: () => reel.next,
    until: (track, settled) => new Promise((resolve) => wait(reel, track, settled, resolve)),
  };
}

/** Lets the next event happen. */
function step(reel: Reel): void {
  const { track, event } = reel.queue[reel.next++] as Reel["queue"][number];
  track.transcript.events.push(event);
  reel.changed.add(track);
}

/** Has those look who wait where something happened. Tells if one of them is served. */
function look(reel: Reel): boolean {
  const { changed, waiting } = reel;
  const looking = [...changed].flatMap((track) => [...(waiting.get(track) ?? [])].map((it) => [track, it] as const));
  changed.clear();
  const served = looking.filter(([, settled]) => settled());
  for (const [track, settled] of served) waiting.get(track)?.delete(settled);
  reel.count -= served.length;
  return served.length > 0;
}

/** Goes on when nothing is left that could run: in the run, too, the case reacted to one event before the next came. */
function schedule(reel: Reel): void {
  const isOver = reel.changed.size === 0 && reel.next === reel.queue.length;
  if (reel.scheduled || reel.count === 0 || isOver) return;
  reel.scheduled = true;
  setImmediate(() => {
    reel.scheduled = false;
    if (!look(reel) && reel.next < reel.queue.length) step(reel);
    schedule(reel);
  });
}

function wait(reel: Reel, track: Track, settled: () => boolean, resolve: () => void): void {
  reel.count += 1;
  reel.changed.add(track);
  reel.waiting.get(track)?.add(() => {
    const done = settled();
    if (done) resolve();
    return done;
  });
  schedule(reel);
}
