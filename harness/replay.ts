import type { Connection } from "./connection.ts";
import { closeFrame, END, said, written } from "./deeds.ts";
import { ended, ending } from "./ending.ts";
import { type Bench, examine } from "./execute.ts";
import type { Open } from "./guest.ts";
import { tooFew } from "./identities.ts";
import type { Check } from "./judge.ts";
import { cut } from "./kept.ts";
import { BeyondLimit } from "./limits.ts";
import { type Nothing, silenceOf, silent } from "./nothing.ts";
import type { Protocol } from "./protocol.ts";
import { reader } from "./reader.ts";
import { type Acting, acting, isOver } from "./replay-deeds.ts";
import { type Asking, begunBy, isAnswered, stateOf } from "./replay-handshake.ts";
import { type Tape, type Track, tape } from "./replay-tape.ts";
import type { Case, Context } from "./scenario.ts";
import { secrets } from "./secrets.ts";
import { isMessage, readFrom, type Transcript, type WireEvent } from "./transcript.ts";
import { END_OF_CONNECTION, END_OF_SILENCE, HANDSHAKE } from "./waited.ts";
import { plural } from "./words.ts";

/** The findings of a case in a recording of itself. */
interface Replayed {
  readonly checks: readonly Check[];
  /** Differences between what the case does and what is recorded. With one of them it is no recording of this case. */
  readonly strayed: readonly string[];
}

/** The means to run a case again. */
type ReplayBench = Pick<Bench, "protocol" | "judging" | "random" | "idle"> & {
  /** The target to which all connections have to go. */
  readonly url: URL;
  /** In ms. */
  readonly timeout?: number;
  /** The headers that clients of the run came with, beside those of any WebSocket. */
  readonly headers: Asking["headers"];
  /** The texts that stand for secrets of the user. */
  readonly concealed?: readonly string[];
} & Partial<Pick<Context, "users" | "exclusive" | "keys">>;

/**
 * Runs a case again on its recording, without a server. All that it sends has to stand there, in order, and nothing else. What it
 * waits for comes from there.
 */
export async function replay(it: Case, recordings: readonly Transcript[], bench: ReplayBench): Promise<Replayed> {
  const played = tape(recordings);
  const strayed: string[] = [];
  const free = new Set(played.tracks);
  const stray = (words: string) => void strayed.push(words);
  const { add: conceal, redact } = secrets(...(bench.concealed ?? []));
  const asking = { subprotocols: bench.protocol.subprotocols, headers: bench.headers, redact };
  const open: Open = async (options = {}) => {
    const { query, name, handshake } = options;
    const { href } = bench.protocol.address(bench.url, query);
    const track = [...free].find(({ recorded }) => recorded.name === name);
    if (!track && bench.exclusive) throw new BeyondLimit(tooFew(bench.users ?? 1));
    if (track?.recorded.url !== href) {
      const other = track ? `where the recording has one to ${cut(track.recorded.url, 200)}` : "that is not recorded";
      stray(`the case opens a connection (${name ?? "plain"}) to ${cut(href, 200)} ${other}`);
      throw new Error("the recording lacks a connection");
    }
    free.delete(track);
    await played.until(track, () => isExhausted(track) || isAnswered(track, Boolean(handshake?.half)));
    if (!isAnswered(track, Boolean(handshake?.half)) && !track.transcript.events.some(isOver))
      stray("the recording lacks the outcome of a handshake");
    const begun = begunBy(track.recorded, options, asking);
    if (begun === undefined) stray("the recording lacks the request for a WebSocket that the case makes");
    return connection(
      track,
      begun ?? 0,
      played,
      { envelope: bench.protocol.envelope, timeout: Number.POSITIVE_INFINITY, ...bench },
      stray,
    );
  };
  const room = bench.exclusive ? (bench.users ?? 1) : Number.POSITIVE_INFINITY;
  const { checks } = await examine(it, open, { ...bench, room, conceal });
  if (free.size > 0) stray(`the recording holds ${plural(free.size, "connection")} that the case does not open`);
  return { checks, strayed };
}

/** A wait of more than so many timeouts lasted longer than any does: the suite itself may have stood still for a while. */
const LONGER_THAN_ANY_WAIT = 2;

/** A recorded wait in vain lasts at least this part of its time. Here it may begin late, behind a message of another connection. */
const SHORTEST_WAIT_IN_VAIN = 0.5;

const isExhausted = ({ recorded, transcript }: Track) => transcript.events.length === recorded.events.length;

/** A connection whose other end is a recording. The first `begun` events of that are the request for a WebSocket. */
function connection(
  track: Track,
  begun: number,
  played: Tape,
  { envelope, timeout }: Pick<Protocol, "envelope"> & { readonly timeout: number },
  stray: (words: string) => void,
): Connection {
  const { recorded, transcript } = track;
  const deeds = acting(track, begun, played, stray);
  const { wait, finish } = waiting(track, played, timeout, deeds, stray);
  return {
    transcript,
    ...stateOf(recorded),
    wait,
    async quiet(ms) {
      await wait(END_OF_SILENCE, () => undefined, { exactly: ms });
    },
    next: reader({ events: transcript.events, wait }, envelope),
    closed: () => wait(END_OF_CONNECTION, () => (isExhausted(track) ? ended(transcript) : undefined)),
    send: (...outgoing) => deeds.act(...outgoing.map(said)),
    async write(what) {
      if (what) deeds.act(written(what));
      deeds.pause();
    },
    close: (code, reason = "") => deeds.act(closeFrame(code, reason)),
    reset: () => deeds.act(END),
    hangUp: () => deeds.act(END),
    ignore() {},
    finish() {
      deeds.finish();
      finish();
      played.playTo(track, recorded.events.length);
    },
    forget() {},
  };
}

