import { door } from "../../harness/arrivals.ts";
import type { Protocol } from "../../harness/protocol.ts";
import { secrets } from "../../harness/secrets.ts";
import { cannotListen, UnreachableError, UsageError } from "../../harness/usage.ts";
import type { Reached } from "../../running/target.ts";
import { start } from "../start.ts";

/** The surroundings of a target that is reached. */
export interface Approach {
  /** The file for the output of what is started. */
  readonly log: string;
  readonly protocol: Protocol;
  readonly signal: AbortSignal;
  /** Gets the end of what is started. */
  readonly closing: (() => Promise<void>)[];
}

/** The way to a client that comes by itself. */
interface Receiving {
  readonly port: number;
  readonly redact: readonly string[];
  /** The command that starts it, if the suite is to do so. */
  readonly start: string | undefined;
  /** The time that it has to come, in ms. */
  readonly startTimeout: number;
}

/** Listens as a server until the client that is tested comes. Throws an `UnreachableError` if it does not. */
export async function receive(
  { port, redact, start: command, startTimeout }: Receiving,
  { log, protocol, signal, closing }: Approach,
): Promise<Reached> {
  const { actor = "client" } = protocol;
  const entrance = door();
  const server = await listening(port, protocol, entrance.arrived);
  closing.push(server.close);
  const within = startTimeout / 1000;
  process.stderr.write(
    [`Waiting at ${server.url} for an ${actor}, for ${within} s`, ...(server.notes ?? []), ""].join("\n"),
  );
  const target = {
    url: new URL(server.url),
    headers: {},
    credentials: {},
    door: entrance,
    secrets: secrets(...redact),
  };
  if (command !== undefined) {
    const ready = async () => (entrance.waits ? undefined : { why: "nobody came" });
    const words = {
      target: actor,
      ready: `come to ${server.url}`,
      already: `An ${actor} already came to ${server.url}`,
    };
    const started = await start(command, { log, ready, within: startTimeout, signal, words, secrets: target.secrets });
    closing.push(started.stop);
    return { ...target, process: started };
  }
  if ((await entrance.came(startTimeout, signal)) || signal.aborted) return target;
  throw new UnreachableError(
    `No ${actor} came to ${server.url} within ${within} s. Start it, and let it connect there; --start-timeout waits longer.`,
  );
}

/** Listens on a port. Throws a `UsageError` if it is taken. */
async function listening(
  port: number,
  { listen }: Protocol,
  arrived: Parameters<NonNullable<Protocol["listen"]>>[0]["arrived"],
) {
  if (!listen) throw new UsageError("--listen goes with --protocol v0 --actor autohost.");
  try {
    return await listen({ port, arrived });
  } catch (error) {
    throw cannotListen({ port }, error, "Give --listen another one; 0 is any free one.");
  }
}
