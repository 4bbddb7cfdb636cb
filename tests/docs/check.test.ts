import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { within } from "../cli/within.ts";
import { cwd } from "../cli/workspace.ts";
import { read } from "./pages.ts";

/** Returns the content of the first block of a page in this language. */
const blockOf = (page: string, language: string): string =>
  page.split(`\`\`\`${language}\n`)[1]?.split("```\n")[0] ?? "";

test("the recording on the page of check is judged as that page says", async () => {
  const page = read("docs/check.md");
  const [command = "", ...told] = blockOf(page, "console").split("\n");
  writeFileSync(join(cwd, "events.ndjson"), blockOf(page, "json"));
  const { code, stdout } = await within(cwd, command.replace("$ npx tachyon-conformance ", "").split(" "));
  const timeless = (text: string) => text.replace(/in \d+\.\d+ s/, "in some time");
  expect([code, timeless(stdout)]).toEqual([1, timeless(told.join("\n"))]);
});
