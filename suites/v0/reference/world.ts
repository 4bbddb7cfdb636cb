import { randomUUID } from "node:crypto";
import type { Message } from "../../../harness/transcript.ts";
import { SCOPE } from "../authorization.ts";

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
  /** Closes the connection. Nothing that the client still sends is read. */
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
  /** Returns the rights that a token gives to who comes with it for this use, if it is good. */
  grant(use: Grant["use"], token: string): Grant | undefined;
  /** Makes a token, which lasts as long as the server. */
  issue(grant: Grant): string;
  revoke(token: string): void;
}

/** The rights that a token gives. */
export interface Grant {
  readonly use: "access" | "refresh" | "code";
  readonly user: User;
  readonly scope: string;
  /** A code has what its owner can prove, and the place where it was sent. */
  readonly challenge?: string;
  readonly redirect?: string;
}

/** The outcome of a request. */
export type Outcome =
  | { readonly data?: object /** Called once the response is sent. */; readonly next?: () => void }
  | { readonly failed: string };

/** Carries out a request that is valid by its schema. */
export type Command = (data: Message, client: Client, world: World) => Outcome;

/** The users that there always are, and the tokens and clients that stand in the documentation. */
export const KNOWN = [
  { id: "1", name: "alice", token: "alice-token" },
  { id: "2", name: "bob", token: "bob-token" },
] as const;

/** Tokens of the first user that open no connection. */
export const NO_ACCESS = { unscoped: "alice-token-without-scope", refresh: "alice-refresh-token" } as const;

/** A client of OAuth2: a bot, which comes as a user of its own. */
export const BOT = { id: "conformance-bot", secret: "conformance-secret", user: "3" } as const;

/** Another: a lobby, to which users log in. It can keep no secret. */
export const LOBBY = { id: "conformance-lobby" } as const;

/** A world in which nothing has happened, but that the bot asked the first user to be a friend. */
export function newWorld(clients: ReadonlySet<Client>): World {
  const users = [...KNOWN, { id: BOT.user, name: BOT.id }].map(
    ({ id, name }): User => ({ id, name, friends: new Map(), requests: new Map(), history: [] }),
  );
  const byId = new Map(users.map((it) => [it.id, it]));
  const [first] = users as [User, ...User[]];
  first.requests.set(BOT.user, now());
  const grants = new Map<string, Grant>([
    ...KNOWN.map(({ token }, i): [string, Grant] => [token, { use: "access", user: users[i] ?? first, scope: SCOPE }]),
    [NO_ACCESS.unscoped, { use: "access", user: first, scope: "" }],
    [NO_ACCESS.refresh, { use: "refresh", user: first, scope: SCOPE }],
  ]);
  return {
    clients,
    users,
    user: (id) => byId.get(String(id)),
    grant(use, token) {
      const grant = grants.get(token);
      return grant?.use === use ? grant : undefined;
    },
    issue(grant) {
      const token = randomUUID();
      grants.set(token, grant);
      return token;
    },
    revoke: (token) => void grants.delete(token),
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
