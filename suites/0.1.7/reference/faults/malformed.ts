import { type Client, DISCONNECT, refusal } from "../behaviour.ts";
import { carryingOut, commandIn, type Faults, farewell } from "./fault.ts";

/** Faults of the section "Malformed commands". */
export const malformedFaults: Faults = {
  "reads-commands-in-any-case": {
    says: "Carries out commands in upper or lower case.",
    breaks: "malformed.rejected",
    change: carryingOut((text) => commandIn(text)?.toLowerCase() === DISCONNECT),
  },
  "trims-commands": {
    says: "Ignores spaces around a command.",
    breaks: "malformed.rejected",
    change: carryingOut((text) => commandIn(text)?.trim() === DISCONNECT),
  },
  "matches-parts-of-commands": {
    says: "Carries out every command that contains the name of one.",
    breaks: "malformed.rejected",
    change: carryingOut((text) => commandIn(text)?.includes(DISCONNECT) ?? false),
  },
  "looks-for-commands-anywhere": {
    says: "Carries out every text that contains the name of a command.",
    breaks: "malformed.rejected",
    change: carryingOut((text) => text.includes(DISCONNECT)),
  },
  "unwraps-arrays": {
    says: "Carries out a command in an array.",
    breaks: "malformed.rejected",
    change: carryingOut((text) => /^\[+\{"command":"system\/disconnect\/request"\}\]+$/.test(text)),
  },
  "merges-proto": {
    says: "Merges what stands under __proto__ into a message.",
    breaks: "malformed.rejected",
    change: carryingOut((text) => text.startsWith(`{"__proto__":{"command":"${DISCONNECT}"`)),
  },
  "says-success-to-everything": {
    says: "Answers commands that it does not know with success.",
    breaks: "malformed.rejected",
    change: ({ malformed }) => ({
      malformed(client, text, binary) {
        const command = commandIn(text);
        if (/^[^/]+\/[^/]+\/request$/.test(command ?? "") && !command?.startsWith("system/"))
          client.say({ command: command?.replace(/request$/, "response"), status: "success" });
        else malformed(client, text, binary);
      },
    }),
  },
  "ignores-malformed-commands": {
    says: "Does not answer malformed commands.",
    breaks: "malformed.answered",
    change: () => ({ malformed() {} }),
  },
  "blames-itself": {
    says: "Refuses malformed commands with internal_error.",
    breaks: "malformed.reason",
    change: () => ({ malformed: (client) => farewell(client, { ...refusal, reason: "internal_error" }) }),
  },
  "is-deaf-after-a-malformed-command": {
    says: "Does not answer a malformed command, nor anything that comes after it.",
    breaks: "malformed.usable",
    also: ["malformed.answered"],
    change({ disconnect }) {
      const deaf = new WeakSet<Client>();
      return {
        malformed: (client) => void deaf.add(client),
        disconnect: (client) => void (deaf.has(client) || disconnect(client)),
      };
    },
  },
  "is-deaf-after-three-malformed-commands": {
    says: "Does not answer malformed commands, nor anything that comes after the fourth of them.",
    breaks: "malformed.usable",
    also: ["malformed.answered"],
    change({ disconnect }) {
      const counts = new WeakMap<Client, number>();
      return {
        malformed: (client) => void counts.set(client, (counts.get(client) ?? 0) + 1),
        disconnect: (client) => void ((counts.get(client) ?? 0) > 3 || disconnect(client)),
      };
    },
  },
  "trips-over-duplicate-names": {
    says: "Ends the connection without a word over a message that names its command twice.",
    breaks: "malformed.usable",
    also: ["termination.announced"],
    change: ({ read }) => ({
      read(text, binary, client) {
        if (/^\{"command":"[^"]*","command"/.test(text)) client.leave(1000);
        return read(text, binary, client);
      },
    }),
  },
  "dies-of-what-is-no-json": {
    says: "Drops all connections, as if it started again, when a text is no JSON.",
    breaks: "malformed.survives",
    also: ["malformed.answered", "malformed.usable", "termination.announced"],
    change: ({ malformed, everybody }) => ({
      malformed(client, text, binary) {
        if (text !== "banana") return malformed(client, text, binary);
        for (const one of everybody) one.drop();
      },
    }),
  },
  "greets-nobody-after-what-is-no-json": {
    says: "Greets nobody for a second once it got a certain text that is no JSON.",
    breaks: "malformed.survives",
    change({ greet, malformed }) {
      let upset = Number.NEGATIVE_INFINITY;
      return {
        greet: (client, parity) => void (performance.now() - upset < 1_000 || greet(client, parity)),
        malformed(client, text, binary) {
          if (text === "<command>system/version/request</command>") upset = performance.now();
          malformed(client, text, binary);
        },
      };
    },
  },
  "dies-of-malformed-commands": {
    says: "Drops all connections, as if it started again, at every malformed command.",
    breaks: "malformed.survives",
    also: ["malformed.answered", "malformed.usable", "termination.announced"],
    change: ({ everybody }) => ({
      malformed() {
        for (const one of everybody) one.drop();
      },
    }),
  },
};
