import { type CaseResult, dial } from "./execute.ts";
import type { Session } from "./session.ts";
import { hangUp, share } from "./shared.ts";

/**
 * The results that a limit on connections may have spoiled: these cases have to run again. Finds out first which limit it is, where
 * one was noticed; nothing else may be at work.
 */
export async function spoiledBy(ran: readonly CaseResult[], session: Session): Promise<CaseResult[]> {
  const { availability, shared, signal } = session;
  if (shared.limits.noticed && availability.downSince === undefined) await measureLimits(session);
  if (signal?.aborted || session.stop) return [];
  return ran.filter(({ case: it, refused = [] }) => shared.limits.spoils(it, refused));
}

/** Measures with connections that no limit holds up. */
async function measureLimits({ protocol, target, options, shared, signal }: Session): Promise<void> {
  const aside = share(options.timeout);
  const cut = () => hangUp(aside);
  signal?.addEventListener("abort", cut);
  await shared.limits.measure(() => dial({ protocol, target, shared: aside }), signal);
  signal?.removeEventListener("abort", cut);
  cut();
}
