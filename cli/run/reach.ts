import { probe } from "../../harness/dial.ts";
import { isThere, NO_ANSWER, wantsLogin, wordsOfFailure } from "../../harness/failure.ts";
import { isThisMachine, portOf } from "../../harness/place.ts";
import type { Protocol } from "../../harness/protocol.ts";
import { UnreachableError, UsageError } from "../../harness/usage.ts";
import { type Destinations, leftIn } from "../../reports/save.ts";
import { aim, hiddenTexts, type Reached, readCertificates, resolves, targetHeaders } from "../../running/target.ts";
import { serveApart } from "../embedded.ts";
import { EXIT } from "../exit.ts";
import { onInterrupt } from "../interrupt.ts";
import { start } from "../start.ts";
import { identify, readUsers, type UserArguments } from "../users.ts";
import { type Approach, receive } from "./receive.ts";

/** The options that name the server under test and the way to it. */
export interface TargetArguments extends UserArguments {
  readonly url?: string | undefined;
  /** The port on which the suite waits for the client that is tested. */
  readonly listen?: number | undefined;
  readonly header?: readonly string[] | undefined;
  readonly credential?: readonly string[] | undefined;
  readonly redact?: readonly string[] | undefined;
  /** The path of the config file, if there is one. */
  readonly config?: unknown;
  readonly ca?: string | undefined;
  readonly insecure: boolean;
  readonly start?: string | undefined;
  readonly startTimeout: number;
  readonly timeout: number;
}

/** Tells if the embedded reference server is tested, since no other target is named. */
export const isEmbedded = ({ url, listen }: Pick<TargetArguments, "url" | "listen">): boolean =>
  url === undefined && listen === undefined;

/** The surroundings of a test. */
interface Around {
  /** The file for the output of a started server. */
  readonly log: string;
  readonly protocol: Protocol;
  /** Ends the test; without it an interrupt by the user does. */
  readonly signal?: AbortSignal;
  /** The reports that the test is to write. If it cannot, the user is told which are of an earlier run. */
  readonly files?: Destinations;
}

/**
 * Reaches the target, does something with it, and ends what was started. Resolves to the exit code. Throws a `UsageError`, or an
 * `UnreachableError`.
 */
export async function withTarget(
  args: TargetArguments,
  { files = new Map(), ...around }: Around,
  use: (target: Reached, signal: AbortSignal) => Promise<number>,
): Promise<number> {
  const { signal, release } = around.signal ? { signal: around.signal, release() {} } : onInterrupt();
  const closing: (() => Promise<void>)[] = [];
  try {
    const target = await reach(args, { ...around, signal, closing });
    const code = signal.aborted ? EXIT.interrupted : await use(target, signal);
    return signal.aborted ? EXIT.interrupted : code;
  } catch (error) {
    const left = error instanceof UnreachableError ? await leftIn(files) : [];
    if (!(error instanceof UnreachableError) || left.length === 0) throw error;
    throw new UnreachableError(
      `${error.message} The reports of an earlier run stay as they are: ${left.join(" ")}.`,
      error.failure,
    );
  } finally {
    await closeAll(closing).finally(release);
  }
}

/** Closes what was opened. One that fails keeps no other from being closed. */
async function closeAll([close, ...others]: readonly (() => Promise<void>)[]): Promise<void> {
  if (close) await close().finally(() => closeAll(others));
}

