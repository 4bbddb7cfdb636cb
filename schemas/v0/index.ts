import {
  incoming,
  list,
  marker,
  outgoing,
  privateUser,
  TEXT,
  time,
  user,
  userId,
  userProperties,
} from "./definitions.ts";
import { command, event, object, type Schema, schemasOf } from "./schema.ts";

/** The version under test, as the subprotocol names it. */
export const version = "v0";

const system = [
  ...command("system/disconnect", { data: object({ reason: TEXT }), optional: true }),
  ...command("system/serverStats", { ok: object({ userCount: { type: "integer" } }) }),
];

const someone = object({ userId });
const users = object({ userIds: { type: "array", items: userId, minItems: 1, maxItems: 100 } });
const report = { userIds: list(userId), reason: object({ type: TEXT }), message: TEXT };

const userMessages = [
  ...command("user/info", { data: someone, ok: user, reasons: ["unknown_user"] }),
  ...command("user/subscribeUpdates", { data: users, reasons: ["subscription_limit_reached"] }),
  ...command("user/unsubscribeUpdates", { data: users }),
  ...command("user/report", { data: object(report, "message"), reasons: ["unknown_user"] }),
  event("user/self", object({ user: privateUser })),
  event("user/updated", object({ users: list({ type: "object", properties: userProperties }) })),
];

/** One of several objects that their `type` tells apart. */
const choice = (
  ...branches: readonly (readonly [type: string, more?: Readonly<Record<string, Schema>>])[]
): Schema => ({
  anyOf: branches.map(([type, more = {}]) => object({ type: { const: type }, ...more })),
});

const messaging = [
  ...command("messaging/send", {
    data: object({
      target: choice(["player", { userId }], ["party"], ["lobby"]),
      message: { type: "string", maxLength: 512 },
    }),
    reasons: ["message_too_long", "invalid_target"],
  }),
  ...command("messaging/subscribeReceived", {
    data: object({ since: choice(["from_start"], ["latest"], ["marker", { value: marker }]) }, "since"),
    ok: object({ hasMissedMessages: { type: "boolean" } }),
  }),
  event(
    "messaging/received",
    object({
      message: TEXT,
      source: choice(
        ["player", { userId }],
        ["party", { partyId: TEXT, userId }],
        ["lobby", { lobbyId: TEXT, userId }],
      ),
      timestamp: time,
      marker,
    }),
  ),
];

const from = object({ from: userId });
const to = object({ to: userId });

const friend = [
  ...command("friend/list", {
    ok: object({
      friends: list(object({ userId, addedAt: time })),
      outgoingPendingRequests: outgoing,
      incomingPendingRequests: incoming,
    }),
  }),
  ...command("friend/sendRequest", {
    data: to,
    reasons: ["invalid_user", "already_in_friendlist", "outgoing_capacity_reached", "incoming_capacity_reached"],
  }),
  ...command("friend/cancelRequest", { data: to, reasons: ["invalid_user"] }),
  ...command("friend/acceptRequest", { data: from, reasons: ["invalid_user", "no_pending_request"] }),
  ...command("friend/rejectRequest", { data: from, reasons: ["invalid_user", "no_pending_request"] }),
  ...command("friend/remove", { data: someone, reasons: ["invalid_user", "not_in_friendlist"] }),
  ...["requestReceived", "requestAccepted", "requestRejected", "requestCancelled", "removed"].map((name) =>
    event(`friend/${name}`, from),
  ),
];

const messagesOf = (service: string, ...names: readonly string[]) => names.map((name) => `${service}/${name}`);

/** The services of the protocol of which the suite has no schemas: their messages are judged by the envelope and the sender alone. */
export const ELSEWHERE = {
  services: ["battle", "clan", "lobby", "matchmaking", "party"],
  ofServers: {
    request: ["battle/start"],
    event: [
      "battle/ended",
      ...messagesOf("clan", "deleted", "invited", "kicked", "roleChanged", "updated"),
      ...messagesOf("lobby", "left", "listReset", "listUpdated", "updated", "voteEnded"),
      ...messagesOf("matchmaking", "cancelled", "found", "foundUpdate", "lost", "queueUpdate", "queuesJoined"),
      ...messagesOf("party", "invited", "removed", "updated"),
    ],
  },
} as const;

/** The schemas of the suite: those of the services that every client of this version uses. */
export const own = schemasOf([...system, ...userMessages, ...messaging, ...friend], {}, ELSEWHERE);
