import { isObject, type Message, parse } from "../../../../harness/transcript.ts";
import type { Client } from "../world.ts";
import {
  accepting,
  carryingOut,
  commandIn,
  type Faults,
  ignoring,
  isInvalid,
  leavingOver,
  type ReferenceFault,
} from "./fault.ts";
import { messageIdFaults } from "./message-ids.ts";
import { unknownCommandFaults } from "./unknown-commands.ts";

/** A change that ends the connection after some responses. */
const leavingAfter =
  (which: (reason: string) => boolean): ReferenceFault["change"] =>
  ({ respond }) => ({
    respond(client, request, outcome) {
      respond(client, request, outcome);
      if ("failed" in outcome && which(outcome.failed)) client.leave(1008, outcome.failed);
    },
  });

/** Tells if a text stands in some data, however deep. */
const holds = (data: unknown, wanted: (text: string) => boolean): boolean => {
  if (typeof data === "string") return wanted(data);
  return typeof data === "object" && data !== null && Object.values(data).some((it) => holds(it, wanted));
};

/** A change that gives some invalid requests another reason. */
const callingMistakes =
  (failed: string, which: (request: Message) => boolean = () => true): ReferenceFault["change"] =>
  ({ respond }) => ({
    respond: (client, request, outcome) =>
      respond(client, request, isInvalid(outcome) && which(request) ? { failed } : outcome),
  });

