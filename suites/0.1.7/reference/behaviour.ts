import type { IncomingMessage } from "node:http";
import { type Hosting, hosting } from "../../websocket/hosting.ts";

/** A client of the reference server. */
export interface Client {
  /** The version in the URL, decoded; `null` where there is none. */
  readonly version: string | null;
  /** The query of the URL, as it came. */
  readonly query: string;
  readonly request: IncomingMessage;
  /** Neither side has closed the connection. */
  readonly open: boolean;
  /** Sends a message; a text as it stands. Does nothing once the client has left. */
  say(message: object | string, options?: { readonly binary?: boolean }): void;
  /** Ends the connection with a close frame. Nothing that the client still sends is read. */
  leave(code?: number): void;
  /** Reads no more of what it sends, and leaves the connection open. */
  hang(): void;
  /** Ends the TCP connection, without a close frame. */
  drop(): void;
}

/** All that the reference server decides, so that a fault can let it decide otherwise in one point. */
export interface Behaviour extends Hosting {
  /** All clients that are connected. */
  readonly everybody: ReadonlySet<Client>;
  greet(client: Client, parity: string): void;
  parity(version: string | null): string;
  /** The command that a message names; `undefined` where it is malformed. */
  read(text: string, binary: boolean, client: Client): unknown;
  /** Answers a client that asks to be disconnected, and ends its connection: nothing said after that is sent. */
  disconnect(client: Client): void;
  /** Answers a message that is no request, and ends the connection. */
  malformed(client: Client, text: string, binary: boolean): void;
  /** A client broke the WebSocket protocol, and its connection is ended for that. */
  violated(client: Client): void;
  /** A connection is over; `code` is that of the client's close frame, 1005 where it had none, 1006 without such a frame. */
  gone(client: Client, code: number): void;
}

/** The command that the server carries out. */
export const REQUEST = "system/disconnect/request";

/** The greeting of a client. */
export const greetingOf = (tachyonVersion: string, versionParity: string) => ({
  command: "system/version/response",
  status: "success",
  data: { tachyonVersion, versionParity },
});

/** The goodbye to a client that asked for it. */
export const success = { command: "system/disconnected/response", status: "success" };
/** The goodbye to a client that sent what is no command. */
export const refusal = { command: "system/disconnected/response", status: "failed", reason: "invalid_command" };

/** Does what the protocol asks, and nothing else. */
export function conforming(version: string, everybody: ReadonlySet<Client>): Behaviour {
  return {
    ...hosting,
    everybody,
    greet: (client, versionParity) => client.say(greetingOf(version, versionParity)),
    parity: (client) => parityBetween(version, client),
    read,
    disconnect(client) {
      client.say(success);
      client.leave(1000);
    },
    malformed(client) {
      client.say(refusal);
      client.leave(1000);
    },
    violated() {},
    gone() {},
  };
}

function read(text: string, binary: boolean): unknown {
  if (binary) return undefined;
  try {
    const message: unknown = JSON.parse(text);
    return Array.isArray(message) ? undefined : Object(message).command;
  } catch {
    return undefined;
  }
}

const VERSION = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$/;

/** Relates a client's version to the server's. Numbers without leading zeros are equal if their digits are. */
export function parityBetween(server: string, client: string | null): string {
  const [mine, theirs] = [VERSION.exec(server), VERSION.exec(client ?? "")];
  if (!mine || !theirs) return "unknown";
  if (mine[1] !== theirs[1]) return "major_mismatch";
  if (mine[2] !== theirs[2]) return "minor_mismatch";
  if (mine[3] !== theirs[3]) return "patch_mismatch";
  return "match";
}
