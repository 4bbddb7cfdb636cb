import { randomUUID } from "node:crypto";
import type { Message } from "../../../harness/transcript.ts";

/** A user of the lobby, and what the server knows of it. */
export interface User {
  readonly id: string;
  readonly name: string;
  readonly friends: Map<string, number>;
  /** Friend requests to this user, by who sent them, with the time. */
  readonly requests: Map<string, number>;
  readonly history: readonly Received[];
}

/** A message that a user got. */
export interface Received {
  readonly message: string;
  readonly source: { readonly type: "player"; readonly userId: string };
  readonly timestamp: number;
  readonly marker: string;
}

/** An object is sent as JSON, a text as it stands, bytes in a binary message. */
export type Said = object | string | Buffer;

/** A connection of a user. */
export interface Client {
  readonly user: User;
  /** Neither side has closed it. */
  readonly open: boolean;
  /** The users whose changes it wants to know. */
  readonly watches: Set<string>;
  /** It wants the messages that come. */
  receives: boolean;
  /** Sends a message; a text or bytes as they stand. Does nothing once the client has left. */
  say(message: Said): void;
  /** Closes the connection. What the client still sends is not read. */
  leave(code?: number, reason?: string): void;
  /** Ends the TCP connection, without a close frame. */
  drop(): void;
  /** Reads no more of what it sends, and leaves the connection open. */
  hang(): void;
}

/** All that the server remembers, for as long as it runs. */
export interface World {
  readonly clients: ReadonlySet<Client>;
  readonly users: readonly User[];
  user(id: unknown): User | undefined;
  /** The user whose access token this is, if somebody has it. */
  bearer(token: string): User | undefined;
  /** Makes a token of a user, which lasts as long as the server. */
  issue(user: User): string;
  revoke(token: string): void;
}

/** The outcome of a request. */
export type Outcome =
  | { readonly data?: object /** What follows the response. */; readonly next?: () => void }
  | { readonly failed: string };

/** Carries out a request that is valid by its schema. */
export type Command = (data: Message, client: Client, world: World) => Outcome;

/** The users that there always are, and the tokens and clients that stand in the documentation. */
export const KNOWN = [
  { id: "1", name: "alice", token: "alice-token" },
  { id: "2", name: "bob", token: "bob-token" },
] as const;

/** The only client of OAuth: a bot, which comes as a user of its own. */
export const BOT = { id: "conformance-bot", secret: "conformance-secret", user: "3" } as const;

/** A world in which nothing has happened. */
export function newWorld(clients: ReadonlySet<Client>): World {
  const users = [...KNOWN, { id: BOT.user, name: BOT.id }].map(
    ({ id, name }): User => ({ id, name, friends: new Map(), requests: new Map(), history: [] }),
  );
  const byId = new Map(users.map((it) => [it.id, it]));
  const tokens = new Map<string, User | undefined>(KNOWN.map(({ id, token }) => [token, byId.get(id)]));
  return {
    clients,
    users,
    user: (id) => byId.get(String(id)),
    bearer: (token) => tokens.get(token),
    issue(user) {
      const token = randomUUID();
      tokens.set(token, user);
      return token;
    },
    revoke: (token) => void tokens.delete(token),
  };
}

/** The time in microseconds, as the protocol has it. */
export const now = (): number => Date.now() * 1_000;

/** An event for clients, with an id of its own. */
export const eventOf = (commandId: string, data: object): object => ({
  type: "event",
  messageId: randomUUID(),
  commandId,
  data,
});

/** Sends an event to all connections of a user, or those of them that want it. */
export function tell(
  { clients }: World,
  user: User,
  event: object,
  wanted: (client: Client) => boolean = () => true,
): void {
  for (const client of clients) if (client.user === user && wanted(client)) client.say(event);
}
