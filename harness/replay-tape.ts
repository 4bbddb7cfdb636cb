import type { Transcript, WireEvent } from "./transcript.ts";

/** A connection as it was recorded, of which so many events have happened so far. */
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

/** A tape of the connections of one case. */
export function tape(recordings: readonly Transcript[]): Tape {
  const tracks = recordings.map((recorded): Track => ({ recorded, transcript: { ...recorded, events: [] } }));
  const queue = tracks
    .flatMap((track) => track.recorded.events.map((event) => ({ track, event })))
    .toSorted((a, b) => a.event.at - b.event.at);
  const waiting = new Map(tracks.map((track) => [track, new Set<() => boolean>()]));
  // Tracks on which something happened since those who wait there looked last: others cost nothing.
  const changed = new Set<Track>();
  let next = 0;
  let count = 0;
  let scheduled = false;

  const step = () => {
    const { track, event } = queue[next++] as (typeof queue)[number];
    track.transcript.events.push(event);
    changed.add(track);
  };
  /** Has those look who wait where something happened. Tells if one of them is served. */
  const look = (): boolean => {
    const looking = [...changed].flatMap((track) => [...(waiting.get(track) ?? [])].map((it) => [track, it] as const));
    changed.clear();
    const served = looking.filter(([, settled]) => settled());
    for (const [track, settled] of served) waiting.get(track)?.delete(settled);
    count -= served.length;
    return served.length > 0;
  };
  // An event happens only when nothing is left that could run: in the run, too, the case reacted to one before the next came.
  const schedule = () => {
    if (scheduled || count === 0 || (changed.size === 0 && next === queue.length)) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      if (!look() && next < queue.length) step();
      schedule();
    });
  };

  return {
    tracks,
    playTo(track, events) {
      while (next < queue.length && track.transcript.events.length < events) step();
    },
    now: () => queue[next - 1]?.event.at ?? 0,
    happened: () => next,
    until: (track, settled) =>
      new Promise((resolve) => {
        count += 1;
        changed.add(track);
        waiting.get(track)?.add(() => {
          const done = settled();
          if (done) resolve();
          return done;
        });
        schedule();
      }),
  };
}
