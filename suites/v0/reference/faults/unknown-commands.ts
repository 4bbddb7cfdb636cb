import { carryingOut, commandIn, type Faults, ignoring, saying } from "./fault.ts";

const STATS = "system/serverStats";

/** The first two parts of a command, up to a NUL. */
const loosely = (name: string): string => name.replace(/\0.*/s, "").trim().split(/[/.]+/, 2).join("/");

/** Faults in the answers to commands that nobody defines. */
export const unknownCommandFaults: Faults = {
  "calls-unknown-commands-invalid": {
    says: "Answers an unknown command with invalid_request.",
    breaks: "unknown.unimplemented",
    change: carryingOut((request) =>
      /conformance/.test(commandIn(request)) ? { failed: "invalid_request" } : undefined,
    ),
  },
  "ignores-unknown-commands": {
    says: "Does not answer an unknown command.",
    breaks: "unknown.unimplemented",
    also: ["transport.extensions"],
    change: ignoring((request) => /conformance/.test(commandIn(request))),
  },
  "forgets-the-command-that-it-lacks": {
    says: "Names another command in the response to one that it lacks.",
    breaks: "unknown.unimplemented",
    also: ["response.correlated"],
    change: saying((message) =>
      message.reason === "command_unimplemented" && /conformance/.test(commandIn(message))
        ? { ...message, commandId: "system/error" }
        : undefined,
    ),
  },
  "ignores-the-case-of-commands": {
    says: "Carries out a command in upper case.",
    breaks: "unknown.odd",
    change: carryingOut((request) =>
      commandIn(request) === STATS.toUpperCase() ? { data: { userCount: 1 } } : undefined,
    ),
  },
  "ignores-odd-commands": {
    says: "Does not answer a command without a slash.",
    breaks: "unknown.odd",
    change: ignoring((request) => !commandIn(request).includes("/")),
  },
  "ignores-commands-that-no-service-has": {
    says: "Does not answer a command with other characters than letters and one slash, or a very long one.",
    breaks: "unknown.odd",
    change: ignoring((request) => /^[^/]*\/[^/]*\/|[\0._]|.{1000}/s.test(commandIn(request))),
  },
  "reads-commands-loosely": {
    says: "Carries out a command with a space or NUL behind it, with more parts, with two slashes, or with a dot for its slash.",
    breaks: "unknown.odd",
    change: ({ carryOut }) => ({
      carryOut: (request, client) => carryOut({ ...request, commandId: loosely(commandIn(request)) }, client),
    }),
  },
};
