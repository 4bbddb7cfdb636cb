import type { Connection } from "../../harness/connection.ts";
import type { Outgoing } from "../../harness/deeds.ts";
import { heard, type Message } from "../../harness/transcript.ts";
import type { DialectWithSign, MalformedDialect } from "../websocket/dialect.ts";
import { isGoodbye, mayBeLost } from "./messages-facts.ts";
import {
  DISCONNECT,
  DISCONNECTED,
  disconnect,
  disconnected,
  GREETING,
  goodbyesOf,
  greeting,
  nameOf,
  refusalsOf,
  scenario,
  statusOf,
  successfulGreetingsOf,
} from "./protocol.ts";

/** The dialect of this version for the shared cases: a greeting, and a request to be disconnected. */
export const dialect: DialectWithSign<"version.greeting"> & MalformedDialect = {
  scenario,
  words: {
    request: "disconnect request",
    sign: "greeting",
    served: "greeted",
    answer: DISCONNECTED,
    goodbye: DISCONNECTED,
  },

  sign: greeting,
  isSign: (message) => nameOf(message) === GREETING,
  servedBy: "version.greeting",

  request: disconnect,
  key: "command",
  name: DISCONNECT,
  answer: disconnected,
  answers: goodbyesOf,
  statusOf,

  unknown: { command: "conformance/unknown/request" },
  answersTo,
  refusalsOf,
  reasonOf: ({ reason }) => reason,
  invalid: "invalid_command",
  notForClients: {
    ...Object.fromEntries(
      Object.entries({
        "version-request": GREETING.replace("response", "request"),
        "version-response": GREETING,
        "disconnected-request": DISCONNECTED.replace("response", "request"),
        "disconnected-response": DISCONNECTED,
        "disconnect-response": DISCONNECT.replace("request", "response"),
      }).map(([name, command]) => [name, JSON.stringify({ command })]),
    ),
    "disconnected-success": JSON.stringify({ command: DISCONNECTED, status: "success" }),
    "disconnected-failed": JSON.stringify({ command: DISCONNECTED, status: "failed", reason: "internal_error" }),
  },

  leave: disconnect,
  goodbye: disconnected,
  isGoodbye,
  mayBeLost,
};

/** The answers to a malformed command so far. A greeting is one only if the client got more of them than a bystander. */
function answersTo(client: Connection, malformed: Outgoing, bystander?: Connection): Message[] {
  const all = heard(client);
  const usual = bystander ? Math.max(1, successfulGreetingsOf(bystander).length) : 1;
  const extra = successfulGreetingsOf(client).slice(usual);
  const some = all.filter(
    (message) => nameOf(message) !== GREETING || message.status === "failed" || extra.includes(message),
  );
  if (some.length === 0) return []; // Reading a long malformed command takes time, and each wait looks here again.
  const names = refusalsOf(malformed);
  return some.filter((message) => names.includes(nameOf(message) ?? ""));
}
