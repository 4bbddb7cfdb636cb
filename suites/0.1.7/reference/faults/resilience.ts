import { webSocketFaults } from "../../../websocket/faults.ts";
import type { Client } from "../behaviour.ts";
import { dropAll, type Faults, type ReferenceFault } from "./fault.ts";

/** The numbers of clients that are too many: at once, and one after another when they leave without a word. */
const MANY = 80;
const LEAVERS = 250;

/** A change of the greeting by the number of clients that left without a word, minus those that spoke, since the last reset. */
const afterLeavers =
  (welcome: (count: number, greet: () => void) => number): ReferenceFault["change"] =>
  ({ greet, read }) => {
    const spoke = new WeakSet<Client>();
    let count = 0;
    return {
      greet(client, parity) {
        count = welcome(count, () => greet(client, parity));
      },
      gone(client) {
        if (!spoke.has(client)) count += 1;
      },
      read(text, binary, client) {
        if (!spoke.has(client)) count = Math.max(0, count - 1);
        spoke.add(client);
        return read(text, binary, client);
      },
    };
  };

/** Faults of the section "Resilience". */
export const resilienceFaults: Faults = {
  "serves-80-clients": {
    says: `Greets nobody while ${MANY} clients are connected.`,
    breaks: "resilience.concurrent",
    change: ({ greet, everybody }) => ({
      greet: (client, parity) => void (everybody.size > MANY || greet(client, parity)),
    }),
  },
  "tires-of-the-silent": {
    says: `Does not greet a client when ${LEAVERS} before it have come and gone without a word; then it counts anew.`,
    breaks: "resilience.churn",
    change: afterLeavers((count, greet) => {
      if (count < LEAVERS) greet();
      return count < LEAVERS ? count : 0;
    }),
  },
  "gets-slower": {
    says: "Greets the slower the more clients have come and gone without a word.",
    breaks: "resilience.churn-speed",
    change: afterLeavers((count, greet) => {
      if (count < LEAVERS) greet();
      else setTimeout(greet, 3 * count);
      return count;
    }),
  },
  "waits-for-the-idle": {
    says: "Greets nobody while 50 clients are connected that came since anybody last said something.",
    breaks: "resilience.idle",
    also: ["resilience.concurrent"],
    change({ greet, read }) {
      const idle = new Set<Client>();
      return {
        greet(client, parity) {
          idle.add(client);
          if (idle.size <= 50) greet(client, parity);
        },
        read(text, binary, client) {
          idle.clear();
          return read(text, binary, client);
        },
        gone: (client) => void idle.delete(client),
      };
    },
  },
  "waits-for-half-handshakes": webSocketFaults["waits-for-half-handshakes"],
  "waits-for-close-frames": {
    says: "Greets nobody while 18 clients that were told goodbye have not answered the close frame.",
    breaks: "resilience.no-echo",
    change({ greet, disconnect }) {
      const closing = new Set<Client>();
      return {
        greet: (client, parity) => void (closing.size >= 18 || greet(client, parity)),
        disconnect(client) {
          closing.add(client);
          disconnect(client);
        },
        gone: (client) => void closing.delete(client),
      };
    },
  },
  "dies-of-many-resets": {
    says: "Drops all connections, as if it started again, when 8 are reset within a moment.",
    breaks: "resilience.abrupt",
    change({ everybody }) {
      const violators = new WeakSet<Client>();
      let resets = 0;
      return {
        violated: (client) => void violators.add(client),
        gone(client, code) {
          if (code !== 1006 || violators.has(client)) return;
          resets += 1;
          setTimeout(() => resets--, 50);
          if (resets >= 8) dropAll(everybody);
        },
      };
    },
  },
  "dies-of-floods": {
    says: "Drops all connections, as if it started again, when a client sends 100 messages in one go.",
    breaks: "resilience.flood",
    change({ everybody, malformed }) {
      const counts = new WeakMap<Client, number>();
      return {
        malformed(client, text, binary) {
          const count = (counts.get(client) ?? 0) + 1;
          counts.set(client, count);
          if (count > 100) dropAll(everybody);
          if (count === 1) setImmediate(() => malformed(client, text, binary));
        },
      };
    },
  },
  "ignores-big-messages": {
    says: "Does not answer a request with a text of more than 32 KiB, nor anything that comes after it.",
    breaks: "resilience.large",
    change: ({ disconnect, malformed, read }) =>
      ignoring((text) => text.length > 32 << 10 && /^\{"command":"[a-z/]+","extra":"x/.test(text), {
        disconnect,
        malformed,
        read,
      }),
  },
  "ignores-complicated-messages": {
    says: "Does not answer a request with more than 10,000 values or a number of more than 10,000 digits, nor what comes after it.",
    breaks: "resilience.deep",
    change: ({ disconnect, malformed, read }) =>
      ignoring(
        (text) =>
          text.startsWith('{"command"') && ((text.match(/[[{,]/g)?.length ?? 0) > 10_000 || /\d{10000}/.test(text)),
        { disconnect, malformed, read },
      ),
  },
};

/** Answers nothing that a client sends once it has sent such a text. */
function ignoring(
  which: (text: string) => boolean,
  { disconnect, malformed, read }: Pick<Parameters<ReferenceFault["change"]>[0], "disconnect" | "malformed" | "read">,
): ReturnType<ReferenceFault["change"]> {
  const ignored = new WeakSet<Client>();
  return {
    read(text, binary, client) {
      if (which(text)) ignored.add(client);
      return read(text, binary, client);
    },
    disconnect: (client) => void (ignored.has(client) || disconnect(client)),
    malformed: (client, text, binary) => void (ignored.has(client) || malformed(client, text, binary)),
  };
}
