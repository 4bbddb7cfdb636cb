import { EventEmitter } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import websocket, { type connection as Connection } from "websocket";
import type { Running } from "../libraries.ts";
import { bucket } from "../limiting.ts";
import { type Done, orders, type Player, type Players, selfOfPlayer } from "./players.ts";

/** A lobby of the tests and the tokens of its users. */
export interface Lobby extends Running {
  readonly tokens: readonly string[];
  /** The number of connections that it ended, by the reason that it gave. */
  readonly ended: ReadonlyMap<string, number>;
}

/** The bugs that a lobby can have. */
export interface Bugs {
  /** Changes what it sends. */
  edit?(message: Readonly<Record<string, unknown>>, player: Player): object;
  /** The command of which it takes requests whose data is not as it must be. */
  readonly believes?: string;
  /** Called when a client sends what is no message. */
  malformed?(players: Players): void;
  /** Called when a client has asked to be disconnected. */
  leaves?(players: Players): void;
}

/** The sort of a lobby. */
interface LobbyOptions {
  readonly users: number;
  /** The messages a second that a client may send, and how many at once. */
  readonly rate?: number;
  readonly burst?: number;
  readonly bugs?: Bugs;
  /** It refuses a second connection of a user, instead of ending the first. */
  readonly refuses?: boolean;
}

/** The times after which it answers, in turn, in ms. */
const SLOW = [3, 17, 6, 28, 11] as const;

const PATH = "/tachyon";
const VERSION = /^v0(\.(\d+))?\.tachyon$/;
const KINDS = ["request", "response", "event"];

const REASONS = {
  another: "you connected from somewhere else",
  rate: "rate limit",
  binary: "text only, please",
} as const;

/**
 * Starts a lobby as real ones are: each user has one connection, a second one ends the first; who sends too much is thrown out; and
 * answers take their time, so that they come in any order. It stands on the library `websocket`.
 */
