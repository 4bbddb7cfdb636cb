import { object, type Schema } from "./schema.ts";

/** Any text. */
export const TEXT = { type: "string" } as const;

/** The title by which times are known, also in the schemas of the protocol's repository. */
export const UNIX_TIME = "UnixTime";

/** The id of a user. */
export const userId = { title: "UserId", type: "string" } as const;
/** A time, in microseconds since 1970. */
export const time = { title: UNIX_TIME, description: "in microseconds", type: "integer" } as const;
/** A place in the history of messages, which only the server can read. */
export const marker = { title: "HistoryMarker", type: "string" } as const;

/** A list of such items. */
export const list = (items: Schema): Schema => ({ type: "array", items });
const orNull = (schema: Schema): Schema => ({ anyOf: [schema, { type: "null" }] });

const clan = object({
  clanId: TEXT,
  name: { type: "string", maxLength: 30 },
  tag: { type: "string", minLength: 3, maxLength: 10 },
  language: TEXT,
});

/** The properties of a user that everybody can see. */
export const userProperties = {
  userId,
  username: TEXT,
  displayName: TEXT,
  clanBaseData: orNull(clan),
  countryCode: TEXT,
  status: { enum: ["offline", "menu", "playing", "lobby"] },
  rating: object({ value: { type: "number" } }),
  roles: list({ enum: ["contributor", "admin", "moderator", "tournament_winner", "tournament_caster"] }),
} as const;

/** A user, as others see it. */
export const user = object(userProperties, "countryCode", "rating", "roles");

const party = object({
  id: TEXT,
  members: list(object({ userId, joinedAt: time })),
  maxMembers: { type: "integer", minimum: 1 },
  invited: list(object({ userId, invitedAt: time })),
});

const battle = object({
  username: TEXT,
  password: TEXT,
  ip: TEXT,
  port: { type: "number" },
  engine: object({ version: TEXT }),
  game: object({ springName: TEXT }),
  map: object({ springName: TEXT }),
});

/** Requests that a user has sent. */
export const outgoing = list(object({ to: userId, sentAt: time }));
/** Requests that a user has got. */
export const incoming = list(object({ from: userId, sentAt: time }));

/** A user as only that user sees it. */
export const privateUser: Schema = {
  allOf: [
    user,
    object(
      {
        party: orNull(party),
        invitedToParties: list(party),
        friendIds: list(TEXT),
        outgoingFriendRequest: outgoing,
        incomingFriendRequest: incoming,
        ignoreIds: list(TEXT),
        currentBattle: battle,
        currentLobby: orNull(TEXT),
        clanInvites: list(TEXT),
      },
      "currentBattle",
    ),
  ],
};