/** Faults of the section "Requests and errors". */
export const requestFaults: Faults = {
  "ignores-requests": {
    says: "Answers no request.",
    breaks: "request.answered",
    change: ignoring(() => true),
  },
  "forgets-to-answer-a-command": {
    says: "Does not answer friend/list.",
    breaks: "request.answered",
    change: ignoring((request) => commandIn(request) === "friend/list"),
  },
  "forgets-to-answer-another": {
    says: "Does not answer user/info.",
    breaks: "request.answered",
    change: ignoring((request) => commandIn(request) === "user/info"),
  },
  "takes-ids-for-those-of-all-users": {
    says: "Leaves aside a request whose messageId another user has just sent.",
    breaks: "request.answered",
    change({ carryOut }) {
      let last: Partial<Record<"user" | "id", unknown>> = {};
      return {
        carryOut(request, client) {
          const { user, id } = last;
          last = { user: client.user, id: request.messageId };
          return id === request.messageId && user !== client.user ? undefined : carryOut(request, client);
        },
      };
    },
  },
  ...messageIdFaults,
  "takes-few-at-a-time": {
    says: "Leaves aside what comes beyond seven requests in one go.",
    breaks: "request.pipelined",
    also: ["invalid.data", "valid.odd-strings"],
    change({ carryOut }) {
      const counts = new WeakMap<Client, number>();
      return {
        carryOut(request, client) {
          const count = (counts.get(client) ?? 0) + 1;
          counts.set(client, count);
          if (count === 1) setTimeout(() => counts.delete(client), 5);
          return count > 7 ? undefined : carryOut(request, client);
        },
      };
    },
  },
  "refuses-further-properties": {
    says: "Refuses a request with a property beside its envelope that no schema names.",
    breaks: "request.extra",
    also: ["transport.unicode"],
    change: carryingOut((request) => (Object.hasOwn(request, "extra") ? { failed: "invalid_request" } : undefined)),
  },
  "refuses-further-data": {
    says: "Refuses data with a property that no schema names.",
    breaks: "request.extra",
    change: carryingOut(({ data }) =>
      isObject(data) && Object.hasOwn(data, "conformance") ? { failed: "invalid_request" } : undefined,
    ),
  },
  "compares-texts": {
    says: "Does not know a request with escapes in its text.",
    breaks: "request.encoding",
    change: ({ read }) => ({
      read: (text, binary, client) =>
        /\\[/u]/.test(text) && !text.includes("\\u0000") ? "odd escapes" : read(text, binary, client),
    }),
  },
  "knows-no-white-space": {
    says: "Does not know a request with white space between its parts.",
    breaks: "request.encoding",
    also: ["transport.segmentation", "transport.fragmentation"],
    change: ({ read }) => ({
      read(text, binary, client) {
        const plain = text.length < 1_000 ? JSON.stringify(parse(text)) : undefined; // Long ones may be deep, too.
        const isSpaced = plain !== undefined && plain !== text && plain.replace(/\s/g, "") === text.replace(/\s/g, "");
        return isSpaced ? "odd spaces" : read(text, binary, client);
      },
    }),
  },
  "searches-for-the-command": {
    says: "Does not know a request in which the text of another commandId stands before its own.",
    breaks: "request.encoding",
    change: ({ read }) => ({
      read(text, binary, client) {
        const message = read(text, binary, client);
        const [, first] = /"commandId":"(\w+)"/.exec(text) ?? [];
        const isOther = isObject(message) && first !== undefined && message.commandId !== first;
        return isOther ? "another command" : message;
      },
    }),
  },
  "kills-hosts-for-users": {
    says: "Answers autohost/kill of a user with success.",
    breaks: "request.wrong-direction",
    also: ["message.direction"],
    change: carryingOut((request) => (commandIn(request) === "autohost/kill" ? {} : undefined)),
  },
  "starts-battles-for-users": {
    says: "Answers battle/start of a user with success.",
    breaks: "request.wrong-direction",
    also: ["message.direction"],
    change: carryingOut((request) => (commandIn(request) === "battle/start" ? {} : undefined)),
  },
  ...unknownCommandFaults,
  "calls-mistakes-its-own": {
    says: "Answers invalid requests with internal_error.",
    breaks: "invalid.data",
    change: callingMistakes("internal_error"),
  },
  "calls-mistakes-unimplemented": {
    says: "Answers invalid requests with command_unimplemented.",
    breaks: "invalid.data",
    change: callingMistakes("command_unimplemented"),
  },
  "calls-some-mistakes-unimplemented": {
    says: "Answers invalid requests whose data are empty with command_unimplemented.",
    breaks: "invalid.data",
    change: callingMistakes("command_unimplemented", ({ data }) => Object.keys(Object(data)).length === 0),
  },
  "does-not-look-at-lengths": {
    says: "Accepts a message of any length.",
    breaks: "invalid.data",
    change: accepting(
      ({ commandId, data }) => commandId === "messaging/send" && holds(data, (text) => [...text].length > 512),
    ),
  },
  "does-not-look-for-data": {
    says: "Carries user/unsubscribeUpdates out without data.",
    breaks: "invalid.data",
    change: accepting(({ commandId, data }) => commandId === "user/unsubscribeUpdates" && data === undefined),
  },
  "ends-connections-after-invalid-requests": {
    says: "Closes the connection once it has answered an invalid request.",
    breaks: "invalid.usable",
    change: leavingAfter((reason) => reason === "invalid_request"),
  },
  "ends-connections-after-unknown-commands": {
    says: "Closes the connection once it has answered a command that nobody defines.",
    breaks: "invalid.usable",
    also: ["event.unanswered", "transport.extensions", "request.wrong-direction"],
    change: leavingAfter((reason) => reason === "command_unimplemented"),
  },
  "wants-numbers-as-user-ids": {
    says: "Ends the connection over the id of a user that is odd, though valid.",
    breaks: "valid.odd-strings",
    change: leavingOver(1011, ({ data }) => {
      const { userId, userIds = [], to, from, target } = Object(data);
      return [userId, userIds, to, from, Object(target).userId]
        .flat()
        .some((id) => id !== undefined && !/^\d+$/.test(id));
    }),
  },
  "ends-connections-over-names-of-objects": {
    says: "Ends the connection over a text that is the name of something which all objects have.",
    breaks: "valid.odd-strings",
    change: leavingOver(1011, ({ data }) => holds(data, (text) => text in {})),
  },
  "keeps-users-in-an-object": {
    says: "Takes a name that all objects have for the id of a user in user/info.",
    breaks: "message.schema",
    change: carryingOut(({ commandId, data }) =>
      commandId === "user/info" && holds(data, (text) => text in {}) ? { data: {} } : undefined,
    ),
  },
  "ignores-empty-texts": {
    says: "Does not answer a request with an empty text in its data.",
    breaks: "valid.odd-strings",
    change: ({ carryOut }) => ({
      carryOut(request, client) {
        const outcome = carryOut(request, client);
        return !isInvalid(outcome) && holds(request.data, (text) => text === "") ? undefined : outcome;
      },
    }),
  },
  "carries-out-events": {
    says: "Answers an event that is named as a request is.",
    breaks: "event.unanswered",
    also: ["response.correlated"],
    change: ({ carryOut, respond }) => ({
      notice(message, client) {
        const outcome = message.type === "event" ? carryOut(message, client) : undefined;
        if (outcome && !("failed" in outcome)) respond(client, message, outcome);
      },
    }),
  },
  "carries-out-responses": {
    says: "Takes a response for the request of that name.",
    breaks: "response.correlated",
    change: ({ carryOut, respond }) => ({
      notice(message, client) {
        const outcome = message.type === "response" ? carryOut(message, client) : undefined;
        if (outcome) respond(client, message, outcome);
      },
    }),
  },
  "tells-who-asks-for-an-event": {
    says: "Answers a request of user/self with success.",
    breaks: "request.wrong-direction",
    change: accepting(({ commandId }) => commandId === "user/self"),
  },
  "answers-events": {
    says: "Answers an event with a failed response.",
    breaks: "event.unanswered",
    also: ["response.correlated", "response.reason"],
    change: ({ respond }) => ({
      notice: (message, client) =>
        message.type === "event" && respond(client, message, { failed: "command_unimplemented" }),
    }),
  },
};
