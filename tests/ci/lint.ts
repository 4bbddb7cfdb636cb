import { execFileSync } from "node:child_process";

/** Resolves to what shellcheck says of a script; nothing if it is sound. */
export function shellcheck(script: string): string {
  try {
    execFileSync("bash", ["-n"], { input: script, stdio: ["pipe", "pipe", "pipe"], encoding: "utf8" });
    return execFileSync("shellcheck", ["--shell=bash", "--format=gcc", "-"], { input: script, encoding: "utf8" });
  } catch (error) {
    const { stdout, stderr, message } = error as { stdout?: string; stderr?: string; message: string };
    return [stdout, stderr].filter(Boolean).join("") || message;
  }
}
