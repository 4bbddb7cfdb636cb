import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import type { Secrets } from "../harness/secrets.ts";
import type { Death, ServerProcess } from "../harness/target.ts";
import { UnreachableError, UsageError } from "../harness/usage.ts";
import about from "../package.json" with { type: "json" };
import { lastWordsOf } from "./last-words.ts";
import { type Before, listenersSince, noteOf } from "./listeners.ts";
import { type Log, openLog, type Printed } from "./output.ts";
import { endAll, LOOK_PAUSE, newMark, processesOf, runsIn } from "./stray-processes.ts";

/** The time that a server has to end when asked to, in ms. */
const TIME_TO_END = 2_000;

/** The reason why a server is not ready, and what to do if it stays so. */
interface NotReady {
  readonly why: string;
  readonly remedy?: string | undefined;
}

/** The means to start a server. */
interface StartOptions {
  /** The file for its output. */
  readonly log: string;
  /** Tries to open a connection. Resolves to the reason for a failure, or to `undefined`. */
  readonly ready: () => Promise<NotReady | undefined>;
  /** The time that it has to accept connections, in ms. */
  readonly within: number;
  readonly signal: AbortSignal;
  /** The port of this machine at which it is to listen, if it is one of this machine. */
  readonly port?: number | undefined;
  /** The texts that its output is kept without. */
  readonly secrets: Pick<Secrets, "follow">;
  /** The words for the program, for its task, and for a task that was done before it was started. */
  readonly words: { readonly target: string; readonly ready: string; readonly already: string };
}

/** One life of a server: from one start to its end. */
interface Life {
  readonly child: ChildProcess;
  /** In ms of `performance.now()`. */
  readonly startedAt: number;
  readonly mark: ReturnType<typeof newMark>;
  readonly before: Before | undefined;
  readonly printed: Printed;
  death: Death | undefined;
  readonly ended: Promise<unknown>;
  /** Ends it together with the suite, if the suite has no time to stop it. */
  readonly endAtOnce: () => void;
}

/**
 * Starts the server under test by a shell command in a process group of its own, and waits until the target accepts connections.
 * Throws an `UnreachableError` if it does not, a `UsageError` if something else already does.
 */
export async function start(command: string, options: StartOptions): Promise<ServerProcess> {
  if ((await options.ready()) === undefined)
    throw new UsageError(`${options.words.already}: end it, or leave out --start to test it.`);
  const log = openLog(options.log, options.secrets);
  let life = begin(command, log, options);
  const failure = await accepting(life, options);
  if (failure !== undefined) {
    await stop(life);
    tell(await log.close());
    throw new UnreachableError(failure);
  }
  return {
    get startedAt() {
      return life.startedAt;
    },
    get death() {
      return life.death;
    },
    lastWords: async () => lastWordsOf(await life.printed.tail(), true),
    async kill() {
      signalGroup(life.child, "SIGKILL");
      await life.ended;
    },
    async restart() {
      await stop(life);
      life = begin(command, log, options);
      return accepting(life, options);
    },
    async stop() {
      await stop(life);
      tell(await log.close());
    },
  };
}

/** Returns the variables for programs that the suite starts: all except the key that signs certificates. */
export function environment(): NodeJS.ProcessEnv {
  const { TACHYON_KEY: _, ...env } = process.env;
  return env;
}

function begin(command: string, log: Log, { port }: Pick<StartOptions, "port">): Life {
  const mark = newMark();
  const before = port === undefined ? undefined : noteOf(port);
  // One pipe for both outputs keeps their lines in order. The shell of the command takes the place of the one that joins them.
  const child = spawn("/bin/sh", ["-c", 'exec /bin/sh -c "$0" 2>&1', command], {
    detached: true,
    stdio: ["ignore", "pipe", "ignore"],
    env: { ...environment(), ...mark },
  });
  const endAtOnce = () => void signalGroup(child, "SIGKILL");
  process.once("exit", endAtOnce);
  const life: Life = {
    child,
    startedAt: performance.now(),
    endAtOnce,
    mark,
    before,
    printed: log.follow(child.stdout),
    death: undefined,
    ended: once(child, "exit").then(
      ([code, by]) => {
        life.death = { at: performance.now(), how: by ?? howOf(Number(code)) };
      },
      (error) => {
        life.death = { at: performance.now(), how: String(error) };
      },
    ),
  };
  return life;
}

/** Names an exit code, or the signal that a shell tells by a code over 128. */
function howOf(code: number): string {
  const [signal] = Object.entries(constants.signals).find(([, number]) => code === 128 + number) ?? [];
  return signal ?? `exit code ${code}`;
}

/** Waits until a server accepts connections. Resolves to a line that says why it does not, or to `undefined`. */
async function accepting(
  life: Life,
  { ready, within, signal, log, words: { target, ready: todo } }: StartOptions,
): Promise<string | undefined> {
  for (const deadline = Date.now() + within; ; await sleep(LOOK_PAUSE)) {
    const failure = await ready();
    if (failure === undefined || signal.aborted) return undefined;
    if (life.death) {
      const words = lastWordsOf(await life.printed.tail(), false)?.text;
      return `The ${target} of --start did not stay up: it ended with ${life.death.how}${words === undefined ? "" : ` (${words})`}. Its output is in ${log}.`;
    }
    if (Date.now() > deadline) {
      const { why, remedy = "If it listens elsewhere, give that url; --start-timeout gives it longer." } = failure;
      return `The ${target} of --start did not ${todo} within ${within / 1000} s (${why}). ${remedy} Its output is in ${log}.`;
    }
  }
}

async function stop({ child, mark, before, ended, printed, endAtOnce }: Life): Promise<void> {
  const known = processesOf(mark, child.pid);
  signalGroup(child, "SIGTERM");
  for (const deadline = Date.now() + TIME_TO_END; isUp(child) && Date.now() < deadline; ) await sleep(LOOK_PAUSE);
  signalGroup(child, "SIGKILL");
  await ended;
  // A process that was left alone, and has none of the variables, is known by the port, which was free before.
  const heirs = before ? listenersSince(before) : [];
  const left = await endAll(mark, new Map([...known, ...heirs]));
  await printed.close();
  process.off("exit", endAtOnce);
  if (left.length > 0) tell(`Processes of the server go on, and could not be ended: ${left.join(", ")}.`);
}

/** Tells if something runs in the process group of a child. */
const isUp = (child: ChildProcess): boolean => child.pid !== undefined && signalGroup(child, 0) && runsIn(child.pid);

/** Tells the user something beside the results. */
function tell(words: string | undefined): void {
  if (words !== undefined) process.stderr.write(`${about.name}: ${words}\n`);
}

/** Signals the whole process group of a child. Returns false if nothing was left of it. */
export function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals | 0): boolean {
  try {
    return pid !== undefined && process.kill(-pid, signal);
  } catch {
    return false;
  }
}
