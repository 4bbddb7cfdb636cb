import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { connect } from "node:net";
import { errorFailure, type Failure } from "../../harness/failure.ts";
import { hostOf, portOf } from "../../harness/place.ts";
import type { Protocol } from "../../harness/protocol.ts";
import { explainUnreachable } from "../../harness/unreachable.ts";
import { cannotListen, UnreachableError, UsageError } from "../../harness/usage.ts";
import about from "../../package.json" with { type: "json" };
import { type ProxyOptions, proxy, type RunningProxy } from "../../recordings/proxy.ts";
import { hiding } from "../../recordings/redact.ts";
import { type RecordedSession, session } from "../../recordings/session.ts";
import { type LineWriter, writer } from "../../recordings/writer.ts";
import { visible } from "../../reports/escape.ts";
import { destinations, prepareAll, type WantedReports } from "../../reports/save.ts";
import { SUITE } from "../../reports/suite.ts";
import { refuseOverwriting } from "../../reports/write.ts";
import { fileIn, hiddenTexts, loginOf, readCertificates, resolves, targetUrl } from "../../running/target.ts";
import { EXIT } from "../exit.ts";
import { onInterrupt } from "../interrupt.ts";
import { finish } from "../run/finish.ts";

/** The options of `record`, as the command line gives them. */
interface RecordArguments extends WantedReports {
  readonly to: string;
  readonly host: string;
  readonly port: number;
  /** Bytes of a file at most, in MiB. */
  readonly rotate: number;
  readonly redact?: readonly string[] | undefined;
  readonly ca?: string | undefined;
  readonly insecure: boolean;
  readonly strict: boolean;
  readonly failOnClientMistakes: boolean;
  /** The time that the server has for an answer that it owes, in ms. */
  readonly timeout: number;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly config?: unknown;
}

/** The time in ms since 1970, on a clock that nobody sets. */
const now = () => performance.timeOrigin + performance.now();

/** Lines on a target that cannot be reached that are told at most. */
const FAILURES = 5;

/**
 * Passes on what clients and a server say, writes it to a file and judges it, until it is interrupted. Resolves to the exit code.
 * Throws a `UsageError`, or an `UnreachableError`.
 */
export async function recordCommand({ out: path, ...args }: RecordArguments, protocol: Protocol): Promise<number> {
  const { url: target, headers, password } = loginOf(targetUrl(args.to));
  const ca = args.ca === undefined ? undefined : await readCertificates(args.ca);
  const basic = headers.Authorization;
  const { redact = [] } = args;
  const secrets = [...(await hiddenTexts(redact)), password, ...(basic === undefined ? [] : [basic])].filter(Boolean);
  const reports = destinations(args);
  const startedAt = new Date();
  const out = path ?? `tachyon-recording-${startedAt.toISOString().slice(0, 19).replaceAll(":", "-")}.ndjson`;
  const read = [args.ca, args.config, ...redact.map(fileIn)].filter((it) => typeof it === "string");
  await refuseOverwriting(read, [out, ...reports.values()]);
  await prepareAll(reports);
  await checkReachable(target);
  const place = { target, basic, ca, secrets };
  const { recorded, file, running } = await begin({ ...args, ...place, out, startedAt }, protocol);
  const ending = interrupted();
  const shown = hiding(secrets);
  shown.learn([], target.href);
  process.stdout.write(
    `Recording ${shown.redact(target.href)} to ${out}. Clients connect to ${running.url}${withoutPath(target, shown.redact)}\nCtrl-C ends it, and says what was wrong.\n`,
  );
  await ending;
  await running.close();
  recorded.end();
  await file.end();
  return tellAll(recorded, file, startedAt, reports, args, protocol);
}

/** Says that the path of the target stands before that of a client, where it has one. */
const withoutPath = ({ pathname }: URL, redact: (text: string) => string): string =>
  pathname === "/" ? "" : ` and leave out ${redact(pathname)}, which is added`;

/** All that a recording needs to know. */
interface Beginning
  extends Omit<RecordArguments, "out" | "ca">,
    Pick<ProxyOptions, "target" | "basic" | "ca" | "secrets"> {
  readonly out: string;
  readonly startedAt: Date;
}

