import { isRight } from "./catalogue.ts";
import { endHanging } from "./fall.ts";
import type { Fall, Pass } from "./pass.ts";
import type { Patience } from "./patience.ts";
import { HANDSHAKE } from "./waited.ts";
import { missedByNewcomer } from "./watcher.ts";

/**
 * Returns a kind of answer that the server seems to give nobody any more, though it gave it to a plain client. It may still refuse odd
 * clients when it opens no WebSocket any more.
 */
export function stuckOn(pass: Pass): string | undefined {
  const { patience } = pass.shared;
  return [HANDSHAKE, ...Object.keys(pass.protocol.foundations.awaited)].find(
    (kind) => patience.stopped(kind) && (kind === HANDSHAKE || patience.isBehind(kind) || isGivenPlain(kind, pass)),
  );
}

/** Tells if a plain client got this kind of answer in the run so far. */
function isGivenPlain(kind: string, { protocol: { foundations }, results }: Pass): boolean {
  const requirement = foundations.awaited[kind] ?? "";
  const plain: readonly string[] = foundations.plain[requirement]?.plain ?? [];
  const shown = [...results.values()].filter(({ case: { id } }) => plain.includes(id));
  const checks = shown.flatMap((it) => it.checks.filter((check) => check.requirement === requirement));
  return checks.length > 0 && checks.every(isRight);
}

/** Returns the fall of a server that does one thing after another, and did not keep up with the suite. */
function fallBehind(missed: string, patience: Patience): Fall {
  const how =
    "the server does one thing after another for all clients, and did not keep up (--concurrency 1 asks for one at a time)";
  return { ...patience.end(missed), how, endKind: "behind", harm: "hang", isBehind: true };
}

/** Tells if a target that gave many no answer of a kind gives it to a newcomer; if not, ends it and resolves to its fall. */
export async function fallOfHanging(pass: Pass, stopped: string): Promise<Fall | undefined> {
  const { shared } = pass;
  shared.patience.despair(undefined); // The newcomer waits in full.
  // Before it, a server that is slow may serve those who have left.
  const missed = await missedByNewcomer(pass, stopped, 2 * shared.timeout + shared.patience.backlog(HANDSHAKE));
  // An answer that no plain client ever got is no sign that the server hangs now.
  if (missed !== undefined && shared.patience.isBehind(missed)) return fallBehind(missed, shared.patience);
  if (missed !== undefined && (missed === HANDSHAKE || isGivenPlain(missed, pass))) return endHanging(pass, missed);
  shared.patience.forgive();
  return undefined;
}