/** The waits of a case. All have to end in its recording; those that were given up have to stand there. */
function waiting(
  track: Track,
  played: Tape,
  timeout: number,
  deeds: Pick<Acting, "finished" | "pause">,
  stray: (words: string) => void,
): Pick<Connection, "wait" | "finish"> {
  const { recorded, transcript } = track;
  /** The time at which the case first waited for something. */
  const first = new Map<string, number>();
  return {
    async wait(what, found, { exactly: most = timeout } = {}) {
      let looked = transcript.events.length;
      let result: ReturnType<typeof found>;
      let gaveUp: WireEvent | undefined;
      const since = played.now();
      first.set(what, first.get(what) ?? since);
      deeds.pause();
      await played.until(track, () => {
        result = found();
        gaveUp ??= transcript.events.slice(looked).find((event) => isWaitGivenUp(event, what));
        looked = transcript.events.length;
        return result !== undefined || gaveUp !== undefined || isExhausted(track);
      });
      const times = { since, first: first.get(what) ?? since, now: played.now() };
      const { finished } = deeds;
      const wait = { what, most, timeout, ...times, came: result !== undefined, gaveUp, finished };
      for (const words of oddIn(wait, transcript)) stray(words);
      return result ?? nothingBy(gaveUp) ?? ending(transcript.events);
    },
    finish() {
      const other = recorded.events.find((event) => isOfCase(event) && !first.has(event.what ?? ""));
      if (other?.type === "timeout") stray(`the case does not wait for ${other.what}`);
    },
  };
}

/** A wait of a case that runs again. Times are in ms of the recording. */
interface PlayedWait {
  readonly what: string;
  /** The length that it may have, and the usual one, in ms. */
  readonly most: number;
  readonly timeout: number;
  readonly since: number;
  /** The time at which the case first waited for the same. */
  readonly first: number;
  readonly now: number;
  readonly came: boolean;
  readonly gaveUp: WireEvent | undefined;
  /** The case is over. */
  readonly finished: boolean;
}

/** Says what the recording does not show of a wait: that it lasted no longer than any does, was given up, or that nothing more could come. */
function oddIn(wait: PlayedWait, transcript: Transcript): string[] {
  const { what, most, timeout, since, first, now, came, gaveUp, finished } = wait;
  if (came) return oddLength(what, most, now - Math.max(since, spokeBefore(now, transcript)), timeout);
  if (gaveUp) return oddGivingUp(what, most, gaveUp.at - first, gaveUp);
  return finished || transcript.events.some(isOver) ? [] : [`the recording shows no end of a wait for ${what}`];
}

/** Tells if an event ends a wait of the case itself. */
const isOfCase = (event: WireEvent): event is WireEvent & { readonly type: "timeout" } =>
  event.type === "timeout" && event.what !== HANDSHAKE;

/** Returns when the server last sent a message before a time, in ms: a wait begins anew at that. */
const spokeBefore = (now: number, { events }: Transcript): number =>
  events.findLast((event) => event.from === "server" && isMessage(event) && event.at < now)?.at ?? 0;

/** Says that a wait which was served lasted longer than any does; nothing if it did not. Times are in ms. */
const oddLength = (what: string, most: number, ms: number, timeout: number): string[] =>
  ms > LONGER_THAN_ANY_WAIT * most
    ? [`a wait for ${what} lasts ${Math.round(ms)} ms, which no run with a timeout of ${timeout} does`]
    : [];

/** Returns what is odd about a wait that was given up after `ms`, though it lasts `most` ms, and longer where it began anew. */
function oddGivingUp(what: string, most: number, ms: number, gaveUp: WireEvent): string[] {
  const { afterMs = 0, short = false } = gaveUp.type === "timeout" ? gaveUp : {};
  const words = `a wait for ${what} is given up after ${afterMs} ms`;
  const isOdd = Number.isFinite(most) && afterMs < most && !short;
  return [
    ...(isOdd ? [`${words}, and not after ${most}`] : []),
    ...(ms < SHORTEST_WAIT_IN_VAIN * afterMs ? [`${words}, and the recording shows ${Math.round(ms)}`] : []),
  ];
}

/** Tells if the suite gave up a wait with an event. */
const isWaitGivenUp = (event: WireEvent, what: string): boolean =>
  event.type === "timeout" && event.what === what && silenceOf(event) !== undefined;

function nothingBy(event: WireEvent | undefined): Nothing | undefined {
  const silence = event?.type === "timeout" ? silenceOf(event) : undefined;
  return silence && readFrom(event, silent(silence));
}
