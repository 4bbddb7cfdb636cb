import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Browser } from "playwright-core";
import type { ReportCase } from "../../reports/report.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import { messageFaults } from "../../suites/0.1.7/reference/faults/messages.ts";
import { cli, folder } from "../cli/process.ts";
import { launch } from "./chromium.ts";
import { recordHar } from "./recording.ts";

const { path: cwd, remove } = folder();
let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(async () => {
  await browser?.close();
  remove();
});

const ASK = '{"command":"system/disconnect/request"}';

/** Judges a HAR file of a client that asks to be disconnected, and one that sends no JSON. */
async function judge(fault: string | undefined) {
  const server = await protocol.serve({ fault });
  const url = `${server.url}?tachyonVersion=0.1.7`;
  await recordHar(browser, join(cwd, "traffic.har"), url, [[ASK], ["no JSON"]]).finally(server.close);
  const outcome = await cli(cwd, ["check", "traffic.har", "--json", "report.json"]);
  const report = JSON.parse(readFileSync(join(cwd, "report.json"), "utf8"));
  const broken = new Set(
    report.cases.flatMap(({ checks }: ReportCase) =>
      checks.filter(({ verdict }) => verdict === "fail" || verdict === "warn").map(({ requirement }) => requirement),
    ),
  );
  return { ...outcome, report, broken };
}

test("a HAR file of a healthy server passes, and says what it does not show", async () => {
  const { code, stdout, stderr, report, broken } = await judge(undefined);
  expect({ code, stderr, broken: [...broken] }).toEqual({ code: 0, stderr: "", broken: [] });
  expect(stdout).toMatch(/^PASS no MUST that was judged is broken \(partial: .*\)$/m);
  expect(stdout).toMatch(
    /^not judged in 2 connections: the connection was not watched to its end \(disconnect\.closes\)$/m,
  );
  expect(report.target.url).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/$/);
  expect(report.recording).toMatchObject({ files: ["traffic.har"], connections: { pass: 2, fail: 0 } });
  expect(report.cases.map(({ connections }: ReportCase) => connections[0]?.events.length)).toEqual([
    3,
    expect.any(Number),
  ]);
});

test.each(["talks-plain-text", "thanks-who-sends-no-json", "has-more-to-say"])(
  "a HAR file of a server with the fault %s shows it",
  async (fault) => {
    const { code, broken } = await judge(fault);
    expect(code).toBe(1);
    expect(broken).toContain(messageFaults[fault]?.breaks);
  },
);
