import { type Availability, answers } from "./availability.ts";
import { type Verdict, worst } from "./catalogue.ts";
import { type Connection, type ConnectionOptions, connect } from "./connection.ts";
import { seeing } from "./foundation.ts";
import { guest, type Open, opener } from "./guest.ts";
import { type Check, type Judging, judge } from "./judge.ts";
import { insisting, refusalOf } from "./measure.ts";
import { isNothing } from "./nothing.ts";
import type { Random } from "./property.ts";
import type { Protocol } from "./protocol.ts";
import { lastOf, openRenewed } from "./renewal.ts";
import type { Case, ConnectOptions, Context } from "./scenario.ts";
import type { Secrets } from "./secrets.ts";
import { hangUp, type Shared, seemsToHang, share } from "./shared.ts";
import { headersOf, type Target } from "./target.ts";
import { cut, keep, redacted, type Transcript } from "./transcript.ts";

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
  /** The ways in which its connections were refused, if some were. */
  readonly refused?: readonly string[];
}

/** The means to run a case. */
export interface Bench {
  readonly protocol: Protocol;
  readonly target: Target;
  readonly judging: Judging;
  readonly shared: Shared;
  readonly random: Random;
  /** The silence of a client that the server has to leave alone, in ms. */
  readonly idle: number;
  /** Keeps transcripts whole; gives what tells them from those of another run of the case. */
  readonly record?: ((it: Case, transcripts: readonly Transcript[]) => Promise<number>) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Opens one connection as any client would: why that failed, or `undefined` where it did not. `timeout` is in ms. */
export async function probe(protocol: Protocol, target: Target, timeout: number): Promise<string | undefined> {
  const shared = share(timeout);
  const connection = await dial({ protocol, target, shared });
  hangUp(shared);
  return answers(connection) ? undefined : (connection.failure ?? "no answer");
}

/** The part of a connection that the case is told of, its pace, and how long it tries: a server may not have noticed yet that a user left. */
type Around = Partial<Pick<ConnectionOptions, "idle" | "left" | "unpaced">> & { readonly patient?: boolean };

/** Opens one connection to the target, when its limits allow. */
export async function dial(
  { protocol, target, shared, signal }: Pick<Bench, "protocol" | "target" | "shared" | "signal">,
  { query, name, acts = name === undefined, anonymous, user, as, handshake }: ConnectOptions = {},
  { idle = () => {}, left = () => {}, unpaced, patient = shared.identities.users !== undefined }: Around = {},
): Promise<Connection> {
  const { ca, insecure } = target;
  const usual = headersOf(target);
  const sent = anonymous || user ? headersOf(target, anonymous, user) : usual;
  const options = { name, acts, ...sent, handshake, unpaced, ca, insecure, idle, protocol };
  const address = protocol.address(target.url, query);
  const last = lastOf(left);
  const open = () =>
    openRenewed(target.renewals ?? new Map(), sent.headers, !handshake?.ask, (headers) =>
      connect(address, { ...options, headers, left: last.next() }, shared),
    );
  const plain = query === undefined && !handshake && sent.anonymous === usual.anonymous;
  const connection = await (patient && plain ? insisting(open) : open());
  last.end();
  // A user that is there already may be refused over and over: that says nothing of a limit. Nor does a connection that the suite
  // cut, or that came while nobody was served.
  if (!signal?.aborted && !seemsToHang(shared)) shared.limits.saw(connection, plain && as === undefined);
  return connection;
}

/** Opens one connection that belongs to no case, as any user that is free. */
export async function visit(
  bench: Pick<Bench, "protocol" | "target" | "shared">,
  options: ConnectOptions = {},
): Promise<Connection> {
  const visitor = guest(bench.shared.identities, {});
  const connection = await visitor.connect(options, (it, left) => dial(bench, it, { left }));
  if (!connection.opened) visitor.leave();
  const finish = () => {
    connection.finish();
    visitor.leave();
  };
  return { ...connection, finish };
}

/** Tells if a client gets the greeting of the protocol; also if the protocol has none. */
export const isGreeted = async (client: Connection, { greeting }: Protocol): Promise<boolean> =>
  greeting === undefined || !isNothing(await client.next(greeting));

/** Returns the end of a case, in ms of the run's clock. */
export const endOf = ({ beganAt, durationMs }: CaseResult): number => beganAt + durationMs;

/** The means to run a case in a run. */
type Place = Bench & { readonly availability: Availability };

/**
 * Runs one case, then judges by the rules of the protocol all that happened on its connections. `idle` is called when it waits for the
 * network. Never throws.
 */
export async function execute(it: Case, bench: Place, idle = () => {}): Promise<CaseResult> {
  for (;;) {
    const result = await attempt(it, bench, idle);
    if (result) return result;
  }
}

/** Runs one case. Resolves to nothing if it gave way to another that waited for the users that it had. */
async function attempt(it: Case, bench: Place, idle: () => void): Promise<CaseResult | undefined> {
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
  const opened: Connection[] = [];
  const open = opener(guests, limits, bench, async (options, left) => {
    const connection = await dial(bench, options, { idle, left, unpaced: it.floods });
    opened.push(connection);
    if (!bench.signal?.aborted) bench.availability.saw(connection, options.handshake === undefined);
    return connection;
  });
  const { record } = bench;
  const kept: Bench["record"] = record && (async (...whole) => (guests.gaveWay ? 0 : record(...whole)));
  const { result, connections } = await perform(it, open, { ...bench, ...means, record: kept });
  guests.leave();
  const refused = [...new Set(opened.flatMap((connection) => refusalOf(connection) ?? []))];
  for (const connection of connections) connection.forget();
  if (guests.gaveWay) return undefined;
  return refused.length > 0 ? { ...result, refused } : result;
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
    durationMs: Math.round((shared.clock() - began) * 100) / 100,
  };
  return { result, connections };
}

