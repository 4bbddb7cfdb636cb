import { randomUUID } from "node:crypto";
import { type Client, eventOf } from "../world.ts";
import { type Faults, isEvent, isResponse, isSuccess, saying, withData } from "./fault.ts";

const DISCONNECT = "system/disconnect";

/** Adds a message behind `user/self`. */
const afterSelf = (more: () => object) =>
  saying((message) => (message.commandId === "user/self" ? [message, more()] : undefined));

/** Replaces all times in a message. */
const timesAs = (change: (time: number) => number) =>
  saying((message) => {
    const text = JSON.stringify(message, (name, it) =>
      typeof it === "number" && /At$|^timestamp$/.test(name) ? change(it) : it,
    );
    return JSON.parse(text);
  });

/** Faults of the section "Every message the server sends". */
export const messageFaults: Faults = {
  "says-errors-in-plain-text": {
    says: "Sends an error as text that is no JSON before it closes a connection.",
    breaks: "message.json",
    change: ({ malformed }) => ({
      malformed(client, why) {
        client.say(`error: ${why}`);
        malformed(client, why);
      },
    }),
  },
  "answers-in-binary": {
    says: "Sends responses in binary messages.",
    breaks: "message.json",
    change: saying((message) => (isResponse(message) ? Buffer.from(JSON.stringify(message)) : undefined)),
    also: ["request.answered"],
  },
  "writes-names-twice": {
    says: "Writes the type of an event twice.",
    breaks: "message.json",
    change: saying((message) =>
      isEvent(message) ? JSON.stringify(message).replace("{", '{"type":"event",') : undefined,
    ),
  },
  "numbers-its-events": {
    says: "Gives events numbers as messageIds.",
    breaks: "message.envelope",
    change: saying((message) => (isEvent(message) ? { ...message, messageId: 7 } : undefined)),
    also: ["self.sent"],
  },
  "has-types-of-its-own": {
    says: "Sends a notice behind user/self.",
    breaks: "message.envelope",
    change: afterSelf(() => ({ type: "notice", messageId: randomUUID(), commandId: "system/notice", data: {} })),
  },
  "announces-what-nobody-knows": {
    says: "Sends an event behind user/self of which there is no schema.",
    breaks: "message.known",
    change: afterSelf(() => eventOf("system/motd", { text: "welcome" })),
  },
  "asks-clients-as-a-client": {
    says: "Sends the request system/serverStats behind user/self.",
    breaks: "message.direction",
    change: afterSelf(() => ({ type: "request", messageId: randomUUID(), commandId: "system/serverStats" })),
  },
  "leaves-out-what-is-null": {
    says: "Leaves out properties that are null.",
    breaks: "message.schema",
    change: saying((message) => JSON.parse(JSON.stringify(message, (_, it) => (it === null ? undefined : it)))),
  },
  "sends-numbers-as-ids": {
    says: "Sends the id of a user as a number in user/updated.",
    breaks: "message.schema",
    change: saying((message) =>
      message.commandId === "user/updated" ? withData(message, { users: [{ userId: 1 }] }) : undefined,
    ),
    also: ["user.subscribe"],
  },
  "misspells-properties": {
    says: "Writes countrycode for countryCode in user/info.",
    breaks: "message.unknown-property",
    change: saying((message) =>
      message.commandId === "user/info" && isSuccess(message) ? withData(message, { countrycode: "de" }) : undefined,
    ),
  },
  "counts-seconds": {
    says: "Sends times in seconds.",
    breaks: "message.time",
    change: timesAs((time) => Math.round(time / 1e6)),
  },
  "counts-milliseconds": {
    says: "Sends times in milliseconds.",
    breaks: "message.time",
    change: timesAs((time) => Math.round(time / 1e3)),
  },
  "answers-what-nobody-asked": {
    says: "Sends a response behind user/self.",
    breaks: "response.correlated",
    change: afterSelf(() => ({
      ...{ type: "response", messageId: randomUUID(), commandId: "user/unsubscribeUpdates", status: "success" },
    })),
  },
  "writes-commands-in-lower-case": {
    says: "Writes the commandId of responses in lower case.",
    breaks: "response.correlated",
    change: saying((message) =>
      message.type === "response" && typeof message.commandId === "string"
        ? { ...message, commandId: message.commandId.toLowerCase() }
        : undefined,
    ),
  },
  "answers-another-command": {
    says: "Names system/disconnect in the responses to user/unsubscribeUpdates.",
    breaks: "response.correlated",
    change: saying((message) =>
      message.commandId === "user/unsubscribeUpdates" && isSuccess(message)
        ? { ...message, commandId: "system/disconnect" }
        : undefined,
    ),
  },
  "names-the-last-command": {
    says: "Names in all responses to requests that came in one go the command of the last of them.",
    breaks: "response.correlated",
    change({ respond }) {
      const last = new WeakMap<Client, unknown>();
      return {
        respond(client, request, outcome) {
          last.set(client, request.commandId);
          if (request.commandId === DISCONNECT) respond(client, request, outcome);
          else setImmediate(() => respond(client, { ...request, commandId: last.get(client) }, outcome));
        },
      };
    },
  },
  "answers-twice": {
    says: "Sends every response twice.",
    breaks: "response.once",
    change: saying((message) => (isResponse(message) ? [message, message] : undefined)),
  },
  "gives-reasons-for-success": {
    says: "Gives a success a reason.",
    breaks: "response.status",
    change: saying((message) => (isSuccess(message) ? { ...message, reason: "internal_error" } : undefined)),
  },
  "fails-with-data": {
    says: "Gives a failed response data.",
    breaks: "response.status",
    change: saying((message) => (message.status === "failed" ? { ...message, data: {} } : undefined)),
  },
  "fails-without-a-reason": {
    says: "Gives no reason where user/info fails with unknown_user.",
    breaks: "response.status",
    change: saying((message) => (message.reason === "unknown_user" ? { ...message, reason: undefined } : undefined)),
    also: ["user.info"],
  },
  "calls-it-unimplemented": {
    says: "Says unimplemented where it lacks a command.",
    breaks: "response.reason",
    change: saying((message) =>
      message.reason === "command_unimplemented" ? { ...message, reason: "unimplemented" } : undefined,
    ),
  },
  "has-reasons-of-its-own": {
    says: "Says nobody where no friend request is pending.",
    breaks: "response.reason",
    change: saying((message) =>
      ["invalid_user", "no_pending_request"].includes(String(message.reason))
        ? { ...message, reason: "nobody" }
        : undefined,
    ),
  },
  "uses-ids-again": {
    says: "Gives all events the same messageId.",
    breaks: "event.id-unique",
    change: saying((message) => (isEvent(message) ? { ...message, messageId: "event" } : undefined)),
  },
};
