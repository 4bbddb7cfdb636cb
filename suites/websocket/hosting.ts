import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { ServerOptions } from "ws";
import { urlAt } from "../../harness/place.ts";
import type { RunningServer, ServeOptions } from "../../harness/protocol.ts";

/** The decisions of a reference server below its protocol: HTTP, TCP and the WebSocket library. */
export interface Hosting {
  /** The options of the WebSocket library. */
  readonly webSocket: ServerOptions;
  /** A TCP connection is there. */
  connection(tcp: Socket): void;
  /** Answers bytes that are no HTTP request, or too long for one. */
  unreadable(tcp: Duplex): void;
  /** Answers a request that asks for no WebSocket. */
  http(request: IncomingMessage, response: ServerResponse): void;
  /** May look at or change the request for a WebSocket and its TCP connection; ends it to refuse it. */
  upgrade(request: IncomingMessage, tcp: Duplex): Duplex;
  /** May change the lines of the 101. */
  handshake(lines: string[], request: IncomingMessage): void;
}

/** The largest message that is read, in bytes. */
const MAX_PAYLOAD = 16 << 20;

/** Opens WebSockets by RFC 6455, and answers other requests with 426. */
export const hosting: Hosting = {
  webSocket: { maxPayload: MAX_PAYLOAD },
  connection() {},
  unreadable() {},
  http: (_, response) =>
    void response
      .writeHead(426, { upgrade: "websocket", connection: "close", "content-type": "text/plain" })
      .end("Connect by WebSocket.\n"),
  upgrade: (_, tcp) => tcp,
  handshake() {},
};

/** The answer to a handshake that is refused. */
export const BAD_REQUEST = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n";

/** An HTTP server that ends all its connections when it closes. */
interface HttpHost {
  readonly server: Server;
  /** Listens, and resolves to the url of this path. */
  listen(options: ServeOptions, path?: string): Promise<RunningServer>;
}

/** Makes an HTTP server that decides as it is told to. */
export function httpHost({ http, connection, unreadable }: Hosting): HttpHost {
  const server = createServer(http);
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    connection(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.on("clientError", (_, socket) => {
    unreadable(socket);
    if (socket.writable) socket.end(BAD_REQUEST);
    else socket.destroy();
  });
  return {
    server,
    async listen({ host = "127.0.0.1", port = 0 }, path = "") {
      server.listen(port, host);
      await once(server, "listening");
      return {
        url: `${urlAt(server.address() as AddressInfo)}${path}`,
        async close() {
          const closed = once(server, "close");
          server.close();
          for (const socket of sockets) socket.destroy();
          await closed;
        },
      };
    },
  };
}
