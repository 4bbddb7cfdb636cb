import { createHash } from "node:crypto";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { findings } from "../../reports/findings.ts";
import { type PageData, pageData } from "../../reports/html/data.ts";
import { around, folded, gaps } from "../../reports/html/events.ts";
import { NOTHING_HIDDEN, showsCase } from "../../reports/html/filter.ts";
import { html } from "../../reports/html/html.tsx";
import { layout } from "../../reports/html/layout.ts";
import { type PackedData, unpack } from "../../reports/html/packed.ts";
import { embedded, page } from "../../reports/html/page.tsx";
import { digits } from "../../reports/html/words.ts";
import type { Report } from "../../reports/report.ts";
import { own } from "../../schemas/v0/index.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import { protocolBy } from "../../suites/v0/index.ts";
import { hostileReport, reportOfFault } from "./pages.ts";
import { concluded, inTerminal } from "./samples.ts";

const sha = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
const inside = (text: string, tag: RegExp) => text.match(tag)?.[1] ?? "";
const dataOf = (text: string): PageData =>
  unpack(JSON.parse(inside(text, /<script type="application\/json" id="data">(.*?)<\/script>/s)));
const policyOf = (text: string) => inside(text, /http-equiv="Content-Security-Policy" content="([^"]*)"/);

const twice = reportOfFault("greets-twice");

