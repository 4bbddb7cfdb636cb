import about from "../package.json" with { type: "json" };
import type { Secrets } from "./secrets.ts";

/** The server under test and how to reach it. */
export interface Target {
  readonly url: URL;
  /** What the user sends with every handshake; those among them that are credentials by their name count as such. */
  readonly headers: Readonly<Record<string, string>>;
  /** Further headers, which are credentials: a client without credentials leaves them out. */
  readonly credentials?: Readonly<Record<string, string>> | undefined;
  readonly ca?: string | undefined;
  readonly insecure?: boolean | undefined;
  /** Where the suite started the server itself. */
  readonly process?: ServerProcess | undefined;
  /** They are taken out of all that is kept. */
  readonly secrets?: Secrets | undefined;
}

/** How a server ended that the suite had started. */
export interface Death {
  /** By `performance.now()`, in ms. */
  readonly at: number;
  /** `exit code 1`, or the signal. */
  readonly how: string;
}

/** A server under test that the suite started. */
export interface ServerProcess {
  /** How it ended since it was last started; `undefined` while it runs. */
  readonly death: Death | undefined;
  /** The line of its output that says why it ended, if one does. */
  lastWords(): Promise<string | undefined>;
  /** Kills it, as one that hangs. */
  kill(): Promise<void>;
  /** Ends what is left of it and starts it again. Resolves to why it does not accept connections, or to `undefined` where it does. */
  restart(): Promise<string | undefined>;
  /** Ends its whole process group: first asks, then kills. */
  stop(): Promise<void>;
}

/** The name of the suite in every handshake: some gateways refuse a client that has none. */
const USER_AGENT = `${about.name}/${about.version}`;

/** The headers that are credentials whoever gives them. */
const CREDENTIALS = /^(authorization|cookie|proxy-authorization)$/i;

/** What a client sends with its handshake, and whether it comes without credentials: it leaves them out, or there are none. */
export function headersOf(
  { headers, credentials = {} }: Pick<Target, "headers" | "credentials">,
  anonymous = false,
): { readonly headers: Readonly<Record<string, string>>; readonly anonymous: boolean } {
  const all = Object.entries({ "User-Agent": USER_AGENT, ...headers, ...credentials });
  const secret = new Set(Object.keys(credentials));
  const open = all.filter(([name]) => !secret.has(name) && !CREDENTIALS.test(name));
  return {
    headers: Object.fromEntries(anonymous ? open : all),
    anonymous: anonymous || open.length === all.length,
  };
}

/** A URL without the user and password that it may hold. */
export function withoutCredentials(url: URL): URL {
  const copy = new URL(url);
  copy.username = "";
  copy.password = "";
  return copy;
}
