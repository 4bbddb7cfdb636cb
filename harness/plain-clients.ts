import { canaryOf } from "./canary.ts";
import { type CaseResult, endOf, execute } from "./execute.ts";
import type { Pass } from "./pass.ts";
import type { Case } from "./scenario.ts";
import { type Shared, share } from "./shared.ts";
import { isOpening } from "./transcript.ts";

// Plain clients show if it is the number of clients over which a target lets nobody in, or what some of them send.

/** The means to run cases once more on connections that no limit of the suite holds up. */
export interface Aside {
  readonly pass: Pass;
  readonly shared: Shared;
  /** Returns when a client of a case was refused that came at that time, in ms of the clock of `shared`; `undefined` if none was. */
  refusedAt(it: CaseResult): number | undefined;
}

/** Makes the means to run cases beside those of a pass. */
export const asideOf = (pass: Pass): Aside => ({
  pass,
  shared: share(pass.shared.timeout),
  // One that was turned away had its WebSocket.
  refusedAt: (it) =>
    it.refused && (it.connections.find(({ events }) => !events.some(isOpening))?.events[0]?.at ?? endOf(it)),
});

/** Runs a case beside those of its pass. */
export function runAside(it: Case, { pass, shared }: Aside): Promise<CaseResult> {
  const { record: _, ...bench } = pass;
  return execute(it, { ...bench, shared });
}

/** Runs groups of cases, one group after another, until a client is refused. Resolves to the number of groups then. */
export async function untilRefused(groups: readonly (readonly Case[])[], aside: Aside): Promise<number | undefined> {
  for (const [i, group] of groups.entries()) {
    if (aside.pass.signal?.aborted) return undefined;
    const results = await Promise.all(group.map((it) => runAside(it, aside)));
    if (results.some((it) => aside.refusedAt(it) !== undefined)) return i + 1;
  }
  return undefined;
}

/** The number of plain clients, as a multiple of the clients before. */
const MORE = 1.5;

/** Tells if a target lets in more plain clients than `clients`, of which so many come `atOnce`. */
export async function letsInPlain(clients: number, atOnce: number, aside: Aside): Promise<boolean> {
  const plain = canaryOf(aside.pass.protocol);
  if (!plain) return false;
  const crowds = Array.from({ length: Math.ceil((MORE * clients) / atOnce) }, () =>
    Array.from({ length: atOnce }, () => plain),
  );
  return (await untilRefused(crowds, aside)) === undefined;
}
