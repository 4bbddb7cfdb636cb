import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { open, stat } from "node:fs/promises";
import { constants } from "node:os";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import type { Death, ServerProcess } from "../harness/target.ts";
import { UnreachableError, UsageError } from "../harness/usage.ts";
import { lastWords } from "./last-words.ts";
import { endMarked, newMark } from "./strays.ts";

/** The time that a server has to end when asked to, and the time between two looks, in ms. */
const GRACE = 2_000;
const PAUSE = 20;

/** The means to start a server. */
export interface StartOptions {
  /** The file for its output. */
  readonly log: string;
  /** Tries to open a connection. Resolves to the reason for a failure, or to `undefined`. */
  readonly ready: () => Promise<string | undefined>;
  /** The time that it has to accept connections, in ms. */
  readonly within: number;
  readonly signal: AbortSignal;
  /** What is started, and what it has to do, where that is no server that has to accept connections. */
  readonly words?: { readonly target: string; readonly ready: string };
}

const SERVER = { target: "server", ready: "accept connections" };

/** One life of a server: from one start to its end. */
interface Life {
  readonly child: ChildProcess;
  readonly mark: ReturnType<typeof newMark>;
  /** The offset of its output in the file. */
  readonly from: number;
  death: Death | undefined;
  readonly ended: Promise<unknown>;
}

/**
 * Starts the server under test by a shell command in a process group of its own, and waits until the target accepts connections.
 * Throws an `UnreachableError` if it does not, a `UsageError` if something else already does.
 */
export async function start(command: string, options: StartOptions): Promise<ServerProcess> {
  if ((await options.ready()) === undefined) {
    const there = options.words
      ? `A ${options.words.target} already came`
      : "Something already accepts connections at the url";
    throw new UsageError(`${there}: end it, or leave out --start to test it.`);
  }
  let life = await begin(command, options.log, "w");
  const failure = await accepting(life, options);
  if (failure !== undefined) {
    await stop(life);
    throw new UnreachableError(failure);
  }
  return {
    get death() {
      return life.death;
    },
    lastWords: () => lastWords(options.log, life.from, true),
    async kill() {
      kill(life.child, "SIGKILL");
      await life.ended;
    },
    async restart() {
      await stop(life);
      life = await begin(command, options.log, "a");
      return accepting(life, options);
    },
    stop: () => stop(life),
  };
}

async function begin(command: string, log: string, flags: "w" | "a"): Promise<Life> {
  const output = await open(log, flags);
  const from = (await stat(log)).size;
  // The server under test gets all variables but the key to sign its certificate with.
  const { TACHYON_KEY: _, ...env } = process.env;
  const mark = newMark();
  const child = spawn(command, {
    shell: true,
    detached: true,
    stdio: ["ignore", output.fd, output.fd],
    env: { ...env, ...mark },
  });
  const life: Life = {
    child,
    mark,
    from,
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
  await output.close();
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
  { ready, within, signal, log, words: { target, ready: todo } = SERVER }: StartOptions,
): Promise<string | undefined> {
  for (const deadline = Date.now() + within; ; await sleep(PAUSE)) {
    const failure = await ready();
    if (failure === undefined || signal.aborted) return undefined;
    if (life.death) {
      const words = await lastWords(log, life.from, false);
      return `The ${target} of --start did not stay up: it ended with ${life.death.how}${words === undefined ? "" : ` ("${words}")`}. Its output is in ${log}.`;
    }
    if (Date.now() > deadline)
      return `The ${target} of --start did not ${todo} within ${within / 1000} s (${failure}). Its output is in ${log}; --start-timeout gives it longer.`;
  }
}

async function stop({ child, mark, ended }: Life): Promise<void> {
  kill(child, "SIGTERM");
  for (const deadline = Date.now() + GRACE; kill(child, 0) && Date.now() < deadline; ) await sleep(PAUSE);
  kill(child, "SIGKILL");
  await ended;
  await endMarked(mark);
}

/** Signals the whole process group. Returns false if nothing was left of it. */
function kill({ pid }: ChildProcess, signal: NodeJS.Signals | 0): boolean {
  try {
    return pid !== undefined && process.kill(-pid, signal);
  } catch {
    return false;
  }
}
