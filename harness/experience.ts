import { HANDSHAKE, noWaits, remember, type Waited, type Waits } from "./waited.ts";
import { type Window, window } from "./window.ts";

/** A server that takes this much longer than at its best is busy, in timeouts. */
const BUSY = 0.125;

/** The number of the last waits that ended well which show if a server is late. */
const LAST_WAITS = 2;

/** The experience of one run with waits. Times are in ms. */
export interface Experience {
  readonly timeout: number;
  readonly window: Window;
  readonly kinds: Map<string, Waits>;
  hurry: boolean;
  /** Waits in vain without a message between them. */
  row: number;
  /** The time that the slowest answer took. */
  slowest: number;
  /** The server takes much longer than at its best. */
  busy: boolean;
  served: boolean;
  /** The kind that nobody seems to get any more. */
  hopeless: string | undefined;
  /** The time for which a client waited in vain, and the end of the last such time. */
  wasted: number;
  wastedUntil: number;
}

/** Makes the experience of a run that has not waited yet. `timeout` is in ms. */
export const noExperience = (timeout: number): Experience => ({
  ...{ timeout, window: window(timeout), kinds: new Map(), hurry: false },
  ...{ row: 0, slowest: 0, busy: false, served: false, hopeless: undefined, wasted: 0, wastedUntil: 0 },
});

/** Returns the waits for one kind of thing so far. */
export function known({ kinds }: Experience, kind: string): Waits {
  const waits = kinds.get(kind) ?? noWaits();
  kinds.set(kind, waits);
  return waits;
}

/** Notes that a wait begins. `at` is in ms of the run's clock. */
export function noteBegin(it: Experience, kind: string, at: number): void {
  const waits = known(it, kind);
  waits.begun = remember(waits.begun, at);
}

/** Notes that the connection of a wait ended before: the client was not left waiting. */
export function noteEnd(it: Experience, kind: string, began: number): void {
  const { begun } = known(it, kind);
  const i = begun.lastIndexOf(began);
  if (i >= 0) begun.splice(i, 1);
}

/** Notes that what a wait was for came. Times are in ms of the run's clock. */
export function noteMet(it: Experience, kind: string, began: number, ended: number): void {
  const waits = known(it, kind);
  const tookMs = ended - began;
  waits.inVain = 0;
  waits.best = Math.min(waits.best, tookMs);
  waits.last = Math.max(waits.last, ended);
  waits.tookMs = [...waits.tookMs.slice(1 - LAST_WAITS), tookMs];
  waits.served = remember(waits.served, { began, ended });
  it.slowest = Math.max(it.slowest, tookMs);
  it.busy = tookMs > waits.best + it.timeout * BUSY;
  // A handshake may be late because of the machine that the suite runs on.
  if (kind === HANDSHAKE) return;
  [it.row, it.served] = [0, true];
  it.window.met(kind, began, tookMs, waits.best);
}

/** A wait in vain. */
interface Vain extends Waited {
  readonly owed: boolean;
}

/** Notes a wait in vain. */
export function noteMissed(it: Experience, kind: string, { began, ended, owed }: Vain): void {
  const waits = known(it, kind);
  if (owed) {
    it.wasted += Math.max(0, ended - Math.max(began, it.wastedUntil));
    it.wastedUntil = Math.max(it.wastedUntil, ended);
  }
  waits.inVain += 1;
  waits.all += 1;
  it.row += 1;
  it.busy ||= owed && waits.served.length > 0 && !waits.served.some((other) => other.began > began);
}

/** Forgets what was missed, when the server was started again. */
export function forgive(it: Experience): void {
  for (const waits of it.kinds.values()) Object.assign(waits, { inVain: 0, all: 0, tookMs: [] });
  Object.assign(it, { row: 0, busy: false, hopeless: undefined });
}
