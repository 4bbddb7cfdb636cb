import { wasCrowded } from "./doubt.ts";
import type { CaseResult } from "./execute.ts";
import { catchesUp } from "./hanging.ts";
import type { Pass } from "./pass.ts";
import { HANDSHAKE } from "./waited.ts";

// Says if a case waited for a server that serves one client after another.

/** Returns the waits of a case that were in vain, by what it waited for. */
const waitsInVain = ({ connections }: Pick<CaseResult, "connections">) =>
  connections.flatMap(({ events }) =>
    events.flatMap((it) =>
      it.type === "timeout" && it.what !== undefined
        ? { what: it.what, began: it.at - (it.afterMs ?? 0), ended: it.at }
        : [],
    ),
  );

/** Tells if a case had no answer to a handshake while others had theirs late. */
export const cameInLine = (it: Pick<CaseResult, "connections">, { shared: { patience } }: Pass): boolean =>
  waitsInVain(it).some((inVain) => inVain.what === HANDSHAKE && patience.wasLate(HANDSHAKE, inVain));

/** At its best, a server that is not slow gives an answer within this part of the timeout. */
const QUICK = 0.25;

/**
 * Returns a kind of answer that others got late while a case waited in vain. The server gives it soon at its best, but to one client after
 * another.
 */
export function waitedInLine(it: CaseResult, { shared: { patience, timeout }, protocol }: Pass): string | undefined {
  const answers = Object.keys(protocol.foundations.awaited).filter((kind) => patience.best(kind) < QUICK * timeout);
  const inVain = waitsInVain(it).filter(({ what }) => what !== HANDSHAKE);
  return answers.find((kind) => inVain.some((wait) => patience.wasLate(kind, wait)));
}

/** Tells if a case waited among more clients than the server is sure to serve, or than it served in time. */
export const waitedAmongMany = (it: CaseResult, pass: Pass): boolean =>
  wasCrowded(it, pass) || waitedInLine(it, pass) !== undefined;

/** The words for a server that did not keep up. */
export const NOT_KEPT_UP = "the server answered one client after another, and did not keep up,";

/**
 * If these cases waited in line, waits until the server has dealt with clients that gave up: it may still answer all of them, one by one.
 * Tells if it does in time.
 */
export async function letCatchUp(missed: readonly CaseResult[], pass: Pass): Promise<boolean> {
  const { patience } = pass.shared;
  const kind = missed.map((it) => waitedInLine(it, pass)).find((it) => it !== undefined);
  return kind === undefined || (await catchesUp(patience.spacing(kind), pass, kind));
}
