import type { Connection } from "../../harness/connection.ts";
import { isNothing, type Nothing } from "../../harness/nothing.ts";
import type { Context } from "../../harness/scenario.ts";
import { heard, isEnded, isObject, type Message } from "../../harness/transcript.ts";
import { slug } from "../websocket/words.ts";
import {
  dataOf,
  endedInstead,
  isLacking,
  LACKS,
  NOTHING_OF_IT,
  ONE_USER,
  propertyOf,
  selfOf,
  UNTOLD,
} from "./answers.ts";
import { call, dialect } from "./dialect.ts";
import { friendCases } from "./friends.ts";
import { scenario } from "./protocol.ts";

const SEND = "messaging/send";
const SUBSCRIBE = "messaging/subscribeReceived";
const RECEIVED = "messaging/received";

const to = (userId: unknown, message: string) => ({ target: { type: "player", userId }, message });
const textOf = ({ data }: Message): unknown => (isObject(data) ? data.message : undefined);

/** Asks for the messages that come from now on. */
const subscribe = (client: Connection) => call(client, SUBSCRIBE, "subscribe", { since: { type: "latest" } });

/** Awaits a message of this text. */
const receive = (client: Connection, text: string): Promise<Message | Nothing> =>
  client.next((it) => it.commandId === RECEIVED && textOf(it) === text, RECEIVED);

/**
 * Sends a text as a user. Resolves to the response. If there is none, or the server lacks messages, says why nothing can be judged, and
 * resolves to nothing.
 */
async function sends<Id extends string>(
  { check, unasked }: Pick<Context<Id | "request.answered">, "check" | "unasked">,
  requirement: Id,
  sender: Connection,
  message: ReturnType<typeof to>,
): Promise<Message | undefined> {
  const response = await call(sender, SEND, "send", message);
  if (!check("request.answered", response) || isNothing(response)) return undefined;
  if (!isLacking(response)) return response;
  unasked(requirement, LACKS);
  return undefined;
}

/** The most characters of a message: code points, as JSON schemas count them. */
const LONGEST_MESSAGE = 512;

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
    tests: ["request.answered", "messaging.roundtrip"],
    async run({ connect, check, skip, unasked, users, random }) {
      if (users < 2) return skip("messaging.roundtrip", ONE_USER);
      const text = [...`${random.seed} ${words}`].slice(0, LONGEST_MESSAGE).join("");
      const [sender, receiver] = [await connect({ name: "sender" }), await connect({ name: "receiver", user: 1 })];
      const [from, other] = [await selfOf(sender), await selfOf(receiver)];
      if (isNothing(from) || isNothing(other)) return unasked("messaging.roundtrip", UNTOLD);
      if (!check("request.answered", await subscribe(receiver))) return;
      const response = await sends({ check, unasked }, "messaging.roundtrip", sender, to(other.userId, text));
      if (!response) return;
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
      const all = heard(receiver).filter((it) => it.commandId === RECEIVED && textOf(it) === text);
      check("messaging.roundtrip", all.length, { const: 1, title: "once" }, all.at(-1));
    },
  }),
);

/** The reason why nothing is judged of a second connection that does not stay: the protocol leaves open which one does. */
const SECOND_IS_REFUSED = "a second connection of a user is refused or ended: see second.connection";

