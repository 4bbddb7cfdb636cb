import type { Availability } from "./availability.ts";
import { type Verdict, worst } from "./catalogue.ts";
import type { Connection } from "./connection.ts";
import { type Access, comesAsAny, dial } from "./dial.ts";
import { type Failure, refusalOf, saysNoPlace, wordsOfFailure } from "./failure.ts";
import { guest, type Open, opener } from "./guest.ts";
import { type Check, type Judge, type Judging, judge, owedBy } from "./judge.ts";
import { cut, keep, redacted } from "./kept.ts";
import { isNothing } from "./nothing.ts";
import type { Random } from "./property.ts";
import type { Protocol } from "./protocol.ts";
import type { Case, Context } from "./scenario.ts";
import type { Secrets } from "./secrets.ts";
import { stamp } from "./shared.ts";
import type { Transcript } from "./transcript.ts";

/** The result of one case. */
export interface CaseResult {
  readonly case: Case;
  readonly verdict: Verdict;
  readonly checks: readonly Check[];
  readonly connections: readonly Transcript[];
  /** The place of its whole transcripts, if they are kept. */
  readonly recorded?: number;
  /** Milliseconds since the run began. */
  readonly beganAt: number;
  readonly durationMs: number;
  /** Its verdict was not always the same: among other cases and alone, or from one repetition to the next. */
  readonly unstable?: boolean;
  /** It failed among other cases, and could not be run again alone. */
  readonly unconfirmed?: boolean;
  /** The case did not begin, since the run had ended. */
  readonly unrun?: true;
  /** The ways in which its connections were refused, if some were: each once. */
  readonly refused?: readonly Failure[];
  /** One of those that were refused had come as any client does: the server had no reason of its own. */
  readonly refusedUsual?: true;
}

/** The means to run a case. */
export interface Bench extends Access {
  readonly judging: Judging;
  readonly random: Random;
  /** The silence of a client that the server has to leave alone, in ms. */
  readonly idle: number;
  /** The time for which each client is silent once it is connected, in ms; by default none. */
  readonly pause?: number;
  /** Keeps transcripts whole; gives what tells them from those of another run of the case. */
  readonly record?: ((it: Case, transcripts: readonly Transcript[]) => Promise<number>) | undefined;
}

/** Returns the end of a case, in ms of the run's clock. */
export const endOf = ({ beganAt, durationMs }: CaseResult): number => beganAt + durationMs;

/** A bench for a target that may go away. */
type RunBench = Bench & { readonly availability: Availability };

/**
 * Runs one case, then judges by the rules of the protocol all that happened on its connections. `idle` is called when it waits for the
 * network. Never throws.
 */
export async function execute(it: Case, bench: RunBench, idle = () => {}): Promise<CaseResult> {
  for (;;) {
    const result = await attempt(it, bench, idle);
    if (result) return result;
  }
}

/** Runs one case. Resolves to nothing if it gave way to another that waited for the users that it had. */
async function attempt(it: Case, bench: RunBench, idle: () => void): Promise<CaseResult | undefined> {
  const { shared, target } = bench;
  const { limits, identities } = shared;
  const count = identities.users?.length;
  const means = {
    room: Math.min(limits.together ?? Number.POSITIVE_INFINITY, count ?? Number.POSITIVE_INFINITY),
    users: count ?? 1 + (target.others?.length ?? 0),
    exclusive: count !== undefined,
    ...(target.secrets && { conceal: target.secrets.add }),
    ...(target.keys && { keys: target.keys }),
  };
  const guests = guest(identities, it);
  const opened: Opened[] = [];
  const open = opener(guests, limits, bench, async (options, left) => {
    const connection = await dial(bench, options, { idle, left, unpaced: it.floods });
    opened.push({ connection, usual: options.as === undefined && comesAsAny(options, target) });
    if (!bench.signal?.aborted) bench.availability.saw(connection, options.handshake === undefined);
    if (bench.pause !== undefined) await connection.quiet(bench.pause);
    return connection;
  });
  const { record } = bench;
  const kept: Bench["record"] = record && (async (...whole) => (guests.gaveWay ? 0 : record(...whole)));
  const { result, connections } = await perform(it, open, { ...bench, ...means, record: kept }).finally(() =>
    guests.leave(),
  );
  const refused = refusals(opened, bench);
  for (const connection of connections) connection.forget();
  if (guests.gaveWay) return undefined;
  if (refused.length === 0) return result;
  const ways = new Map(refused.map(({ way }) => [wordsOfFailure(way), way]));
  return { ...result, refused: [...ways.values()], ...(refused.some(({ usual }) => usual) && { refusedUsual: true }) };
}

/** A connection of a case; a `usual` one came as any client does. */
interface Opened {
  readonly connection: Connection;
  readonly usual: boolean;
}

