import { execute } from "./execute.ts";
import type { Session } from "./session.ts";

/** So much of the timeout passes between two clients. */
const PAUSE = 0.25;

/**
 * Does something while, now and then, a client comes that does nothing but what all do. What does not come to others though it
 * comes to that one is not late but missing. A run that does not wait sees none of them.
 */
export async function withCanary<T>(session: Session, act: () => Promise<T>): Promise<T> {
  const { protocol, shared, signal } = session;
  const it = protocol.suites.flatMap(({ cases }) => cases).find(({ id }) => id === protocol.canary);
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
