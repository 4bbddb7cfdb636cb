import { BOUNDS } from "./bounds.ts";
import { ending } from "./ending.ts";
import { type Nothing, type Silence, silent, wordsOfSilence } from "./nothing.ts";
import type { Patience, Wait } from "./patience.ts";
import { type Shared, seemsToHang, stamp } from "./shared.ts";
import { isMessage, readFrom, type Unstamped, type WireEvent } from "./transcript.ts";
import { END_OF_CONNECTION, HANDSHAKE, type Waited } from "./waited.ts";

/** A timer that is so late, in ms, shows that the suite itself did not run: that time is no fault of the server. */
const SUITE_STOOD_STILL = 100;

/** A client that comes within this time after others gave up goes on waiting for them, in timeouts. */
const GOES_ON_WAITING_WITHIN = 0.025;

/** The connections that every server must serve at the same time. Only cases about that number open more. */
const CROWD = 64;

/** After so many waits in vain in a row, fewer connections than that may be too many for the server. */
const ROW = 4;

/** The number of connections that may be too many then. */
const CROWD_IN_A_ROW = 16;

/** The ways in which a wait can be unlike others. */
interface HowToWait {
  /** Tells if the target has got what it has to answer by now. If not, its answers to clients that came later mean nothing. */
  readonly reached?: () => boolean;
  /** False where a server may stay silent. */
  readonly owed?: boolean;
  /** The client asked as none does. Whatever a server does with that, it loses nobody. */
  readonly odd?: boolean;
  /** It lasts so many ms, whatever the patience of the run: nothing is expected to come. */
  readonly exactly?: number;
}

/** Waits until `found` gives something: not longer than the run's patience for `what`, nor than the connection lasts. */
export type WaitFor = <T>(what: string, found: () => T | undefined, how?: HowToWait) => Promise<T | Nothing>;

/** The part of a recorder that waits look at, and write to. */
interface Log {
  readonly events: readonly WireEvent[];
  readonly over: boolean;
  /** Tells if the close frame of the other side came, and TCP has not ended. */
  isClosing(): boolean;
  record(event: Unstamped): WireEvent | undefined;
}

/** Those who wait for something on one connection. */
interface Waiters {
  readonly wait: WaitFor;
  /** Has all of them look once more. */
  wake(): void;
}

/** The state of the waits on a connection. `idle` is called when a wait turns out to be one for the network. */
interface WaitState {
  readonly log: Log;
  readonly shared: Shared;
  readonly idle: () => void;
  readonly waiting: Set<Waiter>;
  waking: boolean;
}

/** One wait on a connection. */
interface Waiter<T = unknown> extends Omit<Wait, "limit"> {
  limit: number;
  readonly what: string;
  readonly owed: boolean;
  readonly odd: boolean;
  /** It lasts as long as the patience of the run, which learns from it. */
  readonly isUsual: boolean;
  readonly reached: () => boolean;
  found(): T | undefined;
  resolve(value: T | Nothing): void;
  readonly timers: NodeJS.Timeout[];
  /** It lasts longer once, since the suite itself did not run. */
  stalled?: true;
  /** The times that it began anew, since the server spoke late. */
  anew?: number;
  /** The time at which it began, and the number of connections that were open then. */
  since: number | undefined;
  open: number;
}

/** The waits on a connection; `idle` is called when one turns out to be for the network. */
export function waits(log: Log, shared: Shared, idle: () => void): Waiters {
  const state: WaitState = { log, shared, idle, waiting: new Set(), waking: false };
  return {
    wait: (what, found, { owed = true, odd = false, exactly, reached = () => true } = {}) =>
      new Promise((resolve) => {
        const isUsual = exactly === undefined;
        const length = isUsual
          ? shared.patience.wait(what, shared.brief && seemsToHang(shared))
          : { limit: exactly, short: false };
        begin(
          { what, found, owed, odd, isUsual, reached, ...length, resolve, timers: [], since: undefined, open: 0 },
          state,
        );
      }),
    // Once for all that came in one go: a flood costs no more than what it holds.
    wake() {
      if (state.waking) return;
      state.waking = true;
      setImmediate(() => {
        state.waking = false;
        for (const waiter of [...state.waiting]) look(waiter, state);
      });
    },
  };
}

/** Begins a wait, unless it is over at once. */
function begin<T>(waiter: Waiter<T>, state: WaitState): void {
  if (look(waiter, state)) return;
  const { idle, shared, waiting } = state;
  const { attention, clock, meter, patience, sockets } = shared;
  const since = clock();
  waiter.since = since;
  waiter.open = sockets.size;
  if (waiter.isUsual) patience.begin(waiter.what, since);
  const pause = patience.idle();
  if (pause !== undefined) waiter.timers.push(setTimeout(() => void (meter.bytes < BOUNDS.full && idle()), pause));
  expireIn(waiter.limit, waiter, state);
  waiting.add(waiter);
  // A client that comes just after all others gave up goes on waiting for them.
  if (attention.waiting === 0 && since - attention.gaveUpAt > GOES_ON_WAITING_WITHIN * shared.timeout) {
    attention.since = since;
    attention.gaveUp.clear();
  }
  attention.waiting += 1;
}

