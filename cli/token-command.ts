import { spawn } from "node:child_process";
import { UsageError } from "../harness/usage.ts";
import { lastWordsOf } from "./last-words.ts";
import { environment, signalGroup } from "./start.ts";

/** The time that a command for a token has, in ms. */
const COMMAND_TIME = 30_000;

/** The most that such a command prints, in characters. */
const LONGEST_OUTPUT = 1 << 20;

/** An access token (RFC 6750, 2.1). */
export const TOKEN = /^[\w.~+/-]+=*$/;

/** Runs a shell command whose output is an access token. Throws a `UsageError`. */
export async function tokenBy(command: string, signal: AbortSignal): Promise<string> {
  const { failure, output, errors } = await outcomeOf(command, signal);
  if (failure !== undefined) {
    const words = lastWordsOf(errors, false)?.text;
    throw new UsageError(`The command of --token-command ${failure}${words === undefined ? "" : ` (${words})`}.`);
  }
  const token = output.trim();
  if (TOKEN.test(token)) return token;
  throw new UsageError(
    token === ""
      ? "The command of --token-command printed no token. It has to print an access token, and nothing else."
      : "The command of --token-command printed something else than one access token. It has to print nothing else.",
  );
}

/** Runs a command in a process group of its own, which ends once the time is up. */
async function outcomeOf(
  command: string,
  signal: AbortSignal,
): Promise<{ readonly failure: string | undefined; readonly output: string; readonly errors: string }> {
  const child = spawn(command, {
    ...{ shell: true, detached: true, env: environment() },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let failure: string | undefined;
  const end = (why: string) => {
    failure ??= why;
    signalGroup(child, "SIGKILL");
    // A process that left the group may hold them open.
    child.stdout.destroy();
    child.stderr.destroy();
  };
  const interrupt = () => end("was interrupted");
  const timer = setTimeout(end, COMMAND_TIME, `did not end within ${COMMAND_TIME / 1_000} s`);
  signal.addEventListener("abort", interrupt);
  const printed = { output: "", errors: "" };
  const gather = (key: keyof typeof printed) => (text: string) => {
    printed[key] += text;
    if (printed[key].length > LONGEST_OUTPUT) end("printed more than a token can be");
  };
  child.stdout.setEncoding("utf8").on("data", gather("output"));
  child.stderr.setEncoding("utf8").on("data", gather("errors"));
  if (signal.aborted) interrupt();
  child.on("error", ({ message }) => end(`cannot be run: ${message}`));
  const [code, name] = await new Promise<[number | null, string | null]>((resolve) => {
    child.on("close", (...how) => resolve(how));
  });
  clearTimeout(timer);
  signal.removeEventListener("abort", interrupt);
  if (code !== 0) failure ??= name ? `ended with ${name}` : `ended with exit code ${code}`;
  return { failure, ...printed };
}