describe("the page of a failing report", () => {
  let report: Report;
  let text: string;
  beforeAll(async () => {
    report = await reportOfFault("greets-without-a-parity");
    text = await html(report, protocol);
  });

  test("runs and styles nothing but what it was made with, and loads nothing", () => {
    const script = inside(text, /<script>(.*)<\/script>/s);
    const style = inside(text, /<style>(.*?)<\/style>/s);
    expect(script).not.toBe("");
    expect(policyOf(text)).toBe(
      `default-src 'none'; script-src ${sha(script)}; style-src ${sha(style)}; base-uri 'none'; form-action 'none'`,
    );
    const markup = text.replace(script, "").replace(style, "");
    expect(markup).not.toMatch(/<[^>]* (style|on\w+|src)=/);
    expect(markup).not.toMatch(/<(link|img|iframe|base|object|form)\b/);
  });

  test("tells verdict and findings without a script", () => {
    const body = inside(text, /<body>(.*)<div id="explorer"/s);
    expect(body).toMatch(
      /<h1><span class="verdict fail"><span class="sign" aria-hidden="true">✗<\/span> Not conformant<\/span><\/h1>/,
    );
    expect(body).toContain("Without JavaScript");
    expect(body).toContain("Times are in milliseconds since the case began.");
    expect(body).toContain("data lacks the property &quot;versionParity&quot;");
    expect(body).toMatch(/<article class="finding edge fail">.*message\.schema/s);
    expect(body).toMatch(/npx tachyon-conformance run ws:\S+ --case version\//);
    expect(text.match(/<details class="row requirement"/g)).toHaveLength(protocol.requirements.length);
    expect(text.match(/<details class="row case"/g)).toHaveLength(report.cases.length);
    expect(text).toMatch(
      /Sources: D the endpoint.{1,6}s description or flags, S its JSON schema, R RFC 6455 or RFC 8259/,
    );
  });

  test("says what the sources of its protocol version begin with", async () => {
    const v0 = protocolBy(own);
    const requirements = v0.requirements.map(({ id, level }) => ({ id, level, verdict: "pass" as const, cases: [] }));
    const other = await html({ ...report, cases: [], requirements }, v0);
    expect(other).toMatch(
      /Sources: C how clients connect, M how messages are made, .*, R 6749 OAuth 2\.0, .*→ derived\./,
    );
  });

  test("holds the report on one line, with the errors by the schema only if there are some", () => {
    const data = dataOf(text);
    expect(data.cases.map(({ id }) => id)).toEqual(report.cases.map(({ id }) => id));
    expect(data.requirements.map(({ id }) => id)).toEqual(protocol.requirements.map(({ id }) => id));
    const events = data.cases.flatMap(({ connections }) => connections.flatMap((it) => it.events));
    const wrong = events.filter((event) => event.wrong);
    expect(wrong.length).toBeGreaterThan(0);
    expect(wrong.length).toBeLessThan(events.length / 2);
    expect(wrong[0]?.wrong).toEqual([{ path: ["data"], says: 'data lacks the property "versionParity"' }]);
    expect(inside(text, /id="data">(.*?)<\/script>/s)).not.toMatch(/\n/);
  });

  test("holds each check and each text that was sent once, however many cases have it", async () => {
    const { checks, texts, cases }: PackedData = JSON.parse(inside(text, /id="data">(.*?)<\/script>/s));
    for (const list of [checks, texts]) expect(new Set(list.map((it) => JSON.stringify(it))).size).toBe(list.length);
    expect(checks.length).toBeLessThan(cases.flatMap((it) => it.checks).length / 5);
    expect(dataOf(text)).toEqual(pageData(report, protocol, await protocol.faults()));
  });

  test("gives one entry to many cases that break one requirement, and shows one that was confirmed", () => {
    const data = dataOf(text);
    const cases = data.cases.map(({ unconfirmed: _, ...it }, i) =>
      i === 40 ? it : { ...it, unconfirmed: true as const },
    );
    const [finding, ...others] = findings({ ...data, cases });
    expect(others).toEqual([]);
    expect(finding?.requirement.id).toBe("message.schema");
    expect(finding?.cases.length).toBeGreaterThan(50);
    expect(finding?.shown.id).toBe(cases[40]?.id);
  });
});

test("a finding tells of each further way in which its requirement is broken, as the terminal does", async () => {
  const report = await reportOfFault();
  const cases = report.cases.map((it, i) => {
    const end = {
      verdict: "fail",
      harm: "end",
      actual: `the server ended (exit code ${i})`,
      endKind: `exit ${i}`,
    } as const;
    const check = { requirement: "transport.survives", level: "MUST", expected: "connected", ...end } as const;
    return i < 9 ? { ...it, verdict: "fail" as const, checks: [check] } : it;
  });
  const ended = concluded({ ...report, cases });
  const told = inTerminal(ended).match(/(?<=^ {2})another .*(?=: )/gm) ?? [];
  expect(told).toHaveLength(8);
  const page = (await html(ended, protocol)).replace(/<[^>]*>/g, "");
  for (const words of told) expect(page).toContain(words.replace("another", "Another"));
  expect(page).toMatch(
    /Broken in other ways, too(?:Another end, in \S+: the server ended \(exit code \d\))+2 more waysAnother/,
  );
});

test("a report that passes only for expected failures says so", async () => {
  const failing = await twice;
  const expectedFailure = "being worked on";
  const cases = failing.cases.map((it) => ({
    ...it,
    checks: it.checks.map((check) =>
      check.verdict === "warn" ? { ...check, expectedFailure, verdict: "fail" as const } : check,
    ),
  }));
  const text = await html({ ...failing, cases, verdict: "pass", counts: { ...failing.counts, fail: 1 } }, protocol);
  expect(text).toContain("Nothing but expected failures");
  expect(text).toContain("Expected to fail: being worked on");

  const entry = { line: 1, reason: "", problems: [{ line: 1, says: "No case of it fails any more. Remove it." }] };
  const outdated = await html(
    { ...failing, verdict: "pass", expectedFailures: { file: "f", entries: [entry] } },
    protocol,
  );
  expect(outdated).toContain("</span> Expected failures out of date</span>");
  expect(outdated).toContain("No case of it fails any more. Remove it.");
});

test("the page of a hostile report holds no tag, no link and no invisible character that a server said", async () => {
  const text = await html(await hostileReport(), protocol);
  expect(text.match(/<script/g)).toHaveLength(2);
  expect(text).not.toMatch(/<(img|svg onload|base)/);
  expect(text).not.toMatch(/href="javascript/i);
  expect(text).toContain('href="https://issues.example/1"');
  const shown = text.replace(/<script.*?<\/script>/gs, "");
  expect(shown.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
  expect(shown).toContain("\\u{202e}");
  expect(dataOf(text).stop?.words).toContain("\\u{202e}");
});

test("a page without a script lets none run", () => {
  const text = page({ title: "<a>", style: "b{}", body: { type: "p", props: {}, key: null } as never });
  expect(policyOf(text)).toContain("script-src 'none'");
  expect(text).toContain("<title>&lt;a></title>");
  expect(() => page({ title: "", style: "</STYLE>", body: null as never })).toThrow("would end it");
});

test("the data of a page holds nothing that a parser of HTML takes for a tag", () => {
  const nasty = { "</script>": "<!-- \ud800 \u2028", ["__proto__"]: 1 };
  expect(embedded(nasty)).not.toMatch(/[<\ud800]/);
  expect(JSON.parse(embedded(nasty))).toEqual(nasty);
});

describe("a JSON text is laid out", () => {
  const told = (text: string) =>
    layout(text)?.map(({ depth, tokens }) => " ".repeat(depth) + tokens.map((it) => it.text).join(""));

  test("token by token, as it was sent", () => {
    const text = '{"a":[1e400,{}, [] ],"a" : "\\u0041\\"}", "b":{"c":12345678901234567890}}';
    expect(told(text)).toEqual([
      "{",
      ' "a": [',
      "  1e400,",
      "  {},",
      "  []",
      " ],",
      ' "a": "\\u0041\\"}",',
      ' "b": {',
      '  "c": 12345678901234567890',
      " }",
      "}",
    ]);
    expect(layout(text)?.map(({ path }) => path.join("."))).toEqual([
      "",
      "a",
      "a.0",
      "a.1",
      "a.2",
      "a",
      "a",
      "b",
      "b.c",
      "b",
      "",
    ]);
  });

  test("but not if it is none, too long or too deep", () => {
    expect(told("{")).toBeUndefined();
    expect(told("banana")).toBeUndefined();
    expect(told(`"${"x".repeat(30_000)}"`)).toBeUndefined();
    expect(told("[".repeat(100) + "]".repeat(100))).toBeUndefined();
    expect(told('"x"')).toEqual(['"x"']);
    expect(layout('{"__proto__":1}')?.[1]?.path).toEqual(["__proto__"]);
  });
});

test("an entry shows the first event, the last, and those around the wrong one, and hides no single one", () => {
  expect(around(9, 20)).toEqual([0, 5, 6, 7, 8, 9, 10, 11, 19]);
  expect(around(6, 10)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(around(0, 1)).toEqual([0]);
});

test("a long transcript is folded around its errors", () => {
  const event = (i: number) => ({ at: i, from: "server", type: i === 50 ? "timeout" : "ping", data: "" }) as const;
  const events = Array.from({ length: 100 }, (_, i) => event(i));
  const places = folded(events, 9);
  expect(places).toEqual([0, 1, 2, 48, 49, 50, 51, 97, 98, 99]);
  expect(gaps(places, 100)).toEqual([0, 0, 0, 45, 0, 0, 0, 45, 0, 0, 0]);
  expect(gaps([1], 3)).toEqual([1, 1]);
  expect(folded(events.slice(0, 9), 9)).toHaveLength(9);
});

test("numbers are easy to read", () => {
  expect([999, 1000, 1234567].map(digits)).toEqual(["999", "1,000", "1,234,567"]);
});

test("a level and a verdict find cases in which a requirement of that level has that verdict", async () => {
  const data = dataOf(await html(await twice, protocol));
  const requirements = new Map(data.requirements.map((it) => [it.id, it]));
  const count = (filter: Partial<typeof NOTHING_HIDDEN>) =>
    data.cases.filter((it) => showsCase({ ...NOTHING_HIDDEN, ...filter }, it, requirements)).length;
  expect(count({})).toBe(data.cases.length);
  expect(count({ verdicts: ["warn"] })).toBeGreaterThan(0);
  expect(count({ verdicts: ["warn"], levels: ["SHOULD"] })).toBe(count({ verdicts: ["warn"] }));
  expect(count({ verdicts: ["warn"], levels: ["MAY"] })).toBe(0);
  expect(count({ text: "  DISCONNECT alone " })).toBeGreaterThan(0);
  expect(count({ text: "disconnect nonsense" })).toBe(0);
  const causes = data.cases.flatMap(({ checks }) =>
    checks.flatMap(({ cause }) => (cause === undefined ? [] : [cause])),
  );
  expect(causes.map((cause) => count({ text: cause }) > 0)).toEqual(causes.map(() => true));
  expect(causes).not.toEqual([]);
});
