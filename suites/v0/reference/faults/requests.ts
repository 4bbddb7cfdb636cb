import { isObject, parse } from "../../../../harness/transcript.ts";
import type { Client } from "../world.ts";
import { dataFaults } from "./data.ts";
import { accepting, carryingOut, commandIn, type Faults, ignoring } from "./fault.ts";
import { messageIdFaults } from "./message-ids.ts";
import { unknownCommandFaults } from "./unknown-commands.ts";

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
  "goes-deaf-behind-a-silence": {
    says: "Answers no more requests of a client that has sent none for 1.2 s.",
    breaks: "request.answered",
    change({ carryOut }) {
      const last = new WeakMap<Client, number>();
      return {
        carryOut(request, client) {
          const isDeaf = Date.now() - (last.get(client) ?? Date.now()) > 1_200;
          last.set(client, isDeaf ? 0 : Date.now());
          return isDeaf ? undefined : carryOut(request, client);
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
  "takes-requests-with-a-status-for-responses": {
    says: "Leaves aside a request that has a status, as a response does.",
    breaks: "request.extra",
    change: ignoring((request) => Object.hasOwn(request, "status")),
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
  ...dataFaults,
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
