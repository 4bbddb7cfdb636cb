import { type Client, REQUEST, refusal } from "../behaviour.ts";
import { carryingOut, commandIn, dropAll, dyingOf, type Faults, farewell, leavingOver } from "./fault.ts";

/** A text without the escapes of URLs, HTML and JavaScript. */
const decoded = (text: string) =>
  text
    .replaceAll(/%([0-9a-f]{2})|\\u([0-9a-f]{4})/gi, (_, two, four) =>
      String.fromCharCode(Number.parseInt(two ?? four, 16)),
    )
    .replaceAll("&#115;", "s")
    .replaceAll(/&#x2F;|&sol;/g, "/");

/** The properties that may be refused: __proto__, a prototype, a lone surrogate, a number out of range. */
const ODD_PROPERTY =
  /"__proto__":\{"extra|"prototype":\{"extra|"extra":"\\ud800|"\\udc00":1|"extra":(1e-?400|18446744073709551616|(0\.)?7{100})/;

/** Faults of the section "Malformed commands". */
export const malformedFaults: Faults = {
  "reads-commands-in-any-case": {
    says: "Carries out commands in upper or lower case.",
    breaks: "malformed.rejected",
    change: carryingOut((text) => commandIn(text)?.toLowerCase() === REQUEST),
  },
  "trims-commands": {
    says: "Ignores spaces around a command.",
    breaks: "malformed.rejected",
    change: carryingOut((text) => commandIn(text)?.trim() === REQUEST),
  },
  "matches-parts-of-commands": {
    says: "Carries out every command that contains the name of one.",
    breaks: "malformed.rejected",
    change: carryingOut((text) => commandIn(text)?.includes(REQUEST) ?? false),
  },
  "looks-for-commands-anywhere": {
    says: "Carries out every text that contains the name of a command.",
    breaks: "malformed.rejected",
    change: carryingOut((text) => text.includes(REQUEST)),
  },
  "unwraps-arrays": {
    says: "Carries out a command in an array.",
    breaks: "malformed.rejected",
    change: carryingOut((text) => /^\[+\{"command":"system\/disconnect\/request"\}\]+$/.test(text)),
  },
  "merges-proto": {
    says: "Merges what stands under __proto__ into a message.",
    breaks: "malformed.rejected",
    change: carryingOut((text) => text.startsWith(`{"__proto__":{"command":"${REQUEST}"`)),
  },
  "reads-numbers-of-javascript": {
    says: "Reads numbers as JavaScript writes them and JSON does not.",
    breaks: "malformed.rejected",
    change: carryingOut((text) => /^\{"command":"[a-z/]+","extra":([-+.\d]*\d[.\dxF]*|NaN|-?Infinity)\}$/.test(text)),
  },
  "ignores-comments": {
    says: "Leaves comments in JSON aside.",
    breaks: "malformed.rejected",
    change: carryingOut((text) => commandIn(text.replaceAll(/\/\*.*?\*\/|(\/\/|#).*\n/g, "")) === REQUEST),
  },
  "ignores-any-white-space": {
    says: "Leaves white space aside that JSON does not know.",
    breaks: "malformed.rejected",
    change: carryingOut(
      (text) => commandIn(text.replaceAll(/[\v\f\u0085\u00a0\u2000-\u2029\u3000\ufeff]/g, " ")) === REQUEST,
    ),
  },
  "reads-up-to-a-nul": {
    says: "Takes a text to end where a NUL stands.",
    breaks: "malformed.rejected",
    change: carryingOut((text) => commandIn(text.split("\0", 1)[0] ?? "") === REQUEST),
  },
  "unwraps-envelopes": {
    says: "Carries out a command in a property of a message.",
    breaks: "malformed.rejected",
    change: carryingOut((text) =>
      /^\{"(data|payload|request|body|params|message)":\{"command":"system\/disconnect\/request"\}\}$/.test(text),
    ),
  },
  "takes-other-signs-for-slashes": {
    says: "Takes backslashes, dots, colons, underscores and hyphens in a command for slashes.",
    breaks: "malformed.rejected",
    change: carryingOut((text) => commandIn(text)?.replaceAll(/[\\.:_-]/g, "/") === REQUEST),
  },
  "understands-plain-words": {
    says: "Takes a word such as quit or bye for a request to be disconnected.",
    breaks: "malformed.rejected",
    change: carryingOut((text) => /^(quit|exit|bye|logout|disconnect)$/.test(text)),
  },
  "expands-wildcards": {
    says: "Takes * and % in a command for any characters.",
    breaks: "malformed.rejected",
    change: carryingOut((text) => {
      const parts = commandIn(text)?.split(/[*%]/) ?? [];
      return parts.length === 2 && REQUEST.startsWith(parts[0] ?? "") && REQUEST.endsWith(parts[1] ?? "");
    }),
  },
  "decodes-commands": {
    says: "Decodes escapes of URLs, HTML and JavaScript in a command.",
    breaks: "malformed.rejected",
    change: carryingOut((text) => decoded(commandIn(text) ?? "") === REQUEST),
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
    change: leavingOver(1000, (text) => /^\{"command":"[^"]*","command"/.test(text)),
  },
  "trips-over-odd-values": {
    says: "Ends the connection without a word over a request that it could refuse: with __proto__, a lone surrogate, or a number out of range.",
    breaks: "malformed.usable",
    also: ["termination.announced"],
    change: leavingOver(1000, (text) => ODD_PROPERTY.test(text)),
  },
  "dies-of-deep-nesting": {
    says: "Drops all connections, as if it started again, over a text that is nested deep.",
    breaks: "malformed.survives",
    change: dyingOf((text) => /^(\[|\{"a":){1000}/.test(text)),
  },
  "closes-over-deep-nesting": {
    says: "Ends the connection with code 1011 over a text that is nested deep.",
    breaks: "malformed.usable",
    also: ["termination.announced"],
    change: leavingOver(1011, (text) => /^(\[|\{"a":){1000}/.test(text)),
  },
  "dies-of-what-is-no-json": {
    says: "Drops all connections, as if it started again, when a text is no JSON.",
    breaks: "malformed.survives",
    change: ({ malformed, everybody }) => ({
      malformed(client, text, binary) {
        if (text !== "banana") return malformed(client, text, binary);
        dropAll(everybody);
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
    also: ["malformed.usable", "termination.announced"], // Of generated commands nobody knows which it was.
    change: ({ everybody }) => ({ malformed: () => dropAll(everybody) }),
  },
};