export async function startLobby({
  users,
  rate = 10,
  burst = 20,
  bugs = {},
  refuses = false,
}: LobbyOptions): Promise<Lobby> {
  const players = playersNamed(users);
  const ended = new Map<string, number>();
  const end = (connection: Connection, code: number, reason: string) => {
    if (!connection.connected) return;
    ended.set(reason, (ended.get(reason) ?? 0) + 1);
    connection.close(code, reason);
  };
  const gate = new EventEmitter();
  const webSockets = new websocket.server({
    httpServer: gate as never,
    autoAcceptConnections: false,
    keepaliveInterval: 8_000,
    maxReceivedFrameSize: 1 << 20,
  });
  webSockets.on("request", (request) => {
    const player = playerOf(request.httpRequest, players);
    const version = versionOf(request.httpRequest);
    if (!player || version === undefined) return request.reject(400);
    serve(request.accept(version), player, { players, bugs, end, mayPass: bucket(rate, burst) });
  });

  const listening = await listen((request, socket, head) => {
    const isThere = refuses && playerOf(request, players)?.seat;
    const refusal = refusalOf(request, players) ?? (isThere ? "409 Conflict" : undefined);
    if (refusal === undefined) gate.emit("upgrade", request, socket, head);
    else socket.end(`HTTP/1.1 ${refusal}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
  });
  return { ...listening, tokens: Array.from(players.values(), ({ token }) => token), ended };
}

const playersNamed = (users: number): Players =>
  new Map(
    Array.from({ length: users }, (_, i): [string, Player] => {
      const [id, name] = [`u-${i + 1}`, `player${i + 1}`];
      return [id, { id, name, token: `${name}-token`, friends: new Map(), suitors: new Map() }];
    }),
  );

/** Listens for those who ask for a WebSocket. Who asks for anything else finds nothing. */
async function listen(
  onUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void,
): Promise<Pick<Lobby, "url" | "close">> {
  const server = createServer((_, response) => response.writeHead(404, { connection: "close" }).end("nothing here"));
  const sockets = new Set<Duplex>();
  server.on("connection", (socket: Duplex) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", () => {});
    onUpgrade(request, socket, head);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}${PATH}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

const tokenIn = ({ headersDistinct: { authorization = [] } }: IncomingMessage) =>
  authorization.length === 1 ? /^bearer +(\S+)$/i.exec(authorization[0] ?? "")?.[1] : undefined;

function playerOf(request: IncomingMessage, players: Players): Player | undefined {
  const token = tokenIn(request);
  return [...players.values()].find((it) => it.token === token);
}

/** The version that a client and the lobby talk: the highest minor. */
const versionOf = ({ headers }: IncomingMessage): string | undefined =>
  (headers["sec-websocket-protocol"] ?? "")
    .split(/\s*,\s*/)
    .filter((it) => VERSION.test(it))
    .toSorted((a, b) => minorOf(b) - minorOf(a))[0];

const minorOf = (version: string) => Number(VERSION.exec(version)?.[2] ?? 0);

/** The status and headers with which a client gets no WebSocket, if so. */
function refusalOf(request: IncomingMessage, players: Players): string | undefined {
  if (request.url?.split("?")[0] !== PATH) return "404 Not Found";
  if (request.method !== "GET") return "405 Method Not Allowed";
  if (request.headers.authorization === undefined) return "401 Unauthorized\r\nWWW-Authenticate: Bearer";
  if (!playerOf(request, players)) return '401 Unauthorized\r\nWWW-Authenticate: Bearer error="invalid_token"';
  return versionOf(request) === undefined ? "400 Bad Request" : undefined;
}

interface Surroundings {
  readonly players: Players;
  readonly bugs: Bugs;
  readonly end: (connection: Connection, code: number, reason: string) => void;
  /** Counts a message, and tells if it is not one too many. */
  readonly mayPass: (inside: number) => boolean;
}

/** Serves a user until the connection is over. */
function serve(connection: Connection, player: Player, { players, bugs, end, mayPass }: Surroundings): void {
  let count = 0;
  const say = (message: Readonly<Record<string, unknown>>) => {
    if (connection.connected) connection.sendUTF(JSON.stringify(bugs.edit?.(message, player) ?? message));
  };
  const seat = {
    watches: new Set<string>(),
    listens: false,
    tell(commandId: string, data: object) {
      count += 1;
      say({ data, commandId, messageId: `${player.id}/${count}`, type: "event" });
    },
    close: (code: number, reason: string) => end(connection, code, reason),
  };
  player.seat?.close(1008, REASONS.another);
  player.seat = seat;
  seat.tell("user/self", selfOfPlayer(player, players));
  connection.on("error", () => {});
  connection.on("close", () => {
    if (player.seat === seat) player.seat = undefined;
  });
  connection.on("message", (message) => {
    if (!connection.connected || player.seat !== seat) return;
    if (!mayPass(0)) return end(connection, 1008, REASONS.rate);
    if (message.type === "binary") return end(connection, 1003, REASONS.binary);
    const request = read(message.utf8Data);
    if (typeof request === "string") {
      end(connection, 1008, request);
      return bugs.malformed?.(players);
    }
    if (request.type === "request") setTimeout(() => answer(request), SLOW[count++ % SLOW.length]);
  });
  const answer = ({ messageId, commandId, data }: Request) => {
    if (player.seat !== seat) return;
    const done = carryOut(commandId, data, player, { players, bugs });
    const head = { commandId, messageId, type: "response" };
    if (typeof done === "string") return say({ details: `no: ${done}`, reason: done, status: "failed", ...head });
    say({ ...(done.data && { data: done.data }), status: "success", ...head });
    done.next?.();
    if (commandId === "system/disconnect") bugs.leaves?.(players);
  };
}

/** Carries out a request. Returns why it fails, if it does. */
function carryOut(
  commandId: string,
  data: unknown,
  player: Player,
  { players, bugs }: Pick<Surroundings, "players" | "bugs">,
): Done {
  const order = Object.hasOwn(orders, commandId) ? orders[commandId] : undefined;
  if (!order) return "command_unimplemented";
  if (order.takes(data)) return order.does(Object(data), player, players);
  return bugs.believes === commandId ? {} : "invalid_request";
}

interface Request {
  readonly type: string;
  readonly messageId: string;
  readonly commandId: string;
  readonly data?: unknown;
}

/** Reads a message, or says why it is none. */
function read(text: string): Request | string {
  try {
    const { type, messageId, commandId, data } = Object(JSON.parse(text));
    if (!KINDS.includes(type)) return "unknown type";
    if (typeof messageId !== "string" || typeof commandId !== "string") return "no messageId or no commandId";
    return { type, messageId, commandId, data };
  } catch {
    return "not JSON";
  }
}
