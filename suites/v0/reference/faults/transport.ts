import { webSocketFaults } from "../../../websocket/faults.ts";
import { BAD_REQUEST } from "../../../websocket/hosting.ts";
import type { Behaviour } from "../behaviour.ts";
import type { Client } from "../world.ts";
import { carryingOut, dropAll, type Faults, ignoring, type ReferenceFault } from "./fault.ts";

/** A change that refuses some handshakes. */
const refusing =
  (which: (request: Parameters<Behaviour["upgrade"]>[0]) => boolean): ReferenceFault["change"] =>
  () => ({ upgrade: (request, tcp) => (which(request) ? tcp.end(BAD_REQUEST) : tcp) });

const extraOf = (request: object): string => {
  const { extra } = request as { readonly extra?: unknown };
  return typeof extra === "string" ? extra : "";
};

/** Faults of the section "WebSocket transport". */
export const transportFaults: Faults = {
  "wants-connection-upgrade-alone": {
    says: "Refuses a handshake whose Connection header is not just Upgrade.",
    breaks: "transport.handshake",
    change: refusing(({ headers }) => !/^upgrade$/i.test(headers.connection?.trim() ?? "")),
  },
  "leaves-posts-hanging": {
    says: "Does not answer HTTP requests other than GET.",
    breaks: "transport.http",
    change: ({ http }) => ({
      http: (request, response) => void (request.method !== "GET" || http(request, response)),
    }),
  },
  "selects-what-nobody-offered": {
    says: "Selects v0.tachyon for who offers only what nobody knows.",
    breaks: "transport.subprotocol",
    change: ({ select, serves }) => ({
      serves: (offered) => serves(offered) || offered.includes("one.conformance"),
      select: (offered) => select(offered) ?? (offered.includes("one.conformance") ? "v0.tachyon" : undefined),
    }),
  },
  "compresses-unasked": {
    says: "Negotiates permessage-deflate though the client did not offer it.",
    breaks: "transport.extensions",
    change: () => ({
      handshake(lines, { headers }) {
        if (headers["sec-websocket-extensions"]?.includes("x-conformance"))
          lines.push("Sec-WebSocket-Extensions: permessage-deflate");
      },
    }),
  },
  "has-room-for-1-kib-of-compressed-text": webSocketFaults["has-room-for-1-kib-of-compressed-text"],
  "does-not-inflate-final-blocks": webSocketFaults["does-not-inflate-final-blocks"],
  "ignores-pings": webSocketFaults["ignores-pings"],
  "allows-two-fragments": webSocketFaults["allows-two-fragments"],
  "loses-fragments-to-another-client": webSocketFaults["loses-fragments-to-another-client"],
  "reads-one-frame-per-segment": {
    ...webSocketFaults["reads-one-frame-per-segment"],
    also: ["request.pipelined", "invalid.data", "valid.odd-strings"],
  },
  "waits-a-moment-for-a-frame": webSocketFaults["waits-a-moment-for-a-frame"],
  "ignores-close-frames": webSocketFaults["ignores-close-frames"],
  "drops-all-over-an-empty-connection": webSocketFaults["drops-all-over-an-empty-connection"],
  "dies-of-bad-frames": {
    says: "Drops all connections, as if it started again, when a client breaks RFC 6455.",
    breaks: "transport.survives",
    change: (normal) => ({ violated: () => dropAll(normal) }),
  },
  "upgrades-anything": webSocketFaults["upgrades-anything"],
  "keeps-white-space-around-header-values": webSocketFaults["keeps-white-space-around-header-values"],
  "knows-few-planes": {
    says: "Refuses a request with characters of planes of Unicode in which nothing stands yet.",
    breaks: "transport.unicode",
    change: carryingOut((request) =>
      /[\u{40000}-\u{dfffd}]/u.test(extraOf(request)) ? { failed: "invalid_request" } : undefined,
    ),
  },
  "reads-frames-without-a-mask": webSocketFaults["reads-frames-without-a-mask"],
  "ignores-reserved-bits": webSocketFaults["ignores-reserved-bits"],
  "does-not-check-utf8": webSocketFaults["does-not-check-utf8"],
  "accepts-long-control-frames": webSocketFaults["accepts-long-control-frames"],
};

/** The numbers of clients that are too many: at once, and one after another. */
const MANY = 80;
const LEAVERS = 200;

/** Counts the clients that came, asked once and left, one after another: nobody left in between who asked another number of times. */
const counting =
  (
    change: (visitors: { count: number }, normal: Behaviour) => Partial<Behaviour>,
    isOther = (times: number) => times !== 1,
  ): ReferenceFault["change"] =>
  (normal) => {
    const visitors = { count: 0 };
    const asked = new WeakMap<Client, number>();
    const changed = { ...normal, ...change(visitors, normal) };
    return {
      ...changed,
      carryOut(request, client) {
        asked.set(client, (asked.get(client) ?? 0) + 1);
        return changed.carryOut(request, client);
      },
      gone(client) {
        const times = asked.get(client) ?? 0;
        visitors.count = isOther(times) ? 0 : visitors.count + times;
      },
    };
  };

