import { type Command, eventOf, now, tell, type User, type World } from "./world.ts";

/** Does something with another user, and tells that user of it. */
const withOther =
  (key: "to" | "from" | "userId", event: string, act: (user: User, other: User) => string | undefined): Command =>
  (data, { user }, world: World) => {
    const other = world.user(data[key]);
    if (!other || other === user) return { failed: "invalid_user" };
    const failed = act(user, other);
    if (failed !== undefined) return { failed };
    return { next: () => tell(world, other, eventOf(`friend/${event}`, { from: user.id })) };
  };

const NONE = "no_pending_request";

/** Friends, and requests to become one. */
export const friendCommands: Readonly<Record<string, Command>> = {
  "friend/list": (_, { user }, { users }) => ({
    data: {
      friends: Array.from(user.friends, ([userId, addedAt]) => ({ userId, addedAt })),
      outgoingPendingRequests: users.flatMap(({ id, requests }) => {
        const sentAt = requests.get(user.id);
        return sentAt === undefined ? [] : [{ to: id, sentAt }];
      }),
      incomingPendingRequests: Array.from(user.requests, ([from, sentAt]) => ({ from, sentAt })),
    },
  }),

  "friend/sendRequest": withOther("to", "requestReceived", (user, other) => {
    if (user.friends.has(other.id)) return "already_in_friendlist";
    other.requests.set(user.id, now());
    return undefined;
  }),

  "friend/cancelRequest": withOther("to", "requestCancelled", (user, other) => {
    other.requests.delete(user.id);
    return undefined;
  }),

  "friend/acceptRequest": withOther("from", "requestAccepted", (user, other) => {
    if (!user.requests.delete(other.id)) return NONE;
    user.friends.set(other.id, now());
    other.friends.set(user.id, now());
    return undefined;
  }),

  "friend/rejectRequest": withOther("from", "requestRejected", (user, other) =>
    user.requests.delete(other.id) ? undefined : NONE,
  ),

  "friend/remove": withOther("userId", "removed", (user, other) => {
    if (!user.friends.delete(other.id)) return "not_in_friendlist";
    other.friends.delete(user.id);
    return undefined;
  }),
};
