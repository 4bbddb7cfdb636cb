import { WebSocket } from "ws";
import { BOUNDS } from "./bounds.ts";
import { type Connection, connectionOf, type Wire } from "./connection.ts";
import { NO_ANSWER } from "./failure.ts";
import { UNPACED } from "./pace.ts";
import { type Recorder, recorder } from "./recorder.ts";
import { type Shared, young } from "./shared.ts";
import { type HandshakeState, recordEvents } from "./socket-events.ts";
import { withoutTabs } from "./tcp.ts";
import type { EnvelopeReader } from "./transcript.ts";
import { ask, type Handshake } from "./upgrade.ts";
import { HANDSHAKE } from "./waited.ts";

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
  /** The end of the run: a connection that has its turn after that does not open. */
  readonly signal?: AbortSignal | undefined;
  /** Called when a wait turns out to be one for the network. */
  readonly idle: () => void;
  /** Called when the TCP connection has ended. */
  readonly left?: () => void;
  /** The part of the protocol that a connection needs. */
  readonly protocol: { readonly subprotocols: readonly string[]; readonly envelope: EnvelopeReader };
}

/** Opens a connection. A handshake that fails is no exception but a connection that did not open. */
export async function connect(url: URL, options: ConnectionOptions, shared: Shared): Promise<Connection> {
  await shared.limits.turn(options.signal);
  // The library ends its side of TCP once it has sent a close frame and got one.
  const isClosing = () => wire.socket.readyState === WebSocket.CLOSING && wire.tcp?.writableEnded === true;
  const log = recorder(shared, options.idle, () => wire.socket.terminate(), isClosing);
  const wire = open(url, options, log);
  const { socket } = wire;
  const state = recordEvents(socket, log, () => wire.writing, options.handshake?.body);
  const destroy = () => socket.terminate();
  const pace = options.unpaced ? UNPACED : shared.pacing.pace(options.headers);
  shared.sockets.add(destroy);
  const grown = young(shared);
  socket.once("close", () => {
    grown();
    pace.drop();
    shared.sockets.delete(destroy);
    shared.limits.left();
    options.left?.();
  });
  if (options.signal?.aborted) destroy();
  const asking = { since: shared.clock() };
  shared.attention.asking.add(asking);
  await answered(state, wire, log, options.handshake);
  shared.attention.asking.delete(asking);
  return connectionOf(url, options, { state, wire, log, pace });
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
    maxPayload: BOUNDS.message,
    maxFragments: BOUNDS.fragments,
    maxHeaderSize: BOUNDS.head,
    finishRequest(request) {
      request.once("socket", (it) => {
        below.tcp = it;
        // Nothing more comes from a server that ended its side. It may read no more either, so what is still to be sent would wait for it.
        it.once("end", () => void (it.writableLength > 0 && it.destroy()));
        const leave = withoutTabs(it);
        for (const answer of ["upgrade", "response", "close"]) request.once(answer, leave);
      });
      below.asked = ask(request, log, handshake);
    },
  });
  return Object.assign(below, { socket });
}

/** Waits for the answer to a handshake; the server has its time for it once all is sent. */
async function answered(state: HandshakeState, wire: Wire, log: Recorder, how: Handshake | undefined) {
  if (how?.half || how?.bytewise) await wire.asked;
  if (how?.half) return;
  const reached = () => wire.tcp?.connecting === false;
  await log.wait(HANDSHAKE, () => state.opened || undefined, { odd: how?.ask !== undefined, reached });
  if (state.opened || log.over) return;
  state.failure = { code: NO_ANSWER };
  log.end();
  wire.socket.terminate();
}
