import { createHash } from "node:crypto";
import type { AddressInfo, Server, Socket } from "node:net";
import { createServer } from "node:net";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";
import { closing, frame, type Incoming, reader } from "./frames.ts";
import type { Running } from "./libraries.ts";
import type { Client, Served } from "./tachyon.ts";

/** One client on the raw server: what is written comes after all that was written before. */
export interface Wire extends Client {
  readonly request: Request;
  write(bytes: Buffer): void;
  /** Frames can still be sent. */
  readonly open: boolean;
}

/** The request of a client. */
export interface Request {
  readonly target: string;
  /** The headers as they came. */
  readonly lines: readonly string[];
  readonly headers: ReadonlyMap<string, string>;
}

/** The ways in which the raw server is unusual. */
export interface Quirks {
  readonly host: string;
  readonly tls?: TlsOptions;
  /** The largest message, in bytes. */
  readonly limit: number;
  /** The path and query that belong to its url. */
  readonly path: string;
  /** Tells if the server listens to a TCP connection. If not, the quirk ends it. */
  accept(socket: Socket): boolean;
  /** The status line and headers of its 101. */
  head(accept: string, request: Request): readonly string[];
  /** The end of each line of its 101. */
  readonly newline: string;
  /** An HTTP status that refuses a client. */
  refuse(request: Request, socket: Socket): number | undefined;
  /** Further lines of the head of a refusal. */
  readonly refusal: readonly string[];
  /** Resolves when a client is let in. */
  admit(socket: Socket): Promise<void>;
  /** Makes what inflates the messages of one client, and throws if it cannot. Without it a compressed message is a violation. */
  inflate?(): (compressed: Buffer) => Buffer;
  /** Fragments stay, and are taken for the beginning of the next message. */
  readonly stay?: boolean;
  /** Makes the frames of a message. */
  frames(text: string): readonly Buffer[];
  /** Writes bytes to a socket. */
  outlet(socket: Socket): Outlet;
  /** Called for a client that was greeted. Returns a function that is called when the connection is over. */
  keep(wire: Wire): () => void;
  /** Ends TCP when both close frames are sent. */
  hangUp(outlet: Outlet, socket: Socket): void;
}

/** Takes bytes in order. */
interface Outlet {
  write(bytes: Buffer): void;
  end(): void;
}

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** The time that a client has to answer a close frame, in ms. */
const GRACE = 1_000;

/** The largest head of a request, in bytes. */
const HEAD = 128 << 10;

/** The status line and headers of a usual 101. */
export const headOf = (accept: string, status = "HTTP/1.1 101 Switching Protocols"): string[] => [
  status,
  "Upgrade: websocket",
  "Connection: Upgrade",
  `Sec-WebSocket-Accept: ${accept}`,
];

const usual: Quirks = {
  host: "127.0.0.1",
  limit: 16 << 20,
  path: "/",
  head: (accept) => headOf(accept),
  newline: "\r\n",
  accept: () => true,
  refuse: () => undefined,
  refusal: [],
  admit: async () => {},
  frames: (text) => [frame(1, text)],
  outlet: (socket) => ({ write: (bytes) => socket.write(bytes), end: () => socket.end() }),
  keep: () => () => {},
  hangUp: (outlet) => outlet.end(),
};

/** A server of messages: greets a client, then handles what it sends. */
type OnWire = (wire: Wire) => Served;

