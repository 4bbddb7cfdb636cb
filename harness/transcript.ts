import type { Silence } from "./nothing.ts";

/** The side that did it: the suite (`client`) or the target (`server`), also where the target is a client that comes to the suite. */
export type Side = "client" | "server";

interface Base {
  /** The length of the whole text, if only its beginning is kept. */
  readonly length?: number;
  /** Milliseconds since the run began. All connections have one clock. */
  readonly at: number;
  readonly from: Side;
}

/** Something that happened on a connection. */
export type WireEvent = Base &
  (
    | { readonly type: "upgrade"; readonly data: string; readonly code?: number; readonly odd?: true } // HTTP head; code: the response's status; odd: asked otherwise than any client does
    | { readonly type: "text"; readonly data: string }
    | { readonly type: "binary" | "ping" | "pong"; readonly data: string } // base64
    | { readonly type: "close"; readonly data: string; readonly code?: number; readonly by?: "suite" } // a close frame: its reason and code; by: no case sent it
    | { readonly type: "end"; readonly reset?: true } // the TCP connection ended; reset: by a reset, as where the server had not read all
    | { readonly type: "violation"; readonly data: string; readonly failure?: string } // what it sent breaks RFC 6455 (the client: on purpose); failure: in a word
    | { readonly type: "error"; readonly data: string; readonly failure?: string; readonly handshake?: true } // the network, TLS or the handshake failed; failure: in a word
    | { readonly type: "limit"; readonly data: string; readonly scope?: "message" | "connection" | "run" } // a bound of the suite was hit; it reads no further
    | { readonly type: "cut"; readonly data: string } // so many events stood here, and were left out
    | ({ readonly type: "timeout"; readonly data: string } & Partial<Silence>) // a wait in vain
  );

/** An event before it is noted when it happened. */
export type Unstamped<E = WireEvent> = E extends WireEvent ? Omit<E, "at"> : never;

/** All that happened on one connection, in order. */
export interface Transcript {
  readonly url: string;
  /** The purpose of the connection, in a case with several: `bystander`, `newcomer`, … */
  readonly name?: string;
  /** Its client does what the case is about. All others look on. */
  readonly acts?: true;
  /** It carried no credentials. */
  readonly anonymous?: true;
  /** The number of things that the case did after the connection was over, so that nothing could be sent. */
  readonly unsent?: number;
  readonly events: readonly WireEvent[];
}

const parsed = new WeakMap<WireEvent, unknown>();

/** The JSON value of a text event, or `undefined` where it is no JSON. */
export function json(event: WireEvent): unknown {
  if (event.type !== "text") return undefined;
  if (!parsed.has(event)) parsed.set(event, readFrom(event, parse(event.data)));
  return parsed.get(event);
}

/** The same value, not remembered: for readers that look at each event once. Very many values take long to forget. */
export const jsonOnce = (event: WireEvent): unknown => {
  if (event.type !== "text") return undefined;
  return parsed.has(event) ? parsed.get(event) : parse(event.data);
};

const origins = new WeakMap<object, WireEvent>();

/** Remembers which event a value was read from. */
export function readFrom<T>(event: WireEvent | undefined, value: T): T {
  if (event && typeof value === "object" && value !== null) origins.set(value, event);
  return value;
}

/** Returns the event that a value was read from, where it is known. */
export const originOf = (value: unknown): WireEvent | undefined =>
  typeof value === "object" && value !== null ? origins.get(value) : undefined;

/** Parses JSON text; `undefined` where it is none (no JSON text stands for it). */
export function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A JSON object as a peer sent it. */
export type Message = Readonly<Record<string, unknown>>;

/** The parts of a message that say which it is. */
export interface MessageEnvelope {
  /** Such as `request`, `response` or `event`. */
  readonly kind: string;
  readonly name: string;
  /** Ties an answer to its request, where the version has such an id. */
  readonly id?: string;
}

/** Reads the envelope of a message; nothing where it has none. */
export type EnvelopeReader = (message: Message) => MessageEnvelope | undefined;

