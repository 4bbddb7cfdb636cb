import type { Connection } from "../../harness/connection.ts";
import type { Case, ConnectOptions, Context } from "../../harness/scenario.ts";

/** A case that is watched. `beyond` gets, in words, each thing it does that a generic WebSocket client cannot do. */
interface Observed {
  readonly case: Case;
  readonly beyond: ReadonlySet<string>;
}

/** Watches a case, to find out if it can be done by hand. It does the same as before. */
export function observe(it: Case): Observed {
  const beyond = new Set<string>();
  if (it.generates) beyond.add("makes up what it sends");
  const connect = (context: Context) => async (options?: ConnectOptions) => {
    if (options?.handshake) beyond.add("makes its handshake in a way of its own");
    return observed(await context.connect(options), beyond);
  };
  const run: Case["run"] = (context) => it.run({ ...context, connect: connect(context) });
  return { case: { ...it, run }, beyond };
}

/** Returns the connection, which now notes each act that is beyond a generic client. */
function observed(connection: Connection, beyond: Set<string>): Connection {
  const noting =
    <A extends readonly unknown[], R>(words: string, of: (...args: A) => R) =>
    (...args: A): R => {
      beyond.add(words);
      return of(...args);
    };
  return {
    ...connection,
    send(...outgoing) {
      if (outgoing.some((one) => one instanceof Uint8Array)) beyond.add("sends a binary message");
      connection.send(...outgoing);
    },
    write: noting("writes WebSocket frames and TCP segments itself", connection.write),
    close: noting("sends a close frame of its own", connection.close),
    reset: noting("resets its TCP connection", connection.reset),
    ignore: noting("does not answer the server's close frame", connection.ignore),
  };
}
