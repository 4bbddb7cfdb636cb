import { exec } from "node:child_process";
import { UsageError } from "../harness/usage.ts";
import { telling } from "./last-words.ts";

/** The time that a command for a token has, in ms. */
const MOST = 30_000;

/** An access token (RFC 6750, 2.1). */
export const TOKEN = /^[\w.~+/-]+=*$/;

/** Runs a shell command whose output is an access token. Throws a `UsageError`. */
export async function tokenBy(command: string, signal: AbortSignal): Promise<string> {
  // The command gets all variables but the key to sign a certificate with.
  const { TACHYON_KEY: _, ...env } = process.env;
  const { failure, output, errors } = await outcomeOf(command, { env, signal, timeout: MOST });
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

const outcomeOf = (command: string, options: Parameters<typeof exec>[1] & { readonly timeout: number }) =>
  new Promise<{ failure?: string; output: string; errors: string }>((resolve) => {
    exec(command, options, (error, stdout, stderr) => {
      const ended = error?.killed ? `did not end within ${options.timeout / 1_000} s` : howOf(error);
      resolve({ ...(error && { failure: ended }), output: String(stdout), errors: String(stderr) });
    });
  });

const howOf = (error: { readonly code?: unknown; readonly signal?: unknown } | null): string =>
  error?.signal ? `ended with ${error.signal}` : `ended with exit code ${error?.code}`;
