import { isObject, type Message } from "../../../../harness/transcript.ts";
import type { Client } from "../world.ts";
import {
  accepting,
  carryingOut,
  dropAll,
  type Faults,
  ignoring,
  leavingOver,
  type ReferenceFault,
  saying,
} from "./fault.ts";

const STATS = "system/serverStats";
const command = ({ commandId }: Message) => String(commandId);

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
    also: ["friend.roundtrip"],
    change: ignoring((request) => command(request) === "friend/list"),
  },
  "cuts-ids": {
    says: "Cuts messageIds to 255 characters.",
    breaks: "request.echo",
    also: ["response.correlated"],
    change: saying((message) =>
      String(message.messageId).length > 255
        ? { ...message, messageId: String(message.messageId).slice(0, 255) }
        : undefined,
    ),
  },
  "gives-empty-ids-a-value": {
    says: "Answers an empty messageId with one of its own.",
    breaks: "request.echo",
    also: ["response.correlated"],
    change: saying((message) => (message.messageId === "" ? { ...message, messageId: "0" } : undefined)),
  },
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
      isObject(data) && Object.hasOwn(data, "conformance") && Object.keys(data).length > 1
        ? { failed: "invalid_request" }
        : undefined,
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
  "starts-battles-for-users": {
    says: "Answers battle/start of a user with success.",
    breaks: "request.wrong-direction",
    also: ["message.known", "message.direction"],
    change: carryingOut((request) => (command(request) === "battle/start" ? {} : undefined)),
  },
  "calls-unknown-commands-invalid": {
    says: "Answers an unknown command with invalid_request.",
    breaks: "unknown.unimplemented",
    change: carryingOut((request) =>
      /conformance/.test(command(request)) ? { failed: "invalid_request" } : undefined,
    ),
  },
  "ignores-unknown-commands": {
    says: "Does not answer an unknown command.",
    breaks: "unknown.unimplemented",
    also: ["transport.extensions"],
    change: ignoring((request) => /conformance/.test(command(request))),
  },
  "forgets-the-command-that-it-lacks": {
    says: "Names another command in the response to one that it lacks.",
    breaks: "unknown.unimplemented",
    also: ["response.correlated"],
    change: saying((message) =>
      message.reason === "command_unimplemented" && /conformance/.test(command(message))
        ? { ...message, commandId: "system/error" }
        : undefined,
    ),
  },
  "ignores-the-case-of-commands": {
    says: "Carries out a command in upper case.",
    breaks: "unknown.odd",
    also: ["message.known"],
    change: carryingOut((request) =>
      command(request) === STATS.toUpperCase() ? { data: { userCount: 1 } } : undefined,
    ),
  },
  "ignores-odd-commands": {
    says: "Does not answer a command without a slash.",
    breaks: "unknown.odd",
    change: ignoring((request) => !command(request).includes("/")),
  },
  "calls-mistakes-its-own": {
    says: "Answers invalid requests with internal_error.",
    breaks: "invalid.data",
    change: ({ respond }) => ({
      respond: (client, request, outcome) =>
        respond(
          client,
          request,
          "failed" in outcome && outcome.failed === "invalid_request" ? { failed: "internal_error" } : outcome,
        ),
    }),
  },
  "does-not-look-at-lengths": {
    says: "Accepts a message of any length.",
    breaks: "invalid.data",
    change: accepting(
      ({ commandId, data }) => commandId === "messaging/send" && holds(data, (text) => text.length > 512),
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
    also: ["event.unanswered", "transport.extensions", "request.wrong-direction", "request.extra", "valid.odd-strings"],
    change: leavingAfter((reason) => reason === "command_unimplemented"),
  },
  "wants-numbers-as-user-ids": {
    says: "Ends the connection over the id of a user that is odd, though valid.",
    breaks: "valid.odd-strings",
    change: leavingOver(1011, ({ data }) => holds(data, (text) => text === "banana" || text === "-1")),
  },
  "ignores-empty-texts": {
    says: "Does not answer a request with an empty text in its data.",
    breaks: "valid.odd-strings",
    change: ({ carryOut }) => ({
      carryOut(request, client) {
        const outcome = carryOut(request, client);
        const isInvalid = outcome && "failed" in outcome && outcome.failed === "invalid_request";
        return !isInvalid && holds(request.data, (text) => text === "") ? undefined : outcome;
      },
    }),
  },
  "answers-events": {
    says: "Answers an event with a failed response.",
    breaks: "event.unanswered",
    also: ["response.correlated", "message.known", "response.reason"],
    change: ({ respond }) => ({
      notice: (message, client) =>
        message.type === "event" && respond(client, message, { failed: "command_unimplemented" }),
    }),
  },
};

/** Faults of the section "Malformed messages". */
export const malformedFaults: Faults = {
  "ignores-malformed-messages": {
    says: "Leaves malformed messages aside.",
    breaks: "malformed.closed",
    change: () => ({ malformed() {} }),
  },
  "ignores-messages-without-a-type": {
    says: "Leaves JSON objects aside that are no message.",
    breaks: "malformed.closed",
    change: ({ malformed }) => ({
      malformed: (client, why) => void (/^(type|messageId|commandId) /.test(why) || malformed(client, why)),
    }),
  },
  "closes-with-1000": {
    says: "Closes with code 1000 over a malformed message.",
    breaks: "malformed.code",
    change: () => ({ malformed: (client, why) => client.leave(1000, why) }),
  },
  "drops-who-sends-nonsense": {
    says: "Ends the TCP connection without a close frame over a malformed message.",
    breaks: "malformed.code",
    change: () => ({ malformed: (client) => client.drop() }),
  },
  "closes-without-a-reason": {
    says: "Closes without a reason over a malformed message.",
    breaks: "malformed.reason",
    change: () => ({ malformed: (client) => client.leave(1008) }),
  },
  "reads-binary-messages": {
    says: "Carries out a request in a binary message.",
    breaks: "malformed.binary",
    change: ({ read }) => ({ read: (text, _, client) => read(text, false, client) }),
  },
  "dies-of-malformed-messages": {
    says: "Drops all connections, as if it started again, over a message that is no JSON object.",
    breaks: "malformed.survives",
    also: ["resilience.flood"],
    change: (normal) => ({
      malformed(client, why) {
        if (why === "no JSON object") dropAll(normal);
        else normal.malformed(client, why);
      },
    }),
  },
};
