import about from "../package.json" with { type: "json" };
import type { Door } from "./arrivals.ts";
import type { Renewals } from "./renewal.ts";
import type { Secrets } from "./secrets.ts";

/** The server under test and how to reach it. */
export interface Target {
  readonly url: URL;
  /** The headers that the user sends with every handshake. Some are credentials by their name. */
  readonly headers: Readonly<Record<string, string>>;
  /** Further headers, which are credentials. A client without credentials leaves them out. */
  readonly credentials?: Readonly<Record<string, string>> | undefined;
  /** Users that it knows beside the one of these headers, by the headers that are their credentials. */
  readonly others?: readonly Readonly<Record<string, string>>[] | undefined;
  /** The credentials among these headers that expire, each by the value that it has there. */
  readonly renewals?: Renewals | undefined;
  readonly keys?: Keys | undefined;
  readonly ca?: string | undefined;
  readonly insecure?: boolean | undefined;
  /** The server's process, if the suite started it. */
  readonly process?: ServerProcess | undefined;
  /** The place where it comes to, if it is a client. */
  readonly door?: Door | undefined;
  /** The texts that are taken out of all that is kept. */
  readonly secrets?: Secrets | undefined;
}

/** The secrets that cases about tokens need, beside the credentials of users. */
export interface Keys {
  /** A client of the authorization server, which gets tokens by its own credentials. */
  readonly client?: { readonly id: string; readonly secret: string };
  /** A token that lacks the scope of the protocol. */
  readonly unscoped?: string;
  /** A token that is only good for getting others. */
  readonly refresh?: string;
}

/** The end of a server that the suite had started. */
export interface Death {
  /** By `performance.now()`, in ms. */
  readonly at: number;
  /** `exit code 1`, or the signal. */
  readonly how: string;
}

/** The line of its output that says best why a process ended. */
export interface LastWords {
  readonly text: string;
  /** It names a cause, as an exception does; otherwise it is just the last line. */
  readonly isCause: boolean;
}

/** A server under test that the suite started. */
export interface ServerProcess {
  /** The time of its last start, in ms of `performance.now()`. */
  readonly startedAt: number;
  /** Its end since it was last started; `undefined` while it runs. */
  readonly death: Death | undefined;
  /** Resolves to the line of its output that says why it ended, if one does. */
  lastWords(): Promise<LastWords | undefined>;
  /** Kills it, as one that hangs. */
  kill(): Promise<void>;
  /** Ends what is left of it and starts it again. Resolves to why it accepts no connections, or to `undefined` if it does. */
  restart(): Promise<string | undefined>;
  /** Ends its whole process group: first asks, then kills. */
  stop(): Promise<void>;
}

/** The name of the suite in every handshake. Some gateways refuse a client without a name. */
const USER_AGENT = `${about.name}/${about.version}`;

/** The headers that always are credentials. */
export const CREDENTIALS = /^(authorization|cookie|proxy-authorization)$/i;

/**
 * Returns the headers of a client, and tells if it comes without credentials: it leaves them out, or there are none. `user` counts the
 * users of the target from 0, the one of its headers.
 */
export function headersOf(
  { headers, credentials: first = {}, others = [] }: Pick<Target, "headers" | "credentials" | "others">,
  anonymous = false,
  user = 0,
): { readonly headers: Readonly<Record<string, string>>; readonly anonymous: boolean } {
  const credentials = user === 0 ? first : { ...first, ...others[user - 1] };
  const all = Object.entries({ "User-Agent": USER_AGENT, ...headers, ...credentials });
  const secret = new Set(Object.keys(credentials));
  const open = all.filter(([name]) => !secret.has(name) && !CREDENTIALS.test(name));
  return {
    headers: Object.fromEntries(anonymous ? open : all),
    anonymous: anonymous || open.length === all.length,
  };
}

/** The users of a server, and the secrets that it gives to who tests it. */
interface Known {
  readonly users?: readonly Readonly<Record<string, string>>[];
  readonly keys?: Keys;
}

/** Returns the parts of a target by which clients come as users of a server that the suite runs itself. */
export const usersOf = ({
  users: [first, ...others] = [],
  keys,
}: Known): Pick<Target, "credentials" | "others" | "keys"> => ({
  ...(first && { credentials: first }),
  ...(others.length > 0 && { others }),
  ...(keys && { keys }),
});

/** Returns words without the secrets of a target. */
export const withoutSecrets = (words: string, { secrets }: Pick<Target, "secrets">): string =>
  secrets?.redact(words) ?? words;

/** Returns a URL without its user and password. */
export function withoutCredentials(url: URL): URL {
  const copy = new URL(url);
  copy.username = "";
  copy.password = "";
  return copy;
}
