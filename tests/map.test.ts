import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "@jest/globals";
import { COMMANDS } from "../cli/commands/index.ts";
import { camel } from "../cli/option-kinds.ts";
import { FORMATS } from "../reports/formats.ts";

const FOLDERS = ["certificates", "cli", "harness", "library", "recordings", "reports", "running", "suites"];

const IMPORT = /(?:from|import\() ?"(\.[^"]+\.tsx?)"/g;

const files = FOLDERS.flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name)),
).filter((file) => /\.tsx?$/.test(file));

const importsIn = (file: string, text: string) =>
  Array.from(text.matchAll(IMPORT), ([, path = ""]) => join(dirname(file), path));

const imports = new Map(files.map((file) => [file, importsIn(file, readFileSync(file, "utf8"))]));

/** Takes away, again and again, the files that import none of those that are left, or that none of them imports. */
function circles(left: ReadonlySet<string>): string[] {
  const imported = new Set([...left].flatMap((file) => imports.get(file) ?? []));
  const still = [...left].filter((file) => imported.has(file) && imports.get(file)?.some((path) => left.has(path)));
  return still.length < left.size ? circles(new Set(still)) : still;
}

test("no files import each other in a circle, not even types", () => {
  expect(files.length).toBeGreaterThan(150);
  expect(circles(new Set(files))).toEqual([]);
});

/** A command is a function of its name, and the harness runs cases. */
const SHARED = ["run"];

const EXPORTED = /^export (?:async )?(?:const|function\*?|class|interface|type) (\w+)/gm;

/** The folder of a protocol version that a file stands in. What versions have in common has the same name in each. */
const versionOf = (file: string) => /^suites\/([\dv][^/]*)\//.exec(file)?.[1];
const VERSIONS = [...new Set(files.flatMap((file) => versionOf(file) ?? []))];

test.each(VERSIONS)("a name that is exported means one thing, with version %s", (version) => {
  const mine = files.filter((file) => (versionOf(file) ?? version) === version);
  const names = mine.flatMap((file) =>
    Array.from(readFileSync(file, "utf8").matchAll(EXPORTED), ([, name = ""]) => name),
  );
  const twice = names.filter((name, i) => names.indexOf(name) !== i);
  expect(twice.filter((name) => !SHARED.includes(name))).toEqual([]);
});

test("a type of harness/ has a name of its own, also where it is not exported", () => {
  const mine = files.filter((file) => file.startsWith("harness/"));
  const names = mine.flatMap((file) =>
    Array.from(readFileSync(file, "utf8").matchAll(/^(?:export )?(?:interface|type) (\w+)/gm), ([, name = ""]) => name),
  );
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
});

const sources = [
  ...files,
  ...readdirSync("schemas", { recursive: true, encoding: "utf8" }).map((it) => join("schemas", it)),
];
const texts = sources.filter((file) => /\.tsx?$/.test(file)).map((file) => [file, readFileSync(file, "utf8")] as const);

test("whatever is exported has a doc comment, and comments begin with a thing or a verb", () => {
  const found = (pattern: RegExp) =>
    texts.flatMap(([file, text]) => Array.from(text.matchAll(pattern), ([, it]) => `${file}: ${it}`));
  expect(found(/(?<!\*\/\n)^export ((?:async )?(?:function|const|class|interface|type) \w+)/gm)).toEqual([]);
  expect(
    found(
      /\/\*\*(?:\s+\*)? ((?:What|That|Whether|Who|Whose|Which|How|Why|So|Where|When|Of|Does so|The worse|In bytes:) .*)/g,
    ),
  ).toEqual([]);
  expect(found(/^ *\/\/ ((?:What|That|Whether|How|Which|Who) .*)/gm)).toEqual([]);
});

test("every file of harness/ stands in the table of CONTRIBUTING.md, and nothing else", () => {
  const text = readFileSync("CONTRIBUTING.md", "utf8");
  const [, table = ""] = /^A run goes through these files of `harness\/`:\n\n([\s\S]*?)\n\n/m.exec(text) ?? [];
  const named = [...table.matchAll(/^\| (`.*?`) \|/gm)].flatMap(([, cell = ""]) => cell.replaceAll("`", "").split(" "));
  expect(named.toSorted()).toEqual(readdirSync("harness").toSorted());
});

test("a folder imports only those that stand behind it in CONTRIBUTING.md", () => {
  const text = readFileSync("CONTRIBUTING.md", "utf8");
  const [, rows = ""] = /^A folder imports only those [^`]*```\n([\s\S]*?)\n```/m.exec(text) ?? [];
  const allowed = rows.split("\n").map((row) => row.trim().split(/ +/));
  expect(allowed.map(([folder]) => folder).toSorted()).toEqual([...FOLDERS, "schemas"].toSorted());
  const folderOf = (path = "") => path.split("/")[0] ?? "";
  const isAllowed = (file: string, path: string) =>
    allowed.some(([folder, ...behind]) => folder === folderOf(file) && [folder, ...behind].includes(folderOf(path)));
  const wrong = texts.flatMap(([file, code]) =>
    importsIn(file, code).flatMap((path) => (isAllowed(file, path) ? [] : [`${file} imports ${path}`])),
  );
  expect(wrong).toEqual([]);
});

test("an option of a command is read by some code", () => {
  const isDeclaration = (file: string) => /^cli\/(options|run-options|option-kinds|commands\/index)\.ts$/.test(file);
  const code = texts
    .filter(([file]) => /^(cli|running)\//.test(file) && !isDeclaration(file))
    .map(([, text]) => text)
    .join("\n");
  const options = new Set(Object.values(COMMANDS).flatMap(({ options }) => Object.keys(options)));
  // Taken out of an object, or handed on by its name. All formats of reports are read by the name that they have in `FORMATS`.
  const isRead = (name: string) => new RegExp(`[.{,]\\s*${camel(name)}\\b|"${name}"`).test(code);
  expect([...options].filter((name) => !isRead(name) && !Object.hasOwn(FORMATS, name))).toEqual([]);
});
