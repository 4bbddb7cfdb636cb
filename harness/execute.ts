import { type Availability, answers } from "./availability.ts";
import { type Verdict, worst } from "./catalogue.ts";
import { type Connection, connect } from "./connection.ts";
import { seeing } from "./foundation.ts";
import { type Check, type Judging, judge } from "./judge.ts";
import { BeyondLimit } from "./limits.ts";
import { refusalOf } from "./measure.ts";
import { isNothing } from "./nothing.ts";
import type { Random } from "./property.ts";
import type { Protocol } from "./protocol.ts";
import type { Case, ConnectOptions, Context } from "./scenario.ts";
import type { Secrets } from "./secrets.ts";
import { hangUp, type Shared, share } from "./shared.ts";
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

/** Opens one connection to the target, when its limits allow. */
export async function dial(
  { protocol, target, shared }: Pick<Bench, "protocol" | "target" | "shared">,
  { query, name, anonymous, user, handshake }: ConnectOptions = {},
  idle = () => {},
): Promise<Connection> {
  const { ca, insecure } = target;
  const usual = headersOf(target);
  const sent = anonymous || user ? headersOf(target, anonymous, user) : usual;
  const options = { name, ...sent, handshake, ca, insecure, idle, protocol };
  const connection = await connect(protocol.address(target.url, query), options, shared);
  const plain = query === undefined && !handshake && sent.anonymous === usual.anonymous;
  shared.limits.saw(connection, plain);
  return connection;
}

/** Tells if a client gets the greeting of the protocol; also if the protocol has none. */
export const isGreeted = async (client: Connection, { greeting }: Protocol): Promise<boolean> =>
  greeting === undefined || !isNothing(await client.next(greeting));

/** Gives a case a connection: from the network, or from a recording. */
export type Open = (options?: ConnectOptions) => Promise<Connection>;

/** Returns the end of a case, in ms of the run's clock. */
export const endOf = ({ beganAt, durationMs }: CaseResult): number => beganAt + durationMs;

/**
 * Runs one case, then judges by the rules of the protocol all that happened on its connections. `idle` is called when it waits for the
 * network. Never throws.
 */
export async function execute(
  it: Case,
  bench: Bench & { readonly availability: Availability },
  idle = () => {},
): Promise<CaseResult> {
  const { shared } = bench;
  const room = shared.limits.together ?? Number.POSITIVE_INFINITY;
  const users = 1 + (bench.target.others?.length ?? 0);
  const opened: Connection[] = [];
  let opening = 0;
  const open: Open = async (options) => {
    bench.signal?.throwIfAborted();
    while (Number.isFinite(room) && opening + opened.filter(isHeld).length >= room)
      if (!(await shared.limits.freed()))
        throw new BeyondLimit(`it takes more than ${room} at the same time, and the target accepts no more`);
    opening += 1;
    const connection = await dial(bench, options, idle).finally(() => {
      opening -= 1;
    });
    opened.push(connection);
    bench.availability.saw(connection, options?.handshake === undefined);
    return connection;
  };
  const { result, connections } = await perform(it, open, { ...bench, room, users });
  const refused = [...new Set(opened.flatMap((connection) => refusalOf(connection) ?? []))];
  for (const connection of connections) connection.forget();
  return refused.length > 0 ? { ...result, refused } : result;
}

/** Runs one case on the connections that it is given, and puts together what it found. Never throws. */
export async function perform(
  it: Case,
  open: Open,
  bench: Bench & Partial<Pick<Context, "room" | "users">>,
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

/** Tells if a connection counts as one of those that a target accepts at the same time. */
const isHeld = ({ failure, transcript }: Connection) =>
  failure === undefined && !transcript.events.some(({ type }) => type === "close" || type === "end");

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
    redact = String,
  }: Pick<Bench, "protocol" | "judging" | "random" | "idle"> &
    Partial<Pick<Context, "room" | "users"> & Pick<Secrets, "redact">>,
): Promise<{ readonly checks: readonly Check[]; readonly connections: readonly Connection[] }> {
  const asked: Promise<Connection>[] = [];
  const { check, report, skip, ...verdicts } = judge(judging);
  const connect: Open = (options) => {
    const opening = open(options);
    asked.push(opening);
    return opening;
  };

  let thrown: unknown;
  try {
    await it.run({ connect, peer: connect, check, report, skip, random, idle, room, users });
  } catch (error) {
    thrown = error ?? new Error("nothing");
  }
  const attempts = await Promise.allSettled(asked);
  const connections = attempts.flatMap((attempt) => (attempt.status === "fulfilled" ? [attempt.value] : []));
  await Promise.all(
    connections.map(async (connection) => {
      await settle(connection, protocol);
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
async function settle({ transcript, wait }: Connection, { rules }: Protocol): Promise<void> {
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
