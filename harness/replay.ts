import type { Connection, Written } from "./connection.ts";
import { type Bench, examine, type Open } from "./execute.ts";
import type { Check } from "./judge.ts";
import { type Nothing, silenceOf, silent } from "./nothing.ts";
import type { Protocol } from "./protocol.ts";
import { ended, ending, reader } from "./reading.ts";
import { base64, LIMITS } from "./recorder.ts";
import type { Case } from "./scenario.ts";
import { type Tape, type Track, tape } from "./tape.ts";
import { cut, readFrom, type Transcript, type WireEvent } from "./transcript.ts";
import { NO_ANSWER } from "./upgrade.ts";

/** What a case finds in a recording of itself. */
export interface Replayed {
  readonly checks: readonly Check[];
  /** What the case does and the recording does not show, or the other way round: then it is no recording of this case. */
  readonly strayed: readonly string[];
}

/**
 * Runs a case again on what was recorded of it, without a server: what it sends has to stand in the recording, what it waits for
 * comes from there.
 */
export async function replay(
  it: Case,
  recordings: readonly Transcript[],
  bench: Pick<Bench, "protocol" | "judging" | "random" | "idle">,
): Promise<Replayed> {
  const played = tape(recordings);
  const strayed: string[] = [];
  const free = new Set(played.tracks);
  const open: Open = async ({ query, name, handshake } = {}) => {
    const track = [...free].find(({ recorded }) => recorded.name === name);
    const { search } = bench.protocol.address(new URL("ws://localhost/"), query);
    if (!track || !isAskedFor(track.recorded.url, search)) {
      strayed.push(`the case opens a connection (${name ?? search}) that is not in the recording`);
      throw new Error("the recording lacks a connection");
    }
    free.delete(track);
    const half = handshake?.half ?? false;
    await played.until(() => isExhausted(track) || isAnswered(track, half));
    const asked = handshake?.violation === undefined ? 0 : 1 + track.recorded.events.findIndex(isAct);
    return connection(track, asked, played, bench.protocol.envelope, (words) => strayed.push(words));
  };
  const { checks } = await examine(it, open, bench);
  if (free.size > 0) strayed.push(`the recording holds ${free.size} connections that the case does not open`);
  return { checks, strayed };
}

/** Tells if a query stands in a url: at its end, behind what the user gave. */
const isAskedFor = (url: string, search: string) => url.endsWith(search.slice(1));

const isExhausted = ({ recorded, transcript }: Track) => transcript.events.length === recorded.events.length;

/** Whether a handshake got as far as the case waits for. */
const isAnswered = ({ transcript: { events } }: Track, half: boolean) =>
  events.some(({ from, type }) => type === "upgrade" && from === (half ? "client" : "server"));

/** What the code of a case can do on a connection; what the suite does of itself is not among it. */
const ACTS = new Set<WireEvent["type"]>(["text", "binary", "ping", "violation", "close", "end"]);
const FAILED = "failed the connection";
const isAct = (event: WireEvent) =>
  event.from === "client" && ACTS.has(event.type) && !(event.type === "close" && event.data === FAILED);

/** A connection whose other end is a recording; `asked` is how much of that is the handshake. */
function connection(
  track: Track,
  asked: number,
  played: Tape,
  envelope: Protocol["envelope"],
  stray: (words: string) => void,
): Connection {
  const { recorded, transcript } = track;
  let acted = asked;

  /** Does what was done in the recording; where it is over by then, nothing. */
  const act = (...done: readonly Done[]) => {
    for (const it of done) {
      const place = recorded.events.findIndex((event, i) => i >= acted && isAct(event));
      if (place < 0) return;
      const event = recorded.events[place] as WireEvent;
      if (!isSame(event, it)) return stray(`the case sends ${tell(it)} where the recording has ${tell(event)}`);
      acted = place + 1;
      played.playTo(track, acted);
    }
  };
  const wait: Connection["wait"] = async (what, found) => {
    let looked = transcript.events.length;
    let result: ReturnType<typeof found>;
    let gaveUp: Nothing | undefined;
    await played.until(() => {
      result = found();
      for (; looked < transcript.events.length; looked++)
        gaveUp ??= givenUp(transcript.events[looked] as WireEvent, what);
      return result !== undefined || gaveUp !== undefined || isExhausted(track);
    });
    return result ?? gaveUp ?? ending(transcript.events);
  };
  return {
    transcript,
    ...stateOf(recorded),
    wait,
    async quiet() {
      await wait("the end of a silence", () => isExhausted(track) || undefined);
    },
    next: reader({ events: transcript.events, wait }, envelope),
    closed: () =>
      wait("the end of the connection", () => (isExhausted(track) ? ended({ events: transcript.events }) : undefined)),
    send: (...outgoing) => act(...outgoing.map(sent)),
    async write(what) {
      if (what) act(what);
    },
    close: (code, reason = "") => act({ type: "close", data: reason, ...(code === undefined ? {} : { code }) }),
    reset: () => act({ type: "end" }),
    ignore() {},
    finish() {
      const rest = recorded.events.slice(acted).filter(isAct);
      const [last] = rest;
      if (last && (rest.length > 1 || last.type !== "close")) stray(`the recording goes on with ${tell(last)}`);
      played.playTo(track, recorded.events.length);
    },
    forget() {},
  };
}

/** Something that the code of a case does. */
type Done = Written | { readonly type: "binary" | "close" | "end"; readonly data?: string; readonly code?: number };

function sent(it: object | string | Uint8Array): Done {
  if (it instanceof Uint8Array) return { type: "binary", data: base64(it) };
  return { type: "text", data: cut(typeof it === "string" ? it : JSON.stringify(it), LIMITS.sent) };
}

const isSame = (event: WireEvent, done: Done) =>
  event.type === done.type &&
  ("data" in event ? event.data : undefined) === done.data &&
  ("code" in event ? event.code : undefined) === ("code" in done ? done.code : undefined);

const tell = (it: WireEvent | Done) => cut(`${it.type} ${"data" in it ? it.data : ""}`.trim(), 100);

/** That the suite gave up waiting for something here. */
function givenUp(event: WireEvent, what: string): Nothing | undefined {
  const silence = event.type === "timeout" && event.what === what ? silenceOf(event) : undefined;
  return silence && readFrom(event, silent(silence));
}

/** Whether the handshake succeeded, and why not. */
function stateOf({ events }: Transcript): Pick<Connection, "opened" | "failure"> {
  const response = events.find(({ from, type }) => from === "server" && type === "upgrade");
  const wrong = events.some((event) => event.type === "error" && event.handshake);
  if (response?.type === "upgrade" && response.code === 101 && !wrong) return { opened: true, failure: undefined };
  if (response?.type === "upgrade" && response.code !== 101) return { opened: false, failure: `HTTP ${response.code}` };
  const error = events.find(({ from, type }) => from === "server" && (type === "error" || type === "violation"));
  if (error && "data" in error) return { opened: false, failure: error.data.split(": ", 1)[0] };
  return {
    opened: false,
    failure: events.some(({ type }) => type === "timeout") ? NO_ANSWER : undefined,
  };
}
