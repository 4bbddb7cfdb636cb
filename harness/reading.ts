import { type Nothing, nothing, silenceOf, silent } from "./nothing.ts";
import {
  type EnvelopeReader,
  isBreach,
  isObject,
  isServerEnd,
  json,
  type Message,
  type MessageEnvelope,
  readFrom,
  type WireEvent,
} from "./transcript.ts";
import { show } from "./words.ts";

/** A message by its name, by more of its envelope, or by a test of its own. */
export type Wanted = string | Partial<MessageEnvelope> | ((message: Message) => boolean);

/** The end of a connection by the server: with a close frame (and a code, if it holds one), or without. */
export interface Ending {
  readonly frame: boolean;
  readonly code?: number;
}

/** The part of a recorder that messages are read from. */
interface ReadLog {
  readonly events: readonly WireEvent[];
  wait<T>(what: string, found: () => T | undefined): Promise<T | Nothing>;
}

/** The `next` of a connection: each message is taken once, in whatever order it came. */
export function reader(
  log: ReadLog,
  envelope: EnvelopeReader,
): (wanted: Wanted, what?: string) => Promise<Message | Nothing> {
  const unread: (Message | undefined)[] = [];
  let upTo = 0;
  return (wanted, what) => {
    const matches = typeof wanted === "function" ? wanted : isLike(wanted, envelope);
    // Each wait looks at each message once: a server may send very many others.
    let searched = 0;
    return log.wait(what ?? wordsOf(wanted), () => {
      for (const event of log.events.slice(upTo)) {
        const message = event.from === "server" ? json(event) : undefined;
        if (isObject(message)) unread.push(message);
      }
      upTo = log.events.length;
      for (; searched < unread.length; searched++) {
        const message = unread[searched];
        if (message === undefined || !matches(message)) continue;
        unread[searched] = undefined;
        return message;
      }
      return undefined;
    });
  };
}

const isLike = (wanted: string | Partial<MessageEnvelope>, envelope: EnvelopeReader) => (message: Message) => {
  const { kind, name, id } = typeof wanted === "string" ? { name: wanted } : wanted;
  const found = envelope(message);
  return (
    found !== undefined &&
    (kind ?? found.kind) === found.kind &&
    (name ?? found.name) === found.name &&
    (id ?? found.id) === found.id
  );
};

function wordsOf(wanted: Wanted): string {
  if (typeof wanted === "string") return wanted;
  if (typeof wanted === "function") return "a message";
  const { kind, name, id } = wanted;
  return [kind ?? "message", name, id].filter((it) => it !== undefined).join(" ");
}

/** Returns the end of a connection that is over, or `undefined` if the server did not end it. */
export function ended({ events }: Pick<ReadLog, "events">): Ending | undefined {
  const last = events.findLast(isServerEnd);
  if (last?.type === "end") return readFrom(last, { frame: false });
  if (last?.type !== "close") return undefined;
  return readFrom(last, last.code === undefined ? { frame: true } : { frame: true, code: last.code });
}

/** Returns the reason why nothing more can come on a connection that is over; `target` is the target in a word. */
export function ending(events: readonly WireEvent[], target = "server"): Nothing {
  const why = (event: WireEvent) => isBreach(event) || event.type === "error" || event.type === "limit";
  const last = events.find(why) ?? events.findLast(isServerEnd) ?? events.at(-1);
  return readFrom(last, nothingAfter(last, target));
}

/** The code of a close frame, and its reason: that may say all there is to know. */
const wordsOfClose = ({ code, data }: Extract<WireEvent, { readonly type: "close" }>) =>
  [code ?? "no code", ...(data === "" ? [] : [show(data)])].join(" ");

function nothingAfter(last: WireEvent | undefined, target: string): Nothing {
  switch (last?.type) {
    case "error":
      return nothing(`the connection failed: ${last.data}`);
    case "violation":
      return nothing(`the ${target} broke the WebSocket protocol: ${last.data}`);
    case "limit":
      return nothing(`the suite stopped reading: ${last.data}`, true);
    case "close":
      if (last.from === "client") return nothing("the suite ended the connection itself");
      return nothing(`the ${target} closed the connection first (${wordsOfClose(last)})`);
    case "upgrade":
      return nothing(`the ${target} refused the WebSocket with HTTP ${last.code ?? "nothing"}`);
    case "timeout": {
      const silence = silenceOf(last);
      return silence ? silent(silence) : nothing(last.data);
    }
    default:
      if (last?.from === "client") return nothing("the suite ended the connection itself");
      return nothing(`the ${target} ended the TCP connection first, without a close frame`);
  }
}
