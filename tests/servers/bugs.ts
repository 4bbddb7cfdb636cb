import type { RequirementId } from "../../schemas/0.1.7/requirements.ts";
import { type Behaviour, type Client, nameOf } from "./lobby.ts";

/** One bug of the lobby server. */
export interface Bug {
  /** All that it breaks: these requirements are found broken, and no others. */
  readonly breaks: readonly RequirementId[];
  readonly change: (normal: Behaviour) => Partial<Behaviour>;
  /** What the suite is told to send with every handshake. */
  readonly headers?: Readonly<Record<string, string>>;
}

const greeting = (versionParity: unknown, more: object = {}) => ({
  command: "system/version/response",
  status: "success",
  data: { tachyonVersion: "0.1.7", versionParity },
  ...more,
});
const success = { command: "system/disconnected/response", status: "success" };
const refusal = { command: "system/disconnected/response", status: "failed", reason: "invalid_command" };
const request = "system/disconnect/request";

const farewell = (client: Client, messages: readonly unknown[], code?: number) => {
  say(client, ...messages);
  client.leave(code);
};
const say = (client: Client, ...messages: unknown[]) => {
  for (const message of messages) client.say(message);
};
const carriesOut =
  (also: (text: string) => boolean): Bug["change"] =>
  ({ read, disconnect, malformed }) => ({
    read: (text, binary, client) => read(text, binary, client),
    malformed: (client, text, binary) => (!binary && also(text) ? disconnect(client) : malformed(client, text, binary)),
  });
const misjudges =
  (wrong: (version: string | null) => string | undefined): Bug["change"] =>
  ({ parity }) => ({
    parity: (version) => wrong(version) ?? parity(version),
  });

