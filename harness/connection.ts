import type { Socket } from "node:net";
import { WebSocket } from "ws";
import { LIMITS } from "./bounds.ts";
import { closed, type Deed, type Outgoing, payloadOf, RESET, said, type Written, written } from "./deeds.ts";
import { listen, type State } from "./listen.ts";
import type { Nothing } from "./nothing.ts";
import { type Pace, UNPACED } from "./pace.ts";
import { HANDSHAKE } from "./patience.ts";
import { type Ending, ended, reader, type Wanted } from "./reading.ts";
import { type Recorder, recorder } from "./recorder.ts";
import { type Shared, young } from "./shared.ts";
import { inSegments, reset } from "./tcp.ts";
import type { EnvelopeReader, Message, Transcript } from "./transcript.ts";
import { ask, type Handshake, NO_ANSWER } from "./upgrade.ts";

export type { Outgoing };

/** The ways to open a connection. */
export interface ConnectionOptions {
  /** The purpose of the connection, in a case with several. */
  readonly name?: string | undefined;
  /** It does what the case is about. */
  readonly acts?: boolean;
  readonly headers: Readonly<Record<string, string>>;
  /** They hold no credential. */
  readonly anonymous?: boolean;
  readonly handshake?: Handshake | undefined;
  /** The pace of the run does not hold here. */
  readonly unpaced?: boolean | undefined;
  /** PEM certificates to trust instead of the system's. */
  readonly ca?: string | undefined;
  /** Accept any certificate. */
  readonly insecure?: boolean | undefined;
  /** Called when a wait turns out to be one for the network. */
  readonly idle: () => void;
  /** Called when the TCP connection has ended. */
  readonly left?: () => void;
  /** The part of the protocol that a connection needs. */
  readonly protocol: { readonly subprotocols: readonly string[]; readonly envelope: EnvelopeReader };
}

/** One connection to the target. All that happens on it is in its transcript. */
export interface Connection {
  readonly transcript: Transcript;
  /** The transcript by which rules judge, where a case sees only a part of what happened. */
  readonly judged?: Transcript;
  /** The WebSocket handshake succeeded. */
  readonly opened: boolean;
  /** The reason why it did not: `ECONNREFUSED`, `HTTP 401`, … */
  readonly failure: string | undefined;
  /** Sends messages, all in one TCP segment where they fit and the pace allows. Does nothing on a connection that is over. */
  send(...outgoing: readonly Outgoing[]): void;
  /**
   * Writes bytes as they are, each part in a TCP segment of its own; `what` is what they are, as it stands in the transcript:
   * a `violation` where they break RFC 6455, nothing where they belong to what stands there. Does nothing on a connection that
   * is over.
   */
  write(what: Written | undefined, ...parts: readonly Uint8Array[]): Promise<void>;
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
  /** Reads no further: nothing that the server sends is answered, its close frame neither. */
  ignore(): void;
  /** Closes the connection and freezes its transcript. */
  finish(): void;
  /** Drops the transcript, once it is judged. */
  forget(): void;
}

