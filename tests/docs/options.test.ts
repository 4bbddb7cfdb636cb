import { expect, test } from "@jest/globals";
import { within } from "../cli/within.ts";
import { all, read } from "./pages.ts";

const COMMANDS = [
  "run",
  "list",
  "explain",
  "report",
  "check",
  "record",
  "compare",
  "certify",
  "verify",
  "serve",
  "completion",
];

const helps = new Map(
  await Promise.all(COMMANDS.map(async (name) => [name, (await within(".", [name, "--help"])).stdout] as const)),
);
/** The options of each command. */
const options = new Map(
  [...helps].map(([name, help]) => [
    name,
    new Set([...help.matchAll(/^ {2,6}(?:-[a-z], )?--([a-z-]+)/gm)].map(([, it = ""]) => it)),
  ]),
);

/** Returns the options in a text that its command lacks. Behind the name of another command they belong to that one. */
const foreign = (command: string, text: string): string[] =>
  [...text.matchAll(/(?:(\w+)\s+)?--([a-z][a-z-]*)/g)].flatMap(([, before = "", option = ""]) => {
    const owner = options.has(before) ? before : command;
    return options.get(owner)?.has(option) ? [] : [`${owner} --${option}`];
  });

test.each(COMMANDS)("the help of %s names no option that the command lacks", (name) => {
  expect(options.get(name)?.size).toBeGreaterThan(2);
  expect(foreign(name, helps.get(name) ?? "")).toEqual([]);
});

/** Returns the commands that a page shows, each with its arguments. A command of the suite within quotes counts by itself. */
function shown(text: string): [string, string][] {
  const lines = text
    .replaceAll("\\\n", " ")
    .replaceAll("npm start -- ", "tachyon-conformance run ")
    .replaceAll(/"\.\/my-server [^"]*"/g, "")
    .split("\n");
  return lines
    .flatMap((line) => {
      const quoted = /"([^"]*tachyon-conformance [^"]*)"/g;
      return [line.replaceAll(quoted, ""), ...[...line.matchAll(quoted)].map(([, it = ""]) => it)];
    })
    .flatMap((line) => [...line.matchAll(/(?:tachyon-conformance |`)([a-z]+) ([^`]*)/g)])
    .map(([, command = "", rest = ""]): [string, string] => [command, rest])
    .filter(([command]) => options.has(command));
}

test.each(all)("%s shows no command with an option that it lacks", (file) => {
  expect(shown(read(file)).flatMap(([command, rest]) => foreign(command, rest))).toEqual([]);
});

test("the pages show every command", () => {
  const commands = all.flatMap((file) => shown(read(file)).map(([command]) => command));
  expect([...new Set(commands)].toSorted()).toEqual(COMMANDS.toSorted());
});

test("every option of `run` stands in docs/run.md, and no page names one that no command has", () => {
  const known = new Set([...options.values()].flatMap((it) => [...it]));
  const named = (file: string) => [...read(file).matchAll(/`--([a-z-]+)/g)].map(([, it = ""]) => it);
  const ours = all.filter((file) => file !== "docs/ci.md"); // It also names options of other programs.
  expect(ours.flatMap(named).filter((it) => !known.has(it.replace(/^no-/, "")))).toEqual([]);
  const missing = [...(options.get("run") ?? [])].filter((it) => !named("docs/run.md").includes(it));
  expect(missing).toEqual(["help", "version"]);
});
