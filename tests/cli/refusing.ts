import { jest } from "@jest/globals";
import { main } from "../../cli/cli.ts";
import { protocolOf } from "../../suites/index.ts";
import type { Outcome } from "./process.ts";

/**
 * Runs a command that only refuses its arguments, within this process: to start another takes ten times as long. Whatever it says is
 * taken from the streams of the process.
 */
export async function refuse(cwd: string, args: readonly string[]): Promise<Outcome> {
  const output = { stdout: "", stderr: "" };
  const spies = (["stdout", "stderr"] as const).map((name) =>
    jest.spyOn(process[name], "write").mockImplementation((text) => {
      output[name] += text;
      return true;
    }),
  );
  const before = process.cwd();
  process.chdir(cwd);
  try {
    return { code: await main(args, protocolOf), ...output };
  } finally {
    process.chdir(before);
    for (const spy of spies) spy.mockRestore();
  }
}
