import { performance } from "node:perf_hooks";
import { BOUNDS } from "./bounds.ts";
import { type Identities, identities } from "./identities.ts";
import { type Limits, limits } from "./limits.ts";
import { type Pacing, pacing } from "./pace.ts";
import { type Patience, patience } from "./patience.ts";
import type { WireEvent } from "./transcript.ts";
import { HANDSHAKE } from "./waited.ts";

/** Is told what a client waited for in vain, and the events of its connection. */
export type OnVain = (events: readonly WireEvent[], what: string) => void;

/** The state that all connections of one run share. */
export interface Shared {
  /** The target in a word: `server`, or the kind of client that is tested. */
  readonly target: string;
  /** The longest time that the target may take to answer, in ms. */
  readonly timeout: number;
  /** Returns the time since the run began, in ms. */
  readonly clock: () => number;
  readonly patience: Patience;
  /** The bytes received on the connections that are still watched. */
  readonly meter: { bytes: number };
  /** The times in which the server sent nothing to anybody, though several waited. */
  readonly stalls: Stall[];
  /** Functions that are called as soon as a stall of more than a timeout is over. */
  readonly onStall: Set<() => void>;
  /** Functions that are called when a client waited in vain. */
  readonly onVain: Set<OnVain>;
  readonly attention: Attention;
  /** Functions that end the TCP connections that are still there. */
  readonly sockets: Set<() => void>;
  /** The limits of the target on connections. */
  readonly limits: Limits;
  readonly identities: Identities;
  readonly pacing: Pacing;
  /** Waits are short once the server seems to hang, since what came of them is looked into. */
  readonly brief?: true;
}

/** The attention that a server gives to clients. Times are in ms of the run's clock. */
interface Attention {
  /** The number of clients that wait, and the time since which it served none of them. */
  waiting: number;
  since: number;
  /** The time at which one that waited last gave up. */
  gaveUpAt: number;
  /** The clients that gave up in the time without an answer. */
  readonly gaveUp: Set<object>;
  /** The time at which it last sent something. */
  heardAt: number;
  /** Its last quiet time, which may have been a stall. */
  quiet: Stall | undefined;
  /** The number of young connections. */
  young: number;
  /** The handshakes that are not answered yet, the oldest first, with the times at which they began. */
  readonly asking: Set<{ readonly since: number }>;
}

/** A time in which a server sent nothing to anybody, or refused everybody; or a moment at which it said goodbye to everybody. */
export interface Stall {
  /** Its beginning, in ms of the run's clock. */
  readonly at: number;
  /** Its length. */
  readonly ms: number;
  /** The words for how it refused everybody; `undefined` if it stood still, or said goodbye. */
  readonly refused?: string;
  /** It refuses everybody after about so many wrong inputs. */
  readonly afterWrong?: number;
  /** It said goodbye to everybody. */
  readonly goodbye?: true;
}

/**
 * Makes the state that all connections of a new run share. `timeout` is in ms, `rate` the messages a second that each sends at most;
 * `target` names the target in a word.
 */
export function share(timeout: number, rate = Number.POSITIVE_INFINITY, target = "server"): Shared {
  const zero = performance.now();
  const clock = () => performance.now() - zero;
  return {
    target,
    timeout,
    clock,
    patience: patience(timeout),
    meter: { bytes: 0 },
    stalls: [],
    onStall: new Set(),
    onVain: new Set(),
    attention: {
      waiting: 0,
      since: 0,
      gaveUpAt: Number.NEGATIVE_INFINITY,
      gaveUp: new Set(),
      heardAt: 0,
      quiet: undefined,
      young: 0,
      asking: new Set(),
    },
    sockets: new Set(),
    limits: limits(clock, timeout),
    identities: identities(),
    pacing: pacing(clock, rate),
  };
}

/** Returns how many cases can be at work at the same time, `concurrency` at most. */
export const casesAtWork = ({ limits, identities: { users } }: Shared, concurrency: number): number =>
  Math.min(limits.cases(concurrency), users?.length ?? concurrency);

/**
 * Tells if a case that waits lets another begin. It keeps its connections, so that no other can begin meanwhile if their number is
 * limited.
 */
export const mayOverlap = ({ limits, identities: { users } }: Shared): boolean =>
  limits.together === undefined && users === undefined;

/** If nothing came for so long, in timeouts, fewer waits in vain are enough to take the server for deaf. */
const QUIET = 1.25;

/** Tells if the server seems to hear nobody any more. */
export const seemsDeaf = ({ patience, attention, clock, timeout }: Shared): boolean =>
  patience.deaf || (patience.ignored && clock() - attention.heardAt > QUIET * timeout);

/** Tells if the server ever served a client: greeted it, or, where the protocol has no greeting, answered it. */
export const wasServing = ({ patience }: Shared, { greeting }: { readonly greeting?: string | undefined }): boolean =>
  greeting === undefined ? patience.served : patience.came(greeting);

/** Tells if the server answered before, and nobody for a timeout. */
export const seemsToHang = (shared: Shared): boolean =>
  shared.patience.served && seemsDeaf(shared) && shared.clock() - shared.attention.heardAt > shared.timeout;

/** The part of the timeout within which a server serves somebody, unless it stands still: a plain client comes more often than that. */
export const SERVES_SOMEBODY_WITHIN = 0.5;

/** The part of the wait of a client in which a server stood still that gave it no answer for that. */
const MOSTLY = 0.5;

/** Tells if the server stood still for everybody for most of a wait in vain that began `at` a time of the run's clock, in ms. */
export const wasStillFor = (at: number, { stalls, timeout }: Pick<Shared, "stalls" | "timeout">): boolean =>
  stalls.some((it) => Math.min(at + timeout, it.at + it.ms) - Math.max(at, it.at) > MOSTLY * timeout);

/** The least time of a handshake that crosses a network, in ms. */
const CROSSES_NETWORK = 40;

/** The number of young connections that keep a near server busy. A case opens some more. */
const HANDFUL = 40;

/** With so many handshakes without an answer, the oldest shows if the server keeps up: Node.js accepts one at a time. */
const BACKLOG = 24;

/** The factor by which the oldest of them takes longer than the fastest handshake, or than one that crosses no network. */
const LATE_HANDSHAKE = 3;

/** Tells if more connections would only load the server. One that is near answers soon. */
export function isCrowd({ sockets, patience, attention, clock }: Shared): boolean {
  if (sockets.size > BOUNDS.sockets) return true;
  const best = patience.best(HANDSHAKE);
  if (attention.young > HANDFUL && best < CROSSES_NETWORK) return true;
  const [oldest] = attention.asking;
  return (
    attention.asking.size > BACKLOG &&
    oldest !== undefined &&
    clock() - oldest.since > LATE_HANDSHAKE * Math.max(CROSSES_NETWORK, best)
  );
}

/** A time as it is noted, in ms with two decimals. */
export const stamp = (ms: number): number => Math.round(ms * 100) / 100;

/** Ends each TCP connection that is still there. */
export function hangUp({ sockets }: Pick<Shared, "sockets">): void {
  for (const destroy of sockets) destroy();
}

/** The age up to which a connection keeps a server busy, in ms. An older one mostly waits. */
const YOUNG = 250;

/** Counts a connection as young for a while. Returns a function that ends this earlier. */
export function young({ attention }: Shared): () => void {
  attention.young += 1;
  const timer = setTimeout(grow, YOUNG).unref();
  let isYoung = true;
  function grow(): void {
    clearTimeout(timer);
    if (isYoung) attention.young -= 1;
    isYoung = false;
  }
  return grow;
}
