import { isDeepStrictEqual } from "node:util";
import { type Deed, END, isDeed } from "./deeds.ts";
import { cut } from "./kept.ts";
import { stateOf } from "./replay-handshake.ts";
import type { Tape, Track } from "./replay-tape.ts";
import { hitsBound, isBreach, isClientEnd, isServerEnd, type WireEvent } from "./transcript.ts";
import { HANDSHAKE } from "./waited.ts";
import { plural } from "./words.ts";

/** The deeds of a case on a connection, held against those that were recorded of it. */
export interface Acting {
  /** Repeats the next deed of the recording. Behind the last one the connection has to have been over. */
  act(...deeds: readonly Deed[]): void;
  /** The case waits, and the connection may end meanwhile. */
  pause(): void;
  /** The case is over. */
  finish(): void;
  readonly finished: boolean;
}

/** The deeds on a connection. Its first `begun` events are the request for a WebSocket. */
export function acting(track: Track, begun: number, played: Tape, stray: (words: string) => void): Acting {
  const { recorded } = track;
  const deeds = recorded.events.flatMap((event, index) => (index >= begun && isDeed(event) ? [{ event, index }] : []));
  let [done, unsent, finished] = [0, 0, false];
  /** The events so far when the case last sent something: while there are no more, it goes on in the same moment. */
  let moment: number | undefined;

  const lacks = (deed: Deed) => {
    if (moment === played.happened()) stray(`the recording lacks ${tell(deed)}, sent with what stands before it`);
    else if (deed === END && !recorded.events.some(hitsBound)) stray("the recording lacks that the case ends TCP");
    unsent += 1;
  };
  return {
    get finished() {
      return finished;
    },
    act(...all) {
      if (finished) return;
      for (const deed of all) {
        const next = deeds[done];
        if (!next) lacks(deed);
        else if (!isSame(next.event, deed))
          return stray(`the case sends ${tell(deed)} where the recording has ${tell(next.event)}`);
        else {
          done += 1;
          played.playTo(track, next.index + 1);
          moment = isClientEnd(next.event) ? undefined : played.happened();
        }
      }
    },
    pause() {
      moment = undefined;
    },
    finish() {
      finished = true;
      for (const words of oddEnd(track, deeds[done]?.event, unsent)) stray(words);
    },
  };
}

/** Says what is odd about the end of a case that did not come to its `next` deed, and sent so much that was not recorded. */
function oddEnd({ recorded, transcript }: Track, next: WireEvent | undefined, unsent: number): string[] {
  const { events } = recorded;
  const wasOpen = events.some(isHangUp) || (stateOf(recorded).opened && !events.some(isFinal));
  return [
    ...(next ? [`the recording goes on with ${tell(next)}`] : []),
    ...(!next && unsent !== (recorded.unsent ?? 0)
      ? [`the recording lacks ${plural(unsent, "thing")} that the case sends`]
      : []),
    ...(unsent > 0 && wasOpen ? ["the recording lacks what an open connection would have sent"] : []),
    ...(transcript.events.some(isHangUp) ? ["the suite ends the connection before the case is over"] : []),
  ];
}

/** Tells if a connection was over with an event, so that nobody waited on. */
export const isOver = (event: WireEvent): boolean =>
  isServerEnd(event) ||
  event.type === "limit" ||
  isBreach(event) ||
  event.type === "error" ||
  (event.from === "server" && event.type === "upgrade" && event.code !== 101) ||
  (event.from === "client" && event.type === "end") ||
  (event.type === "timeout" && event.what === HANDSHAKE);

/** Tells if nothing more could be sent behind an event. */
const isFinal = (event: WireEvent): boolean => isOver(event) || isClientEnd(event);

/** Tells if the suite closed a connection by itself and not for a breach: it was open, and the case over. */
const isHangUp = (event: WireEvent, index: number, { [index - 1]: before }: readonly WireEvent[]): boolean =>
  event.type === "close" && event.by === "suite" && !(before && isBreach(before));

const isSame = (event: WireEvent, deed: Deed) => isDeepStrictEqual(event, { ...deed, at: event.at });

const tell = (it: Deed) => cut(`${it.type} ${"data" in it ? it.data : ""}`.trim(), 100);
