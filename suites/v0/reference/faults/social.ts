import { randomUUID } from "node:crypto";
import { isObject } from "../../../../harness/transcript.ts";
import { eventOf, now, type User } from "../world.ts";
import { carryingOut, type Faults, isSuccess, saying, withData } from "./fault.ts";

/** The events by which others are told of requests. */
const FRIEND_EVENTS: Readonly<Record<string, string>> = {
  "friend/sendRequest": "friend/requestReceived",
  "friend/acceptRequest": "friend/requestAccepted",
  "friend/remove": "friend/removed",
};

/** Faults of the section "Messages and friends". */
export const socialFaults: Faults = {
  "delivers-twice": {
    says: "Sends every message to its receiver twice.",
    breaks: "messaging.roundtrip",
    change: saying((message) =>
      message.commandId === "messaging/received"
        ? [message, { ...message, messageId: `${message.messageId}-2` }]
        : undefined,
    ),
  },
  "breaks-emoji": {
    says: "Replaces characters beyond the first plane of Unicode.",
    breaks: "messaging.roundtrip",
    change: saying((message) =>
      message.commandId === "messaging/received"
        ? withData(message, {
            message: String(Object(message.data).message).replaceAll(/[\u{10000}-\u{10ffff}]/gu, "?"),
          })
        : undefined,
    ),
  },
  "escapes-markup": {
    says: "Writes a message as HTML, and each run of white space in it as one space.",
    breaks: "messaging.roundtrip",
    change: saying((message) =>
      message.commandId === "messaging/received"
        ? withData(message, {
            message: String(Object(message.data).message).replaceAll("<", "&lt;").replaceAll(/\s+/g, " ").trim(),
          })
        : undefined,
    ),
  },
  "forgets-who-sent-it": {
    says: "Names the receiver as the source of a message.",
    breaks: "messaging.roundtrip",
    change: saying((message) =>
      message.commandId === "messaging/received"
        ? withData(message, { source: { type: "player", userId: "2" } })
        : undefined,
    ),
  },
  "counts-bytes": {
    says: "Refuses a message of more than 512 bytes.",
    breaks: "messaging.roundtrip",
    change: carryingOut(({ commandId, data }) =>
      commandId === "messaging/send" && Buffer.byteLength(String(Object(data).message)) > 512
        ? { failed: "message_too_long" }
        : undefined,
    ),
  },
  "takes-messages-to-nobody": {
    says: "Takes a message to nobody.",
    breaks: "messaging.target",
    change: saying((message) =>
      message.reason === "invalid_target" ? { ...message, status: "success", reason: undefined } : undefined,
    ),
  },
  "delivers-to-everybody": {
    says: "Sends every message to all connections.",
    breaks: "messaging.isolated",
    also: ["messaging.roundtrip"],
    change({ world }) {
      const copies = new WeakSet<object>();
      return {
        edit(message) {
          if (!isObject(message) || message.commandId !== "messaging/received" || copies.has(message)) return [message];
          const copy = { ...message };
          copies.add(copy);
          for (const client of world.clients) if (!client.receives) client.say(copy);
          return [message];
        },
      };
    },
  },
  "delivers-to-the-sender": {
    says: "Sends a message to its sender, too, who did not subscribe.",
    breaks: "messaging.isolated",
    change: ({ carryOut }) => ({
      carryOut(request, client) {
        const outcome = carryOut(request, client);
        if (request.commandId !== "messaging/send" || !outcome || "failed" in outcome) return outcome;
        const { message } = Object(request.data);
        const source = { type: "player", userId: client.user.id };
        const received = { message, source, timestamp: now(), marker: randomUUID() };
        client.say(eventOf("messaging/received", received));
        return outcome;
      },
    }),
  },
  "delivers-without-a-subscription": {
    says: "Sends a message to all connections of its receiver, also to those that did not subscribe.",
    breaks: "messaging.isolated",
    change: ({ world, carryOut }) => ({
      carryOut(request, client) {
        const { userId } = Object(Object(request.data).target);
        if (request.commandId === "messaging/send")
          for (const it of world.clients) it.receives ||= it.user.id === userId;
        return carryOut(request, client);
      },
    }),
  },
  "keeps-subscriptions": {
    says: "Sends messages to a user who subscribed on an earlier connection.",
    breaks: "messaging.isolated",
    change({ greet, carryOut }) {
      const subscribed = new Set<User>();
      return {
        carryOut(request, client) {
          if (request.commandId === "messaging/subscribeReceived") subscribed.add(client.user);
          return carryOut(request, client);
        },
        greet(client) {
          client.receives = subscribed.has(client.user);
          greet(client);
        },
      };
    },
  },
  "forgets-newer-connections": {
    says: "Sends no messages to the other connections of a user once one of them has ended.",
    breaks: "messaging.roundtrip",
    change: ({ world, gone }) => ({
      gone(client, code) {
        for (const it of world.clients) if (it.user === client.user) it.receives = false;
        gone(client, code);
      },
    }),
  },
  "tells-everybody-of-friends": {
    says: "Sends the events of friends to all connections.",
    breaks: "messaging.isolated",
    change: ({ world, carryOut }) => ({
      carryOut(request, client) {
        const outcome = carryOut(request, client);
        const event = FRIEND_EVENTS[String(request.commandId)];
        if (event === undefined || !outcome || "failed" in outcome) return outcome;
        const [to] = Object.values(Object(request.data));
        const others = () => [...world.clients].filter(({ user }) => user.id !== to);
        return {
          ...outcome,
          next() {
            outcome.next?.();
            for (const it of others()) it.say(eventOf(event, { from: client.user.id }));
          },
        };
      },
    }),
  },
  "does-not-tell-of-removed-friends": {
    says: "Does not tell a user of a friend who removed it.",
    breaks: "friend.roundtrip",
    change: saying((message) => (message.commandId === "friend/removed" ? [] : undefined)),
  },
  "forgets-friends": {
    says: "Lists no friends.",
    breaks: "friend.roundtrip",
    change: saying((message) =>
      message.commandId === "friend/list" && isSuccess(message) ? withData(message, { friends: [] }) : undefined,
    ),
  },
  "keeps-requests-of-friends": {
    says: "Lists the request of a friend on as one that is pending.",
    breaks: "friend.roundtrip",
    change: ({ carryOut }) => ({
      carryOut(request, client) {
        const outcome = carryOut(request, client);
        const { from } = Object(request.data);
        const isAccepted = request.commandId === "friend/acceptRequest" && outcome && !("failed" in outcome);
        if (isAccepted) client.user.requests.set(String(from), 1_600_000_000_000_000);
        return outcome;
      },
    }),
  },
  "does-not-tell-of-requests": {
    says: "Does not tell a user of a friend request.",
    breaks: "friend.roundtrip",
    change: saying((message) => (message.commandId === "friend/requestReceived" ? [] : undefined)),
  },
};
