import type { Duplex } from "node:stream";
import { type RawData, type WebSocket, WebSocketServer } from "ws";
import type { RunningServer, ServeOptions } from "../../../harness/protocol.ts";
import { faultIn } from "../../websocket/faults.ts";
import { httpHost } from "../../websocket/hosting.ts";
import { SUBPROTOCOL } from "../protocol.ts";
import { type Behaviour, conforming, offeredBy } from "./behaviour.ts";
import { faults } from "./faults/index.ts";
import { answerHttp, PATH, type Refusal } from "./oauth.ts";
import { BOT, type Client, KNOWN, LOBBY, NO_ACCESS, newWorld, type User } from "./world.ts";

/** Starts a Tachyon server that does what the protocol asks; or one with a fault. It keeps all in memory. */
export async function serveReference(options: ServeOptions = {}): Promise<RunningServer> {
  const { fault } = options;
  const clients = new Set<Client>();
  const normal = conforming(newWorld(clients));
  const behaviour: Behaviour = {
    ...normal,
    ...(fault === undefined ? {} : faultIn(faults, fault, ["--protocol", "v0"]).change(normal)),
  };

  const { server, listen } = httpHost({
    ...behaviour,
    http: (request, response) => void answerHttp(request, response, behaviour).catch(() => response.destroy()),
  });
  const webSockets = new WebSocketServer({
    ...behaviour.webSocket,
    noServer: true,
    handleProtocols: (offered) => behaviour.select([...offered]) ?? false,
  });
  webSockets.on("headers", (lines, request) => behaviour.handshake(lines, request));
  server.on("upgrade", (request, socket, head) => {
    socket.on("error", () => {}); // A client that resets its connection.
    const user = behaviour.authorize(request);
    if ("status" in user) return refuse(socket, user);
    if (!behaviour.serves(offeredBy(request))) return refuse(socket, UNOFFERED);
    const tcp = behaviour.upgrade(request, socket);
    if (tcp.writableEnded) return;
    webSockets.handleUpgrade(request, tcp, head, (webSocket) => welcome(webSocket, user, clients, behaviour));
  });

  return {
    ...(await listen(options, PATH)),
    users: KNOWN.map(({ token }) => ({ Authorization: `Bearer ${token}` })),
    keys: { client: { id: BOT.id, secret: BOT.secret }, ...NO_ACCESS },
    notes: NOTES,
  };
}

/** The ways to come in, as `serve` tells them. */
const NOTES: readonly string[] = [
  ...KNOWN.map(({ id, name, token }) => `User ${name} (userId ${id}) has the access token ${token}`),
  `Client ${BOT.id} with the secret ${BOT.secret} gets a token by the grant client_credentials`,
  `Client ${LOBBY.id} gets tokens of users by the grant authorization_code, with PKCE`,
];

const UNOFFERED: Refusal = { status: "400 Bad Request", why: `The subprotocol ${SUBPROTOCOL} was not offered.` };

function refuse(tcp: Duplex, { status, why = status, headers = {} }: Refusal): void {
  const body = `${why}\n`;
  const lines = Object.entries({
    ...headers,
    Connection: "close",
    "Content-Type": "text/plain",
    "Content-Length": String(body.length),
  });
  tcp.end(`HTTP/1.1 ${status}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n${body}`);
}

/** Serves a client until its connection is over. */
function welcome(socket: WebSocket, user: User, clients: Set<Client>, behaviour: Behaviour): void {
  const client = clientOf(socket, user, clients, behaviour);
  clients.add(client);
  let timer: NodeJS.Timeout | undefined;
  const ping = (pings: number) => {
    timer = setTimeout(() => {
      if (socket.readyState === socket.OPEN) socket.ping();
      ping(pings + 1);
    }, behaviour.pause(pings));
  };
  ping(0);
  socket.on("error", () => behaviour.violated(client)); // The library ends its connection.
  socket.on("close", (code) => {
    clearTimeout(timer);
    clients.delete(client);
    behaviour.gone(client, code);
  });
  socket.on("message", (data: RawData, binary) => {
    if (clients.has(client)) take(data.toString(), binary, client, behaviour);
  });
  behaviour.greet(client);
}

/** Does what a message asks for. */
export function take(text: string, binary: boolean, client: Client, behaviour: Behaviour): void {
  const message = behaviour.read(text, binary, client);
  if (typeof message === "string") behaviour.malformed(client, message);
  else if (message.type === "request") {
    const outcome = behaviour.carryOut(message, client);
    if (outcome) behaviour.respond(client, message, outcome);
  } else behaviour.notice(message, client);
}

function clientOf(socket: WebSocket, user: User, clients: Set<Client>, behaviour: Behaviour): Client {
  return {
    user,
    watches: new Set(),
    receives: false,
    get open() {
      return socket.readyState === socket.OPEN;
    },
    say(message) {
      if (socket.readyState !== socket.OPEN) return;
      for (const it of behaviour.edit(message))
        socket.send(typeof it === "string" || it instanceof Buffer ? it : JSON.stringify(it));
    },
    leave(code, reason) {
      clients.delete(this);
      socket.close(code, reason);
    },
    hang() {
      clients.delete(this);
    },
    drop() {
      clients.delete(this);
      socket.terminate();
    },
  };
}
