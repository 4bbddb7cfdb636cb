import { version as own } from "../../../../schemas/0.1.7/index.ts";
import { type Client, greetingOf } from "../behaviour.ts";
import { type Faults, MOMENT, misjudging } from "./fault.ts";
import { queryFaults } from "./query.ts";

/** Tells if a number of a version is another one in 8 bits. */
const wraps = (version: string | null, which: RegExp, into: number) =>
  Number(which.exec(version ?? "")?.[1] ?? Number.NaN) % 256 === into;

/** Faults of the section "Version: the greeting". */
export const versionFaults: Faults = {
  "greets-nobody": {
    says: "Sends no greeting.",
    breaks: "version.greeting",
    change: () => ({ greet() {} }),
  },
  "greets-who-speaks": {
    says: "Sends the greeting only with the answer to the first message.",
    breaks: "version.greeting",
    change: ({ greet, parity, read }) => {
      const greeted = new WeakSet();
      return {
        greet() {},
        read(text, binary, client) {
          if (!greeted.has(client)) greet(client, parity(client.version));
          greeted.add(client);
          return read(text, binary, client);
        },
      };
    },
  },
  "greets-matching-clients-only": {
    says: "Sends no greeting to a client of another version.",
    breaks: "version.greeting",
    change: ({ greet }) => ({ greet: (client, parity) => void (parity === "match" && greet(client, parity)) }),
  },
  "refuses-other-majors": {
    says: "Refuses the handshake of a client of another major version.",
    breaks: "version.greeting",
    change: ({ parity }) => ({
      upgrade(request, tcp) {
        const client = new URLSearchParams(request.url?.split("?")[1]).get("tachyonVersion");
        return parity(client) === "major_mismatch" ? tcp.end("HTTP/1.1 400 Bad Request\r\n\r\n") : tcp;
      },
    }),
  },
  "forgets-the-greeting-of-the-hasty": {
    says: "Sends the greeting a moment late, and not to a client that has spoken before.",
    breaks: "version.greeting",
    change: ({ greet, read }) => {
      const spoke = new WeakSet();
      return {
        greet: (client, parity) => void setTimeout(() => spoke.has(client) || greet(client, parity), MOMENT),
        read(text, binary, client) {
          spoke.add(client);
          return read(text, binary, client);
        },
      };
    },
  },
  "says-something-before-the-greeting": {
    says: "Sends another message before the greeting.",
    breaks: "version.first",
    change: ({ greet }) => ({
      greet(client, parity) {
        client.say({ command: "lobby/news/response" });
        greet(client, parity);
      },
    }),
  },
  "greets-twice": {
    says: "Sends the greeting twice.",
    breaks: "version.once",
    change: ({ greet }) => ({
      greet(client, parity) {
        greet(client, parity);
        greet(client, parity);
      },
    }),
  },
  "greets-other-versions-with-failed": {
    says: "Greets a client of another version with status failed.",
    breaks: "version.success",
    change: ({ greet }) => ({
      greet: (client, parity) =>
        parity === "match"
          ? greet(client, parity)
          : client.say({ command: "system/version/response", status: "failed", reason: "unauthorized" }),
    }),
  },
  "is-of-another-version": {
    says: "Says in the greeting that it is of version 0.1.6.",
    breaks: "version.current",
    change: () => ({ greet: (client, parity) => client.say(greetingOf("0.1.6", parity)) }),
  },
  "greets-members-only": {
    says: "Greets a client without an Authorization header with status failed.",
    breaks: "version.no-login",
    headers: { Authorization: "Bearer conformance" },
    change: ({ greet }) => ({
      greet: (client, parity) =>
        client.request.headers.authorization
          ? greet(client, parity)
          : client.say({ command: "system/version/response", status: "failed", reason: "unauthorized" }),
    }),
  },

  "calls-everything-a-match": {
    says: "Says that every version matches.",
    breaks: "parity.major",
    also: ["parity.minor", "parity.patch", "parity.missing", "parity.unparseable"],
    change: misjudging(() => "match"),
  },
  "calls-a-match-unknown": {
    says: "Does not know its own version.",
    breaks: "parity.match",
    change: misjudging((client) => (client === own ? "unknown" : undefined)),
  },
  "takes-newer-majors-for-minors": {
    says: "Says minor_mismatch to a client of a newer major version.",
    breaks: "parity.major",
    change: misjudging((client) => (/^[1-9]\d*\.\d+\.\d+$/.test(client ?? "") ? "minor_mismatch" : undefined)),
  },
  "looks-at-the-patch-first": {
    says: "Says patch_mismatch where minor and patch differ.",
    breaks: "parity.minor",
    change: misjudging((client) => (/^0\.[02]\.[68]$/.test(client ?? "") ? "patch_mismatch" : undefined)),
  },
  "compares-versions-as-prefixes": {
    says: "Takes 0.1.70 for 0.1.7.",
    breaks: "parity.patch",
    change: misjudging((client) => (/^0\.1\.7\d+$/.test(client ?? "") ? "match" : undefined)),
  },
  "accepts-older-patches": {
    says: "Says match to a client with an older patch version.",
    breaks: "parity.patch",
    change: misjudging((client) => (client === "0.1.6" ? "match" : undefined)),
  },
  "keeps-majors-in-8-bits": {
    says: "Takes 256.1.7 for 0.1.7.",
    breaks: "parity.major",
    change: misjudging((client) => (wraps(client, /^([1-9]\d*)\.1\.7$/, 0) ? "match" : undefined)),
  },
  "keeps-minors-in-8-bits": {
    says: "Takes 0.257.7 for 0.1.7.",
    breaks: "parity.minor",
    change: misjudging((client) => (wraps(client, /^0\.([1-9]\d*)\.7$/, 1) ? "match" : undefined)),
  },
  "keeps-patches-in-8-bits": {
    says: "Takes 0.1.263 for 0.1.7.",
    breaks: "parity.patch",
    change: misjudging((client) => (wraps(client, /^0\.1\.([1-9]\d*)$/, 7) ? "match" : undefined)),
  },
  "takes-no-version-for-its-own": {
    says: "Says match to a client that sends no version.",
    breaks: "parity.missing",
    change: misjudging((client) => (client === null ? "match" : undefined)),
  },
  "takes-nonsense-for-a-major-mismatch": {
    says: "Says major_mismatch to a client whose version it cannot read.",
    breaks: "parity.unparseable",
    change: ({ parity }) => ({
      parity: (client) => (client !== null && parity(client) === "unknown" ? "major_mismatch" : parity(client)),
    }),
  },
  "trims-versions": {
    says: "Ignores spaces around a version.",
    breaks: "parity.unparseable",
    change: ({ parity }) => ({ parity: (client) => parity(client?.trim() ?? null) }),
  },
  ...queryFaults,
  "forgets-every-other-version": {
    says: "Reads the versions of clients with one pattern that remembers where it stopped, and so every other one only.",
    breaks: "parity.isolated",
    change: ({ parity }) => {
      const pattern = /^\d+\.\d+\.\d+$/g;
      return { parity: (client) => (pattern.test(client ?? "") ? parity(client) : "unknown") };
    },
  },
  "mixes-clients-up": {
    says: "Greets a client with the parity of the one that connected before it, while that is still connected.",
    breaks: "parity.isolated",
    change: ({ greet, parity }) => {
      let last: Client | undefined;
      return {
        greet(client) {
          const { version } = last?.open ? last : client;
          last = client;
          greet(client, parity(version));
        },
      };
    },
  },
  "drops-other-majors": {
    says: "Ends the connection of a client of another major version without a word when it says something.",
    breaks: "parity.usable",
    change: ({ disconnect, parity }) => ({
      disconnect: (client) => (parity(client.version) === "major_mismatch" ? client.leave() : disconnect(client)),
    }),
  },
  "does-not-serve-other-minors": {
    says: "Answers nothing that a client of another minor version sends.",
    breaks: "parity.usable",
    change: ({ disconnect, malformed, parity }) => ({
      disconnect: (client) => void (parity(client.version) === "minor_mismatch" || disconnect(client)),
      malformed: (client, text, binary) =>
        void (parity(client.version) === "minor_mismatch" || malformed(client, text, binary)),
    }),
  },
};
