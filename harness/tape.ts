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
  /** Resolves once `settled` says so, looked at whenever all that can run has run: between two events. */
  until(settled: () => boolean): Promise<void>;
}

/** A tape of the connections of one case. */
export function tape(recordings: readonly Transcript[]): Tape {
  const tracks = recordings.map((recorded): Track => ({ recorded, transcript: { ...recorded, events: [] } }));
  const queue = tracks
    .flatMap((track) => track.recorded.events.map((event) => ({ track, event })))
    .toSorted((a, b) => a.event.at - b.event.at);
  const waiting = new Set<() => boolean>();
  let next = 0;
  let scheduled = false;

  const step = () => {
    const { track, event } = queue[next++] as (typeof queue)[number];
    track.transcript.events.push(event);
  };
  // An event happens only when nothing is left that could run: in the run, too, the case reacted to one before the next came.
  const schedule = () => {
    if (scheduled || waiting.size === 0) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      const before = waiting.size;
      for (const look of [...waiting]) if (look()) waiting.delete(look);
      if (waiting.size === before && next < queue.length) step();
      schedule();
    });
  };

  return {
    tracks,
    playTo(track, events) {
      while (next < queue.length && track.transcript.events.length < events) step();
    },
    until: (settled) =>
      new Promise((resolve) => {
        waiting.add(() => {
          const done = settled();
          if (done) resolve();
          return done;
        });
        schedule();
      }),
  };
}
