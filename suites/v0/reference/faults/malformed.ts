import { dropAll, type Faults } from "./fault.ts";

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
  "reads-json-loosely": {
    says: "Reads JSON with comments, commas too many, NaN and line breaks in texts, and a type with a space behind it.",
    breaks: "malformed.closed",
    change: ({ read }) => ({
      read: (text, ...more) =>
        read(
          text
            .replace(/ \/\/.*$/, "")
            .replace(",}", "}")
            .replace("NaN", "0")
            .replace("\n", "")
            .replace('t "', 't"'),
          ...more,
        ),
    }),
  },
  "makes-texts-of-ids": {
    says: "Takes a messageId that is true or an object for a text.",
    breaks: "malformed.closed",
    also: ["response.correlated"],
    change: ({ read }) => ({
      read: (text, ...more) => read(text.replace(/("messageId":)(true|\{.*?\})/, '$1"odd"'), ...more),
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
  "dies-of-odd-data": {
    says: "Drops all connections, as if it started again, over data that is no object.",
    breaks: "malformed.survives",
    change: (normal) => ({
      malformed(client, why) {
        if (why.startsWith("data ")) dropAll(normal);
        else normal.malformed(client, why);
      },
    }),
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