/** Opens a connection. A handshake that fails is no exception but a connection that did not open. */
export async function connect(url: URL, options: ConnectionOptions, shared: Shared): Promise<Connection> {
  await shared.limits.turn();
  const log = recorder(shared, options.idle, () => wire.socket.terminate());
  const wire = open(url, options, log);
  const { socket } = wire;
  const state = listen(socket, log, () => wire.writing, options.handshake?.body);
  const destroy = () => socket.terminate();
  const pace = options.unpaced ? UNPACED : shared.pacing.pace();
  shared.sockets.add(destroy);
  const grown = young(shared);
  socket.once("close", () => {
    grown();
    pace.drop();
    shared.sockets.delete(destroy);
    shared.limits.left();
    options.left?.();
  });
  await answered(state, wire, log, options.handshake);
  return connectionOf(url, options, { state, wire, log, pace });
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

/** Begins to open a WebSocket. */
function open(url: URL, { protocol, headers, ca, insecure, handshake }: ConnectionOptions, log: Recorder): Wire {
  const below: Omit<Wire, "socket"> = { tcp: undefined, asked: undefined, writing: Promise.resolve() };
  const socket = new WebSocket(url, [...protocol.subprotocols], {
    headers,
    ...(ca === undefined ? {} : { ca }),
    rejectUnauthorized: !insecure,
    perMessageDeflate: handshake?.deflate ? { threshold: 0 } : false,
    autoPong: false,
    maxPayload: LIMITS.message,
    maxFragments: LIMITS.fragments,
    maxHeaderSize: LIMITS.head,
    finishRequest(request) {
      request.once("socket", (it) => {
        below.tcp = it;
      });
      below.asked = ask(request, log, handshake);
    },
  });
  return Object.assign(below, { socket });
}

/** Waits for the answer to a handshake; the server has its time for it once all is sent. */
async function answered(state: State, { socket, asked }: Wire, log: Recorder, how: Handshake | undefined) {
  if (how?.half || how?.bytewise) await asked;
  if (how?.half) return;
  await log.wait(HANDSHAKE, () => state.opened || undefined);
  if (state.opened || log.over) return;
  state.failure = NO_ANSWER;
  log.end();
  socket.terminate();
}

/** The parts of a connection. */
export interface Parts {
  readonly state: State;
  readonly wire: Wire;
  readonly log: Recorder;
  readonly pace: Pace;
}

/** A connection of which the handshake is over. */
export function connectionOf(
  url: URL,
  {
    name,
    acts,
    anonymous,
    protocol,
    idle,
  }: Pick<ConnectionOptions, "name" | "acts" | "anonymous" | "protocol" | "idle">,
  { state, wire, log, pace }: Parts,
): Connection {
  const { socket, tcp } = wire;
  const transcript: Transcript & { unsent?: number } = {
    url: url.href,
    ...(name !== undefined && { name }),
    ...(acts && { acts }),
    ...(anonymous && { anonymous }),
    events: log.events,
  };
  let [ignoring, finished] = [false, false];
  const isOpen = () => socket.readyState === WebSocket.OPEN;
  /** Notes that a case does something. On a connection that is over it is only counted. */
  const note = (deed: Deed, can = isOpen()) => {
    const noted = can && log.record(deed) !== undefined;
    if (!noted && !finished) transcript.unsent = (transcript.unsent ?? 0) + 1;
    return noted;
  };
  /** Waits once all has gone out that the pace holds back. */
  const wait: Recorder["wait"] = (...how) => {
    if (!pace.pending) return log.wait(...how);
    idle();
    return pace.pending.then(() => log.wait(...how));
  };
  return {
    transcript,
    ...state,
    wait,
    async quiet(ms) {
      await wait("the end of a silence", () => log.over || undefined, { exactly: ms });
    },
    next: reader({ events: log.events, wait }, protocol.envelope),
    closed: () => wait("the end of the connection", () => (log.over ? ended(log) : undefined)),
    send(...outgoing) {
      for (const some of pace.bursts(outgoing))
        pace.act(some.length, () => {
          tcp?.cork();
          for (const it of some) if (note(said(it))) socket.send(payloadOf(it));
          tcp?.uncork();
        });
    },
    async write(what, ...parts) {
      pace.act(what && what.type !== "ping" ? 1 : 0, () => {
        if (what ? !note(written(what), isOpen() && tcp !== undefined) : !isOpen()) return;
        if (tcp) wire.writing = wire.writing.then(() => inSegments(tcp, parts));
      });
      if (pace.pending) await pace.pending;
      await wire.writing;
    },
    close(code, reason = "") {
      pace.act(0, () => {
        if (note(closed(code, reason))) socket.close(code, reason);
      });
    },
    reset() {
      pace.act(0, () => {
        note(RESET, true);
        log.end();
        if (tcp) reset(tcp);
      });
    },
    ignore() {
      pace.act(0, () => {
        ignoring = true;
        tcp?.pause();
      });
    },
    finish() {
      pace.drop();
      if (isOpen() && !ignoring) {
        log.record({ ...closed(1000, ""), by: "suite" });
        socket.close(1000);
      } else if (!log.over) socket.terminate();
      log.freeze();
      finished = true;
    },
    forget: () => log.forget(tcp?.bytesRead ?? 0),
  };
}
