import { version } from "../../../../schemas/0.1.7/index.ts";
import { greetingOf, refusal, success } from "../behaviour.ts";
import { type Faults, farewell } from "./fault.ts";

/** Faults of the section "Every message the server sends". */
export const messageFaults: Faults = {
  "greets-with-an-array": {
    says: "Wraps the greeting in a JSON array.",
    breaks: "message.json",
    change: () => ({ greet: (client, parity) => client.say([greetingOf(version, parity)]) }),
  },
  "greets-in-a-binary-frame": {
    says: "Sends the greeting in a binary frame.",
    breaks: "message.json",
    change: () => ({ greet: (client, parity) => client.say(greetingOf(version, parity), { binary: true }) }),
  },
  "talks-plain-text": {
    says: "Sends a text that is no JSON after the greeting.",
    breaks: "message.json",
    change: ({ greet }) => ({
      greet(client, parity) {
        greet(client, parity);
        client.say("Welcome!");
      },
    }),
  },
  "repeats-a-property": {
    says: "Writes the status of the greeting twice.",
    breaks: "message.json",
    change: () => ({
      greet: (client, parity) =>
        client.say(JSON.stringify(greetingOf(version, parity)).replace("{", '{"status":"failed",')),
    }),
  },
  "sends-unknown-messages": {
    says: "Sends a message of the system service that this version does not define after the greeting.",
    breaks: "message.known",
    change: ({ greet }) => ({
      greet(client, parity) {
        greet(client, parity);
        client.say({ command: "system/welcome/response", status: "success" });
      },
    }),
  },
  "sends-requests": {
    says: "Sends what is no response after the greeting.",
    breaks: "message.known",
    change: ({ greet }) => ({
      greet(client, parity) {
        greet(client, parity);
        client.say({ command: "lobby/news" });
      },
    }),
  },
  "greets-without-a-parity": {
    says: "Leaves versionParity out of the greeting.",
    breaks: "message.schema",
    change: () => ({
      greet: (client) => client.say({ ...greetingOf(version, ""), data: { tachyonVersion: version } }),
    }),
  },
  "refuses-with-a-number": {
    says: "Gives the reason of a refusal as a number.",
    breaks: "termination.reason",
    change: () => ({ malformed: (client) => farewell(client, { ...refusal, reason: 3 }) }),
  },
  "drops-who-sends-no-json": {
    says: "Ends the connection of a client that sends no JSON without a word.",
    breaks: "termination.announced",
    also: ["malformed.usable"],
    change: ({ malformed }) => ({
      malformed: (client, text, binary) =>
        text.startsWith("{") ? malformed(client, text, binary) : client.leave(1000),
    }),
  },
  "thanks-who-sends-no-json": {
    says: "Says goodbye with success to a client that sends no JSON.",
    breaks: "termination.success-only-if-asked",
    also: ["malformed.rejected"],
    change: ({ malformed }) => ({
      malformed: (client, text, binary) =>
        text.startsWith("{") ? malformed(client, text, binary) : farewell(client, success),
    }),
  },
  "refuses-without-a-reason": {
    says: "Leaves the reason out of a refusal.",
    breaks: "termination.reason",
    change: () => ({ malformed: (client) => farewell(client, { ...refusal, reason: undefined }) }),
  },
  "keeps-the-connection-after-a-refusal": {
    says: "Refuses a malformed command with system/disconnected/response, and keeps the connection open.",
    breaks: "disconnect.closes",
    change: () => ({
      malformed(client) {
        client.say(refusal);
        client.hang();
      },
    }),
  },
  "keeps-the-connection-after-a-goodbye": {
    says: "Answers a disconnect request, and keeps the connection open.",
    breaks: "disconnect.closes",
    change: () => ({
      disconnect(client) {
        client.say(success);
        client.hang();
      },
    }),
  },
  "has-more-to-say": {
    says: "Sends one more message after its goodbye.",
    breaks: "disconnect.last",
    change: () => ({ disconnect: (client) => farewell(client, success, { command: "lobby/ad/response" }) }),
  },
};
