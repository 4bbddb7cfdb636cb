import type { Rerun } from "./again.ts";
import { waitsInLine } from "./budget.ts";
import { isBroken } from "./catalogue.ts";
import { findCulprits } from "./culprits.ts";
import { comeAside } from "./dial.ts";
import { harmsOthers, stoodStill, tellStall, ungrounded, wasHarmed } from "./doubt.ts";
import { endsOthers } from "./ends-others.ts";
import type { CaseResult } from "./execute.ts";
import { ENDED_OTHERS, endedAt } from "./fall.ts";
import { goodbyesAmong, isByGoodbyes, tellGoodbyes } from "./goodbyes.ts";
import { type Pass, settle } from "./pass.ts";
import { loadSuitesOf } from "./protocol.ts";
import { share } from "./shared.ts";
import { BETWEEN_LOOKS, sleep } from "./sleep.ts";
import { isEnded, isLoss } from "./transcript.ts";

/**
 * Looks for the case whose input made others fail, which pass alone. If there is one, it is blamed. If not, their breach stays, as
 * unstable.
 */
export async function whoEndedThem(innocent: readonly Rerun[], pass: Pass): Promise<void> {
  const harmed = innocent.filter(([first]) => wasHarmed(first, pass));
  const open = innocent.filter((rerun) => !harmed.includes(rerun));
  for (const [, alone] of harmed) settle(alone, pass);
  if (open.length > 0) await whoEnded(open, pass);
}

/** Finds out who ended the connections of those that ran beside no known culprit. */
async function whoEnded(innocent: readonly Rerun[], pass: Pass): Promise<void> {
  const hit = innocent.map(([first]) => ungrounded(first, pass));
  const cut = hit.filter((it) => wasDropped(it, pass));
  // Where plain requests end other connections, no input is special.
  const dropped = cut.length > 0 && (await endsOthers(pass)) ? [] : cut;
  const at = momentOf(dropped);
  const goodbyes = goodbyesAmong(hit, pass); // A search replaces the results that show them.
  const isFound = at !== undefined && (await findEnder(at, pass));
  if (!isFound) tellGoodbyes(hit, goodbyes, pass);
  for (const [first, alone] of innocent) {
    if (pass.ends.culprits.has(first.case.id)) continue;
    const result = ungrounded(first, pass);
    // A case that only waited in a stall was not wronged.
    const waited = !wasDropped(result, pass) && stoodStill(first, pass);
    if (waited) tellStall(first, pass);
    const isByGoodbye = isByGoodbyes(result, goodbyes, pass.protocol);
    if (isFound || waited || isByGoodbye) settle(alone, pass);
    else settle({ ...result, unstable: true }, pass);
  }
}

/**
 * Looks for the case whose input ended the connections of others at a moment, in ms of the run's clock. Blames it; tells if there is one.
 */
async function findEnder(at: number, pass: Pass): Promise<boolean> {
  const load = loadSuitesOf(pass.protocol);
  const all = [...pass.results.values()];
  const ran = all.filter((it) => !load.has(it.case.suite) && it.beganAt <= at && it.connections.length > 0);
  const fall = { from: at, to: at, ...ENDED_OTHERS };
  pass.options.onSearch?.(fall.how);
  const { culprits } = await findCulprits(ran, all, fall, pass);
  if (culprits.length > 0) pass.ends.falls.push(fall);
  return culprits.length > 0;
}

/** The time for which a client that only looks on stays, in timeouts: others are surely left alone for longer. */
const STAY = 0.75;

/** The end of a client that did nothing: when, in ms of the run's clock, and how long it had been there, in ms. */
interface LookerEnd {
  readonly at: number;
  readonly lived: number;
}

/** Has a client that does nothing look on while cases run. Resolves to its end if the server ended its connection. */
export async function lookOn(pass: Pass, run: () => Promise<void>): Promise<LookerEnd | undefined> {
  const { shared, signal, options } = pass;
  const over = new AbortController();
  const running = run().finally(() => over.abort());
  running.catch(() => {}); // It is awaited below.
  const goesOn = () =>
    !over.signal.aborted && !signal?.aborted && !pass.stop && !waitsInLine(shared) && !shared.limits.suspected;
  // It takes no turn from others. Where a limit is measured, it leaves.
  const aside = { ...pass, shared: { ...shared, limits: share(shared.timeout).limits } };
  let ended: LookerEnd | undefined;
  while (!options.once && !ended && goesOn()) {
    const began = shared.clock();
    const client = await comeAside(aside, { name: "looker-on" });
    const stays = () => shared.clock() - began < STAY * shared.timeout && !isEnded(client);
    while (client.opened && goesOn() && stays()) await sleep(BETWEEN_LOOKS, over.signal);
    const at = client.opened ? endedAt([client.transcript]) : undefined;
    client.finish();
    if (at !== undefined) ended = { at, lived: at - began };
    if (!client.opened) break;
  }
  await running;
  return ended;
}

/**
 * Looks for the case that ended a client which only looked on. An input that ends others a moment later may hit no case. The server may
 * also end whoever is silent: then it ends another silent client as soon, though nothing runs beside it.
 */
export async function whoEndedLooker({ at, lived }: LookerEnd, pass: Pass): Promise<void> {
  if (isExplained(at, pass) || (await endsOthers(pass))) return;
  const another = await comeAside(pass, { name: "looker-on" });
  await sleep(lived + AROUND_END, pass.signal);
  const isSilence = another.transcript.events.some(isLoss);
  another.finish();
  if (!isSilence) await findEnder(at, pass);
}

/** Tells if the end of a waiting client, in ms of the run's clock, is explained: the server fell, or ends whoever waits. */
function isExplained(at: number, { ends: { falls }, results, stop }: Pass): boolean {
  const fell = falls.some(({ from, to }) => at >= from - AROUND_END && at <= to + AROUND_END);
  const endsWaiting = ({ case: { waits }, connections, ...it }: CaseResult) =>
    waits && isBroken(it) && Math.abs((endedAt(connections) ?? at) - at) > AROUND_END;
  return fell || stop !== undefined || [...results.values()].some(endsWaiting);
}

/** A server ends the connections of others within this time around its own end, in ms. */
const AROUND_END = 250;

/** Tells if the server ended a connection of a case that gave no reason for it. */
const wasDropped = (it: CaseResult, pass: Pass): boolean =>
  harmsOthers(it, pass) ||
  it.checks.some((check) => isBroken(check) && check.requirement === pass.protocol.foundations.dropped);

/** The time within which ends of connections count as one event, in ms. */
const ONE_EVENT = 20;

/** Tells if a connection of a case ended at the same moment as one of another case, and no culprit is known for it. */
export function wasDroppedAmongOthers(it: CaseResult, pass: Pass): boolean {
  const own = ungrounded(it, pass);
  if (!(it.unstable || it.unconfirmed) || pass.ends.culprits.has(it.case.id) || !wasDropped(own, pass)) return false;
  const at = endedAt(own.connections);
  return pass.breaches.some((other) => {
    const end = other.case === it.case || !wasDropped(other, pass) ? undefined : endedAt(other.connections);
    return at !== undefined && end !== undefined && Math.abs(end - at) <= ONE_EVENT;
  });
}

/** Returns the moment at which most connections of these cases were ended, in ms of the run's clock. */
function momentOf(results: readonly CaseResult[]): number | undefined {
  const times = results.flatMap(({ connections }) => endedAt(connections) ?? []);
  const near = (at: number) => times.filter((other) => Math.abs(other - at) <= ONE_EVENT).length;
  return times.toSorted((a, b) => near(b) - near(a) || a - b)[0];
}
