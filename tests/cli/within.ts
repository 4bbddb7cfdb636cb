import { afterAll, jest } from "@jest/globals";
import { main } from "../../cli/cli.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import { protocolOf } from "../../suites/index.ts";
import type { Outcome } from "./process.ts";

/** A reference server within this process, for commands that run here: the embedded one needs the built command. */
export const reference = await protocol.serve();
afterAll(reference.close);

/** The command that runs now. Folder, variables and streams belong to the whole process, so one runs after another. */
let turn: Promise<unknown> = Promise.resolve();

/**
 * Runs a command within this process, with the variables given and no others of the tests: to start another process takes ten times as
 * long. What it says is taken from the streams. Signals and the standard input need the built command (`cli`).
 */
export function within(cwd: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  const outcome = turn.then(() => alone(cwd, args, env));
  turn = outcome.catch(() => {});
  return outcome;
}

async function alone(cwd: string, args: readonly string[], variables: NodeJS.ProcessEnv): Promise<Outcome> {
  const output = { stdout: "", stderr: "" };
  const spies = [
    ...(["stdout", "stderr"] as const).map((name) =>
      jest.spyOn(process[name], "write").mockImplementation((text) => {
        output[name] += text;
        return true;
      }),
    ),
    jest.spyOn(console, "log").mockImplementation((text) => {
      output.stdout += `${text}\n`;
    }),
  ];
  const before = { cwd: process.cwd(), variables: { ...process.env } };
  const { PATH, HOME } = process.env;
  become({ PATH, HOME, ...variables });
  process.chdir(cwd);
  try {
    return { code: await main(args, protocolOf), ...output };
  } finally {
    process.chdir(before.cwd);
    become(before.variables);
    for (const spy of spies) spy.mockRestore();
  }
}

/** Gives this process other variables. yargs keeps the object that holds them. */
function become(variables: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, variables);
}
