import type { Message } from "../../../harness/transcript.ts";
import { type Command, eventOf, now, type Received, tell, type User } from "./world.ts";

/** The messages of a user that are kept. */
const MESSAGES_KEPT = 100;

/** Messages between users. There are no parties and lobbies here, so nobody is in one. */
export const messagingCommands: Readonly<Record<string, Command>> = {
  "messaging/send": ({ target, message }, { user: { id: userId } }, world) => {
    const { type, userId: to } = target as Message;
    const other = type === "player" ? world.user(to) : undefined;
    if (!other) return { failed: "invalid_target" };
    const timestamp = now();
    const received: Received = {
      message: String(message),
      source: { type: "player", userId },
      timestamp,
      marker: `${timestamp}-${other.history.length}`,
    };
    keep(other, received);
    return { next: () => tell(world, other, eventOf("messaging/received", received), ({ receives }) => receives) };
  },

  "messaging/subscribeReceived": ({ since = { type: "latest" } }, client) => {
    const { type, value } = since as Message;
    const { history } = client.user;
    const place = history.findIndex(({ marker }) => marker === value);
    const missed = type === "marker" && place < 0;
    const from = { from_start: 0, marker: place + 1 }[String(type)] ?? history.length;
    client.receives = true;
    return {
      data: { hasMissedMessages: missed },
      next() {
        for (const received of history.slice(from)) client.say(eventOf("messaging/received", received));
      },
    };
  },
};

function keep({ history }: User, received: Received): void {
  const all = history as Received[];
  all.push(received);
  if (all.length > MESSAGES_KEPT) all.shift();
}