/** The cases of the section "Messages and friends". They change something on the server, and clean up. */
export const socialCases = [
  ...roundtrips,

  scenario({
    id: "social/message-to-nobody",
    title: "a user sends a message to nobody",
    tests: ["request.answered", "messaging.target"],
    async run({ connect, check, unasked }) {
      const client = await connect();
      const response = await call(client, SEND, "send", to("conformance-nobody", "hello"));
      if (!endedInstead(response, client) && !check("request.answered", response)) return;
      if (isLacking(response)) return unasked("messaging.target", LACKS);
      check("messaging.target", propertyOf(response, "reason"), { const: "invalid_target" });
    },
  }),

  scenario({
    id: "social/isolated",
    title: "a user who did not subscribe sends a message to another while a third connection is there",
    tests: ["request.answered", "messaging.isolated"],
    async run({ connect, check, skip, unasked, users, exclusive, random }) {
      if (users < 2) return skip("messaging.isolated", ONE_USER);
      const text = `for one only ${random.seed}`;
      const sender = await connect({ name: "sender" });
      const receiver = await connect({ name: "receiver", user: 1 });
      const bystander = await connect({ name: "bystander" });
      const third = users > (exclusive ? 3 : 2) ? await connect({ name: "a third user", user: 2 }) : undefined;
      const other = await selfOf(receiver);
      if (isNothing(other)) return unasked("messaging.isolated", UNTOLD);
      if (!check("request.answered", await subscribe(receiver))) return;
      if (third && !check("request.answered", await subscribe(third))) return;
      if (!(await sends({ check, unasked }, "messaging.isolated", sender, to(other.userId, text)))) return;
      await receive(receiver, text);
      await Promise.all([bystander, sender, ...(third ? [third] : [])].map(dialect.sign));
      const leaked = [
        ...(third ? heard(third).filter((it) => textOf(it) === text) : []),
        ...heard(bystander).filter((it) => it.messageId === "send" || textOf(it) === text),
        ...heard(sender).filter((it) => textOf(it) === text), // It did not subscribe.
      ];
      check("messaging.isolated", leaked[0] ?? NOTHING_OF_IT, { const: NOTHING_OF_IT });
    },
  }),

  scenario({
    id: "social/message-unsubscribed",
    title: "a user sends a message to another who subscribed on an earlier connection, and not on this one",
    tests: ["request.answered", "messaging.isolated"],
    async run({ connect, check, skip, unasked, users, random }) {
      if (users < 2) return skip("messaging.isolated", ONE_USER);
      const text = `for nobody yet ${random.seed}`;
      const sender = await connect({ name: "sender" });
      const earlier = await connect({ name: "earlier connection of the receiver", user: 1 });
      const subscribed = await subscribe(earlier);
      if (!check("request.answered", subscribed)) return;
      if (isLacking(subscribed)) return unasked("messaging.isolated", LACKS);
      earlier.close(1000);
      await earlier.closed();
      const receiver = await connect({ name: "receiver", as: earlier });
      const other = await selfOf(receiver);
      if (isNothing(other)) return unasked("messaging.isolated", UNTOLD);
      if (!(await sends({ check, unasked }, "messaging.isolated", sender, to(other.userId, text)))) return;
      await dialect.sign(receiver);
      const leaked = heard(receiver).find((it) => textOf(it) === text);
      check("messaging.isolated", leaked ?? NOTHING_OF_IT, { const: NOTHING_OF_IT });
    },
  }),

  scenario({
    id: "social/message-to-a-second-connection",
    title: "a user sends a message to another who connected a second time, and whose first connection ended after that",
    tests: ["request.answered", "messaging.roundtrip"],
    async run({ connect, check, skip, unasked, users, random }) {
      if (users < 2) return skip("messaging.roundtrip", ONE_USER);
      const text = `for the second ${random.seed}`;
      const sender = await connect({ name: "sender" });
      const first = await connect({ name: "first of the receiver", user: 1 });
      await dialect.sign(first);
      const second = await connect({ name: "second of the receiver", acts: true, as: first });
      const other = await selfOf(second);
      const subscribed = await subscribe(second);
      if (!second.opened || isEnded(second)) return unasked("messaging.roundtrip", SECOND_IS_REFUSED);
      if (isNothing(other)) return unasked("messaging.roundtrip", UNTOLD);
      if (!check("request.answered", subscribed)) return;
      if (!isEnded(first)) first.close(1000);
      await first.closed();
      if (!check("request.answered", await dialect.sign(second))) return; // So that the server has probably noticed.
      const response = await sends({ check, unasked }, "messaging.roundtrip", sender, to(other.userId, text));
      if (!response) return;
      if (!check("messaging.roundtrip", propertyOf(response, "status"), { const: "success" })) return;
      check("messaging.roundtrip", await receive(second, text));
    },
  }),

  ...friendCases,
];