/** The bugs that the suite must find, each by what it breaks. */
export const bugs: Readonly<Record<string, Bug>> = {
  "greets nobody": { breaks: ["version.greeting"], change: () => ({ greet() {} }) },
  "greets only who speaks": {
    breaks: ["version.greeting"],
    change: ({ greet, read }) => {
      const silent = new Set<Client>();
      return {
        greet: (client) => silent.add(client),
        read(text, binary, client) {
          if (silent.delete(client)) greet(client);
          return read(text, binary, client);
        },
      };
    },
  },
  "greets nobody of another version": {
    breaks: ["version.greeting"],
    change: ({ greet, parity }) => ({
      greet: (client) => (parity(client.version) === "match" ? greet(client) : undefined),
    }),
  },
  "refuses the handshake of another major version": {
    breaks: ["version.greeting"],
    change: ({ parity }) => ({
      refuse: (query) =>
        parity(new URLSearchParams(query).get("tachyonVersion")) === "major_mismatch" ? 400 : undefined,
    }),
  },
  "forgets the greeting of a client that speaks at once": {
    breaks: ["version.greeting"],
    change: ({ parity, disconnect, malformed }) => {
      const spoke = new Set<Client>();
      return {
        greet: (client) => setTimeout(() => spoke.has(client) || client.say(greeting(parity(client.version))), 20),
        disconnect: (client) => {
          spoke.add(client);
          disconnect(client);
        },
        malformed: (client, text, binary) => {
          spoke.add(client);
          malformed(client, text, binary);
        },
      };
    },
  },
  "says something before the greeting": {
    breaks: ["version.first"],
    change: ({ greet }) => ({
      greet: (client) => {
        client.say({ command: "lobby/news/response" });
        greet(client);
      },
    }),
  },
  "greets twice": {
    breaks: ["version.once"],
    change: ({ greet }) => ({
      greet: (client) => {
        greet(client);
        greet(client);
      },
    }),
  },
  "greets another version with failed": {
    breaks: ["version.success"],
    change: ({ greet, parity }) => ({
      greet: (client) =>
        parity(client.version) === "match"
          ? greet(client)
          : client.say({ command: "system/version/response", status: "failed", reason: "unauthorized" }),
    }),
  },
  "says an old version of its own": {
    breaks: ["version.current", "message.schema"],
    change: ({ parity }) => ({
      greet: (client) =>
        client.say(
          greeting(parity(client.version), {
            data: { tachyonVersion: "0.1.6", versionParity: parity(client.version) },
          }),
        ),
    }),
  },
  "greets without a parity": {
    breaks: ["message.schema"],
    change: () => ({ greet: (client) => client.say(greeting(undefined)) }),
  },
  "greets with an array": {
    breaks: ["message.json", "version.greeting"],
    change: ({ parity }) => ({ greet: (client) => client.say(JSON.stringify([greeting(parity(client.version))])) }),
  },
  "greets in a binary frame": {
    breaks: ["message.json", "version.greeting"],
    change: ({ parity }) => ({
      greet: (client) => client.peer.send(JSON.stringify(greeting(parity(client.version))), 1, 2),
    }),
  },
  "greets with a command that does not exist": {
    breaks: ["message.known", "version.greeting"],
    change: ({ parity }) => ({
      greet: (client) => client.say({ ...greeting(parity(client.version)), command: "system/hello/response" }),
    }),
  },

  "calls everything a match": {
    breaks: ["parity.major", "parity.minor", "parity.patch", "parity.missing", "parity.unparseable", "parity.query"],
    change: misjudges(() => "match"),
  },
  "compares versions as prefixes": {
    breaks: ["parity.patch"],
    change: misjudges((version) =>
      version?.startsWith("0.1.7") && /^[\d.]+$/.test(version) && version.split(".").length === 3 ? "match" : undefined,
    ),
  },
  "finds only newer majors": {
    breaks: ["parity.major"],
    change: misjudges((version) => (version && /^1\./.test(version) ? "minor_mismatch" : undefined)),
  },
  "looks at the patch before the minor": {
    breaks: ["parity.minor"],
    change: misjudges((version) => (/^0\.[02]\.[68]$/.test(version ?? "") ? "patch_mismatch" : undefined)),
  },
  "calls an older patch a match": {
    breaks: ["parity.patch"],
    change: misjudges((version) => (version === "0.1.6" ? "match" : undefined)),
  },
  "calls the right version unknown": {
    breaks: ["parity.match"],
    change: misjudges((version) => (version === "0.1.7" ? "unknown" : undefined)),
  },
  "takes a missing version for the right one": {
    breaks: ["parity.missing"],
    change: misjudges((version) => (version === null ? "match" : undefined)),
  },
  "takes what it cannot read for a major mismatch": {
    breaks: ["parity.unparseable"],
    change: ({ parity }) => ({
      parity: (version) => (version !== null && parity(version) === "unknown" ? "major_mismatch" : parity(version)),
    }),
  },
  "trims versions": {
    breaks: ["parity.unparseable"],
    change: ({ parity }) => ({ parity: (version) => parity(version?.trim() ?? null) }),
  },
  "finds the version only where the query begins with it": {
    breaks: ["parity.query"],
    change: ({ parity }) => ({
      greet: (client) =>
        client.say(greeting(client.peer.query.startsWith("tachyonVersion=") ? parity(client.version) : "unknown")),
    }),
  },
  "finds the first thing that looks like the parameter": {
    breaks: ["parity.query", "parity.missing"],
    change: ({ parity }) => ({
      greet: (client) =>
        client.say(
          greeting(
            parity(
              decodeURIComponent(
                /tachyonVersion=([^&]*)/.exec(decodeURIComponent(client.peer.query.replace(/%zz/, "")))?.[1] ?? "",
              ),
            ),
          ),
        ),
    }),
  },
  "does not decode the query": {
    breaks: ["parity.query"],
    change: ({ parity }) => ({
      greet: (client) =>
        client.say(greeting(parity(/(?:^|&)tachyonVersion=([^&]*)/.exec(client.peer.query)?.[1] ?? null))),
    }),
  },
  "greets with the version of the last client": {
    breaks: ["parity.isolated"],
    change: ({ parity }) => {
      let last: string | null = null;
      return {
        greet(client) {
          last = client.version;
          client.say(() => greeting(parity(last)));
        },
      };
    },
  },
  "drops clients of another major version without a word": {
    breaks: ["parity.usable", "termination.announced"],
    change: ({ greet, parity, disconnect }) => ({
      greet,
      disconnect: (client) => (parity(client.version) === "major_mismatch" ? client.leave() : disconnect(client)),
    }),
  },

  "never answers a disconnect request": {
    breaks: ["disconnect.answered", "disconnect.no-login", "disconnect.extra-properties", "disconnect.encoding"],
    change: () => ({ disconnect() {} }),
  },
  "answers a disconnect request with failed": {
    breaks: ["disconnect.success", "disconnect.no-login", "disconnect.extra-properties", "disconnect.encoding"],
    change: () => ({ disconnect: (client) => farewell(client, [{ ...refusal, reason: "internal_error" }]) }),
  },
  "answers a disconnect request with a response of its own": {
    breaks: ["disconnect.request-only", "message.known"],
    change: ({ disconnect }) => ({
      disconnect: (client) => {
        say(client, { command: "system/disconnect/response", status: "success" });
        disconnect(client);
      },
    }),
  },
  "closes without an answer": {
    breaks: [
      "termination.announced",
      "disconnect.answered",
      "disconnect.no-login",
      "disconnect.extra-properties",
      "disconnect.encoding",
    ],
    change: () => ({ disconnect: (client) => client.leave() }),
  },
  "answers a disconnect request twice": {
    breaks: ["disconnect.once", "disconnect.last"],
    change: ({ disconnect }) => ({
      disconnect: (client) => {
        say(client, success);
        disconnect(client);
      },
    }),
  },
  "answers and keeps the connection open": {
    breaks: ["disconnect.closes"],
    change: ({ everybody }) => ({
      disconnect: (client) => {
        say(client, success);
        everybody.delete(client);
      },
    }),
  },
  "has more to say after its answer": {
    breaks: ["disconnect.last"],
    change: () => ({
      disconnect: (client) => farewell(client, [success, { command: "lobby/ad/response" }]),
    }),
  },
  "closes with code 1011": {
    breaks: ["disconnect.clean-close"],
    change: () => ({ disconnect: (client) => farewell(client, [success], 1011) }),
  },
  "drops TCP instead of closing": {
    breaks: ["disconnect.clean-close"],
    change: ({ everybody }) => ({
      disconnect(client) {
        everybody.delete(client);
        say(client, success);
        setTimeout(() => client.peer.socket.end(), 10);
      },
    }),
  },
  "refuses a disconnect request with extra properties": {
    breaks: ["disconnect.extra-properties", "disconnect.encoding"],
    change: ({ read }) => ({
      read: (text, binary, client) => (/,/.test(text) ? undefined : read(text, binary, client)),
    }),
  },
  "does not decode escapes": {
    breaks: ["disconnect.encoding"],
    change: ({ read }) => ({
      read: (text, binary, client) => (text.includes("\\") ? undefined : read(text, binary, client)),
    }),
  },
  "disconnects everybody": {
    breaks: ["disconnect.isolated"],
    change: ({ disconnect, everybody }) => ({
      disconnect(client) {
        disconnect(client);
        for (const other of everybody) farewell(other, [{ ...refusal, reason: "internal_error" }]);
      },
    }),
  },
  "answers commands that came after the request": {
    breaks: ["disconnect.final"],
    change: ({ disconnect }) => {
      const leaving = new Set<Client>();
      return {
        disconnect(client) {
          if (!leaving.has(client)) setTimeout(() => disconnect(client), 20);
          leaving.add(client);
        },
        malformed: (client) =>
          leaving.has(client)
            ? say(client, { command: "conformance/unknown/response", status: "failed", reason: "invalid_command" })
            : farewell(client, [refusal]),
      };
    },
  },
  "demands a login before a disconnect request": {
    breaks: ["disconnect.no-login"],
    headers: { authorization: "Bearer letmein" },
    change: ({ disconnect }) => ({
      disconnect: (client) =>
        client.peer.headers.has("authorization")
          ? disconnect(client)
          : farewell(client, [{ ...refusal, reason: "unauthorized" }]),
    }),
  },

  "reads commands in any case": {
    breaks: ["malformed.rejected"],
    change: carriesOut((text) => nameOf(text)?.toLowerCase() === request),
  },
  "trims commands": { breaks: ["malformed.rejected"], change: carriesOut((text) => nameOf(text)?.trim() === request) },
  "unwraps arrays": {
    breaks: ["malformed.rejected"],
    change: carriesOut((text) => /^\[+\{"command":"system\/disconnect\/request"\}\]+$/.test(text)),
  },
  "merges __proto__": { breaks: ["malformed.rejected"], change: carriesOut((text) => /^\{"__proto__"/.test(text)) },
  "reads only the first object of a text": {
    breaks: ["malformed.rejected"],
    change: carriesOut((text) => text.startsWith(`{"command":"${request}"}`)),
  },
  "says success to commands it does not know": {
    breaks: ["malformed.rejected"],
    change: ({ malformed }) => ({
      malformed: (client, text, binary) =>
        nameOf(text) === "conformance/unknown/request"
          ? say(client, { command: "conformance/unknown/response", status: "success" })
          : malformed(client, text, binary),
    }),
  },
  "says goodbye with success to what is no JSON": {
    breaks: ["malformed.rejected", "termination.success-only-if-asked"],
    change: ({ malformed }) => ({
      malformed: (client, text, binary) =>
        text === "banana" ? farewell(client, [success]) : malformed(client, text, binary),
    }),
  },
  "ignores malformed commands": { breaks: ["malformed.answered"], change: () => ({ malformed() {} }) },
  "blames itself for malformed commands": {
    breaks: ["malformed.reason"],
    change: () => ({ malformed: (client) => farewell(client, [{ ...refusal, reason: "internal_error" }]) }),
  },
  "refuses without a reason": {
    breaks: ["malformed.reason", "termination.reason", "message.schema"],
    change: () => ({ malformed: (client) => farewell(client, [{ ...refusal, reason: undefined }]) }),
  },
  "drops who sends no JSON": {
    breaks: ["malformed.answered", "malformed.usable", "termination.announced"],
    change: ({ malformed }) => ({
      malformed: (client, text, binary) => (text === "banana" ? client.leave() : malformed(client, text, binary)),
    }),
  },
  "refuses and keeps the connection open": {
    breaks: ["disconnect.closes"],
    change: ({ everybody }) => ({
      malformed: (client) => {
        say(client, refusal);
        everybody.delete(client);
      },
    }),
  },
  "is deaf after a malformed command": {
    breaks: ["malformed.answered", "malformed.usable"],
    change: ({ everybody }) => ({ malformed: (client) => everybody.delete(client) }),
  },
  "dies of what is no JSON and starts again": {
    breaks: ["malformed.answered", "malformed.usable", "malformed.survives", "termination.announced"],
    change: ({ malformed, everybody }) => ({
      malformed(client, text, binary) {
        if (text !== "banana") return malformed(client, text, binary);
        for (const one of everybody) one.peer.socket.resetAndDestroy();
        everybody.clear();
      },
    }),
  },
  "greets nobody after what is no JSON": {
    breaks: ["malformed.survives"],
    change: ({ greet, malformed }) => {
      let upset = false;
      return {
        greet: (client) => (upset ? undefined : greet(client)),
        malformed(client, text, binary) {
          upset ||= text === "banana";
          malformed(client, text, binary);
        },
      };
    },
  },
};
