import { type Client, refusal, success } from "../behaviour.ts";
import { dyingOf, type Faults, farewell, leavingOver, MOMENT, refusing } from "./fault.ts";

/** The name of something that each object of JavaScript has, or may have. */
const SHADOWING = /"(hasOwnProperty|toString|constructor|valueOf|toJSON)":"x"/;

const isNearPowerOfTwo = (n: number) => [n - 1, n, n + 1].some((it) => it >= 128 && (it & (it - 1)) === 0);

/** Faults of the section "Disconnect". */
export const disconnectFaults: Faults = {
  "never-says-goodbye": {
    says: "Does not answer disconnect requests.",
    breaks: "disconnect.answered",
    change: () => ({ disconnect() {} }),
  },
  "closes-without-a-goodbye": {
    says: "Ends the connection of a client that asks for it without an answer.",
    breaks: "disconnect.answered",
    change: () => ({ disconnect: (client) => client.leave(1000) }),
  },
  "fails-to-disconnect": {
    says: "Answers disconnect requests with status failed.",
    breaks: "disconnect.success",
    change: () => ({ disconnect: (client) => farewell(client, { ...refusal, reason: "internal_error" }) }),
  },
  "says-goodbye-twice": {
    says: "Answers a disconnect request twice.",
    breaks: "disconnect.once",
    also: ["disconnect.last"],
    change: () => ({ disconnect: (client) => farewell(client, success, success) }),
  },
  "answers-with-a-disconnect-response": {
    says: "Answers a disconnect request also with system/disconnect/response.",
    breaks: "disconnect.request-only",
    change: ({ disconnect }) => ({
      disconnect(client) {
        client.say({ command: "system/disconnect/response", status: "success" });
        disconnect(client);
      },
    }),
  },
  "disconnects-members-only": {
    says: "Refuses the disconnect request of a client without an Authorization header.",
    breaks: "disconnect.no-login",
    headers: { Authorization: "Bearer conformance" },
    change: ({ disconnect }) => ({
      disconnect: (client) =>
        client.request.headers.authorization
          ? disconnect(client)
          : farewell(client, { ...refusal, reason: "unauthorized" }),
    }),
  },
  "ignores-the-first-request": {
    says: "Ignores a disconnect request that is the first thing a client says.",
    breaks: "disconnect.no-login",
    change: ({ disconnect, read }) => {
      const [spoke, again] = [new WeakSet<Client>(), new WeakSet<Client>()];
      return {
        read(text, binary, client) {
          if (spoke.has(client)) again.add(client);
          spoke.add(client);
          return read(text, binary, client);
        },
        disconnect: (client) => void (again.has(client) && disconnect(client)),
      };
    },
  },
  "refuses-extra-properties": {
    says: "Refuses a disconnect request that holds any further property.",
    breaks: "disconnect.extra-properties",
    change: refusing((text) => /,/.test(text)),
  },
  "refuses-long-requests": {
    says: "Refuses a disconnect request of more than 1,000 characters.",
    breaks: "disconnect.extra-properties",
    also: ["transport.extensions"], // Compressed ones are as long.
    change: refusing((text) => text.length > 1_000),
  },
  "calls-methods-of-messages": {
    says: "Refuses a request with a property that shadows what each object of JavaScript has.",
    breaks: "disconnect.extra-properties",
    change: refusing((text) => SHADOWING.test(text)),
  },
  "dies-of-shadowed-methods": {
    says: "Drops all connections, as if it started again, over such a request.",
    breaks: "disconnect.isolated",
    also: ["disconnect.extra-properties"],
    change: dyingOf((text) => SHADOWING.test(text)),
  },
  "stores-no-control-characters": {
    says: "Refuses a request with NUL between letters, or control characters in a row.",
    breaks: "disconnect.extra-properties",
    change: refusing((text) => /[a-z]\\u0000[a-z]|\\u0001\\u0002\\u0003/.test(text)),
  },
  "reads-small-numbers-only": {
    says: "Refuses a request with a number that is long, negative zero or written with an exponent.",
    breaks: "disconnect.extra-properties",
    change: refusing((text) => /"extra":(-0|-?[\d.]+E|-?[\d.]{16})/.test(text)),
  },
  "trips-over-powers-of-two": {
    says: "Ends the connection with code 1011 over a request of which the length, or that of a text in it, is about a power of two.",
    breaks: "disconnect.extra-properties",
    change: leavingOver(1011, (text) => {
      const [, filling] = /"extra":"(x+)"\}$/.exec(text) ?? [];
      return filling !== undefined && [text.length, filling.length].some(isNearPowerOfTwo);
    }),
  },
  "does-not-decode-escapes": {
    says: "Does not understand backslash escapes in JSON.",
    breaks: "disconnect.encoding",
    change: refusing((text) => text.includes("\\")),
  },
  "wants-the-command-first": {
    says: "Refuses a disconnect request whose first property is not the command, or that is laid out with white space.",
    breaks: "disconnect.encoding",
    change: refusing((text) => !/^\{"(command|\\u)/.test(text) || /[[{]\s|\s$/.test(text)),
  },
  "disconnects-everybody": {
    says: "Ends all other connections, too, when a client asks to be disconnected.",
    breaks: "disconnect.isolated",
    change: ({ disconnect, everybody }) => ({
      disconnect(client) {
        disconnect(client);
        for (const other of everybody) farewell(other, { ...refusal, reason: "internal_error" });
      },
    }),
  },
  "closes-everybody-else": {
    says: "Closes all other connections without a goodbye when a client asks to be disconnected.",
    breaks: "disconnect.isolated",
    change: ({ disconnect, everybody }) => ({
      disconnect(client) {
        for (const other of everybody) if (other !== client) other.leave(1001);
        disconnect(client);
      },
    }),
  },
  "rests-after-a-goodbye": {
    says: "Takes a moment to close a connection, and greets nobody who comes meanwhile.",
    breaks: "disconnect.reconnect",
    change({ greet }) {
      const leaving = new Set<Client>();
      return {
        greet: (client, parity) => void (leaving.size > 0 || greet(client, parity)),
        disconnect(client) {
          client.say(success);
          client.hang();
          leaving.add(client);
          setTimeout(() => {
            leaving.delete(client);
            client.leave(1000);
          }, 2 * MOMENT);
        },
        gone: (client) => void leaving.delete(client),
      };
    },
  },
  "keeps-talking-to-the-leaving": {
    says: "Answers commands that come after a disconnect request.",
    breaks: "disconnect.final",
    change({ disconnect, malformed }) {
      const leaving = new WeakSet<Client>();
      return {
        disconnect(client) {
          if (!leaving.has(client)) setTimeout(() => disconnect(client), MOMENT);
          leaving.add(client);
        },
        malformed: (client, text, binary) =>
          leaving.has(client)
            ? client.say({ command: "conformance/unknown/response", status: "failed", reason: "invalid_command" })
            : malformed(client, text, binary),
      };
    },
  },
  "closes-with-an-error-code": {
    says: "Closes a connection on request with code 1011.",
    breaks: "disconnect.clean-close",
    change: () => ({
      disconnect(client) {
        client.say(success);
        client.leave(1011);
      },
    }),
  },
  "drops-who-leaves": {
    says: "Answers a disconnect request, and drops the TCP connection without a close frame.",
    breaks: "disconnect.clean-close",
    change: () => ({
      disconnect(client) {
        client.say(success);
        client.hang();
        setTimeout(() => client.drop(), MOMENT);
      },
    }),
  },
};
