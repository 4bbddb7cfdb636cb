import { spawn } from "node:child_process";
import { once } from "node:events";
import { platform } from "node:os";
import about from "../package.json" with { type: "json" };

/** The programs that open a file as its user likes, by platform. */
const OPENERS: Readonly<Record<string, readonly [string, ...string[]]>> = {
  darwin: ["open"],
  win32: ["cmd", "/c", "start", '""'],
};

/** Opens a page in the browser of the user, except in CI, where nobody would see it. If that is impossible, the run goes on. */
export async function openPage(path: string): Promise<void> {
  if (process.env.CI) return;
  const [program, ...args] = OPENERS[platform()] ?? ["xdg-open"];
  const child = spawn(program, [...args, path], { stdio: "ignore", detached: true });
  child.unref();
  await once(child, "spawn").catch(() => {
    process.stderr.write(`${about.name}: Cannot open ${path}: there is no ${program}. Open it by hand.\n`);
  });
}
