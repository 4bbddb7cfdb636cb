import type { Connection } from "./connection.ts";
import { errorFailure } from "./failure.ts";
import { nothing } from "./nothing.ts";

/** The connection of a client that did not come. */
export function absent(url: URL, why: string): Connection {
  const never = async () => nothing(why);
  return {
    transcript: { url: url.href, events: [] },
    opened: false,
    failure: errorFailure(why),
    send() {},
    async write() {},
    next: never,
    closed: never,
    wait: never,
    async quiet() {},
    close() {},
    reset() {},
    hangUp() {},
    ignore() {},
    finish() {},
    forget() {},
  };
}
