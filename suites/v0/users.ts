import { isNothing } from "../../harness/nothing.ts";
import { isObject, type Message } from "../../harness/transcript.ts";
import { dataOf, endedInstead, isLacking, LACKS, ONE_USER, propertyOf, selfOf, UNTOLD } from "./answers.ts";
import { call, dialect } from "./dialect.ts";
import { scenario } from "./protocol.ts";

/** The user of this id in `user/updated`. */
const named = ({ data }: Message, userId: unknown): unknown => {
  const { users } = Object(data);
  return Array.isArray(users) ? users.find((it) => isObject(it) && it.userId === userId) : undefined;
};

/** The data of `user/info`, by what that user was told of itself. */
const described = ({ userId, username, displayName }: Message) => ({
  title: "the id and the names of user/self",
  type: "object",
  properties: { userId: { const: userId }, username: { const: username }, displayName: { const: displayName } },
  required: ["userId", "username", "displayName"],
});

/** The cases of what a server tells of users, part of the section "Sessions, system, user". */
export const userCases = [
  scenario({
    id: "sessions/info",
    title: "a client asks for a user, another one where it can, and for nobody",
    tests: ["request.answered", "user.info", "valid.odd-strings"],
    async run({ connect, check, users, unasked }) {
      const client = await connect({ name: "asks" });
      const other = users > 1 ? await connect({ name: "other", user: 1 }) : client;
      const self = await selfOf(other);
      if (isNothing(self)) return unasked("user.info", UNTOLD);
      const response = await call(client, "user/info", "info", { userId: self.userId });
      if (!check("request.answered", response)) return;
      if (isLacking(response)) return unasked("user.info", LACKS);
      check("user.info", dataOf(response), described(self));
      const nobody = await call(client, "user/info", "nobody", { userId: "conformance-nobody" });
      const isOdd = endedInstead(nobody, client); // The id is odd for a server whose ids are numbers.
      if (!check("valid.odd-strings", isOdd ? nobody : "a connection that lives on")) return;
      check("user.info", propertyOf(nobody, "reason"), { const: "unknown_user" });
    },
  }),

  scenario({
    id: "sessions/info-of-who-left",
    title: "a client asks for another user who has left",
    tests: ["request.answered", "user.info"],
    upsets: true, // No other case of that stage comes as this user, who really is away then.
    async run({ connect, check, users, unasked }) {
      if (users < 2) return unasked("user.info", ONE_USER);
      const client = await connect({ name: "asks", acts: true });
      const other = await connect({ name: "leaves", user: 1 });
      const self = await selfOf(other);
      if (isNothing(self)) return unasked("user.info", UNTOLD);
      other.close(1000);
      await other.closed();
      await dialect.sign(client); // So that the server has probably noticed.
      const response = await call(client, "user/info", "info", { userId: self.userId });
      if (!check("request.answered", response)) return;
      if (isLacking(response)) return unasked("user.info", LACKS);
      check("user.info", dataOf(response), described(self));
    },
  }),

  scenario({
    id: "sessions/subscribe",
    title: "a client subscribes to the changes of a user, another one where it can",
    tests: ["request.answered", "user.subscribe"],
    async run({ connect, check, users, unasked }) {
      const client = await connect({ name: "subscribes" });
      const self = await selfOf(users > 1 ? await connect({ name: "other", user: 1 }) : client);
      if (isNothing(self)) return unasked("user.subscribe", UNTOLD);
      const { userId, username, displayName } = self;
      const response = await call(client, "user/subscribeUpdates", "subscribe", { userIds: [userId] });
      if (!check("request.answered", response)) return;
      if (isLacking(response)) return unasked("user.subscribe", LACKS);
      const event = await client.next(
        (it) => it.commandId === "user/updated" && named(it, userId) !== undefined,
        "user/updated",
      );
      check("user.subscribe", isNothing(event) ? event : named(event, userId), {
        title: "user/updated with the id, the names and the status of the user",
        type: "object",
        properties: { userId: true, username: { const: username }, displayName: { const: displayName }, status: true },
        required: ["userId", "username", "displayName", "status"],
      });
      await call(client, "user/unsubscribeUpdates", "unsubscribe", { userIds: [userId] });
    },
  }),

  scenario({
    id: "sessions/unsubscribe",
    title: "a client unsubscribes from the changes of users that it never subscribed to, twice",
    tests: ["request.answered", "user.unsubscribe"],
    async run({ connect, check, unasked }) {
      const client = await connect();
      for (const id of ["once", "twice"]) {
        const response = await call(client, "user/unsubscribeUpdates", id, { userIds: ["conformance-nobody"] });
        if (!endedInstead(response, client) && !check("request.answered", response)) return;
        if (isLacking(response)) return unasked("user.unsubscribe", LACKS);
        if (!check("user.unsubscribe", propertyOf(response, "status"), { const: "success" })) return;
      }
    },
  }),
];
