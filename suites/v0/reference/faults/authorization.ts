import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Behaviour } from "../behaviour.ts";
import { KNOWN, type User } from "../world.ts";
import { dropAll, type Faults, type ReferenceFault } from "./fault.ts";

/** The first user that there is. */
const anybody = ({ world }: Behaviour): User => world.users[0] as User;

/** A change that takes a request for one of a user by its header. */
const believing =
  (
    which: (header: string | undefined, request: IncomingMessage, world: Behaviour["world"]) => boolean,
  ): ReferenceFault["change"] =>
  (normal) => ({
    authorize: (request) =>
      which(request.headers.authorization, request, normal.world) ? anybody(normal) : normal.authorize(request),
  });

const tokenIn = (header: string) => header.replace(/^\S+ /, "");

/** A change that refuses some with 401. */
const doubting =
  (which: (header: string) => boolean, status = "401 Unauthorized", headers = {}): ReferenceFault["change"] =>
  ({ authorize }) => ({
    authorize: (request) => (which(request.headers.authorization ?? "") ? { status, headers } : authorize(request)),
  });

/** A change that leaves the challenge out where some are refused. */
const unchallenging =
  (which: (header: string) => boolean): ReferenceFault["change"] =>
  ({ authorize }) => ({
    authorize(request) {
      const user = authorize(request);
      const isMeant = "status" in user && which(request.headers.authorization ?? "");
      return isMeant ? { status: user.status } : user;
    },
  });

/** Faults in who is served, part of the section "Handshake, authorization, version". */
export const authorizationFaults: Faults = {
  "serves-strangers": {
    says: "Serves a client without Authorization.",
    breaks: "auth.required",
    change: believing((header) => header === undefined),
  },
  "forbids-strangers": {
    says: "Answers a client without Authorization with 403.",
    breaks: "auth.required",
    change: doubting((header) => header === "", "403 Forbidden"),
  },
  "challenges-nobody": {
    says: "Answers a client without Authorization with a 401 that has no WWW-Authenticate.",
    breaks: "auth.challenge",
    change: doubting((header) => header === ""),
  },
  "challenges-with-basic": {
    says: "Asks a client without Authorization for the scheme Basic.",
    breaks: "auth.challenge",
    change: doubting((header) => header === "", "401 Unauthorized", { "WWW-Authenticate": "Basic" }),
  },
  "challenges-strangers-alone": {
    says: "Answers a client whose token is no good with a 401 that has no WWW-Authenticate.",
    breaks: "auth.challenge",
    change: unchallenging((header) => /^Bearer /.test(header)),
  },
  "challenges-no-other-scheme": {
    says: "Answers a client with a token in another scheme, or in none, with a 401 that has no WWW-Authenticate.",
    breaks: "auth.challenge",
    change: unchallenging((header) => header !== "" && !/^Bearer /.test(header)),
  },
  "believes-any-token": {
    says: "Serves a client whatever its token is.",
    breaks: "auth.invalid",
    change: believing((header) => header === "Bearer conformance-no-token"),
  },
  "ignores-the-end-of-a-token": {
    says: "Serves a client whose token has a letter more than a good one.",
    breaks: "auth.invalid",
    change: believing((header = "") => KNOWN.some(({ token }) => header.slice(0, -1) === `Bearer ${token}`)),
  },
  "serves-the-beginning-of-a-token": {
    says: "Serves a client whose token lacks the last letter of a good one.",
    breaks: "auth.invalid",
    change: believing((header = "") => KNOWN.some(({ token }) => header === `Bearer ${token.slice(0, -1)}`)),
  },
  "ignores-the-case-of-tokens": {
    says: "Compares tokens without their case.",
    breaks: "auth.invalid",
    change: believing((header = "") => KNOWN.some(({ token }) => header === `Bearer ${token.toUpperCase()}`)),
  },
  "does-not-say-what-is-wrong-with-a-token": {
    says: "Names no error in its challenge where nobody issued a token.",
    breaks: "auth.error",
    change: doubting((header) => header === "Bearer conformance-no-token", "401 Unauthorized", {
      "WWW-Authenticate": "Bearer",
    }),
  },
  "forbids-unknown-tokens": {
    says: "Answers a client whose token nobody issued with 403.",
    breaks: "auth.error",
    change: doubting((header) => header === "Bearer conformance-no-token", "403 Forbidden"),
  },
  "takes-a-token-in-any-scheme": {
    says: "Serves a client with a token in the scheme Basic, Digest or Token, or behind `Bearer:`.",
    breaks: "auth.scheme",
    change: believing((header = "") => /^(Basic|Digest|Token|Bearer:) /.test(header)),
  },
  "takes-a-token-without-a-scheme": {
    says: "Serves a client with a token without a scheme.",
    breaks: "auth.scheme",
    change: believing((header = "") => /^(?!Bearer$)[^ ]+$/.test(header)),
  },
  "insists-on-the-case-of-bearer": {
    says: "Refuses a client that does not write Bearer with its first letter alone in upper case.",
    breaks: "auth.scheme-case",
    change: doubting((header) => /^(bearer|BEARER) /.test(header)),
  },
  "does-not-look-at-scopes": {
    says: "Serves a client with a token that lacks the scope of the protocol.",
    breaks: "auth.scope",
    change: believing((header = "", _, { grant }) => grant("access", tokenIn(header))?.scope === ""),
  },
  "takes-refresh-tokens": {
    says: "Serves a client with a refresh token.",
    breaks: "auth.refresh",
    change: believing((header = "", _, { grant }) => grant("refresh", tokenIn(header)) !== undefined),
  },
  "takes-the-first-of-two-tokens": {
    says: "Looks at the first of several Authorization headers.",
    breaks: "auth.many",
    change: believing((_, { headersDistinct: { authorization = [] } }) => authorization.length > 1),
  },
  "dies-of-odd-tokens": {
    says: "Drops all connections, as if it started again, over a token that is very long or holds control characters.",
    breaks: "auth.many",
    also: ["ping.interval"],
    change(normal) {
      const odd = new WeakSet<Duplex>();
      return {
        connection: (tcp) =>
          void tcp.prependOnceListener("data", (bytes: Buffer) => {
            if (/Bearer (\p{Cc}|x{1000})/u.test(bytes.toString("latin1"))) odd.add(tcp);
          }),
        unreadable: (tcp) => void (odd.has(tcp) && dropAll(normal)),
      };
    },
  },
  "takes-quotes-off-a-token": {
    says: "Serves a client with a token in quotes.",
    breaks: "auth.many",
    change: believing((header = "") => KNOWN.some(({ token }) => header === `Bearer "${token}"`)),
  },
  "believes-an-empty-token": {
    says: "Serves a client with an empty token.",
    breaks: "auth.many",
    change: believing((header = "") => header.trim() === "Bearer"),
  },
};
