import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { open, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { UnreachableError, UsageError } from "./usage.ts";

/** How long a server may take to end when asked to, and between two looks, in ms. */
const GRACE = 2_000;
const PAUSE = 50;

/** A server under test that the suite started. */
export interface Started {
  /** Ends its whole process group: first asks, then kills. */
  stop(): Promise<void>;
}

/** How a server is started. */
export interface StartOptions {
  /** The file that its output is kept in. */
  readonly log: string;
  /** Why a connection cannot be opened, or `undefined` where it can. */
  readonly ready: () => Promise<string | undefined>;
  /** How long it may take until it accepts connections, in ms. */
  readonly within: number;
  readonly signal: AbortSignal;
}

/**
 * Starts the server under test by a shell command in a process group of its own, its output in a file, and waits until the
 * target accepts connections. Throws an `UnreachableError` where it does not, a `UsageError` where something else already does.
 */
export async function start(command: string, options: StartOptions): Promise<Started> {
  if ((await options.ready()) === undefined) {
    throw new UsageError("Something already accepts connections at the url: end it, or leave out --start to test it.");
  }
  const output = await open(options.log, "w");
  const child = spawn(command, { shell: true, detached: true, stdio: ["ignore", output.fd, output.fd] });
  const ended = once(child, "exit").then(([code, by]) => `it ended with ${by ?? `exit code ${code}`}`, String);
  await output.close();
  try {
    await accepting(ended, options);
  } catch (error) {
    await stop(child, ended);
    throw error;
  }
  return { stop: () => stop(child, ended) };
}

async function accepting(ended: Promise<string>, { ready, within, signal, log }: StartOptions): Promise<void> {
  let end: string | undefined;
  ended.then((how) => {
    end = how;
  });
  for (const deadline = Date.now() + within; ; await sleep(PAUSE)) {
    const failure = await ready();
    if (failure === undefined || signal.aborted) return;
    if (end)
      throw new UnreachableError(
        `The server of --start did not stay up: ${end}${await lastWords(log)}. Its output is in ${log}.`,
      );
    if (Date.now() > deadline)
      throw new UnreachableError(
        `The server of --start did not accept connections within ${within / 1000} s (${failure}). Its output is in ${log}; --start-timeout gives it longer.`,
      );
  }
}

/** The last line that a server wrote. */
async function lastWords(log: string): Promise<string> {
  const line = (await readFile(log, "utf8")).trimEnd().split("\n").at(-1);
  return line ? ` ("${line}")` : "";
}

async function stop(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  kill(child, "SIGTERM");
  for (const deadline = Date.now() + GRACE; kill(child, 0) && Date.now() < deadline; ) await sleep(PAUSE);
  kill(child, "SIGKILL");
  await ended;
}

/** Signals the whole process group; whether there was anything left of it. */
function kill({ pid }: ChildProcess, signal: NodeJS.Signals | 0): boolean {
  try {
    return pid !== undefined && process.kill(-pid, signal);
  } catch {
    return false;
  }
}
