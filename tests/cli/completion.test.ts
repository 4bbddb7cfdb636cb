import { execFile } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "@jest/globals";
import { COMMANDS } from "../../cli/commands/index.ts";
import { VERSION_NAMES } from "../../suites/versions.ts";
import { cases } from "../helpers.ts";
import { byTurns } from "../turns.ts";
import { CLI } from "./process.ts";
import { within } from "./within.ts";
import { cwd } from "./workspace.ts";

const exec = promisify(execFile);

/**
 * The lines by which each shell completes words without a terminal: `t` prints what can stand for the last of its words. Bash splits words
 * at each `=`, and puts back what stands behind the last.
 */
const SHELLS: Readonly<Record<string, readonly [string, readonly string[], string]>> = {
  bash: [
    "bash",
    ["--norc", "-c"],
    `source <(tachyon-conformance completion bash)
     t() {
       COMP_WORDS=()
       for word; do [[ $word == *=* ]] && COMP_WORDS+=("\${word%%=*}" = \${word#*=}) || COMP_WORDS+=("$word"); done
       COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); COMPREPLY=(); _tachyon_conformance
       [[ $word == *=* && -n $COMPREPLY ]] && COMPREPLY=("\${COMPREPLY[@]/#/\${word%%=*}=}")
       printf '%s\\n' "\${COMPREPLY[@]}"
     }`,
  ],
  zsh: [
    "zsh",
    ["-f", "-c"],
    `autoload -U compinit && compinit -D -u
     source <(tachyon-conformance completion zsh)
     compadd() { [[ $1 == -a ]] && print -rl -- \${(P)2} }
     _files() { print }; compset() { }
     t() { words=("$@"); CURRENT=$#; _tachyon_conformance }`,
  ],
};

describe.each(byTurns(Object.entries(SHELLS), 2))("in %s", (_, [shell, args, script]) => {
  /** Completes lines, each a list of words, in one shell. */
  const complete = async (...lines: readonly string[][]) => {
    const program = join(cwd, "tachyon-conformance");
    writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${CLI}' "$@"\n`);
    chmodSync(program, 0o755);
    const asked = lines.map(
      (words) => `t ${["tachyon-conformance", ...words].map((it) => `'${it}'`).join(" ")}; echo =`,
    );
    const env = { ...process.env, PATH: `${cwd}:${process.env.PATH}` };
    const { stdout } = await exec(shell, [...args, [script, ...asked].join("\n")], { cwd, env });
    return stdout
      .split("=\n")
      .slice(0, -1)
      .map((it) => it.trim().split("\n"));
  };

  const alone = cases.map(({ id }) => id).filter((id) => id.startsWith("disconnect/al"));

  test("commands, options, ids and files are completed", async () => {
    expect(
      await complete(
        [""],
        ["ru"],
        ["run", "ws://x", "--last"],
        ["run", "--case", "disconnect/al"],
        ["run", "--case=disconnect/al"],
        ["run", "--protocol=v"],
        ["run", "--protocol="],
        ["run", "--protocol=v0", "--case=connection/token-in-the-o"],
        ["run", "--out", "x"],
        ["run", "--out=x"],
        ["explain", "parity.pat"],
        ["serve", "--fault", "greets-tw"],
        ["serve", "--protocol", "v0", "--fault", "names-the-l"],
        ["run", "--protocol", ""],
        ["run", "--protocol", "v0", "--actor", ""],
        ["rnu", "--"],
      ),
    ).toEqual([
      Object.keys(COMMANDS),
      ["run"],
      ["--last-failed"],
      alone,
      alone.map((id) => `--case=${id}`),
      ["--protocol=v0"],
      VERSION_NAMES.map((name) => `--protocol=${name}`),
      ["--case=connection/token-in-the-other-case"],
      [""],
      [""],
      ["parity.patch"],
      ["greets-twice"],
      ["names-the-last-command"],
      [...VERSION_NAMES],
      ["autohost"],
      [""],
    ]);
  });
});

test("another shell is refused", async () => {
  expect(await within(cwd, ["completion", "fish"])).toMatchObject({
    code: 2,
    stderr: 'tachyon-conformance: There is no completion for "fish". Name bash or zsh.\n',
  });
});
