import type { Socket } from "node:net";
import type { WebSocket } from "ws";
import { closeFrame, type Deed, END, type Outgoing, payloadOf, said, type Written, written } from "./deeds.ts";
import { type Ending, ended } from "./ending.ts";
import type { Failure } from "./failure.ts";
import type { Nothing } from "./nothing.ts";
import type { Pace } from "./pace.ts";
import { reader, type Wanted } from "./reader.ts";
import type { Recorder } from "./recorder.ts";
import type { HandshakeState } from "./socket-events.ts";
import { inSegments, reset, type Segment } from "./tcp.ts";
import type { EnvelopeReader, Message, Transcript } from "./transcript.ts";
import { END_OF_CONNECTION, END_OF_SILENCE } from "./waited.ts";

/** One connection to the target. All that happens on it is in its transcript. */
export interface Connection {
  readonly transcript: Transcript;
  /** The transcript by which rules judge, if a case sees only a part of it. */
  readonly judged?: Transcript;
  /** The WebSocket handshake succeeded. */
  readonly opened: boolean;
  /** The reason why it did not. */
  readonly failure: Failure | undefined;
  /** Sends messages, all in one TCP segment where they fit and the pace allows. Does nothing on a connection that is over. */
  send(...outgoing: readonly Outgoing[]): void;
  /**
   * Writes bytes as they are, each part in a TCP segment of its own, a number being a pause in ms; `what` names them in the transcript: a
   * `violation` if they break RFC 6455, nothing if they belong to what stands there. Does nothing on a connection that is over.
   */
  write(what: Written | undefined, ...parts: readonly Segment[]): Promise<void>;
  /** The first message not yet taken that is wanted; `what` says in words what is awaited. */
  next(wanted: Wanted, what?: string): Promise<Message | Nothing>;
  /** The end of the connection by the server. */
  closed(): Promise<Ending | Nothing>;
  /** Waits for what the transcript shows. */
  wait: Recorder["wait"];
  /** Waits for so many ms, or until the connection is over. */
  quiet(ms: number): Promise<void>;
  /** Sends a close frame, without a code an empty one. A reason is at most 123 bytes long. */
  close(code?: number, reason?: string): void;
  /** Resets the TCP connection. */
  reset(): void;
  /** Ends the TCP connection as a process does that is over: no close frame, and no reset. */
  hangUp(): void;
  /** Reads no further: nothing that the server sends is answered, its close frame neither. */
  ignore(): void;
  /** Closes the connection and freezes its transcript. */
  finish(): void;
  /** Drops the transcript, once it is judged. */
  forget(): void;
}

/** A WebSocket and the TCP connection below it. */
export interface Wire {
  readonly socket: WebSocket;
  tcp: Socket | undefined;
  /** Settles once the request for a WebSocket is sent. */
  asked: Promise<void> | undefined;
  /** Settles once all bytes that a case wrote by itself are sent. */
  writing: Promise<void>;
}

/** The parts of a connection. */
interface Parts {
  readonly state: HandshakeState;
  readonly wire: Wire;
  readonly log: Recorder;
  readonly pace: Pace;
}

/** The purpose of a connection, and the part of the protocol that it needs. */
interface Purpose {
  readonly name?: string | undefined;
  readonly acts?: boolean;
  readonly anonymous?: boolean;
  /** Called when a wait turns out to be one for the network. */
  readonly idle: () => void;
  readonly protocol: { readonly envelope: EnvelopeReader };
}

/** The client's side of a connection. */
interface Client extends Parts {
  readonly idle: () => void;
  readonly transcript: Transcript & { unsent?: number };
  /** It reads no further. */
  ignores: boolean;
  finished: boolean;
}

