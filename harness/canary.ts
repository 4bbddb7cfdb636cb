import { execute } from "./execute.ts";
import { casesIn } from "./protocol.ts";
import type { Session } from "./session.ts";

/** The time between two clients, in timeouts. */
const PAUSE = 0.25;

/**
 * Has plain clients come now and then while something is done. If one of them gets a message, and others wait for theirs, the
 * server is not slow: their message is missing. In a run that does not wait none of them comes.
 */
export async function withCanary<T>(session: Session, act: () => Promise<T>): Promise<T> {
  const { protocol, shared, signal } = session;
  const it = casesIn(protocol).find(({ id }) => id === protocol.canary);
  let over = false;
  let timer: NodeJS.Timeout | undefined;
  const next = () => {
    if (over || signal?.aborted || !it) return;
    timer = setTimeout(async () => {
      const { record: _, ...bench } = session;
      if (!over) await execute(it, bench);
      next();
    }, shared.timeout * PAUSE);
  };
  next();
  try {
    return await act();
  } finally {
    over = true;
    clearTimeout(timer);
  }
}
