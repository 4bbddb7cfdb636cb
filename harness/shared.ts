import { performance } from "node:perf_hooks";
import { type Limits, limits } from "./limits.ts";
import { type Patience, patience } from "./patience.ts";

/** What all connections of one run share. */
export interface Shared {
  /** How long the target may take to answer, in ms. */
  readonly timeout: number;
  /** Milliseconds since the run began. */
  readonly clock: () => number;
  readonly patience: Patience;
  /** Bytes received on the connections that are still watched. */
  readonly meter: { bytes: number };
  /** Times in which the server sent nothing to anybody, though several waited. */
  readonly stalls: Stall[];
  /** How many wait, and since when nobody was served; how many connections are so young that they keep the server busy. */
  readonly attention: { waiting: number; since: number; young: number };
  /** Ends each TCP connection that is still there. */
  readonly sockets: Set<() => void>;
  /** How many connections the target accepts. */
  readonly limits: Limits;
}

/** A time in which a server stood still. */
export interface Stall {
  /** When it began, in ms of the run's clock. */
  readonly at: number;
  readonly ms: number;
}

/** What the connections of a new run share. `timeout` is in ms. */
export function share(timeout: number): Shared {
  const zero = performance.now();
  const clock = () => performance.now() - zero;
  return {
    timeout,
    clock,
    patience: patience(timeout),
    meter: { bytes: 0 },
    stalls: [],
    attention: { waiting: 0, since: 0, young: 0 },
    sockets: new Set(),
    limits: limits(clock, timeout),
  };
}

/** A time of the run's clock as it is noted, in ms with two decimals. */
export const stamp = (ms: number): number => Math.round(ms * 100) / 100;

/** Ends each TCP connection that is still there. */
export function hangUp({ sockets }: Shared): void {
  for (const destroy of sockets) destroy();
}

/** A connection keeps a server busy for so many ms, or until it ends; what is open for longer mostly waits. */
const YOUNG = 250;

/** Counts a connection as young; what it returns ends that, as time does. */
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
