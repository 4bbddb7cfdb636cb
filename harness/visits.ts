import type { Socket } from "node:net";
import { WebSocket, WebSocketServer } from "ws";
import { absent } from "./absent.ts";
import type { Arrival, Door } from "./arrivals.ts";
import { BOUNDS } from "./bounds.ts";
import { type Connection, connectionOf, type Wire } from "./connection.ts";
import { isForgotten } from "./forgotten.ts";
import { tryTo } from "./judge.ts";
import { UNPACED } from "./pace.ts";
import type { Protocol } from "./protocol.ts";
import { reader } from "./reader.ts";
import { type Recorder, recorder } from "./recorder.ts";
import type { Rule } from "./rule.ts";
import type { ConnectOptions } from "./scenario.ts";
import type { Shared } from "./shared.ts";
import { BETWEEN_LOOKS, sleep } from "./sleep.ts";
import { recordEvents } from "./socket-events.ts";
import type { Target } from "./target.ts";
import type { Transcript, WireEvent } from "./transcript.ts";
import { headerPairs, headLines } from "./upgrade.ts";
import { plural } from "./words.ts";

/** The time that a client has to come again, in timeouts: such clients wait for a while before they do. */
const RETURN = 15;

/** The time between two pings, by which the client sees that the suite is there, in ms. */
const ALIVE = 5_000;

/** A connection on which so much happened is not used for a further case. */
const WORN = BOUNDS.events / 2;

/** The visits of a client that comes by itself. */
export interface Visits {
  /** The reason why no case can run any more: the client did not come in time. */
  readonly missing: string | undefined;
  /** Gives a case the connection that is there, or waits for the client where there is none. */
  visit(options?: ConnectOptions): Promise<Connection>;
  /**
   * Remembers what the last case asked. The result tells, once the case ran again, if the client forgot any of that: it answered what
   * came later on the same connection, and had as long again for the rest.
   */
  remember(): () => Promise<boolean>;
  /** Ends the connection that is there. */
  end(): void;
}

/** A connection of the client, and the cases that had it. */
interface Stay {
  readonly connection: Connection;
  readonly log: Recorder;
  /** A case has it, or had it. */
  used: boolean;
  /** The number of events that earlier cases saw. */
  seen: number;
  /** The earlier events that rules need to judge what follows. */
  remembered: readonly WireEvent[];
  isOpen(): boolean;
  /** Ends it, and says that the client may come again. */
  leave(): void;
}

interface Reception {
  readonly protocol: Protocol;
  readonly target: Target & { readonly door: Door };
  readonly shared: Shared;
  readonly signal?: AbortSignal | undefined;
}

/** Tells if a case can have the connection that is there. */
const isUsable = ({ isOpen, seen, used }: Stay, fresh: boolean): boolean => isOpen() && seen < WORN && !(fresh && used);

/** Makes the visits of the client at a door. */
export function visits(around: Reception): Visits {
  const { protocol, target, shared, signal } = around;
  const accept = acceptor(around);
  const patience = RETURN * shared.timeout;
  let stay: Stay | undefined;
  let part: Connection | undefined;
  let missing: string | undefined;
  /** Accepts the next client that comes in time. One that left while it waited gives way to the next. */
  const arrive = async (): Promise<Stay | undefined> => {
    for (const deadline = shared.clock() + patience; shared.clock() < deadline; ) {
      const arrival = await target.door.next(deadline - shared.clock(), signal);
      const came = arrival && (await accept(arrival));
      if (came || !arrival) return came;
    }
    return undefined;
  };
  return {
    get missing() {
      return missing;
    },
    async visit({ name, fresh = false } = {}) {
      if (stay && !isUsable(stay, fresh)) {
        part?.finish(); // A case that waits for another connection keeps what happened on this one.
        stay.leave();
        stay = undefined;
      }
      stay ??= await arrive();
      part = stay && partOf(stay, protocol, name);
      if (part) return part;
      missing = `the client did not come again within ${patience / 1000} s`;
      return absent(target.url, missing);
    },
    remember() {
      const [then, first] = [stay, part?.transcript.events ?? []];
      return async () => then !== undefined && then === stay && forgot(then, first, around);
    },
    end: () => stay?.leave(),
  };
}

/** Tells if a client forgot a request among the `first` events on a connection. What is only late has the timeout to come. */
async function forgot(stay: Stay, first: readonly WireEvent[], around: Reception): Promise<boolean> {
  const { protocol, shared, signal } = around;
  const from = stay.log.events.indexOf(first.at(-1) as WireEvent) + 1;
  const isOpen = () => stay.isOpen() && isForgotten(first, stay.log.events.slice(from), protocol.envelope);
  for (const end = shared.clock() + shared.timeout; isOpen() && shared.clock() < end; )
    await sleep(BETWEEN_LOOKS, signal);
  return isOpen();
}

