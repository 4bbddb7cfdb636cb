import { friendCommands } from "./friend.ts";
import { messagingCommands } from "./messaging.ts";
import { type Command, eventOf, type User, type World } from "./world.ts";

/** The data of a user that everybody can see. */
const publicly = (user: User, { clients }: World) => ({
  userId: user.id,
  username: user.name,
  displayName: user.name,
  clanBaseData: null,
  status: [...clients].some((client) => client.user === user) ? "menu" : "offline",
});

/** The data of its own user that a client is told as soon as it connects. */
export const self = (user: User, world: World): object => ({
  user: {
    ...publicly(user, world),
    party: null,
    invitedToParties: [],
    friendIds: [...user.friends.keys()],
    outgoingFriendRequest: world.users.flatMap(({ id, requests }) => {
      const sentAt = requests.get(user.id);
      return sentAt === undefined ? [] : [{ to: id, sentAt }];
    }),
    incomingFriendRequest: Array.from(user.requests, ([from, sentAt]) => ({ from, sentAt })),
    ignoreIds: [],
    currentLobby: null,
    clanInvites: [],
  },
});

/** The commands that the server knows. */
export const commands: Readonly<Record<string, Command>> = {
  "system/disconnect": (_, client) => ({ next: () => client.leave(1000, "you asked for it") }),
  "system/serverStats": (_, __, { clients }) => ({
    data: { userCount: new Set(Array.from(clients, ({ user }) => user)).size },
  }),

  "user/info": ({ userId }, _, world) => {
    const user = world.user(userId);
    return user ? { data: publicly(user, world) } : { failed: "unknown_user" };
  },
  "user/subscribeUpdates": ({ userIds }, client, world) => {
    const users = (userIds as string[]).flatMap((id) => world.user(id) ?? []);
    for (const { id } of users) client.watches.add(id);
    const updates = { users: users.map((user) => publicly(user, world)) };
    return { next: () => void (users.length > 0 && client.say(eventOf("user/updated", updates))) };
  },
  "user/unsubscribeUpdates": ({ userIds }, client) => {
    for (const id of userIds as string[]) client.watches.delete(id);
    return {};
  },

  ...messagingCommands,
  ...friendCommands,
};
