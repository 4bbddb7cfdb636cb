import { execFile } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { parse } from "yaml";

const exec = promisify(execFile);

/** The parts of action.yml that the runner of GitHub needs. */
interface Action {
  readonly inputs: Readonly<Record<string, { readonly default?: string; readonly required?: boolean }>>;
  readonly outputs: Readonly<Record<string, { readonly value: string }>>;
  readonly runs: {
    readonly steps: readonly [{ readonly run: string; readonly env: Readonly<Record<string, string>> }];
  };
}

export const action: Action = parse(readFileSync("action.yml", "utf8"));

/** The result of a command. */
interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a shell script to its end, with few variables besides those given. */
export async function bash(cwd: string, script: string, env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const { PATH = "", HOME = "" } = process.env;
  const args = ["--noprofile", "--norc", "-eo", "pipefail", "-c", script];
  const run = exec("bash", args, { cwd, env: { PATH, HOME, npm_config_offline: "true", ...env } });
  return run.then(
    (done) => ({ code: 0, ...done }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  );
}

/** The result of a step that uses the action. */
export interface Step extends Ended {
  readonly outputs: Readonly<Record<string, string>>;
}

/** Runs a step that uses the action, as the runner of GitHub does. `cwd` is the workspace, `path` the folder of the action. */
export async function use(
  cwd: string,
  inputs: Readonly<Record<string, string>>,
  path: string = resolve("."),
): Promise<Step> {
  const [step] = action.runs.steps;
  const named = (name: string) => inputs[name] ?? action.inputs[name]?.default ?? "";
  const env = Object.fromEntries(
    Object.entries(step.env).map(([name, text]) => [name, evaluate(text, "inputs.", named)]),
  );
  const file = join(cwd, "outputs");
  writeFileSync(file, "");
  const ended = await bash(cwd, step.run, {
    ...env,
    GITHUB_ACTION_PATH: path,
    GITHUB_ACTIONS: "true",
    GITHUB_OUTPUT: file,
    GITHUB_STEP_SUMMARY: join(cwd, "summary.md"),
    RUNNER_TEMP: cwd,
  });
  const written = new Map(
    readFileSync(file, "utf8")
      .split("\n")
      .map((line) => [line.split("=", 1)[0] ?? "", line.slice(line.indexOf("=") + 1)]),
  );
  const outputs = Object.entries(action.outputs).map(([name, { value }]) => [
    name,
    evaluate(value, "steps.run.outputs.", (it) => written.get(it) ?? ""),
  ]);
  return { ...ended, outputs: Object.fromEntries(outputs) };
}

/** Matches an expression that is one name behind a prefix. */
function evaluate(text: string, prefix: string, named: (name: string) => string): string {
  const [, name = ""] = /^\$\{\{ (\S+) \}\}$/.exec(text) ?? [];
  if (!name.startsWith(prefix)) throw new Error(`not understood: ${text}`);
  return named(name.slice(prefix.length));
}

/** Reads a report. Resolves to `undefined` if there is none. */
export function reportIn(cwd: string) {
  const path = join(cwd, "tachyon-report/report.json");
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : undefined;
}
