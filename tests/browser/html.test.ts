import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import type { Report } from "../../reports/report.ts";
import { enlarged, hostileReport, pages, reportOfFault } from "../reports/pages.ts";
import { byTurns } from "../turns.ts";
import { launch, open, type Watched } from "./chromium.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const { write, remove } = pages();
let browser: Browser;
let report: Report;
let failing: string;
let hostile: string;

beforeAll(async () => {
  browser = await launch();
  // Browsers start beside it, and with this fault nothing is awaited in vain.
  report = await reportOfFault("greets-without-a-parity", { timeout: 20_000, idle: 100 });
  failing = await write("failing", report);
  hostile = await write("hostile", await hostileReport());
});

afterAll(async () => {
  await browser?.close();
  remove();
});

/** Does something with a page on which nothing may go wrong. */
async function on(url: string, act: (page: Page) => Promise<void>, options?: BrowserContextOptions): Promise<void> {
  const { page, complaints }: Watched = await open(browser, url, options);
  try {
    await act(page);
    expect(complaints).toEqual([]);
  } finally {
    await page.context().close();
  }
}

const rows = (page: Page, kind: "case" | "requirement") => page.locator(`details.${kind}:visible`).count();
const status = (page: Page) => page.locator("output").textContent();

test("it says what is wrong, and what showed it", () =>
  on(failing, async (page) => {
    expect(await page.title()).toMatch(/^FAIL · Not conformant · ws:/);
    expect(await page.locator("h1").textContent()).toBe("✗ Not conformant");
    const finding = page.locator(".finding");
    expect(await finding.count()).toBe(1);
    const words = await finding.textContent();
    expect(words).toContain("message.schema");
    expect(words).toContain('data lacks the property "versionParity"');
    expect(words).toMatch(/npx tachyon-conformance run .* --case /);
    expect(await finding.locator(".spot .line.wrong").textContent()).toContain('"data": {');
  }));