/** Returns the connections that the target refused, and how. Learns from those that it ended at once, if it greeted others. */
function refusals(
  opened: readonly Opened[],
  { protocol, shared }: Bench,
): { readonly way: Failure; readonly usual: boolean }[] {
  const { limits, patience } = shared;
  const { greeting } = protocol;
  const greets = greeting !== undefined && patience.came(greeting);
  return opened.flatMap(({ connection, usual }) => {
    const way = refusalOf(connection);
    if (way === undefined) return [];
    if (connection.opened) {
      if (!greets && (greeting !== undefined || !saysNoPlace(way))) return [];
      limits.saw(connection, usual);
    }
    return { way, usual };
  });
}

/** Runs one case on the connections that it is given, and puts together what it found. Never throws. */
export async function perform(
  it: Case,
  open: Open,
  bench: Bench & Partial<Pick<Context, "room" | "users" | "exclusive" | "keys" | "conceal">>,
): Promise<{ readonly result: CaseResult; readonly connections: readonly Connection[] }> {
  const { shared, target } = bench;
  const began = shared.clock();
  const redact = target.secrets?.redact ?? String;
  const { checks, connections } = await examine(it, open, { ...bench, redact });
  const transcripts = connections.map(({ transcript }) => redacted(transcript, redact));
  const recorded = await bench.record?.(it, transcripts);
  const result: CaseResult = {
    case: it,
    verdict: worst(checks.map(({ verdict }) => verdict)),
    checks,
    connections: transcripts.map(keep),
    ...(recorded !== undefined && { recorded }),
    beganAt: began,
    durationMs: stamp(shared.clock() - began),
  };
  return { result, connections };
}

/** The means to judge a case, and what it may know of the run: by default that of one user who has no limits. */
type Examining = Pick<Bench, "protocol" | "judging" | "random" | "idle"> &
  Partial<Pick<Context, "room" | "users" | "keys" | "conceal" | "exclusive"> & Pick<Secrets, "redact">>;

/**
 * Lets a case act, and judges it. Returns the connections in the order in which the case asked for them, and its checks, without
 * secrets and cut. Never throws.
 */
export async function examine(
  it: Case,
  open: Open,
  means: Examining,
): Promise<{ readonly checks: readonly Check[]; readonly connections: readonly Connection[] }> {
  const { protocol, judging, redact = String } = means;
  const verdicts = judge(judging);
  const told = (words: string) => cut(redact(words));
  const { connections, thrown } = await act(it, open, contextOf(verdicts, means));
  await Promise.all(
    connections.map(async (connection) => {
      await awaitOwed(connection, protocol);
      connection.finish();
    }),
  );

  const transcripts = connections.map(({ transcript }) => transcript);
  verdicts.complete(it.tests, {
    thrown,
    unopened: connections.flatMap(({ opened, failure }) => (opened || !failure ? [] : [wordsOfFailure(failure)]))[0],
    bound: transcripts.flatMap(({ events }) => events.flatMap((it) => (it.type === "limit" ? [it.data] : [])))[0],
  });
  const judged = connections.map((connection) => connection.judged ?? connection.transcript);
  for (const rule of protocol.rules) verdicts.apply(rule, judged);
  return {
    checks: verdicts.shown(transcripts).map((check) => ({
      ...check,
      actual: told(check.actual),
      ...(check.why !== undefined && { why: told(check.why) }),
    })),
    connections,
  };
}

/** Returns all that a case is given beside its connections. */
function contextOf(
  { check, report, skip, unasked, ungiven }: Judge,
  {
    random,
    idle,
    room = Number.POSITIVE_INFINITY,
    users = 1,
    keys = {},
    conceal = () => {},
    exclusive = false,
  }: Examining,
): Omit<Context, "connect" | "peer"> {
  return { check, report, skip, unasked, ungiven, random, idle, room, users, keys, conceal, exclusive };
}

/** Lets a case act. Resolves to the connections that it asked for, in order, and to what it threw. Never throws. */
async function act(
  it: Case,
  open: Open,
  context: Omit<Context, "connect" | "peer">,
): Promise<{ readonly connections: readonly Connection[]; readonly thrown: unknown }> {
  const asked: Promise<Connection>[] = [];
  const connect: Open = (options) => {
    const opening = open(options);
    asked.push(opening);
    return opening;
  };
  let thrown: unknown;
  try {
    await it.run({ ...context, connect, peer: connect });
  } catch (error) {
    thrown = error ?? new Error("nothing");
  }
  const attempts = await Promise.allSettled(asked);
  return { connections: attempts.flatMap((it) => (it.status === "fulfilled" ? [it.value] : [])), thrown };
}

/** Waits until the server owes nothing more on a connection by the rules of the protocol, or has had the time for it. */
async function awaitOwed({ transcript, wait }: Connection, { rules }: Protocol): Promise<void> {
  const owed = () => owedBy(rules, transcript);
  for (let what = owed(); what !== undefined; what = owed()) {
    if (isNothing(await wait(what, () => (owed() === undefined ? true : undefined)))) return;
  }
}