/** Tells if an answer to a handshake is one that opens a WebSocket, and wrong. */
export const isWrongHandshake = (event: WireEvent): boolean => event.type === "error" && event.handshake === true;

/** Tells if a handshake alone had no answer, and not those around it. */
export const isLostHandshake = (event: WireEvent): event is WireEvent & { type: "timeout" } =>
  event.type === "timeout" && event.lost === true;

/** Tells if the handshake of a connection alone had no answer. */
export const wasLost = ({ events }: Pick<Transcript, "events">): boolean => events.some(isLostHandshake);

/** Tells if a JSON value is an object. */
export function isObject(value: unknown): value is Message {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A JSON object and its index in the transcript. */
export interface Placed {
  readonly index: number;
  readonly message: Message;
}

interface MessagesSoFar {
  upTo: number;
  readonly client: Placed[];
  readonly server: Placed[];
}

const soFar = new WeakMap<Transcript, MessagesSoFar>();

/** The JSON objects that one side has sent so far. Each event is read once, however often one asks. */
export function messages(transcript: Transcript, from: Side): readonly Placed[] {
  const { events } = transcript;
  const found = soFar.get(transcript) ?? { upTo: 0, client: [], server: [] };
  soFar.set(transcript, found);
  for (; found.upTo < events.length; found.upTo++) {
    const event = events[found.upTo] as WireEvent;
    const message = json(event);
    if (isObject(message)) found[event.from].push({ index: found.upTo, message });
  }
  return found[from];
}

/** The JSON objects that the server has sent on a connection so far. */
export const heard = ({ transcript }: { readonly transcript: Transcript }): Message[] =>
  messages(transcript, "server").map(({ message }) => message);

/** Tells if an event is the 101 of the server, which opens the WebSocket. */
export const isOpening = (event: WireEvent): boolean =>
  event.from === "server" && event.type === "upgrade" && event.code === 101;

/** Tells if an event is a message, with any content. */
export const isMessage = ({ type }: WireEvent): boolean => type === "text" || type === "binary";

/** Tells if the server ends the connection with an event: its close frame, or the end of TCP. */
export const isServerEnd = ({ from, type }: WireEvent): boolean =>
  from === "server" && (type === "close" || type === "end");

/** Tells if a client loses its connection with an event: the server ends it, or an error does, such as a reset. */
export const isLoss = (event: WireEvent): boolean => isServerEnd(event) || event.type === "error";

/** Tells if the client does: its close frame, or the end of TCP. */
export const isClientEnd = ({ from, type }: WireEvent): boolean =>
  from === "client" && (type === "close" || type === "end");

/** Tells if the server breaks RFC 6455 with an event. */
export const isBreach = ({ from, type }: WireEvent): boolean => from === "server" && type === "violation";

/** Tells if the suite broke RFC 6455. The WebSocket library of a server decides how it takes that. */
export const isProvocation = ({ from, type }: WireEvent): boolean => from === "client" && type === "violation";

/**
 * Tells if an event excuses a later breach of RFC 6455: the suite broke it first, or closed the connection, and a close frame answered
 * that.
 */
export const isExcuse = (event: WireEvent): boolean =>
  isProvocation(event) || (event.from === "client" && event.type === "close" && event.by === undefined);

/** Tells if the server broke RFC 6455 with an event of a connection, and nothing before excuses that. */
export const isUnprovoked = (event: WireEvent, index: number, all: readonly WireEvent[]): boolean =>
  isBreach(event) && !all.slice(0, index).some(isExcuse);

/** Tells if an event says that a bound of the suite was hit. */
export const hitsBound = ({ type }: WireEvent): boolean => type === "limit";

/** Tells if an event is the end of a connection by a reset. */
export const isReset = (event: WireEvent): boolean => event.type === "end" && event.reset === true;

/** Tells if the server has ended a connection. */
export const isEnded = ({ transcript }: { readonly transcript: Transcript }): boolean =>
  transcript.events.some(isServerEnd);