/** Tells if a value is nested deep, or has very many parts. */
function isComplicated(value: unknown): boolean {
  let inner = value;
  for (let depth = 0; depth < MANY_LEVELS; depth++) {
    if (typeof inner !== "object" || inner === null) return false;
    const parts = Object.values(inner);
    if (parts.length > MANY_PARTS) return true;
    inner = parts[0];
  }
  return true;
}

/** The levels and the parts of a value that are too many. */
const MANY_LEVELS = 1_000;
const MANY_PARTS = 10_000;

/** Faults of the section "Resilience". */
export const resilienceFaults: Faults = {
  "serves-80-clients": {
    says: `Answers nobody while more than ${MANY} clients are connected.`,
    breaks: "resilience.concurrent",
    change: (normal) => ignoring(() => normal.world.clients.size > MANY)(normal),
  },
  "waits-for-the-idle": {
    says: "Answers nobody while 50 clients are connected that came one after another, and said nothing.",
    breaks: "resilience.idle",
    change({ greet, carryOut }) {
      let silent: Client[] = [];
      return {
        greet(client) {
          silent.push(client);
          greet(client);
        },
        carryOut(request, client) {
          if (silent.filter((it) => it !== client && it.open).length >= 50) return undefined;
          silent = [];
          return carryOut(request, client);
        },
      };
    },
  },
  "tires-of-visitors": {
    says: `Answers nothing to a client when ${LEAVERS} before it, one after another, have come, asked once and gone; then it counts anew.`,
    breaks: "resilience.churn",
    change: counting((visitors, { carryOut }) => {
      const deaf = new WeakSet<Client>();
      return {
        carryOut(request, client) {
          if (visitors.count < LEAVERS && !deaf.has(client)) return carryOut(request, client);
          visitors.count = 0;
          deaf.add(client);
          return undefined;
        },
      };
    }),
  },
  "gets-slower": {
    says: "Answers the slower the more clients have come, asked once and gone, one after another.",
    breaks: "resilience.churn-speed",
    change: counting(
      (visitors, { respond }) => ({
        respond(...answer) {
          if (visitors.count < LEAVERS) respond(...answer);
          else setTimeout(() => respond(...answer), 3 * visitors.count);
        },
      }),
      (times) => times > 1, // While it is slow, others come that say nothing.
    ),
  },
  "waits-for-half-handshakes": webSocketFaults["waits-for-half-handshakes"],
  "dies-of-many-resets": {
    says: "Drops all connections, as if it started again, when 8 are reset and nobody asks for anything in between.",
    breaks: "resilience.abrupt",
    change(normal) {
      let resets = 0;
      return {
        carryOut(request, client) {
          resets = 0;
          return normal.carryOut(request, client);
        },
        gone(_, code) {
          if (code !== 1006) return;
          resets += 1;
          if (resets >= 8) dropAll(normal);
        },
      };
    },
  },
  "waits-for-close-frames": {
    says: "Answers nobody while 18 clients have not answered a close frame.",
    breaks: "resilience.no-echo",
    change({ carryOut }) {
      const closing = new Set<Client>();
      return {
        carryOut(request, client) {
          if (request.commandId === "system/disconnect") closing.add(client);
          return closing.size >= 18 && !closing.has(client) ? undefined : carryOut(request, client);
        },
        gone: (client) => void closing.delete(client),
      };
    },
  },
  "dies-of-floods": {
    says: "Drops all connections, as if it started again, when a client sends 100 malformed messages in one go.",
    breaks: "resilience.flood",
    change(normal) {
      const counts = new WeakMap<Client, number>();
      return {
        malformed(client, why) {
          const count = (counts.get(client) ?? 0) + 1;
          counts.set(client, count);
          if (count > 100) dropAll(normal);
          if (count === 1) setImmediate(() => normal.malformed(client, why));
        },
      };
    },
  },
  "ignores-big-messages": {
    says: "Does not answer a request with a text of more than 32 KiB, nor what comes after it.",
    breaks: "resilience.large",
    change: deafAfter((request) => extraOf(request).length > 32 << 10 && /^x/.test(extraOf(request))),
  },
  "ignores-complicated-messages": {
    says: "Does not answer a request that is nested deep, has more than 10,000 values or a very long number, nor what comes after it.",
    breaks: "resilience.deep",
    change: deafAfter((request) => {
      const { extra } = request as { readonly extra?: unknown };
      return isComplicated(extra) || extra === Number.POSITIVE_INFINITY;
    }),
  },
};

/** A change that answers nothing that a client sends from such a request on. */
function deafAfter(which: (request: object) => boolean): ReferenceFault["change"] {
  return ({ carryOut }) => {
    const deaf = new WeakSet<Client>();
    return {
      carryOut(request, client) {
        if (which(request)) deaf.add(client);
        return deaf.has(client) ? undefined : carryOut(request, client);
      },
    };
  };
}
