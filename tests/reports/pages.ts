import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { html } from "../../reports/html/html.tsx";
import { makeReport } from "../../reports/make.ts";
import type { Report, ReportCase } from "../../reports/report.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import { cases, runAgainst } from "../helpers.ts";
import { lobby } from "../servers/lobby.ts";

/** Text that upsets a terminal, an XML parser or a browser if it is not escaped. */
const NASTY = [
  "<script>window.ran = 1</script></script><!--<script>]]>",
  '<img src="http://evil.example/x.png" onerror="window.ran = 1">"\'><svg onload="window.ran = 1">',
  "</textarea></style></title><base href=//evil.example><meta http-equiv=refresh content=0>",
  "javascript:window.ran=1 \u202e\u200b\u0000\u001b[31m\ud800 __proto__",
].join("");

/** The cases of one suite and a few of another: a page of them is opened often, and Chromium takes long over a long one. */
const some = cases.filter(({ suite, id }) => suite === "version" || /^disconnect\/(alone|\d|extra-[a-m])/.test(id));

/** Resolves to the report of a run against a server. */
async function reportOf(url: string, tested = some, options: Parameters<typeof runAgainst>[2] = {}): Promise<Report> {
  const target = { url, embedded: false, strict: false };
  const result = await runAgainst(url, tested, options);
  return makeReport(result, {
    suite: { name: "tachyon-conformance", version: "1.2.3" },
    protocol,
    target,
  });
}

/** Resolves to the report of a run against the reference server, with or without a fault. */
export async function reportOfFault(
  fault?: string,
  options: Parameters<typeof runAgainst>[2] = {},
  tested = some,
): Promise<Report> {
  const server = await protocol.serve({ fault });
  return reportOf(server.url, tested, options).finally(() => server.close());
}

/** Resolves to the report of a run against a server that upsets pages. All other texts are as bad as a stored file can be. */
export async function hostileReport(): Promise<Report> {
  const server = await lobby(() => ({
    greet(client) {
      client.say({
        command: "system/version/response",
        status: NASTY,
        data: { tachyonVersion: NASTY, versionParity: NASTY },
      });
      client.say(
        `{"command":"${"<".repeat(30)}","__proto__":{"a":1},"__proto__":${"[".repeat(900)}${"]".repeat(900)}}`,
      );
      client.say(NASTY);
    },
  }));
  const report = await reportOf(
    server.url,
    some.filter(({ id }) => /^version\/(greeting|talks)|^disconnect\/alone/.test(id)),
    { timeout: 300 },
  ).finally(() => server.close());
  const [first, ...others] = report.cases as [ReportCase];
  const long = { at: 1, from: "server", type: "text", data: `${NASTY}${"x".repeat(3_000_000)}` } as const;
  const worse: ReportCase = {
    ...first,
    title: NASTY,
    connections: [...first.connections, { url: NASTY, name: NASTY, events: [long] }],
  };
  const entry = { line: 1, reason: NASTY, owner: NASTY, problems: [{ line: 2, says: NASTY }] };
  const issues = ["javascript:window.ran=1", "https://issues.example/1", `http://x/"><script>window.ran=1</script>`];
  return {
    ...report,
    target: { ...report.target, url: `ws://x/?${NASTY}` },
    stop: { reason: "lost", words: NASTY, why: NASTY },
    expectedFailures: { file: NASTY, entries: issues.map((issue, i) => ({ ...entry, line: i, issue })) },
    cases: [worse, ...others],
  };
}

/** Makes a report with many cases out of those of another, each with many events. */
export function enlarged(report: Report, many: number, events: number): Report {
  const made = Array.from({ length: many }, (_, i): ReportCase => {
    const it = report.cases[i % report.cases.length] as ReportCase;
    const all = it.connections.flatMap((connection) => connection.events);
    const connection = {
      url: "ws://localhost/",
      events: Array.from({ length: events }, (_, j) => ({ ...(all[j % all.length] as (typeof all)[number]), at: j })),
    };
    return { ...it, id: `${it.suite}/case-${i}`, connections: [connection] };
  });
  return { ...report, cases: made };
}

/** Writes reports as pages into a folder, which `remove` removes. */
export function pages() {
  const folder = mkdtempSync(join(tmpdir(), "tachyon-pages-"));
  return {
    /** Resolves to the URL of the page. */
    async write(name: string, report: Report): Promise<string> {
      const path = join(folder, `${name}.html`);
      writeFileSync(path, await html(report, protocol));
      return pathToFileURL(path).href;
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}