test("a case opens to its checks and its transcript, with what breaks the schema marked in its place", () =>
  on(failing, async (page) => {
    const row = page.locator("[id='version/greeting']");
    expect(await row.locator(".body").count()).toBe(0);
    await row.locator("> summary").click();
    const wrong = row.locator(".event.trouble .line.wrong");
    await wrong.first().waitFor();
    expect(await wrong.first().textContent()).toMatch(/"data": \{.*schema: data lacks the property "versionParity"/);
    expect(await row.locator(".check.fail").textContent()).toContain("Expected");
    await row.getByText("checks kept").click();
    expect(await row.locator(".kept tbody tr:visible").count()).toBeGreaterThan(3);
  }));

test("a requirement opens to what is owed and the cases that judged it, the worst first", () =>
  on(failing, async (page) => {
    const row = page.locator("[id='message.schema']");
    await row.locator("> summary").click();
    await row.locator(".cases li").first().waitFor();
    expect(await row.locator(".cases li").count()).toBe(20);
    expect(await row.locator(".cases li .verdict").first().textContent()).toContain("fail");
    await row.getByRole("button", { name: "Show all" }).click();
    await row.getByRole("button", { name: "Show all" }).waitFor({ state: "detached" });
    expect(await row.locator(".cases li").count()).toBe(report.cases.length);
  }));

test("search and filters say how much they show, and can be cleared", () =>
  on(failing, async (page) => {
    const all = `68 of 68 requirements, ${report.cases.length} of ${report.cases.length} cases`;
    expect(await status(page)).toBe(all);
    await page.getByRole("searchbox").fill("disconnect/alone");
    await page.getByText(`0 of 68 requirements, 1 of ${report.cases.length} cases`).waitFor();
    expect([await rows(page, "case"), await rows(page, "requirement")]).toEqual([1, 0]);
    await page.getByRole("searchbox").fill("");
    await page.getByRole("checkbox", { name: "fail" }).check();
    expect(await rows(page, "requirement")).toBe(1);
    await page.getByRole("checkbox", { name: "MAY" }).check();
    await page.getByText("No case matches.").waitFor();
    await page.getByRole("button", { name: "Clear filters" }).click();
    expect(await status(page)).toBe(all);
    await page.getByRole("checkbox", { name: "disconnect", exact: true }).check();
    expect(await rows(page, "case")).toBe(report.cases.filter(({ suite }) => suite === "disconnect").length);
  }));

test("a link opens what it names, even if a filter hides it or it is followed again", () =>
  on(`${failing}#version/greeting`, async (page) => {
    const opened = (id: string) => page.locator(`[id='${id}'][open]`);
    await opened("version/greeting").locator(".events").first().waitFor();
    expect(await page.evaluate("document.activeElement.parentElement.id")).toBe("version/greeting");
    await page.getByRole("searchbox").fill("nothing is called so");
    await page.getByText("No case matches.").waitFor();
    await page.evaluate("location.hash = 'parity.patch'");
    await opened("parity.patch").waitFor();
    expect(await page.getByRole("searchbox").inputValue()).toBe("");
    await page.waitForFunction("document.activeElement.parentElement.id === 'parity.patch'");
    await page.locator("[id='parity.patch'] > summary").click();
    await opened("parity.patch").waitFor({ state: "detached" });
    await page.evaluate("location.hash = '%E0%A4%A'");
    await page.locator(".finding .head a").click();
    await opened("message.schema").waitFor();
  }));

test("nothing that a hostile server says runs, is loaded or breaks the page", () =>
  on(hostile, async (page) => {
    await page.locator("html.live").waitFor();
    await page.evaluate("for (const row of document.querySelectorAll('.row')) row.open = true");
    await page.locator("[id='version/greeting'] .events").first().waitFor();
    expect(await page.evaluate("window.ran")).toBeUndefined();
    expect(await page.locator("img, base, iframe, object, link, main svg").count()).toBe(0);
    expect(await page.locator("a[href^='javascript' i]").count()).toBe(0);
    expect(await page.locator("body").textContent()).toContain("\\u{202e}");
    expect(await page.locator("body > *").evaluateAll((all) => all.map(({ tagName }) => tagName))).toEqual([
      "HEADER",
      "MAIN",
      "FOOTER",
      "SCRIPT",
      "SCRIPT",
    ]);
    const width = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
    expect(width).toBeLessThanOrEqual(0);
  }));

/** More that holds of a page. Some of it has its turn each day. */
const further: Readonly<Record<string, () => Promise<void>>> = {
  "without JavaScript it tells the summary": () =>
    on(
      failing,
      async (page) => {
        expect(await page.getByText("Without JavaScript").isVisible()).toBe(true);
        expect(await page.locator(".finding").textContent()).toContain("versionParity");
        expect(await page.getByRole("searchbox").isVisible()).toBe(false);
        expect([await rows(page, "case"), await rows(page, "requirement")]).toEqual([report.cases.length, 68]);
      },
      { javaScriptEnabled: false },
    ),

  "on paper it has no controls, and all that is wrong": () =>
    on(failing, async (page) => {
      await page.emulateMedia({ media: "print" });
      expect(await page.getByRole("searchbox").isVisible()).toBe(false);
      expect(await page.locator(".finding").isVisible()).toBe(true);
      expect(await rows(page, "requirement")).toBe(68);
      expect((await page.pdf()).length).toBeGreaterThan(1_000);
    }),

  "paper is not dark, and shows nothing that opens": () =>
    on(
      failing,
      async (page) => {
        const look = () =>
          page.evaluate(() => ({
            scheme: getComputedStyle(document.documentElement).colorScheme,
            text: getComputedStyle(document.body).color,
            mark: getComputedStyle(document.querySelector(".row > summary") as Element, "::before").visibility,
          }));
        expect(await look()).toEqual({ scheme: "light dark", text: "rgb(228, 233, 239)", mark: "visible" });
        await page.emulateMedia({ media: "print", colorScheme: "dark" });
        expect(await look()).toEqual({ scheme: "light", text: "rgb(27, 36, 48)", mark: "hidden" });
      },
      { colorScheme: "dark" },
    ),

  "500 cases of 20 events each open and can be filtered": async () =>
    on(await write("big", enlarged(report, 500, 20)), async (page) => {
      await page.locator("html.live").waitFor();
      await page.getByRole("searchbox").fill("case-499");
      await page.getByText("1 of 500 cases").waitFor();
      await page.locator("details.case:visible > summary").click();
      await page.locator("details.case:visible .event").first().waitFor();
      expect(await page.locator("details.case:visible .event").count()).toBe(20);
    }),

  "a phone shows the verdict, the counts and the first failure at once": () =>
    on(
      failing,
      async (page) => {
        for (const selector of ["h1", ".tally", ".coverage", ".first"]) {
          const { y = 0, height = 0 } = (await page.locator(selector).first().boundingBox()) ?? {};
          expect(height).toBeGreaterThan(0);
          expect(y + height).toBeLessThan(844);
        }
        expect(await page.locator(".first").textContent()).toContain("message.schema");
        expect(await page.locator("header").textContent()).toMatch(
          /^(?:(?!conformant).)*Not conformant(?:(?!conformant).)*$/s,
        );
      },
      { viewport: { width: 390, height: 844 } },
    ),

  "a row of a requirement takes one line, closed and open": () =>
    on(
      failing,
      async (page) => {
        const heads = page.locator(".requirement > summary");
        const tall = () =>
          heads.evaluateAll((all) => all.filter((it) => it.clientHeight > 40).map((it) => it.textContent));
        expect(await tall()).toEqual([]);
        await page.locator("[id='parity.unparseable'] > summary").click();
        expect(await tall()).toEqual([]);
      },
      { viewport: { width: 1280, height: 900 } },
    ),

  "a command can be copied with a button": () =>
    on(
      failing,
      async (page) => {
        const command = page.locator(".finding .command").first();
        await command.getByRole("button", { name: "Copy" }).click();
        await command.getByRole("button", { name: "Copied" }).waitFor();
        expect(await page.evaluate("navigator.clipboard.readText()")).toBe(await command.locator("code").textContent());
        await command.getByRole("button", { name: "Copy", exact: true }).waitFor();
      },
      { permissions: ["clipboard-read", "clipboard-write"] },
    ),
};

test.each(byTurns(Object.entries(further), 3))("%s", (_, holds) => holds());

test("findings, cases and requirements tell causes, clauses and the page of the requirement, with no network", () =>
  on(failing, async (page) => {
    const told =
      /Usual causes.*A property is left out.*Clause.*system\.md, Version.*npx tachyon-conformance explain message\.schema/s;
    expect(await page.locator(".finding").textContent()).toMatch(told);
    await page.locator("[id='version/greeting'] > summary").click();
    expect(await page.locator("[id='version/greeting'] .check.fail").first().textContent()).toMatch(told);
    const row = page.locator("[id='message.schema']");
    await row.locator("> summary").click();
    expect(await row.locator(".body").textContent()).toMatch(told); // A row is filled once it is open, so wait for its body.
    await row.getByText("Faults of the reference server that break it").click();
    expect(await row.getByText("greets-without-a-parity:").isVisible()).toBe(true);
    const other = page.locator("[id='resilience.flood']");
    await other.locator("> summary").click();
    await other.getByText("Cases that test it and did not run").click();
    expect(await other.locator("li:visible").first().textContent()).toMatch(/^resilience\/[\w-]+: /);
  }));

const looks = [
  ["light", 390],
  ["light", 820],
  ["light", 1280],
  ["dark", 390],
  ["dark", 820],
  ["dark", 1280],
] as const;
test.each(byTurns(looks, 6))(
  "axe finds nothing to complain of in a %s page of %d px, with rows open",
  (colorScheme, width) =>
    on(
      failing,
      async (page) => {
        const ground = await page.evaluate("getComputedStyle(document.body).backgroundColor");
        expect(ground).toBe(colorScheme === "dark" ? "rgb(16, 21, 28)" : "rgb(246, 247, 249)");
        for (const id of ["version/greeting", "message.schema"]) await page.locator(`[id='${id}'] > summary`).click();
        await page.locator("[id='version/greeting'] .events").waitFor();
        await page.locator("[id='message.schema'] .body").waitFor();
        await page.getByRole("checkbox", { name: "MUST" }).check();
        await page.evaluate(AXE);
        const found = await page.evaluate(
          "axe.run().then(({ violations }) => violations.map((it) => it.id + ' ' + it.nodes.map((n) => n.html).join().slice(0, 500)))",
        );
        expect(found).toEqual([]);
        expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
      },
      { colorScheme, viewport: { width, height: 900 } },
    ),
);
