/** A user of the lobby of the tests. */
export interface Player {
  readonly id: string;
  readonly name: string;
  readonly token: string;
  /** Friends, and those who ask to become one, with the time of that. */
  readonly friends: Map<string, number>;
  readonly suitors: Map<string, number>;
  /** The one connection that a user has. */
  seat?: Seat | undefined;
}

/** The connection of a user who is there. */
export interface Seat {
  /** The users of whose changes it hears. */
  readonly watches: Set<string>;
  /** It hears of messages that come. */
  listens: boolean;
  /** Sends an event. */
  tell(commandId: string, data: object): void;
  close(code: number, reason: string): void;
}

/** All users by their ids. */
export type Players = ReadonlyMap<string, Player>;

/** The outcome of a request: a refusal, or what it gives, and what follows the response. */
export type Done = string | { readonly data?: object; readonly next?: () => unknown };

type Check = (value: unknown) => boolean;
type Fields = Readonly<Record<string, unknown>>;

interface Order {
  /** Tells if the data of a request is as it must be. */
  readonly takes: Check;
  readonly does: (data: Fields, player: Player, players: Players) => Done;
}

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const anything: Check = () => true;
const text: Check = (value) => typeof value === "string";
const shortText: Check = (value) => typeof value === "string" && [...value].length <= 512;
const only =
  (wanted: string): Check =>
  (value) =>
    value === wanted;
const ids: Check = (value) =>
  Array.isArray(value) && value.length > 0 && value.length <= 100 && value.every((it) => text(it));

const object =
  (fields: Readonly<Record<string, Check>>, ...optional: readonly string[]): Check =>
  (value) =>
    isFields(value) &&
    Object.entries(fields).every(([name, check]) =>
      Object.hasOwn(value, name) ? check(value[name]) : optional.includes(name),
    );
const either =
  (...checks: readonly Check[]): Check =>
  (value) =>
    checks.some((check) => check(value));

/** Microseconds, as the protocol counts. */
const now = () => Date.now() * 1_000;

const shown = ({ id, name, seat }: Player) => ({
  status: seat ? "menu" : "offline",
  displayName: name,
  username: name,
  clanBaseData: null,
  roles: [],
  userId: id,
});

const requestsFrom = ({ id }: Player, players: Players) =>
  [...players.values()].flatMap((it) => {
    const sentAt = it.suitors.get(id);
    return sentAt === undefined ? [] : [{ sentAt, to: it.id }];
  });

const requestsTo = ({ suitors }: Player) => Array.from(suitors, ([from, sentAt]) => ({ sentAt, from }));

/** The data that a user is told of itself. */
export const selfOfPlayer = (player: Player, players: Players): object => ({
  user: {
    clanInvites: [],
    currentLobby: null,
    ignoreIds: [],
    incomingFriendRequest: requestsTo(player),
    outgoingFriendRequest: requestsFrom(player, players),
    friendIds: [...player.friends.keys()],
    invitedToParties: [],
    party: null,
    ...shown(player),
  },
});

/** Does something to a user whom the request names, and tells that user. */
const withOther =
  (key: string, event: string, act: (player: Player, other: Player) => string | undefined): Order["does"] =>
  (data, player, players) => {
    const other = players.get(String(data[key]));
    if (!other || other === player) return "invalid_user";
    const refusal = act(player, other);
    return refusal ?? { next: () => other.seat?.tell(`friend/${event}`, { from: player.id }) };
  };

const from = object({ from: text });
const to = object({ to: text });

/** The commands that the lobby has. */
export const orders: Readonly<Record<string, Order>> = {
  "system/serverStats": {
    takes: anything,
    does: (_, __, players) => ({ data: { userCount: [...players.values()].filter(({ seat }) => seat).length } }),
  },
  "system/disconnect": {
    takes: either((data) => data === undefined, object({ reason: text })),
    does: (_, { seat }) => ({ next: () => seat?.close(1000, "goodbye") }),
  },
  "user/info": {
    takes: object({ userId: text }),
    does({ userId }, _, players) {
      const player = players.get(String(userId));
      return player ? { data: shown(player) } : "unknown_user";
    },
  },
  "user/subscribeUpdates": {
    takes: object({ userIds: ids }),
    does({ userIds }, { seat }, players) {
      const known = (userIds as string[]).flatMap((id) => players.get(id) ?? []);
      for (const { id } of known) seat?.watches.add(id);
      return { next: () => known.length > 0 && seat?.tell("user/updated", { users: known.map(shown) }) };
    },
  },
  "user/unsubscribeUpdates": {
    takes: object({ userIds: ids }),
    does({ userIds }, { seat }) {
      for (const id of userIds as string[]) seat?.watches.delete(id);
      return {};
    },
  },
  "messaging/subscribeReceived": {
    takes: object(
      {
        since: either(
          object({ type: only("from_start") }),
          object({ type: only("latest") }),
          object({ type: only("marker"), value: text }),
        ),
      },
      "since",
    ),
    does(_, { seat }) {
      if (seat) seat.listens = true;
      return { data: { hasMissedMessages: false } };
    },
  },
  "messaging/send": {
    takes: object({
      message: shortText,
      target: either(
        object({ type: only("player"), userId: text }),
        object({ type: only("party") }),
        object({ type: only("lobby") }),
      ),
    }),
    does({ target, message }, { id }, players) {
      const { seat } = players.get(String((target as Fields).userId)) ?? {};
      if (!seat) return "invalid_target";
      const received = { marker: String(now()), timestamp: now(), source: { userId: id, type: "player" }, message };
      return { next: () => seat.listens && seat.tell("messaging/received", received) };
    },
  },
  "friend/list": {
    takes: anything,
    does: (_, player, players) => ({
      data: {
        incomingPendingRequests: requestsTo(player),
        outgoingPendingRequests: requestsFrom(player, players),
        friends: Array.from(player.friends, ([userId, addedAt]) => ({ addedAt, userId })),
      },
    }),
  },
  "friend/sendRequest": {
    takes: to,
    does: withOther("to", "requestReceived", (player, other) => {
      if (player.friends.has(other.id)) return "already_in_friendlist";
      other.suitors.set(player.id, now());
      return undefined;
    }),
  },
  "friend/acceptRequest": {
    takes: from,
    does: withOther("from", "requestAccepted", (player, other) => {
      if (!player.suitors.delete(other.id)) return "no_pending_request";
      player.friends.set(other.id, now());
      other.friends.set(player.id, now());
      return undefined;
    }),
  },
  "friend/remove": {
    takes: object({ userId: text }),
    does: withOther("userId", "removed", (player, other) => {
      if (!player.friends.delete(other.id)) return "not_in_friendlist";
      other.friends.delete(player.id);
      return undefined;
    }),
  },
};
