import type { IncomingMessage } from "node:http";
import { type RawData, type WebSocket, WebSocketServer } from "ws";
import type { RunningServer, ServeOptions } from "../../../harness/protocol.ts";
import { version } from "../../../schemas/0.1.7/index.ts";
import { faultIn } from "../../websocket/faults.ts";
import { httpHost } from "../../websocket/hosting.ts";
import { type Behaviour, type Client, conforming, REQUEST } from "./behaviour.ts";
import { faults } from "./faults/index.ts";

/** Starts a Tachyon server that does what the protocol asks, and nothing else; or one with a fault. */
export async function serveReference(options: ServeOptions = {}): Promise<RunningServer> {
  const { fault } = options;
  const everybody = new Set<Client>();
  const normal = conforming(version, everybody);
  const behaviour: Behaviour = { ...normal, ...(fault === undefined ? {} : faultIn(faults, fault).change(normal)) };

  const webSockets = new WebSocketServer({ ...behaviour.webSocket, noServer: true });
  webSockets.on("headers", (lines, request) => behaviour.handshake(lines, request));
  const { server, listen } = httpHost(behaviour);
  server.on("upgrade", (request, socket, head) => {
    socket.on("error", () => {}); // A client that resets its connection.
    const tcp = behaviour.upgrade(request, socket);
    if (tcp.writableEnded) return;
    webSockets.handleUpgrade(request, tcp, head, (socket) => welcome(socket, request, everybody, behaviour));
  });
  return listen(options);
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