/** Returns a function that accepts the WebSocket of a client, and records all that happens on it; nothing if its handshake is wrong. */
function acceptor({ protocol, target, shared }: Reception): (arrival: Arrival) => Promise<Stay | undefined> {
  return async (arrival) => {
    const { tcp, request } = arrival;
    target.secrets?.add(...[request.headers.authorization ?? []].flat());
    const log = recorder(
      shared,
      () => {},
      () => tcp.destroy(),
    );
    const socket = await webSocketOf(arrival, log);
    if (!socket) return undefined;
    const wire: Wire = { socket, tcp: tcp as Socket, asked: undefined, writing: Promise.resolve() };
    const state = recordEvents(socket, log, () => wire.writing);
    state.opened = true;
    const isOpen = () => socket.readyState === WebSocket.OPEN;
    const destroy = () => socket.terminate();
    const alive = setInterval(() => isOpen() && socket.ping(), ALIVE).unref();
    shared.sockets.add(destroy);
    socket.once("close", () => {
      clearInterval(alive);
      shared.sockets.delete(destroy);
    });
    const options = { name: undefined, protocol, idle: () => {} };
    const connection = connectionOf(target.url, options, { state, wire, log, pace: UNPACED });
    const leave = () => {
      if (!log.over) socket.close(1001);
      log.freeze();
      connection.forget();
    };
    return { connection, log, used: false, seen: 0, remembered: [], isOpen, leave };
  };
}

/** Answers the handshake of a client, and records both. Resolves to nothing if it breaks RFC 6455, or the client has left. */
function webSocketOf({ request, tcp, head, subprotocol }: Arrival, log: Recorder): Promise<WebSocket | undefined> {
  const { method, url, httpVersion, rawHeaders } = request;
  const asked = headLines(`${method} ${url} HTTP/${httpVersion}`, headerPairs(rawHeaders));
  log.record({ from: "server", type: "upgrade", data: asked.join("\n") });
  const server = new WebSocketServer({
    noServer: true,
    autoPong: false,
    maxPayload: BOUNDS.message,
    handleProtocols: () => subprotocol ?? false,
  });
  server.on("headers", (lines) => log.record({ from: "client", type: "upgrade", code: 101, data: lines.join("\n") }));
  return new Promise((resolve) => {
    // The library calls back for no client that has sent its end already.
    tcp.once("close", () => resolve(undefined));
    server.on("wsClientError", () => {
      tcp.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
      resolve(undefined);
    });
    server.handleUpgrade(request, tcp, head, resolve);
  });
}

/** The part of a connection that one case sees: all events from now until it is finished. */
function partOf(stay: Stay, { envelope, rules }: Protocol, name: string | undefined): Connection {
  const { connection, log, seen: from } = stay;
  stay.used = true;
  const before = seenBefore(stay);
  let whole: readonly WireEvent[] | undefined;
  const events = () => whole ?? [...before, ...log.events.slice(from)];
  const transcript: Transcript = {
    url: connection.transcript.url,
    ...(name !== undefined && { name }),
    get events() {
      return events();
    },
  };
  let judged: Transcript | undefined;
  return {
    ...connection,
    transcript,
    get judged() {
      return judged ?? transcript;
    },
    next: reader(
      {
        wait: log.wait,
        get events() {
          return events();
        },
      },
      envelope,
    ),
    finish() {
      if (whole) return;
      whole = events();
      judged = { ...connection.transcript, events: [...stay.remembered, ...whole.slice(before.length)] };
      stay.seen = log.events.length;
      stay.remembered = rememberedBy(rules, judged);
    },
    forget() {},
  };
}

/** Returns an event that stands for those of earlier cases, if there were any. */
function seenBefore({ log, seen }: Stay): readonly WireEvent[] {
  const last = log.events[seen - 1];
  return last ? [{ at: last.at, from: "client", type: "cut", data: `${plural(seen, "event")} of earlier cases` }] : [];
}

/** The events of a connection that rules need for what follows, without those that broke a rule: they were told. */
function rememberedBy(rules: readonly Rule[], judged: Transcript): readonly WireEvent[] {
  const told = new Set(rules.flatMap((rule) => tryTo(rule, judged).events ?? []));
  const needed = new Set(rules.flatMap((rule) => rule.needs(judged)));
  const known = judged.events.filter((event) => needed.delete(event) && !told.has(event));
  return [...known, ...[...needed].filter((event) => event !== undefined && !told.has(event))] as readonly WireEvent[];
}
