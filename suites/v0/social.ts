import type { Connection } from "../../harness/connection.ts";
import { isNothing, type Nothing } from "../../harness/nothing.ts";
import { heard, isObject, type Message } from "../../harness/transcript.ts";
import { slug } from "../websocket/words.ts";
import { dataOf, isLacking, LACKS, ONE_USER, propertyOf, selfOf, UNTOLD } from "./answers.ts";
import { call, dialect } from "./dialect.ts";
import { scenario } from "./protocol.ts";

const SEND = "messaging/send";
const SUBSCRIBE = "messaging/subscribeReceived";
const RECEIVED = "messaging/received";

const to = (userId: unknown, message: string) => ({ target: { type: "player", userId }, message });
const textOf = ({ data }: Message): unknown => (isObject(data) ? data.message : undefined);

/** Awaits a message of this text. */
const receive = (client: Connection, text: string): Promise<Message | Nothing> =>
  client.next((it) => it.commandId === RECEIVED && textOf(it) === text, RECEIVED);

/** The most characters of a message: code points, as JSON schemas count them. */
const LONGEST = 512;

/** Texts that are sent between users; a number of the run keeps cases apart. */
const TEXTS: Readonly<Record<string, string>> = {
  "a short text": "hello",
  emoji: "👩‍👩‍👧‍👦 🦔 ünïcödé",
  markup: `<b>bold</b> &amp; "quoted" 'twice' \\\\ %20 {0} $& https://example.org/`,
  "white space": "two  spaces,\ta tab,\na line break, and behind it all  ",
  "512 characters": "x".repeat(512),
  "512 emoji": "🦔".repeat(512),
};

const roundtrips = Object.entries(TEXTS).map(([name, words]) =>
  scenario({
    id: `social/message-${slug(name)}`,
    title: `a user sends ${name} to another who subscribed`,
    given: words,
    tests: ["messaging.roundtrip"],
    async run({ connect, check, skip, unasked, users, random }) {
      if (users < 2) return skip("messaging.roundtrip", ONE_USER);
      const text = [...`${random.seed} ${words}`].slice(0, LONGEST).join("");
      const [sender, receiver] = [await connect({ name: "sender" }), await connect({ name: "receiver", user: 1 })];
      const [from, other] = [await selfOf(sender), await selfOf(receiver)];
      if (isNothing(from) || isNothing(other)) return unasked("messaging.roundtrip", UNTOLD);
      await call(receiver, SUBSCRIBE, "subscribe", { since: { type: "latest" } });
      const response = await call(sender, SEND, "send", to(other.userId, text));
      if (isLacking(response)) return unasked("messaging.roundtrip", LACKS);
      if (!check("messaging.roundtrip", propertyOf(response, "status"), { const: "success" })) return;
      const came = dataOf(await receive(receiver, text));
      check("messaging.roundtrip", came, {
        title: "messaging/received with the text and its source",
        type: "object",
        properties: {
          source: { type: "object", properties: { type: { const: "player" }, userId: { const: from.userId } } },
        },
        required: ["source"],
      });
      await dialect.sign(receiver);
      const count = heard(receiver).filter((it) => it.commandId === RECEIVED && textOf(it) === text).length;
      check("messaging.roundtrip", count, { const: 1, title: "once" });
    },
  }),
);

const LIST = "friend/list";

/** The lists that a user has, and where other users stand in them. */
const LISTS = { friends: "userId", outgoingPendingRequests: "to", incomingPendingRequests: "from" } as const;

/** Returns the lists of a client on which another user stands. */
async function listsWith(client: Connection, id: string, userId: unknown): Promise<string[] | Nothing> {
  const data = dataOf(await call(client, LIST, id));
  if (isNothing(data)) return data;
  return Object.entries(LISTS).flatMap(([list, key]) => {
    const entries = data[list];
    return Array.isArray(entries) && entries.some((it) => isObject(it) && it[key] === userId) ? [list] : [];
  });
}

/** The cases of the section "Messages and friends". They change something on the server, and clean up. */
export const socialCases = [
  ...roundtrips,

  scenario({
    id: "social/message-to-nobody",
    title: "a user sends a message to nobody",
    tests: ["messaging.target"],
    async run({ connect, check, unasked }) {
      const response = await call(await connect(), SEND, "send", to("conformance-nobody", "hello"));
      if (isLacking(response)) return unasked("messaging.target", LACKS);
      check("messaging.target", propertyOf(response, "reason"), { const: "invalid_target" });
    },
  }),

  scenario({
    id: "social/isolated",
    title: "a user sends a message to another while a third connection is there",
    tests: ["messaging.isolated"],
    async run({ connect, check, skip, unasked, users, random }) {
      if (users < 2) return skip("messaging.isolated", ONE_USER);
      const text = `for one only ${random.seed}`;
      const sender = await connect({ name: "sender" });
      const receiver = await connect({ name: "receiver", user: 1 });
      const bystander = await connect({ name: "bystander" });
      const other = await selfOf(receiver);
      if (isNothing(other)) return unasked("messaging.isolated", UNTOLD);
      await call(receiver, SUBSCRIBE, "subscribe", { since: { type: "latest" } });
      const response = await call(sender, SEND, "private", to(other.userId, text));
      if (isLacking(response)) return unasked("messaging.isolated", LACKS);
      await receive(receiver, text);
      await dialect.sign(bystander);
      const leaked = heard(bystander).filter((it) => it.messageId === "private" || textOf(it) === text);
      check("messaging.isolated", leaked[0] ?? "nothing of it", { const: "nothing of it" });
    },
  }),

  scenario({
    id: "social/friends",
    title: "a user asks another to become friends, who accepts, and is removed again",
    tests: ["friend.roundtrip"],
    async run({ connect, check, skip, unasked, users }) {
      if (users < 2) return skip("friend.roundtrip", ONE_USER);
      const [one, two] = [await connect({ name: "asks" }), await connect({ name: "is asked", user: 1 })];
      const [first, second] = [await selfOf(one), await selfOf(two)];
      if (isNothing(first) || isNothing(second)) return unasked("friend.roundtrip", UNTOLD);
      const told = (client: Connection, name: string, from: unknown) =>
        client.next((it) => it.commandId === name && isObject(it.data) && it.data.from === from, name);
      const done = (response: Message | Nothing) =>
        check("friend.roundtrip", propertyOf(response, "status"), { const: "success" });
      const bothOn = async (id: string, lists: readonly string[], theirs = lists) => {
        check("friend.roundtrip", await listsWith(one, id, second.userId), { const: lists });
        check("friend.roundtrip", await listsWith(two, id, first.userId), { const: theirs });
      };
      const asked = await call(one, "friend/sendRequest", "send", { to: second.userId });
      if (isLacking(asked)) return unasked("friend.roundtrip", LACKS);
      if (!done(asked)) return;
      check("friend.roundtrip", await told(two, "friend/requestReceived", first.userId));
      await bothOn("asked", ["outgoingPendingRequests"], ["incomingPendingRequests"]);
      if (!done(await call(two, "friend/acceptRequest", "accept", { from: first.userId }))) return;
      check("friend.roundtrip", await told(one, "friend/requestAccepted", second.userId));
      await bothOn("list", ["friends"]);
      if (!done(await call(one, "friend/remove", "remove", { userId: second.userId }))) return;
      await bothOn("gone", []);
    },
  }),
];