/** A connection of which the handshake is over. */
export function connectionOf(url: URL, { name, acts, anonymous, protocol, idle }: Purpose, parts: Parts): Connection {
  const { log, pace, state, wire } = parts;
  const { tcp } = wire;
  const transcript: Client["transcript"] = {
    url: url.href,
    ...(name !== undefined && { name }),
    ...(acts && { acts }),
    ...(anonymous && { anonymous }),
    events: log.events,
  };
  const client: Client = { ...parts, idle, transcript, ignores: false, finished: false };
  return {
    transcript,
    ...state,
    ...waitingOf(client, protocol.envelope),
    send: (...outgoing) => send(client, outgoing),
    write: (what, ...bytes) => write(client, what, bytes),
    close: (code, reason = "") => pace.act(0, () => close(client, code, reason)),
    reset: () => pace.act(0, () => leave(client, reset)),
    hangUp: () => pace.act(0, () => leave(client, (it) => it.end())),
    ignore() {
      pace.act(0, () => {
        client.ignores = true;
        tcp?.pause();
      });
    },
    finish: () => finish(client),
    forget: () => log.forget(tcp?.bytesRead ?? 0),
  };
}

/** The ways in which a client waits: once all has gone out that the pace holds back. */
function waitingOf(
  { idle, log, pace }: Client,
  envelope: EnvelopeReader,
): Pick<Connection, "wait" | "next" | "closed" | "quiet"> {
  const wait: Recorder["wait"] = (...how) => {
    if (!pace.pending) return log.wait(...how);
    idle();
    return pace.pending.then(() => log.wait(...how));
  };
  return {
    wait,
    next: reader({ events: log.events, wait }, envelope),
    closed: () => wait(END_OF_CONNECTION, () => (log.over ? ended(log) : undefined)),
    async quiet(ms) {
      await wait(END_OF_SILENCE, () => log.over || undefined, { exactly: ms });
    },
  };
}

const isOpen = ({ wire: { socket } }: Client) => socket.readyState === socket.OPEN;

/** Notes that a client does something. On a connection that is over it is only counted. */
function note(client: Client, deed: Deed, can = isOpen(client)): boolean {
  const { finished, log, transcript } = client;
  const noted = can && log.record(deed) !== undefined;
  if (!noted && !finished) transcript.unsent = (transcript.unsent ?? 0) + 1;
  return noted;
}

function send(client: Client, outgoing: readonly Outgoing[]): void {
  const { pace, wire } = client;
  const { socket, tcp } = wire;
  for (const some of pace.bursts(outgoing))
    pace.act(some.length, () => {
      tcp?.cork();
      for (const it of some) if (note(client, said(it))) socket.send(payloadOf(it));
      tcp?.uncork();
    });
}

async function write(client: Client, what: Written | undefined, bytes: readonly Segment[]): Promise<void> {
  const { pace, wire } = client;
  const { tcp } = wire;
  pace.act(what && what.type !== "ping" ? 1 : 0, () => {
    const pause = bytes.findLastIndex((it) => typeof it === "number");
    if (tcp && pause >= 0) wire.writing = wire.writing.then(() => inParts(client, what, tcp, bytes, pause + 1));
    else if (mayWrite(client, what) && tcp) wire.writing = wire.writing.then(() => inSegments(tcp, bytes));
  });
  if (pace.pending) await pace.pending;
  await wire.writing;
}

/** Notes what a client writes. Tells if it can. */
function mayWrite(client: Client, what: Written | undefined): boolean {
  const can = isOpen(client);
  return what ? note(client, written(what), can && client.wire.tcp !== undefined) : can;
}

/** Writes bytes up to the last pause, and the rest behind it. Only then there is what they are. */
async function inParts(
  client: Client,
  what: Written | undefined,
  tcp: Socket,
  bytes: readonly Segment[],
  rest: number,
): Promise<void> {
  if (isOpen(client)) await inSegments(tcp, bytes.slice(0, rest));
  if (mayWrite(client, what)) await inSegments(tcp, bytes.slice(rest));
}

/** Ends TCP in some way, and listens no further. */
function leave(client: Client, end: (tcp: Socket) => void): void {
  const { log, wire } = client;
  note(client, END, true);
  log.end();
  if (wire.tcp) end(wire.tcp);
}

function close(client: Client, code: number | undefined, reason: string): void {
  if (note(client, closeFrame(code, reason))) client.wire.socket.close(code, reason);
}

/** Closes a connection, and freezes its transcript. */
function finish(client: Client): void {
  const { ignores, log, pace, wire } = client;
  pace.drop();
  if (isOpen(client) && !ignores) {
    log.record({ ...closeFrame(1000, ""), by: "suite" });
    wire.socket.close(1000);
  } else if (!log.over) wire.socket.terminate();
  log.freeze();
  client.finished = true;
}
