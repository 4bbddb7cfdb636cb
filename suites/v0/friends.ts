import type { Connection } from "../../harness/connection.ts";
import { isNothing, type Nothing } from "../../harness/nothing.ts";
import type { Context } from "../../harness/scenario.ts";
import { heard, isObject, type Message } from "../../harness/transcript.ts";
import { isLacking, LACKS, NOTHING_OF_IT, ONE_USER, propertyOf, selfOf, UNTOLD } from "./answers.ts";
import { call, dialect } from "./dialect.ts";
import { scenario } from "./protocol.ts";

const LIST = "friend/list";

/** The reason why nothing is judged if two users are friends: the suite does not undo that. */
const FRIENDS = "the two users are friends already";

/** The lists that a user has, and where other users stand in them. */
const LISTS = { friends: "userId", outgoingPendingRequests: "to", incomingPendingRequests: "from" } as const;

/** Returns the lists in a response on which another user stands. */
function listsWith(response: Message, userId: unknown): string[] {
  const data = Object(response.data);
  return Object.entries(LISTS).flatMap(([list, key]) => {
    const entries = data[list];
    return Array.isArray(entries) && entries.some((it) => isObject(it) && it[key] === userId) ? [list] : [];
  });
}

/** Takes back a request to become friends, or a friendship, so that the next run meets what this one met. */
async function part(client: Connection, userId: unknown): Promise<void> {
  await call(client, "friend/cancelRequest", "take back", { to: userId });
  await call(client, "friend/remove", "part", { userId });
}

/** The events that a user is told. */
const [REQUESTED, ACCEPTED, REMOVED] = ["friend/requestReceived", "friend/requestAccepted", "friend/removed"] as const;

/** Two users who become friends: the one who asks, the other, and what each was told of itself. */
interface Pair {
  readonly one: Connection;
  readonly two: Connection;
  readonly first: Message;
  readonly second: Message;
}

/** The events of friends that a connection got from one of these users. */
const eventsFrom = (client: Connection, ...users: readonly unknown[]): Message[] =>
  heard(client).filter(
    ({ commandId, data }) =>
      [REQUESTED, ACCEPTED, REMOVED].some((it) => it === commandId) && isObject(data) && users.includes(data.from),
  );

/** Makes two users friends once one has asked, and undoes it. Resolves to `true` if the request was taken. */
async function befriend(
  { check }: Pick<Context<"request.answered" | "friend.roundtrip">, "check">,
  { one, two, first, second }: Pair,
  asked: Message | Nothing,
): Promise<boolean> {
  const told = (client: Connection, name: string, from: unknown) =>
    client.next((it) => it.commandId === name && isObject(it.data) && it.data.from === from, name);
  const done = (response: Message | Nothing) =>
    check("request.answered", response) && check("friend.roundtrip", response.status, { const: "success" });
  const isOn = async (client: Connection, id: string, userId: unknown, lists: readonly string[]) => {
    const response = await call(client, LIST, id);
    if (!check("request.answered", response)) return false;
    check("friend.roundtrip", listsWith(response, userId), { const: lists }, response);
    return true;
  };
  const bothOn = async (id: string, lists: readonly string[], theirs = lists) =>
    (await isOn(one, id, second.userId, lists)) && (await isOn(two, id, first.userId, theirs));
  const giveUp = () => part(one, second.userId).then(() => true);
  if (!done(asked)) {
    // A request that was refused changed nothing.
    if (isNothing(asked)) await part(one, second.userId);
    return false;
  }
  check("friend.roundtrip", await told(two, REQUESTED, first.userId));
  const isAsked = await bothOn("asked", ["outgoingPendingRequests"], ["incomingPendingRequests"]);
  const accepted = await call(two, "friend/acceptRequest", "accept", { from: first.userId });
  if (!done(accepted)) return giveUp();
  check("friend.roundtrip", await told(one, ACCEPTED, second.userId));
  if (isAsked) await bothOn("list", ["friends"]);
  const removed = await call(one, "friend/remove", "remove", { userId: second.userId });
  if (!done(removed)) return giveUp();
  check("friend.roundtrip", await told(two, REMOVED, first.userId));
  if (isAsked) await bothOn("gone", []);
  return true;
}

/** The requirements on events of friends. */
const OF_FRIENDS = ["friend.roundtrip", "messaging.isolated"] as const;

/** The cases of friends, part of the section "Messages and friends". */
export const friendCases = [
  scenario({
    id: "social/friends",
    title:
      "a user asks another to become friends, who accepts, and is removed again, beside a third where there is one",
    tests: ["request.answered", ...OF_FRIENDS],
    async run(context) {
      const { connect, check, skip, unasked, users } = context;
      if (users < 2) return OF_FRIENDS.forEach((id) => void skip(id, ONE_USER));
      const [one, two] = [await connect({ name: "asks" }), await connect({ name: "is asked", user: 1 })];
      const third = users > 2 ? await connect({ name: "a third user", user: 2 }) : undefined;
      const [first, second] = [await selfOf(one), await selfOf(two)];
      if (isNothing(first) || isNothing(second)) return unasked("friend.roundtrip", UNTOLD);
      const asked = await call(one, "friend/sendRequest", "send", { to: second.userId });
      if (isLacking(asked)) return unasked("friend.roundtrip", LACKS);
      if (propertyOf(asked, "reason") === "already_in_friendlist") return unasked("friend.roundtrip", FRIENDS);
      const isTaken = await befriend(context, { one, two, first, second }, asked);
      if (!isTaken) return;
      await Promise.all((third ? [one, two, third] : [one, two]).map(dialect.sign));
      // Both may be told the outcome, but nobody of his own doing.
      const leaked = [
        ...eventsFrom(one, first.userId),
        ...eventsFrom(two, second.userId),
        ...(third ? eventsFrom(third, first.userId, second.userId) : []),
      ][0];
      check("messaging.isolated", leaked ?? NOTHING_OF_IT, { const: NOTHING_OF_IT });
    },
  }),
];