/** A recording that goes on. */
interface Going {
  readonly recorded: RecordedSession;
  readonly file: LineWriter;
  readonly running: RunningProxy;
}

/** Opens the file, and lets clients come. Throws a `UsageError`. */
async function begin({ out, startedAt, ...args }: Beginning, protocol: Protocol): Promise<Going> {
  const { strict, failOnClientMistakes, timeout, target } = args;
  const stage: { proxy?: RunningProxy } = {};
  const name = { recording: randomUUID(), began: startedAt.getTime() };
  const file = await writer(out, {
    most: args.rotate << 20,
    head: (part) => JSON.stringify({ ...name, part, by: `${about.name} ${about.version}` }),
    relieve: () => stage.proxy?.relieve(),
    failed: ({ message }) => tell(`${message.replace(/\.?$/, ".")} Clients are served and judged as before.`),
  });
  const recorded = session(protocol, {
    ...name,
    file: out,
    strict,
    failOnClientMistakes,
    timeout,
    now,
    write: file.write,
    tell,
  });
  const hooks = { clock: now, record: recorded.see, crowded: () => file.crowded, unreachable: complaining(target) };
  const running = await proxy({ ...args, ...hooks }).catch((error) => giveUp(args, file, error));
  stage.proxy = running;
  return { recorded, file, running };
}

/** Tells the user something now. */
const tell = (line: string) => process.stdout.write(`${new Date().toTimeString().slice(0, 8)} ${visible(line)}\n`);

/** Returns a function that tells why a target could not be reached: the first times that it is called. */
function complaining(target: URL): (codeOrMessage: string) => void {
  let failures = 0;
  return (codeOrMessage) => {
    failures += 1;
    const more = failures === FAILURES ? " (more of these are not told)" : "";
    if (failures <= FAILURES) tell(`${explainUnreachable(target, errorFailure(codeOrMessage))}${more}`);
  };
}

/** Judges the whole, and tells it. A file that ends too early is no reason to lose that. */
async function tellAll(
  recorded: RecordedSession,
  file: LineWriter,
  startedAt: Date,
  reports: ReturnType<typeof destinations>,
  args: Pick<RecordArguments, "quiet" | "verbose">,
  protocol: Protocol,
): Promise<number> {
  const report = recorded.report({
    suite: SUITE,
    files: file.files,
    startedAt,
    durationMs: Date.now() - startedAt.getTime(),
  });
  const unwritten = file.failure ? file.files.slice(-1) : [];
  if (!report) process.stdout.write("INCOMPLETE no client has come: nothing was recorded\n");
  const code = report
    ? await finish(
        report,
        reports,
        { ...args, also: file.files.slice(0, file.files.length - unwritten.length), unwritten },
        protocol,
      )
    : EXIT.notConformant;
  if (file.failure) throw new UsageError(file.failure.message);
  return code;
}

/** Throws an `UnreachableError` if nothing accepts connections at the target. */
async function checkReachable(target: URL): Promise<void> {
  await resolves(target);
  const failure = await new Promise<Failure | undefined>((resolve) => {
    const socket = connect({ host: hostOf(target), port: portOf(target), timeout: ACCEPTS_WITHIN });
    const settle = (it?: Failure) => {
      socket.destroy();
      resolve(it);
    };
    socket.once("connect", () => settle());
    socket.once("timeout", () => settle(errorFailure("ETIMEDOUT")));
    socket.once("error", ({ code, message }: NodeJS.ErrnoException) => settle(errorFailure(code ?? message)));
  });
  if (failure) throw new UnreachableError(explainUnreachable(target, failure));
}

/** The time that a target has to accept a connection, in ms. */
const ACCEPTS_WITHIN = 5_000;

async function giveUp(place: Pick<RecordArguments, "host" | "port">, file: LineWriter, error: unknown): Promise<never> {
  await file.end();
  for (const path of file.files) if (!path.startsWith("/dev/")) await rm(path, { force: true });
  throw cannotListen(place, error);
}

async function interrupted(): Promise<void> {
  const interrupt = onInterrupt("ending: writing what was recorded; Ctrl-C again ends at once");
  await new Promise((resolve) => interrupt.signal.addEventListener("abort", resolve, { once: true }));
}
