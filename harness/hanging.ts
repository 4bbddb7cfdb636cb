import { isRight } from "./catalogue.ts";
import { endHanging } from "./outage.ts";
import { HANDSHAKE } from "./patience.ts";
import type { Fall, Session } from "./session.ts";
import { missedByNewcomer } from "./watcher.ts";

/**
 * Returns a kind of answer that the server seems to give nobody any more, though it gave it to a plain client. It may still refuse odd
 * clients when it opens no WebSocket any more.
 */
export const stuckOn = (session: Session): string | undefined =>
  [HANDSHAKE, ...Object.keys(session.protocol.foundations.awaited)].find(
    (kind) => session.shared.patience.stopped(kind) && (kind === HANDSHAKE || isGivenPlain(kind, session)),
  );

/** Tells if a plain client got this kind of answer in the run so far. */
function isGivenPlain(kind: string, { protocol: { foundations }, results }: Session): boolean {
  const requirement = foundations.awaited[kind] ?? "";
  const plain: readonly string[] = foundations.plain[requirement]?.plain ?? [];
  const shown = [...results.values()].filter(({ case: { id } }) => plain.includes(id));
  const checks = shown.flatMap((it) => it.checks.filter((check) => check.requirement === requirement));
  return checks.length > 0 && checks.every(isRight);
}

/** Tells if a target that gave many no answer of a kind gives it to a newcomer; if not, ends it and resolves to its fall. */
export async function fallOfHanging(session: Session, stopped: string): Promise<Fall | undefined> {
  const { shared } = session;
  shared.patience.despair(undefined); // The newcomer waits in full.
  // Before it, a server that is slow may serve those who have left.
  const missed = await missedByNewcomer(session, stopped, 2 * shared.timeout + shared.patience.backlog(HANDSHAKE));
  // An answer that no plain client ever got is no sign that the server hangs now.
  if (missed !== undefined && (missed === HANDSHAKE || isGivenPlain(missed, session)))
    return endHanging(session, missed);
  shared.patience.forgive();
  return undefined;
}
