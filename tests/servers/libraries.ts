import { EventEmitter } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import FayeWebSocket from "faye-websocket";
import websocket from "websocket";
import { type ServerOptions, WebSocketServer } from "ws";
import type { Tachyon } from "./tachyon.ts";

/** A server that runs. */
export interface Running {
  readonly url: string;
  close(): Promise<void>;
  /** Listens no more for so many ms, as while it starts again. */
  away?(ms: number): void;
  /** Does the same, and ends all connections. */
  crash?(ms: number): void;
}

type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** Starts a Tachyon server on `ws`. `headers` changes the lines of its 101. */
export function onWs(
  tachyon: Tachyon,
  options: ServerOptions = {},
  headers: (lines: string[]) => void = () => {},
): Promise<Running> {
  const server = new WebSocketServer({ ...options, noServer: true });
  server.on("headers", headers);
  return listen((request, socket, head) =>
    server.handleUpgrade(request, socket, head, (ws) => {
      const served = tachyon({
        query: queryOf(request.url),
        say: (text) => ws.send(text, () => {}),
        close: (code, reason) => ws.close(code, reason),
        drop: () => ws.terminate(),
      });
      ws.on("error", () => {}); // A client that breaks WebSocket: ws ends the connection by itself.
      ws.on("message", (data, binary) => served.message(String(data), binary));
      ws.on("close", served.gone);
    }),
  );
}

/** Starts a Tachyon server on `websocket`. */
export function onWebSocketNode(tachyon: Tachyon): Promise<Running> {
  const gate = new EventEmitter();
  const server = new websocket.server({ httpServer: gate as never, autoAcceptConnections: false });
  server.on("request", (request) => {
    const connection = request.accept(request.requestedProtocols[0]);
    const served = tachyon({
      query: queryOf(request.resource),
      say: (text) => connection.sendUTF(text),
      close: (code = 1000, reason) => connection.close(code, reason),
      drop: () => connection.socket.destroy(),
    });
    connection.on("message", (message) =>
      message.type === "utf8"
        ? served.message(message.utf8Data, false)
        : served.message(message.binaryData.toString(), true),
    );
    connection.on("error", () => {});
    connection.on("close", served.gone);
  });
  return listen((request, socket, head) => gate.emit("upgrade", request, socket, head));
}

/** Starts a Tachyon server on `faye-websocket`. */
export function onFaye(tachyon: Tachyon): Promise<Running> {
  return listen((request, socket, head) => {
    if (!FayeWebSocket.isWebSocket(request)) return void socket.end("HTTP/1.1 400 No\r\nConnection: close\r\n\r\n");
    const faye = new FayeWebSocket(request, socket, head);
    // Its handshake is written a tick later. Earlier data waits for it.
    const served = tachyon({
      query: queryOf(request.url),
      say: (text) => faye.send(text),
      close: (code, reason) => faye.close(code, reason),
      drop: () => socket.destroy(),
    });
    faye.on("message", ({ data }: { data: string | Buffer }) => served.message(String(data), typeof data !== "string"));
    faye.on("close", served.gone);
  });
}

/** Starts an HTTP server that hands over clients that want a WebSocket, and refuses all others. */
async function listen(upgrade: Upgrade): Promise<Running> {
  const sockets = new Set<Duplex>();
  const server = createServer((_request, response) => response.writeHead(426).end());
  server.on("connection", (socket: Duplex) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.on("upgrade", (request, socket, head) => {
    socket.on("error", () => {}); // A reset: "close" follows.
    try {
      upgrade(request, socket, head);
    } catch {
      socket.destroy(); // A library that throws at an odd request must not take the process with it.
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  let back: ReturnType<typeof setTimeout> | undefined;
  const away = (ms: number) => {
    server.close();
    back = setTimeout(() => server.listen(port, "127.0.0.1"), ms);
  };
  return {
    url: `ws://127.0.0.1:${port}`,
    away,
    crash(ms) {
      away(ms);
      for (const socket of sockets) socket.destroy();
    },
    close: () =>
      new Promise((resolve) => {
        clearTimeout(back);
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

const queryOf = (url = "") => url.split("?").slice(1).join("?");
