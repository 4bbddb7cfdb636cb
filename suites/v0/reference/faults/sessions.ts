import { isObject, type Message } from "../../../../harness/transcript.ts";
import type { Behaviour } from "../behaviour.ts";
import { type Client, eventOf, type User } from "../world.ts";
import { carryingOut, type Faults, isSuccess, leavingOver, saying, withData } from "./fault.ts";

const SELF = "user/self";
const DISCONNECT = "system/disconnect";

/** The time after which a server that is late says who a user is, in ms. */
const SELF_COMES_LATE = 300;

/** Tells if a request asks for a user who is not connected. */
function asksForAbsent({ commandId, data }: Message, { world }: Pick<Behaviour, "world">): boolean {
  const user = commandId === "user/info" ? world.user(Object(data).userId) : undefined;
  return user !== undefined && ![...world.clients].some((it) => it.user === user);
}

/** Faults of the section "Sessions, system, user". */
export const sessionFaults: Faults = {
  "does-not-say-who-you-are": {
    says: "Does not send user/self.",
    breaks: "self.sent",
    change: () => ({ greet() {} }),
  },
  "says-who-you-are-late": {
    says: "Sends user/updated before user/self.",
    breaks: "self.first",
    change: saying((message) =>
      message.commandId === SELF ? [eventOf("user/updated", { users: [] }), message] : undefined,
    ),
  },
  "says-who-you-are-after-an-answer": {
    says: "Sends user/self behind the first response, or a moment later than the handshake.",
    breaks: "self.first",
    change({ greet, respond }) {
      const greeted = new WeakSet<Client>();
      const greetOnce = (client: Client) => {
        if (!greeted.has(client)) greet(client);
        greeted.add(client);
      };
      return {
        greet: (client) => void setTimeout(greetOnce, SELF_COMES_LATE, client),
        respond(client, ...answer) {
          respond(client, ...answer);
          greetOnce(client);
        },
      };
    },
  },
  "gives-each-connection-an-id": {
    says: "Gives a user another id on each connection.",
    breaks: "self.identity",
    also: ["user.info", "user.subscribe", "messaging.roundtrip", "friend.roundtrip", "messaging.isolated"],
    change() {
      let count = 100;
      return saying((message) => {
        if (message.commandId !== SELF || !isObject(message.data)) return undefined;
        count += 1;
        return withData(message, { user: { ...Object(message.data.user), userId: String(count) } });
      })({} as never);
    },
  },
  "takes-all-users-for-one": {
    says: "Tells every user the same id.",
    breaks: "self.identity",
    also: ["user.info", "user.subscribe", "messaging.roundtrip", "friend.roundtrip", "messaging.isolated"],
    change: saying((message) =>
      message.commandId === SELF && isObject(message.data)
        ? withData(message, { user: { ...Object(message.data.user), userId: "1" } })
        : undefined,
    ),
  },
  "counts-nobody": {
    says: "Says that no user is connected.",
    breaks: "stats.count",
    change: carryingOut(({ commandId }) =>
      commandId === "system/serverStats" ? { data: { userCount: 0 } } : undefined,
    ),
  },
  "leaves-without-an-answer": {
    says: "Closes the connection without an answer to system/disconnect.",
    breaks: "disconnect.answered",
    also: ["resilience.concurrent", "disconnect.reason"],
    change: leavingOver(1000, ({ commandId }) => commandId === DISCONNECT),
  },
  "stays-after-the-answer": {
    says: "Answers system/disconnect, and does not close the connection.",
    breaks: "disconnect.closes",
    change: carryingOut(({ commandId }) => (commandId === DISCONNECT ? {} : undefined)),
  },
  "closes-with-1001": {
    says: "Closes with code 1001 after system/disconnect.",
    breaks: "disconnect.code",
    change: carryingOut(({ commandId }, client) =>
      commandId === DISCONNECT ? { next: () => client.leave(1001) } : undefined,
    ),
  },
  "insists-on-a-reason": {
    says: "Refuses system/disconnect without a reason.",
    breaks: "disconnect.reason",
    change: carryingOut(({ commandId, data }) =>
      commandId === DISCONNECT && data === undefined ? { failed: "invalid_request" } : undefined,
    ),
  },
  "outlives-its-connections": {
    says: "Ends the next connection of a user who asked to be disconnected to come again.",
    breaks: "disconnect.again",
    change({ greet, carryOut }) {
      const left = new Set<User>();
      return {
        carryOut(request, client) {
          const { reason } = Object(request.data);
          if (request.commandId === DISCONNECT && /again/.test(reason)) left.add(client.user);
          return carryOut(request, client);
        },
        greet(client) {
          if (left.delete(client.user)) client.leave(1008, "you are connected already");
          else greet(client);
        },
      };
    },
  },
  "ends-all-connections-of-who-leaves": {
    says: "Closes all connections of a user who asks on one of them to be disconnected.",
    breaks: "disconnect.isolated",
    change: ({ world, carryOut }) => ({
      carryOut(request, client) {
        const outcome = carryOut(request, client);
        if (request.commandId !== DISCONNECT || !outcome || "failed" in outcome) return outcome;
        const all = () => [...world.clients].filter(({ user }) => user === client.user);
        return { ...outcome, next: () => all().forEach((it) => void it.leave(1000)) };
      },
    }),
  },
  "ends-another-user-over-a-second-connection": {
    says: "Closes the connections of other users that were served when a user connects a second time.",
    breaks: "request.answered",
    change({ world, greet, carryOut }) {
      const served = new WeakSet<Client>();
      return {
        carryOut(request, client) {
          served.add(client);
          return carryOut(request, client);
        },
        greet(client) {
          greet(client);
          const all = [...world.clients];
          if (all.filter(({ user }) => user === client.user).length < 2) return;
          for (const it of all) if (it.user !== client.user && served.has(it)) it.leave(1008, "you connected again");
        },
      };
    },
  },
  "answers-on-the-newest-connection": {
    says: "Sends a response on the newest connection of the user who sent the request.",
    breaks: "response.correlated",
    change: ({ world, respond }) => ({
      respond(client, request, outcome) {
        const newest = [...world.clients].findLast(({ user }) => user === client.user);
        respond(newest ?? client, request, outcome);
      },
    }),
  },
  "forgets-users-who-left": {
    says: "Says unknown_user where user/info asks for a user who is not connected.",
    breaks: "user.info",
    change: (normal) =>
      carryingOut((request) => (asksForAbsent(request, normal) ? { failed: "unknown_user" } : undefined))(normal),
  },
  "ends-connections-over-users-who-left": {
    says: "Ends the connection where user/info asks for a user who is not connected.",
    breaks: "request.answered",
    change: (normal) => leavingOver(1011, (request) => asksForAbsent(request, normal))(normal),
  },
  "tells-another-display-name": {
    says: "Tells another display name of a user in user/info than in user/self.",
    breaks: "user.info",
    change: saying((message) =>
      message.commandId === "user/info" && isSuccess(message)
        ? withData(message, { displayName: "somebody" })
        : undefined,
    ),
  },
  "tells-another-name": {
    says: "Tells another name of a user in user/info than in user/self.",
    breaks: "user.info",
    change: saying((message) =>
      message.commandId === "user/info" && isSuccess(message) ? withData(message, { username: "somebody" }) : undefined,
    ),
  },
  "does-not-know-nobody": {
    says: "Says internal_error where user/info asks for nobody.",
    breaks: "user.info",
    change: saying((message) =>
      message.reason === "unknown_user" ? { ...message, reason: "internal_error" } : undefined,
    ),
  },
  "updates-in-part": {
    says: "Leaves the names out of the first user/updated.",
    breaks: "user.subscribe",
    change: saying((message) => {
      const { users } = Object(message.data);
      if (message.commandId !== "user/updated" || !Array.isArray(users)) return undefined;
      return withData(message, { users: users.map(({ userId, status }) => ({ userId, status })) });
    }),
  },
  "updates-nobody": {
    says: "Sends no user/updated after user/subscribeUpdates.",
    breaks: "user.subscribe",
    change: saying((message) => (message.commandId === "user/updated" ? [] : undefined)),
  },
  "unsubscribes-who-subscribed": {
    says: "Refuses to unsubscribe from who was not subscribed to.",
    breaks: "user.unsubscribe",
    change: carryingOut(({ commandId, data }) =>
      commandId === "user/unsubscribeUpdates" && String(Object(data).userIds) === "conformance-nobody"
        ? { failed: "invalid_request" }
        : undefined,
    ),
  },
};

/** Faults of the section "Keep-alive". */
export const keepaliveFaults: Faults = {
  "never-pings": {
    says: "Sends no pings.",
    breaks: "ping.interval",
    change: () => ({ pause: () => 1e9 }),
  },
  "pings-once": {
    says: "Sends one ping, and no more.",
    breaks: "ping.interval",
    change: () => ({ pause: (pings) => (pings === 0 ? 400 : 1e9) }),
  },
};
