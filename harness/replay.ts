import { isDeepStrictEqual } from "node:util";
import type { Connection } from "./connection.ts";
import { closed, type Deed, isDeed, RESET, said, written } from "./deeds.ts";
import { type Bench, examine } from "./execute.ts";
import type { Open } from "./guest.ts";
import type { Check } from "./judge.ts";
import { type Nothing, silenceOf, silent } from "./nothing.ts";
import { HANDSHAKE } from "./patience.ts";
import type { Protocol } from "./protocol.ts";
import { ended, ending, reader } from "./reading.ts";
import type { Case } from "./scenario.ts";
import { type Tape, type Track, tape } from "./tape.ts";
import { cut, isBreach, isServerEnd, readFrom, type Transcript, type WireEvent } from "./transcript.ts";
import { type Handshake, NO_ANSWER } from "./upgrade.ts";

/** The findings of a case in a recording of itself. */
export interface Replayed {
  readonly checks: readonly Check[];
  /** Differences between what the case does and what is recorded. With one of them it is no recording of this case. */
  readonly strayed: readonly string[];
}

/**
 * Runs a case again on what was recorded of it, without a server: all that it sends has to stand in the recording, in order, and
 * nothing else; what it waits for comes from there.
 */
export async function replay(
  it: Case,
  recordings: readonly Transcript[],
  bench: Pick<Bench, "protocol" | "judging" | "random" | "idle"> & { readonly timeout?: number },
): Promise<Replayed> {
  const played = tape(recordings);
  const strayed: string[] = [];
  const free = new Set(played.tracks);
  const stray = (words: string) => void strayed.push(words);
  const open: Open = async ({ query, name, handshake } = {}) => {
    const { search } = bench.protocol.address(new URL("ws://localhost/"), query);
    const track = [...free].find(({ recorded }) => recorded.name === name);
    if (!track || !isAskedFor(track.recorded.url, search)) {
      stray(`the case opens a connection (${name ?? search}) that is not in the recording`);
      throw new Error("the recording lacks a connection");
    }
    free.delete(track);
    await played.until(track, () => isExhausted(track) || isAnswered(track, handshake?.half ?? false));
    const begun = beginning(track.recorded, handshake);
    if (begun === undefined) stray("the recording lacks the request for a WebSocket that the case makes");
    return connection(
      track,
      begun ?? 0,
      played,
      { envelope: bench.protocol.envelope, timeout: Number.POSITIVE_INFINITY, ...bench },
      stray,
    );
  };
  const { checks } = await examine(it, open, bench);
  if (free.size > 0) stray(`the recording holds ${free.size} connections that the case does not open`);
  return { checks, strayed };
}

/** The timeouts after which a wait lasted longer than any does: the suite itself may have stood still for a while. */
const LATE = 2;

/** Tells if a query stands in a url: alone, or behind what the user gave. */
const isAskedFor = (url: string, search: string) => {
  const { search: all } = new URL(url);
  return search === "" || all === search || all.endsWith(`&${search.slice(1)}`);
};

const isExhausted = ({ recorded, transcript }: Track) => transcript.events.length === recorded.events.length;

/** Tells if a handshake got as far as the case waits for. */
const isAnswered = ({ transcript: { events } }: Track, half: boolean) =>
  events.some(({ from, type }) => type === "upgrade" && from === (half ? "client" : "server"));

/** Counts the events with which a client asks for a WebSocket; nothing where they are not those of such a handshake. */
function beginning({ events: [first, second] }: Transcript, handshake: Handshake | undefined): number | undefined {
  const isRequest = first?.from === "client" && first.type === "upgrade";
  if (!isRequest || (first.odd ?? false) !== (handshake?.ask !== undefined)) return undefined;
  if (handshake?.violation === undefined) return 1;
  return second?.type === "violation" && second.data === handshake.violation ? 2 : undefined;
}

