import { type Peer, webSocketServer } from "./websocket.ts";

/** A client of the lobby server. */
export interface Client {
  readonly peer: Peer;
  /** The version in the URL, decoded; `null` if there is none. */
  readonly version: string | null;
  /** Sends a message (a text as it stands, a function's result as of then), after those before it. */
  say(message: unknown): void;
  /** Ends the connection, after all that was said. */
  leave(code?: number): void;
}

/** The decisions of the lobby server. A test can change one of them. */
export interface Behaviour {
  /** An HTTP status that refuses a client. */
  refuse(query: string, headers: ReadonlyMap<string, string>): number | undefined;
  greet(client: Client): void;
  parity(version: string | null): string;
  /** Returns the command that a text names; `undefined` if it is malformed. */
  read(text: string, binary: boolean, client: Client): unknown;
  disconnect(client: Client): void;
  malformed(client: Client, text: string, binary: boolean): void;
  /** All clients that are connected. */
  readonly everybody: Set<Client>;
  readonly port: () => number;
}

/** Starts a server that is independent of the reference server, and makes every other choice that the protocol allows. */
export async function lobby(
  change: (normal: Behaviour) => Partial<Behaviour> = () => ({}),
  listenAt = 0,
): Promise<{ url: string; close(): Promise<void> }> {
  const everybody = new Set<Client>();
  const clients = new Map<Peer, Client>();
  let port = 0;
  const normal = conforming(
    everybody,
    () => port,
    (version) => behaviour.parity(version),
  );
  const behaviour: Behaviour = { ...normal, ...change(normal) };
  const server = await webSocketServer(
    {
      refuse: (query, headers) => behaviour.refuse(query, headers),
      open(peer) {
        const client = clientOf(peer, everybody);
        clients.set(peer, client);
        everybody.add(client);
        behaviour.greet(client);
      },
      message(peer, text, binary) {
        const client = clients.get(peer);
        if (!client || !everybody.has(client)) return;
        if (behaviour.read(text, binary, client) === "system/disconnect/request") behaviour.disconnect(client);
        else behaviour.malformed(client, text, binary);
      },
      closed(peer) {
        const client = clients.get(peer);
        if (client) everybody.delete(client);
      },
    },
    listenAt,
  );
  port = server.port;
  return server;
}

/** Does what the protocol asks. `parityNow` tells the parity as the server decides it, even if a test changes that. */
const conforming = (everybody: Set<Client>, port: () => number, parityNow: Behaviour["parity"]): Behaviour => ({
  everybody,
  port,
  refuse: () => undefined,
  parity,
  read,
  greet(client) {
    client.say({
      messageId: 1,
      status: "success",
      command: "system/version/response",
      data: { motd: "hello ✓", versionParity: parityNow(client.version), tachyonVersion: "0.1.7" },
    });
  },
  disconnect(client) {
    client.say({ status: "success", command: "system/disconnected/response", reason: "bye", data: {} });
    client.leave();
  },
  malformed(client, text, binary) {
    const command = binary || nameOf(text) === "system/disconnect/request" ? undefined : nameOf(text);
    const named = command?.match(/^([^/]+\/[^/]+)\/request$/)?.[1];
    client.say({
      command: `${named ?? "system/disconnected"}/response`,
      status: "failed",
      reason: "invalid_command",
      details: { text: text.slice(0, 50) },
    });
    if (named === undefined || named === "system/disconnected") client.leave(1008);
  },
});

/** Sends each message a moment later, in three fragments, pretty-printed. */
function clientOf(peer: Peer, everybody: Set<Client>): Client {
  let turn = Promise.resolve();
  const later = (act: () => void) => {
    turn = turn
      .then(() => new Promise((resolve) => setTimeout(resolve, 2)))
      .then(() => {
        if (!peer.socket.destroyed) act();
      });
  };
  const client: Client = {
    peer,
    version: new URLSearchParams(peer.query).get("tachyonVersion"),
    say: (message) => later(() => peer.send(textOf(message), 3)),
    leave(code) {
      everybody.delete(client);
      later(() => peer.close(code));
    },
  };
  return client;
}

function textOf(message: unknown): string {
  if (typeof message === "function") return textOf(message());
  return typeof message === "string" ? message : JSON.stringify(message, null, "\t");
}

function parity(version: string | null): string {
  const numbers = /^(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)$/
    .exec(version ?? "")
    ?.slice(1)
    .map(Number);
  if (!numbers) return "unknown";
  const differs = numbers.findIndex((n, i) => n !== [0, 1, 7][i]);
  return ["match", "major_mismatch", "minor_mismatch", "patch_mismatch"][differs + 1] as string;
}

function read(text: string, binary: boolean): unknown {
  if (binary) return undefined;
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value.command : undefined;
  } catch {
    return undefined;
  }
}

/** Returns the command that a text names, if it is JSON of an object that names one. */
export function nameOf(text: string): string | undefined {
  const command = read(text, false);
  return typeof command === "string" ? command : undefined;
}
