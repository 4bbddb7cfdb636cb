import type { Transcript } from "./transcript.ts";
import { responseOf } from "./upgrade.ts";

/** A credential that a server takes for a while: the value of a header. */
interface Renewal {
  /** The value as it is now. */
  readonly value: string;
  /** Notes that the server took a value. */
  taken(value: string): void;
  /** Gets the next value, unless another client just did. Tells if there is another than the one that was used. */
  renew(used: string): Promise<boolean>;
}

/**
 * Makes a credential that is renewed once the server, which took it before, refuses it. Where `next` has no further value, the server's
 * refusals stand.
 */
export function renewal(first: string, next: () => Promise<string | undefined>): Renewal {
  let [value, isProved] = [first, false];
  let pending: Promise<void> | undefined;
  const replace = async () => {
    isProved = false;
    value = (await next()) ?? value;
    pending = undefined;
  };
  return {
    get value() {
      return value;
    },
    taken(used) {
      isProved ||= used === value;
    },
    async renew(used) {
      if (used === value && isProved) pending = replace();
      await pending;
      return used !== value;
    },
  };
}

/** The parts of a connection by which it is known if its credentials are good. */
interface Credentialed {
  readonly opened: boolean;
  readonly transcript: Transcript;
  finish(): void;
  forget(): void;
}

/** Tells if a server refused a client since its token is expired (RFC 6750, 3.1). */
function isExpired({ transcript }: Credentialed): boolean {
  const response = responseOf(transcript);
  return response?.status === 401 && /\binvalid_token\b/.test(response.headers.get("www-authenticate") ?? "");
}

type Headers = Readonly<Record<string, string>>;

/** Credentials that expire, by the first value of each. */
export type Renewals = ReadonlyMap<string, Renewal>;

/**
 * Opens a connection with credentials as they are now, and once more with the next ones if these are expired: what a server says to a
 * client that is not `usual` tells nothing of them.
 */
export async function openRenewed<Connection extends Credentialed>(
  renewals: Renewals,
  headers: Headers,
  usual: boolean,
  open: (headers: Headers) => Promise<Connection>,
): Promise<Connection> {
  const mine = Object.values(headers).flatMap((first) => renewals.get(first) ?? []);
  const attempt = async () => {
    const values = mine.map(({ value }) => value);
    const connection = await open(withValues(renewals, headers));
    if (usual && connection.opened) for (const [i, value] of values.entries()) mine[i]?.taken(value);
    return { connection, renew: () => Promise.all(mine.map((it, i) => it.renew(values[i] ?? ""))) };
  };
  const { connection, renew } = await attempt();
  if (!usual || mine.length === 0 || !isExpired(connection)) return connection;
  if (!(await renew()).includes(true)) return connection;
  connection.finish();
  connection.forget();
  return (await attempt()).connection;
}

/** Headers with the credentials as they are now. */
const withValues = (renewals: Renewals, headers: Headers): Headers =>
  Object.fromEntries(Object.entries(headers).map(([name, first]) => [name, renewals.get(first)?.value ?? first]));

/** Calls `left` once the last of several attempts has ended, which is known at `end`. */
export function lastOf(left: () => void): { next(): () => void; end(): void } {
  const ended = new Set<number>();
  let [count, over] = [0, false];
  return {
    next() {
      const own = ++count;
      return () => {
        ended.add(own);
        if (over && own === count) left();
      };
    },
    end() {
      over = true;
      if (ended.has(count)) left();
    },
  };
}