/** A connection whose other end is a recording of which so many events have begun it. */
function connection(
  track: Track,
  begun: number,
  played: Tape,
  { envelope, timeout }: Pick<Protocol, "envelope"> & { readonly timeout: number },
  stray: (words: string) => void,
): Connection {
  const { recorded, transcript } = track;
  const deeds = recorded.events.flatMap((event, place) => (place >= begun && isDeed(event) ? [{ event, place }] : []));
  let [done, unsent, finished] = [0, 0, false];

  /** Does what was done in the recording; once nothing more was, the connection has to have been over. */
  const act = (...all: readonly Deed[]) => {
    if (finished) return;
    for (const deed of all) {
      const next = deeds[done];
      if (!next) unsent += 1;
      else if (!isSame(next.event, deed))
        return stray(`the case sends ${tell(deed)} where the recording has ${tell(next.event)}`);
      else {
        done += 1;
        played.playTo(track, next.place + 1);
      }
    }
  };
  const wait: Connection["wait"] = async (what, found) => {
    let looked = transcript.events.length;
    let result: ReturnType<typeof found>;
    let gaveUp: Nothing | undefined;
    const since = played.now();
    await played.until(track, () => {
      result = found();
      for (; looked < transcript.events.length; looked++)
        gaveUp ??= givenUp(transcript.events[looked] as WireEvent, what);
      return result !== undefined || gaveUp !== undefined || isExhausted(track);
    });
    if (result !== undefined && played.now() - since > LATE * timeout)
      stray(
        `a wait for ${what} lasts ${Math.round(played.now() - since)} ms, which no run with a timeout of ${timeout} does`,
      );
    if (result === undefined && !gaveUp && !finished && !transcript.events.some(isOver))
      stray(`the recording shows no end of a wait for ${what}`);
    return result ?? gaveUp ?? ending(transcript.events);
  };
  return {
    transcript,
    ...stateOf(recorded),
    wait,
    async quiet() {
      await wait("the end of a silence", () => undefined);
    },
    next: reader({ events: transcript.events, wait }, envelope),
    closed: () => wait("the end of the connection", () => (isExhausted(track) ? ended(transcript) : undefined)),
    send: (...outgoing) => act(...outgoing.map(said)),
    async write(what) {
      if (what) act(written(what));
    },
    close: (code, reason = "") => act(closed(code, reason)),
    reset: () => act(RESET),
    ignore() {},
    finish() {
      finished = true;
      const next = deeds[done];
      if (next) stray(`the recording goes on with ${tell(next.event)}`);
      else if (unsent !== (recorded.unsent ?? 0)) stray(`the recording lacks ${unsent} things that the case sends`);
      if (unsent > 0 && recorded.events.some(isHangUp))
        stray("the recording lacks what an open connection would have sent");
      if (transcript.events.some(isHangUp)) stray("the suite ends the connection before the case is over");
      played.playTo(track, recorded.events.length);
    },
    forget() {},
  };
}

/** Tells if the suite closed a connection by itself and not for a breach: it was open, and the case over. */
const isHangUp = (event: WireEvent, place: number, { [place - 1]: before }: readonly WireEvent[]): boolean =>
  event.type === "close" && event.by === "suite" && !(before && isBreach(before));

const isSame = (event: WireEvent, deed: Deed) => isDeepStrictEqual(event, { ...deed, at: event.at });

const tell = (it: Deed) => cut(`${it.type} ${"data" in it ? it.data : ""}`.trim(), 100);

/** The wait for something that the suite gave up here, if it did. */
function givenUp(event: WireEvent, what: string): Nothing | undefined {
  const silence = event.type === "timeout" && event.what === what ? silenceOf(event) : undefined;
  return silence && readFrom(event, silent(silence));
}

/** Tells if a connection was over with an event, so that nobody waited on. */
const isOver = (event: WireEvent): boolean =>
  isServerEnd(event) ||
  event.type === "limit" ||
  isBreach(event) ||
  event.type === "error" ||
  (event.from === "server" && event.type === "upgrade" && event.code !== 101) ||
  (event.from === "client" && event.type === "end") ||
  (event.type === "timeout" && event.what === HANDSHAKE);

/** Tells how the handshake went. */
function stateOf({ events }: Transcript): Pick<Connection, "opened" | "failure"> {
  const response = events.find(({ from, type }) => from === "server" && type === "upgrade");
  const error = events.find(({ from, type }) => from === "server" && (type === "error" || type === "violation"));
  const isWrong = error?.type === "error" && error.handshake;
  if (response?.type === "upgrade" && response.code !== 101) return { opened: false, failure: `HTTP ${response.code}` };
  if (response && !isWrong) return { opened: true, failure: undefined };
  const failure = error && "failure" in error ? error.failure : undefined;
  return { opened: false, failure: failure ?? (events.some(({ type }) => type === "timeout") ? NO_ANSWER : undefined) };
}
