import { spawn } from "node:child_process";
import { expect, test } from "@jest/globals";
import about from "../../package.json" with { type: "json" };
import { protocol } from "../../suites/0.1.7/index.ts";
import { protocolOf } from "../../suites/index.ts";
import { cases } from "../helpers.ts";
import { all, read } from "./pages.ts";

const text = all.map(read).join("\n");
const matches = (pattern: RegExp) => [...text.matchAll(pattern)].map(([, ...groups]) => groups);

test("examples say of requirements what the catalogue says", () => {
  const told = matches(/([a-z]+\.[a-z-]+) \((MUST|SHOULD|MAY)\): (?!pass|fail)(.+)$/gm);
  expect(told.length).toBeGreaterThan(3);
  const catalogue = protocol.requirements.map(({ id, level, statement }) => [id, level, statement].join(" "));
  const isKnown = (words: string) => catalogue.some((row) => row.startsWith(words));
  expect(told.map((it) => it.join(" ")).filter((it) => !isKnown(it))).toEqual([]);
});

/** The numbers in examples: a pattern that finds each, and its value today. */
const NUMBERS: readonly (readonly [RegExp, number | string])[] = [
  [/\b\d+ of (\d+) requirements of/g, protocol.requirements.length],
  [/^ {2}cases {4}(?:\d+ of )?(\d+) in /gm, cases.length],
  [/(\d+) of \d+ cases judged again/g, cases.length],
  ...protocol.suites.map((suite) => [new RegExp(`^${suite.name}: (\\d+) cases`, "gm"), suite.cases.length] as const),
  [/(?:suite {4}tachyon-conformance|, suite) (\d+\.\d+\.\d+)/g, about.version],
];

test.each(NUMBERS)("examples show a number as it is: %s is %s", (pattern, now) => {
  const shown = all.flatMap((page) => Array.from(read(page).matchAll(pattern), ([, it]) => `${page}: ${it}`));
  expect(shown.length).toBeGreaterThan(0);
  expect(shown.filter((it) => !it.endsWith(`: ${now}`))).toEqual([]);
});

test("verdicts in examples add up to the cases that ran", () => {
  const shown = [...text.matchAll(/^ {2}cases {4}(\d+) of \d+ in [\d.]+ s: (.+)$/gm)];
  expect(shown.length).toBeGreaterThan(2);
  const sum = (counts = "") => [...counts.matchAll(/\d+/g)].reduce((all, [count]) => all + Number(count), 0);
  expect(shown.map(([, , counts]) => sum(counts))).toEqual(shown.map(([, ran]) => Number(ran)));
});

test("the client that the page of v0 shows connects with the token that serve prints, and prints why where it may not", async () => {
  const [, example = ""] = /```js\n(.*?)```/s.exec(read("docs/v0.md")) ?? [];
  const server = await (await protocolOf({ protocol: "v0" })).serve();
  const program = example.replace("ws://127.0.0.1:8200/tachyon", server.url);
  expect(program).not.toBe(example);
  const allowed = await firstWords(program, /"userCount":1/);
  const refused = await firstWords(program.replace("alice-token", "nobody"), /\n/);
  await server.close();
  expect(allowed).toMatch(/"commandId":"user\/self".*\n.*"messageId":"1".*"status":"success"/);
  expect(refused).toMatch(/^\w.*token/);
});

/** Runs a module, and ends it once it has printed this. Resolves to all that it printed. */
async function firstWords(program: string, wanted: RegExp): Promise<string> {
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  for await (const data of child.stdout) {
    said += data;
    if (wanted.test(said)) break;
  }
  child.kill();
  return said;
}
