import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { type RawData, type WebSocket, WebSocketServer } from "ws";
import type { RunningServer, ServeOptions } from "../../../harness/protocol.ts";
import { version } from "../../../schemas/0.1.7/index.ts";
import { type Behaviour, type Client, conforming, REQUEST } from "./behaviour.ts";
import { faultNamed } from "./faults/index.ts";

/** Starts a Tachyon server that does what the protocol asks, and nothing else; or one with a fault. */
export async function serveReference({
  host = "127.0.0.1",
  port = 0,
  fault,
}: ServeOptions = {}): Promise<RunningServer> {
  const everybody = new Set<Client>();
  const normal = conforming(version, everybody);
  const behaviour: Behaviour = { ...normal, ...(fault === undefined ? {} : faultNamed(fault).change(normal)) };

  const webSockets = new WebSocketServer({ ...behaviour.webSocket, noServer: true });
  webSockets.on("headers", (lines, request) => behaviour.handshake(lines, request));
  const server = createServer((request, response) => behaviour.http(request, response));
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    behaviour.connection(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.on("clientError", (_, socket) => {
    behaviour.unreadable(socket);
    if (socket.writable) socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
    else socket.destroy();
  });
  server.on("upgrade", (request, socket, head) => {
    socket.on("error", () => {}); // A client that resets its connection.
    const tcp = behaviour.upgrade(request, socket);
    if (tcp.writableEnded) return;
    webSockets.handleUpgrade(request, tcp, head, (socket) => welcome(socket, request, everybody, behaviour));
  });

  server.listen(port, host);
  await once(server, "listening");
  const { address, family, port: bound } = server.address() as AddressInfo;
  return {
    url: `ws://${family === "IPv6" ? `[${address}]` : address}:${bound}`,
    close: () => close(server, sockets),
  };
}

function welcome(socket: WebSocket, request: IncomingMessage, everybody: Set<Client>, behaviour: Behaviour): void {
  const client = clientOf(socket, request, everybody);
  everybody.add(client);
  socket.on("error", () => behaviour.violated(client));
  socket.on("close", (code) => {
    everybody.delete(client);
    behaviour.gone(client, code);
  });
  socket.on("message", (data: RawData, binary) => {
    if (!everybody.has(client)) return;
    const text = data.toString();
    if (behaviour.read(text, binary, client) === REQUEST) behaviour.disconnect(client);
    else behaviour.malformed(client, text, binary);
  });
  request.socket.cork(); // One segment for all that is said at once: a client that leaves when it is greeted has all of it.
  behaviour.greet(client, behaviour.parity(client.version));
  request.socket.uncork();
}

function clientOf(socket: WebSocket, request: IncomingMessage, everybody: Set<Client>): Client {
  const query = request.url?.split("?").slice(1).join("?") ?? "";
  const client: Client = {
    version: new URLSearchParams(query).get("tachyonVersion"),
    query,
    request,
    get open() {
      return socket.readyState === socket.OPEN;
    },
    say(message, { binary = false } = {}) {
      if (socket.readyState === socket.OPEN)
        socket.send(typeof message === "string" ? message : JSON.stringify(message), { binary });
    },
    leave(code) {
      everybody.delete(client);
      socket.close(code);
    },
    hang: () => void everybody.delete(client),
    drop() {
      everybody.delete(client);
      socket.terminate();
    },
  };
  return client;
}

async function close(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  const closed = once(server, "close");
  server.close();
  for (const socket of sockets) socket.destroy();
  await closed;
}