/** Starts a Tachyon server on bare TCP or TLS. It is as strict as RFC 6455 asks, and usual but for its quirks. */
export async function onRaw(tachyon: OnWire, unusual: Partial<Quirks> = {}): Promise<Running> {
  const quirks: Quirks = { ...usual, ...unusual };
  const sockets = new Set<Socket>();
  const accept = (socket: Socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("error", () => {}); // A reset: "close" follows.
    socket.on("close", () => sockets.delete(socket));
    if (quirks.accept(socket)) handshake(socket, tachyon, quirks);
  };
  const server: Server = quirks.tls ? createTlsServer(quirks.tls, accept) : createServer(accept);
  await new Promise<void>((resolve) => server.listen(0, quirks.host, resolve));
  const { port } = server.address() as AddressInfo;
  const host = quirks.host.includes(":") ? `[${quirks.host}]` : quirks.host;
  return {
    url: `${quirks.tls ? "wss" : "ws"}://${host}:${port}${quirks.path}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function handshake(socket: Socket, tachyon: OnWire, quirks: Quirks): void {
  let buffer = Buffer.alloc(0);
  let receive: (bytes: Buffer) => void = (bytes) => {
    buffer = Buffer.concat([buffer, bytes]);
    const end = buffer.indexOf("\r\n\r\n");
    if (end < 0 && buffer.length < HEAD) return;
    receive = () => {}; // Whatever follows a refusal is read, so that the refusal is not lost to a reset.
    const [line = "", ...lines] = buffer.toString("latin1", 0, Math.max(end, 0)).split("\r\n");
    const headers = new Map(
      lines.map((it) => [it.slice(0, it.indexOf(":")).toLowerCase(), it.slice(it.indexOf(":") + 1).trim()]),
    );
    const request = { target: line.split(" ")[1] ?? "", lines, headers };
    const status = end < 0 ? 431 : (refusal(line, headers) ?? quirks.refuse(request, socket));
    if (status === undefined) return void upgrade(request);
    const more = quirks.refusal.map((it) => `${it}\r\n`).join("");
    socket.end(
      `HTTP/1.1 ${status} No\r\n${more}Sec-WebSocket-Version: 13\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
    );
    setTimeout(() => socket.destroy(), GRACE).unref();
  };
  socket.on("data", (bytes: Buffer) => receive(bytes));

  async function upgrade(request: Request): Promise<void> {
    const { headers } = request;
    await quirks.admit(socket);
    if (socket.destroyed) return;
    const accept = createHash("sha1")
      .update(`${headers.get("sec-websocket-key")}${GUID}`)
      .digest("base64");
    const outlet = quirks.outlet(socket);
    const lines = [...quirks.head(accept, request), "", ""];
    outlet.write(Buffer.from(lines.join(quirks.newline)));
    receive = talk(socket, outlet, request, tachyon, quirks);
  }
}

/** Returns the HTTP status for a request that is no WebSocket handshake. */
function refusal(line: string, headers: ReadonlyMap<string, string>): number | undefined {
  const [method, , version] = line.split(" ");
  if (version !== "HTTP/1.1") return 400;
  if (method !== "GET") return 405;
  if (headers.get("upgrade")?.toLowerCase() !== "websocket") return 426;
  if (headers.get("sec-websocket-version") !== "13") return 426;
  return /^[\w+/]{22}==$/.test(headers.get("sec-websocket-key") ?? "") ? undefined : 400;
}

/** Serves a client after the handshake. Returns a function that takes in its bytes. */
function talk(
  socket: Socket,
  outlet: Outlet,
  request: Request,
  tachyon: OnWire,
  { frames, keep, hangUp, limit, inflate, stay }: Quirks,
): (bytes: Buffer) => void {
  let open = true;
  const wire: Wire = {
    request,
    query: request.target.split("?").slice(1).join("?"),
    get open() {
      return open && !socket.destroyed;
    },
    write: (bytes) => (wire.open ? outlet.write(bytes) : undefined),
    say: (text) => frames(text).forEach(wire.write),
    close: (code, reason) => shut(closing(code, reason)),
    drop: () => socket.destroy(),
  };
  const served = tachyon(wire);
  const release = keep(wire);
  socket.on("close", () => {
    release();
    served.gone();
  });
  const incoming: Incoming = {
    message: (payload, binary) => (open ? served.message(payload.toString(), binary) : undefined),
    ping: (payload) => wire.write(frame(10, payload)),
    close(payload) {
      shut(payload);
      hangUp(outlet, socket);
    },
    fail(code) {
      shut(closing(code));
      outlet.end();
    },
  };
  return reader(incoming, { limit, inflate: inflate?.(), stay });

  /** Sends the one close frame. */
  function shut(payload: Buffer): void {
    if (!wire.open) return;
    wire.write(frame(8, payload));
    open = false;
    setTimeout(() => socket.destroy(), GRACE).unref();
  }
}
