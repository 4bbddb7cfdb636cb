import type { Message } from "../../../../harness/transcript.ts";
import { accepting, carryingOut, type Faults, isInvalid, leavingOver, type ReferenceFault } from "./fault.ts";

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

/** Faults in what becomes of requests by their data: invalid ones, and odd ones that are valid. */
export const dataFaults: Faults = {
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
};