/** Returns the target, which is started if the suite is to do so. Throws as `withTarget` does. */
async function reach(args: TargetArguments, { log, protocol, signal, closing }: Approach): Promise<Reached> {
  const { url, listen, start: command, startTimeout } = args;
  if (listen !== undefined) {
    const redact = await hiddenTexts(args.redact ?? []);
    return await receive({ port: listen, redact, start: command, startTimeout }, { log, protocol, signal, closing });
  }
  const [way, users] = await Promise.all([wayOf(args), readUsers(args)]);
  if (url === undefined) {
    if (command !== undefined)
      throw new UsageError("--start needs the url that the server will listen at: run <url> --start …");
    const server = await serveApart(protocol);
    closing.push(server.close);
    return identify(aim(server.url, way, protocol), users, signal, server);
  }
  const target = aim(url, way, protocol);
  await hiding(target, resolves(target.url));
  const identified = async (it: Reached) => {
    const all = await identify(it, users, signal);
    await expectAllLetIn(all, args, protocol, signal);
    return all;
  };
  if (command === undefined) return hiding(target, identified(target));
  const process = await hiding(target, startAt(target, command, args, { log, protocol, signal }));
  closing.push(process.stop);
  return hiding(target, identified({ ...target, process }));
}

/** Starts the server that is to listen at the url of a target. */
const startAt = (
  target: Reached,
  command: string,
  { timeout, startTimeout }: TargetArguments,
  { log, protocol, signal }: Omit<Approach, "closing">,
) =>
  start(command, {
    log,
    ready: readyBy(protocol, target, timeout),
    words: {
      target: "server",
      ready: `accept connections at ${target.url.href}`,
      already: `Something already accepts connections at ${target.url.href}`,
    },
    within: startTimeout,
    signal,
    secrets: target.secrets,
    port: isThisMachine(target.url) ? portOf(target.url) : undefined,
  });

/**
 * Makes a function that tells why a started target is not ready. A target that answers in HTTP that this client gets no WebSocket is ready.
 */
const readyBy = (protocol: Protocol, target: Reached, timeout: number) => async () => {
  const failure = await probe(protocol, target, timeout);
  if (!failure || isThere(failure)) return undefined;
  const longer = `--timeout gives it more than ${timeout} ms for a handshake, --start-timeout longer to be ready.`;
  return { why: wordsOfFailure(failure), ...(failure.code === NO_ANSWER && { remedy: longer }) };
};

/**
 * Throws an `UnreachableError` if the target refuses some of several users: a case that comes as one of these would fail through no fault
 * of the server. If it refuses all, the run says so.
 */
async function expectAllLetIn(
  target: Reached,
  { timeout, as = [] }: TargetArguments,
  protocol: Protocol,
  signal: AbortSignal,
): Promise<void> {
  const { credentials, others = [] } = target;
  if (others.length === 0 || signal.aborted) return;
  const users = [{}, ...others];
  const refusals = await Promise.all(
    users.map(async (own) => {
      const failure = await probe(
        protocol,
        { ...target, credentials: { ...credentials, ...own }, others: [] },
        timeout,
      );
      return failure && wantsLogin(failure) ? failure : undefined;
    }),
  );
  const i = refusals.findIndex((it) => it !== undefined);
  const failure = refusals[i];
  if (!failure || signal.aborted || refusals.every((it) => it !== undefined)) return;
  const name = as.length === users.length ? as[i]?.split(":", 1)[0] : undefined;
  const who = name ?? `user ${i + 1} of ${users.length}`;
  const words = `${target.url.href} answers ${who} with ${wordsOfFailure(failure)}: the token is wrong or expired. Renew it, or leave that user out.`;
  throw new UnreachableError(target.secrets.redact(words), failure);
}

async function wayOf({ header = [], credential = [], redact: hidden = [], ca, insecure }: TargetArguments) {
  const [headers, credentials, redact] = await Promise.all([
    targetHeaders(header),
    targetHeaders(credential),
    hiddenTexts(hidden),
  ]);
  return {
    headers,
    credentials,
    redact,
    tls: { insecure, ...(ca !== undefined && { ca: await readCertificates(ca) }) },
  };
}

/** Waits for something. If it fails, takes the secrets of a target out of the words. */
async function hiding<T>({ secrets }: Reached, promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof UnreachableError) throw new UnreachableError(secrets.redact(error.message), error.failure);
    throw error instanceof UsageError ? new UsageError(secrets.redact(error.message)) : error;
  }
}
