import { LIMITS } from "./bounds.ts";
import { type Nothing, type Silence, silent, wordsOfSilence } from "./nothing.ts";
import { HANDSHAKE, type Patience } from "./patience.ts";
import { ending } from "./reading.ts";
import { type Shared, seemsToHang, stamp } from "./shared.ts";
import { readFrom, type Unstamped, type WireEvent } from "./transcript.ts";

/** A timer that is so late, in ms, shows that the suite itself did not run: that time is no fault of the server. */
const STALL = 100;

/** Any server is expected to serve so many connections at the same time, unless a case asks for just that. */
const CROWD = 64;

/** If so many clients in a row wait in vain, fewer connections may be too many for the server. */
const ROW = 4;
const SOME = 16;

/** The ways in which a wait can be unlike others. */
export interface HowToWait {
  /** False where a server may stay silent. */
  readonly owed?: boolean;
  /** It lasts so many ms, whatever the patience of the run: nothing is expected to come. */
  readonly exactly?: number;
}

/** Waits until `found` gives something: not longer than the run's patience for `what`, nor than the connection lasts. */
export type WaitFor = <T>(what: string, found: () => T | undefined, how?: HowToWait) => Promise<T | Nothing>;

/** The part of a recorder that waits look at, and write to. */
interface Log {
  readonly events: readonly WireEvent[];
  readonly over: boolean;
  record(event: Unstamped): WireEvent | undefined;
}

/** Those who wait for something on one connection. */
export interface Waits {
  readonly wait: WaitFor;
  /** Has all of them look once more. */
  wake(): void;
}

/** The waits on a connection; `idle` is called when one turns out to be for the network. */
export function waits(log: Log, shared: Shared, idle: () => void): Waits {
  const { attention, clock, meter, patience } = shared;
  const waiting = new Set<() => void>();
  let waking = false;

  function wait<T>(
    what: string,
    found: () => T | undefined,
    { owed = true, exactly }: HowToWait,
    resolve: (value: T | Nothing) => void,
  ): void {
    const isUsual = exactly === undefined;
    const { limit, short } = isUsual
      ? patience.wait(what, shared.brief && seemsToHang(shared))
      : { limit: exactly, short: false };
    const timers: NodeJS.Timeout[] = [];
    let began: number | undefined;
    const settle = (value: T | Nothing) => {
      for (const timer of timers) clearTimeout(timer);
      if (waiting.delete(look)) attention.waiting -= 1;
      resolve(value);
    };
    const look = () => {
      const value = found();
      if (value !== undefined && isUsual) patience.met(what, began ?? clock(), clock());
      if (value !== undefined || log.over) settle(value ?? ending(log.events, shared.target));
      return value !== undefined || log.over;
    };
    if (look()) return;

    const since = clock();
    began = since;
    patience.begin(what, since);
    const open = shared.sockets.size;
    const expire = (due: number, again: boolean) => {
      if (look()) return;
      const late = clock() - due;
      if (late > STALL && again) return void timers.push(setTimeout(expire, late, clock() + late, false));
      const inVain = { what, afterMs: limit, ...(short && { short }) };
      const silence = amongOthers(inVain, since, open, patience);
      if (isUsual) patience.missed(what, since, owed, clock());
      const data = wordsOfSilence(silence);
      settle(readFrom(log.record({ from: "client", type: "timeout", data, ...silence }), silent(silence)));
    };
    const pause = patience.idle();
    if (pause !== undefined) timers.push(setTimeout(() => void (meter.bytes < LIMITS.crowded && idle()), pause));
    timers.push(setTimeout(expire, limit, clock() + limit, true));
    waiting.add(look);
    if (attention.waiting === 0) attention.since = since;
    attention.waiting += 1;
  }

  return {
    wait: (what, found, how = {}) => new Promise((resolve) => wait(what, found, how, resolve)),
    // Once for all that came in one go: a flood costs no more than what it holds.
    wake() {
      if (waking) return;
      waking = true;
      setImmediate(() => {
        waking = false;
        for (const look of [...waiting]) look();
      });
    },
  };
}

/**
 * Adds to a wait in vain, which began at `since`, what is known of others: whom the server served meanwhile, and how many connections
 * were `open`.
 */
function amongOthers(silence: Silence, since: number, open: number, patience: Patience): Silence {
  const { what } = silence;
  const next = what === HANDSHAKE ? undefined : patience.nextServed(what, since);
  const most = patience.inARow(what, since) >= ROW ? SOME : CROWD;
  return {
    ...silence,
    ...(next !== undefined && { nextServedAfterMs: stamp(next - since) }),
    ...(open > most && { among: open }),
  };
}
