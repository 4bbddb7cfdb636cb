import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Running } from "./libraries.ts";

/** Starts a server that is a program of its own and prints its url, so that it and its clients run at the same time. */
export async function program(file: string, ...args: readonly string[]): Promise<Running> {
  const child = spawn(process.execPath, [file, ...args], { stdio: ["ignore", "pipe", "ignore"] });
  const [hello] = await once(child.stdout, "data");
  return {
    url: String(hello).trim(),
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}
