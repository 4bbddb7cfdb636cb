import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Browser } from "playwright-core";
import { cases } from "../helpers.ts";
import { pages, reportOfFault } from "../reports/pages.ts";
import { launch, open } from "./chromium.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const { write, remove } = pages();
let browser: Browser;
let url: string;
/** What says goodbye, and rests on that. */
const few = cases.filter(({ id }) => /^disconnect\/(alone|reconnect|\d)/.test(id));
/** A case that could not judge anything. */
let untold: string;

beforeAll(async () => {
  browser = await launch();
  const report = await reportOfFault("fails-to-disconnect", {}, few);
  untold = report.cases.find(({ verdict }) => verdict === "skip")?.id ?? "";
  const unexplained = [{ at: 1_000, words: "the server ended (exit code 3)", suspects: [untold] }];
  url = await write("refusing", { ...report, unexplained, stalls: [{ at: 3_000, ms: 2_400 }] });
});

afterAll(async () => {
  await browser?.close();
  remove();
});

test("what was not judged leads to what is broken, and what has to be known first stands on top", async () => {
  const { page, complaints } = await open(browser, url);
  const top = page.locator("header .callout");
  expect(await top.allTextContents()).toEqual([
    expect.stringMatching(new RegExp(`^The target ended\\. .*: ${untold}Run next.*--case ${untold}Copy$`)),
    expect.stringMatching(/^The target stood still\. Stood still for 2\.4 s \(at 3\.0 s\)/),
  ]);
  await top.first().getByRole("link").click();
  const row = page.locator(`[id='${untold}']`);
  const skipped = row.locator(".check.skip");
  await skipped.first().waitFor();
  await skipped.first().getByRole("link", { name: "disconnect.success" }).last().click();
  await page.locator("[id='disconnect.success'][open]").waitFor();
  await page.evaluate(AXE);
  const found = await page.evaluate(
    "axe.run().then(({ violations }) => violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]))",
  );
  expect(found).toEqual([]);
  expect(complaints).toEqual([]);
  await page.context().close();
});
