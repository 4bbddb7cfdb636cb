import { isBroken } from "./catalogue.ts";
import { execute } from "./execute.ts";
import type { Pass } from "./pass.ts";
import { casesIn, type Protocol } from "./protocol.ts";
import { HANDSHAKE } from "./waited.ts";

/** Returns the case of a client that does nothing special. */
export const canaryOf = (protocol: Protocol) => casesIn(protocol).find(({ id }) => id === protocol.canary);

/** Tells if this kind of answer comes before a client asks for anything. */
export const isFirst = (kind: string, { greeting }: Protocol): boolean => kind === HANDSHAKE || kind === greeting;

/** A client that asks after this time does not ask too early, even of a server that is late to listen; in timeouts. */
const NO_LONGER_EARLY = 0.125;

/**
 * Tells if a plain client gets this kind of answer to its request. A server may lose what comes right behind its greeting and serve all
 * others, so a second one asks a moment later. Where a user has one connection, nobody asks.
 */
export async function servesRequests(
  kind: string,
  { record: _, ...bench }: Parameters<typeof execute>[1],
): Promise<boolean> {
  const it = bench.shared.identities.users ? undefined : canaryOf(bench.protocol);
  if (!it) return true;
  const isServed = async (pause?: number) => {
    const { checks } = await execute(it, { ...bench, ...(pause !== undefined && { pause }) });
    return !checks.some((check) => isBroken(check) && check.silence?.what === kind && !check.silence.short);
  };
  return (await isServed()) || isServed(NO_LONGER_EARLY * bench.shared.timeout);
}

/** The time between two clients, in timeouts. */
const BETWEEN_CANARIES = 0.25;

/** Tells if the cases at work show that the server serves clients. A plain client would take their turn where a user has one connection. */
const isShown = ({ attention, clock, identities, timeout }: Pass["shared"]): boolean =>
  identities.users !== undefined && clock() - attention.heardAt < BETWEEN_CANARIES * timeout;

/**
 * Has plain clients come now and then while something is done. If one of them gets a message, the server is not slow: others that wait for
 * theirs have lost it. No plain client comes in a run that does not wait.
 */
export async function withCanary<T>(pass: Pass, act: () => Promise<T>): Promise<T> {
  const { protocol, shared, signal } = pass;
  const it = canaryOf(protocol);
  let over = false;
  let timer: NodeJS.Timeout | undefined;
  const next = () => {
    if (over || signal?.aborted || !it) return;
    timer = setTimeout(async () => {
      const { record: _, ...bench } = pass;
      if (!over && !isShown(shared)) await execute(it, bench);
      next();
    }, shared.timeout * BETWEEN_CANARIES);
  };
  next();
  try {
    return await act();
  } finally {
    over = true;
    clearTimeout(timer);
  }
}