/** Ends a wait if what is awaited came, or if nothing more can come. Tells if the wait is over. */
function look<T>(waiter: Waiter<T>, state: WaitState): boolean {
  const { log, shared } = state;
  const { clock, patience, target } = shared;
  const value = waiter.found();
  if (value !== undefined && waiter.isUsual) patience.met(waiter.what, waiter.since ?? clock(), clock());
  if (value === undefined && !log.over) return false;
  if (value === undefined && waiter.isUsual && waiter.since !== undefined) patience.ended(waiter.what, waiter.since);
  settle(value ?? ending(log.events, target), waiter, state);
  return true;
}

function settle<T>(value: T | Nothing, waiter: Waiter<T>, { shared, waiting }: WaitState): void {
  for (const timer of waiter.timers) clearTimeout(timer);
  if (waiting.delete(waiter)) shared.attention.waiting -= 1;
  waiter.resolve(value);
}

/** Gives a wait up in so many ms. It lasts longer once if the suite itself did not run meanwhile, and again for each late message. */
function expireIn<T>(ms: number, waiter: Waiter<T>, state: WaitState): void {
  const { clock } = state.shared;
  const due = clock() + ms;
  const expire = () => {
    if (look(waiter, state)) return;
    const late = clock() - due;
    const limit = waiter.isUsual && !waiter.short ? sinceItSpoke(waiter, state) : 0;
    const more = Math.ceil((waiter.since ?? 0) + limit - clock());
    if (late > SUITE_STOOD_STILL && !waiter.stalled) {
      waiter.stalled = true;
      expireIn(late, waiter, state);
    } else if (more > 0) {
      waiter.anew = (waiter.anew ?? 0) + 1;
      waiter.limit = Math.ceil(limit);
      expireIn(more, waiter, state);
    } else giveUp(waiter, state);
  };
  waiter.timers.push(setTimeout(expire, ms));
}

/** After this part of a wait, a message that is not the awaited one comes late: the server may do one thing after another. */
const LATE_IN_WAIT = 0.5;

/** The most times that a wait begins anew. A server may send something of its own again and again. */
const RENEWALS = 16;

/**
 * Returns the length of a wait that begins anew at a late message of the server, in ms; 0 if none came. It does so once for each thing
 * that the client sent since the server last spoke before: a server may owe an answer to each, and give one after another.
 */
function sinceItSpoke(
  { limit, since = 0, anew = 0 }: Waiter<unknown>,
  { log: { events }, shared: { timeout } }: WaitState,
): number {
  const ofServer = (event: WireEvent) => event.from === "server" && isMessage(event);
  const spoke = events.findLast(ofServer);
  if (!spoke || spoke.at <= since + limit - LATE_IN_WAIT * timeout) return 0;
  const before = events.findLastIndex((event) => ofServer(event) && event.at <= since);
  const sent = events.slice(before + 1).filter((event) => event.from === "client" && isMessage(event)).length;
  return anew < Math.min(RENEWALS, Math.max(sent, 1)) ? spoke.at - since + timeout : 0;
}

/** Ends a wait in vain, and notes it. */
function giveUp<T>(waiter: Waiter<T>, state: WaitState): void {
  const { attention, clock, patience } = state.shared;
  const { what, limit, short, odd, open, since = clock(), reached } = waiter;
  const inVain = { began: since, ended: clock() };
  const next = reached() ? patience.nextServed(what, inVain) : undefined;
  const others = {
    ...(next !== undefined && { nextServedAfterMs: stamp(next - since) }),
    ...(next !== undefined && !odd && isLost(what, inVain, patience) && { lost: true as const }),
    ...(isHalfClosed(what, state.log) && { closing: true as const }),
    ...among(what, inVain, open, patience),
  };
  const silence: Silence = { what, afterMs: limit, ...(short && { short }), ...others };
  if (waiter.isUsual) {
    patience.missed(what, since, waiter.owed, clock());
    attention.gaveUpAt = clock();
    attention.gaveUp.add(state.log);
  }
  const data = wordsOfSilence(silence);
  const noted = state.log.record({ from: "client", type: "timeout", data, ...silence });
  for (const act of state.shared.onVain) act(state.log.events, what);
  settle(readFrom(noted, silent(silence)), waiter, state);
}

/** Tells if no other handshake waited in vain right before or after one that did. No limit picks one client out of a row. */
const isLost = (what: string, inVain: Waited, patience: Patience): boolean =>
  what === HANDSHAKE && patience.inARow(what, inVain) === 1;

/** Tells if the end of a connection did not come, though the close frame of the other side did. */
const isHalfClosed = (what: string, log: Log): boolean => what === END_OF_CONNECTION && log.isClosing();

/** Returns how many connections were `open` when a wait in vain began, if a server need not serve so many. */
function among(what: string, inVain: Waited, open: number, patience: Patience): Pick<Silence, "among"> {
  const most = patience.inARow(what, inVain) >= ROW ? CROWD_IN_A_ROW : CROWD;
  return open > most ? { among: open } : {};
}