/**
 * Lets a case find what it does with the connections that it is given, in the order in which it asked for them. The checks are as
 * they are kept: without secrets, and cut. Never throws.
 */
export async function examine(
  it: Case,
  open: Open,
  {
    protocol,
    judging,
    random,
    idle,
    room = Number.POSITIVE_INFINITY,
    users = 1,
    keys = {},
    conceal = () => {},
    exclusive = false,
    redact = String,
  }: Pick<Bench, "protocol" | "judging" | "random" | "idle"> &
    Partial<Pick<Context, "room" | "users" | "keys" | "conceal" | "exclusive"> & Pick<Secrets, "redact">>,
): Promise<{ readonly checks: readonly Check[]; readonly connections: readonly Connection[] }> {
  const asked: Promise<Connection>[] = [];
  const { check, report, skip, unasked, ungiven, ...verdicts } = judge(judging);
  const connect: Open = (options) => {
    const opening = open(options);
    asked.push(opening);
    return opening;
  };

  let thrown: unknown;
  try {
    await it.run({
      ...{ connect, peer: connect, check, report, skip, unasked, ungiven },
      ...{ random, idle, room, users, keys, conceal, exclusive },
    });
  } catch (error) {
    thrown = error ?? new Error("nothing");
  }
  const attempts = await Promise.allSettled(asked);
  const connections = attempts.flatMap((attempt) => (attempt.status === "fulfilled" ? [attempt.value] : []));
  await Promise.all(
    connections.map(async (connection) => {
      await awaitOwed(connection, protocol);
      connection.finish();
    }),
  );

  const transcripts = connections.map(({ transcript }) => transcript);
  verdicts.complete(it.tests, {
    thrown,
    unopened: connections.find(({ opened }) => !opened)?.failure,
    limit: transcripts.flatMap(({ events }) => events.flatMap((it) => (it.type === "limit" ? [it.data] : [])))[0],
  });
  const judged = connections.map((connection) => connection.judged ?? connection.transcript);
  for (const rule of protocol.rules) verdicts.apply(rule, judged);
  return {
    checks: verdicts.shown(transcripts).map((check) => ({ ...check, actual: cut(redact(check.actual)) })),
    connections,
  };
}

/** Waits until the server owes nothing more on a connection by the rules of the protocol, or has had the time for it. */
async function awaitOwed({ transcript, wait }: Connection, { rules }: Protocol): Promise<void> {
  const owed = () => rules.map((rule) => rule.owes?.(transcript)).find((it) => it !== undefined);
  for (let what = owed(); what !== undefined; what = owed()) {
    if (isNothing(await wait(what, () => (owed() === undefined ? true : undefined)))) return;
  }
}

/** The result of a case that did not run, since all that it tests rests on what is broken: see that. */
export function notJudged(it: Case, see: string, judging: Pick<Judging, "requirements">): CaseResult {
  const result = notRun(it, "", judging);
  return { ...result, checks: result.checks.map((check) => seeing(check, see)) };
}

/** The result of a case that did not run. */
export function notRun(it: Case, why: string, { requirements }: Pick<Judging, "requirements">): CaseResult {
  const verdicts = judge({ requirements, strict: false });
  for (const id of it.tests) verdicts.skip(id, why);
  return { case: it, verdict: "skip", checks: verdicts.checks, connections: [], beganAt: 0, durationMs: 0 };
}
