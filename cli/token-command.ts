import { type ExecException, type ExecOptions, exec } from "node:child_process";
import { UsageError } from "../harness/usage.ts";
import { telling } from "./last-words.ts";
import { environment } from "./start.ts";

/** The time that a command for a token has, in ms. */
const MOST = 30_000;

/** An access token (RFC 6750, 2.1). */
export const TOKEN = /^[\w.~+/-]+=*$/;

/** Runs a shell command whose output is an access token. Throws a `UsageError`. */
export async function tokenBy(command: string, signal: AbortSignal): Promise<string> {
  const { failure, output, errors } = await outcomeOf(command, { env: environment(), signal, timeout: MOST });
  if (failure !== undefined) {
    const words = telling(errors, false);
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

type Running = ExecOptions & { readonly timeout: number };

const outcomeOf = (command: string, options: Running) =>
  new Promise<{ failure?: string; output: string; errors: string }>((resolve) => {
    exec(command, options, (error, stdout, stderr) => {
      resolve({ ...(error && { failure: howOf(error, options) }), output: String(stdout), errors: String(stderr) });
    });
  });

function howOf({ code, signal, killed }: ExecException, { timeout, signal: interrupt }: Running): string {
  if (String(code) === "ERR_CHILD_PROCESS_STDIO_MAXBUFFER") return "printed more than a token can be";
  if (interrupt?.aborted) return "was interrupted";
  if (killed) return `did not end within ${timeout / 1_000} s`;
  return signal ? `ended with ${signal}` : `ended with exit code ${code}`;
}
