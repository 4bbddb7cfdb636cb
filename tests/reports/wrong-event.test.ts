import { expect, test } from "@jest/globals";
import type { Requirement } from "../../harness/catalogue.ts";
import type { WireEvent } from "../../harness/transcript.ts";
import { explainConnections, explainFindings, lineText } from "../../reports/explain.ts";
import { html } from "../../reports/html/html.tsx";
import { unpack } from "../../reports/html/packed.ts";
import { junit } from "../../reports/junit.ts";
import { markdown } from "../../reports/markdown/markdown.ts";
import type { Report, ReportCase, ReportCheck, ReportConnection } from "../../reports/report.ts";
import { beganAt, notable, spotOf, spotsOf } from "../../reports/wrong-event.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import { byTurns } from "../turns.ts";
import { inTerminal, sample } from "./samples.ts";

const event = (type: "text" | "end" | "ping", data = "") => ({ at: 0, from: "server", type, data }) as const;
const timeout = (what: string): WireEvent => ({ at: 1, from: "client", type: "timeout", data: "", what, afterMs: 5 });
const connection = (events: readonly WireEvent[], name?: string): ReportConnection => ({
  url: "ws://x/",
  events,
  ...(name !== undefined && { name }),
});
const check = (actual: string, more: Partial<ReportCheck> = {}): ReportCheck => ({
  requirement: "disconnect.answered",
  level: "MUST",
  verdict: "fail",
  expected: "",
  actual,
  ...more,
});
const seen = (it: string | ReportCheck, ...connections: ReportConnection[]) => {
  const spot = spotOf(typeof it === "string" ? check(it) : it, connections);
  return spot && [spot.connection, spot.event];
};

test("the last event of a check's evidence shows a finding", () => {
  const both = [connection([event("end")]), connection([event("ping"), event("ping"), event("end")])];
  expect(seen(check("x", { evidence: { connection: 1, events: [0, 1] } }), ...both)).toEqual([1, 1]);
});

test("evidence that is not there is left alone", () => {
  expect(seen(check("x", { evidence: { connection: 0, events: [7] } }), connection([event("end")]))).toEqual([0, 0]);
  expect(seen(check("x", { evidence: { connection: 7, events: [0] } }), connection([event("end")]))).toEqual([0, 0]);
});

test("only its own wait in vain shows a missing message", () => {
  const silence = { what: "an answer", afterMs: 5 };
  const waits = connection([timeout("an answer"), timeout("the end"), event("end")]);
  expect(seen(check("nothing in 5 ms", { silence }), waits)).toEqual([0, 0]);
});

test("the message that holds what came shows it", () => {
  const told = connection([event("text", '{"a":"match"}'), event("text", '{"a":"unknown"}'), event("end")]);
  expect(seen('"match"', told, connection([event("end")]))).toEqual([0, 0]);
});

test("the last answer with the status that came shows it, not what follows", () => {
  const answer = (code: number): WireEvent => ({
    at: 0,
    from: "server",
    type: "upgrade",
    code,
    data: `HTTP/1.1 ${code}`,
  });
  expect(seen('"HTTP 101"', connection([answer(101), event("text", "{}"), event("end")]))).toEqual([0, 0]);
  expect(seen('"HTTP 401 none"', connection([answer(401)]), connection([answer(101)]))).toEqual([0, 0]);
});

const NAMES =
  '"username":"alice","displayName":"alice","status":"menu","clanBaseData":null,"party":null,"friendIds":[]';
const SELF = `{"type":"event","messageId":"9","commandId":"user/self","data":{"user":{${NAMES},"incoming":[{"sentAt":17}]}}}`;
const HEAD = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nConnection: close\r\n\r\n{}";

test.each<[what: string, type: "text" | "upgrade", data: string, found: string | readonly string[], line: RegExp]>([
  [
    "the property that is wrong",
    "text",
    SELF,
    ["data", "user", "incoming", "0", "sentAt"],
    /^\{"type".{40,60}… .*\[\{"sentAt":17\}/,
  ],
  [
    "the value that came",
    "text",
    `{"a":"${"x".repeat(200)}","b":"match"}`,
    '"match"',
    /^\{"a":"x+… x+","b":"match"\}$/,
  ],
  ["the beginning where that holds it", "text", SELF, ["data", "user", "username"], /^\{"type".*"menu".{0,40}…$/],
  ["the beginning where nothing is found", "text", SELF, "no answer", /^\{"type".*"menu".{0,40}…$/],
  ["the header that came", "upgrade", HEAD, '"Basic"', /^HTTP\/1.1 401 Unauthorized … WWW-Authenticate: Basic$/],
  ["what the body says where no such header came", "upgrade", HEAD, '"none"', /^HTTP\/1.1 401 Unauthorized … \{\}$/],
])("the wrong line shows %s", (_, type, data, found, line) => {
  const events: WireEvent[] = [{ at: 0, from: "server", type, data }];
  const how = typeof found === "string" ? { actual: found } : { path: found };
  const [, shown] = explainConnections([connection(events)], { spots: [{ connection: 0, event: 0, ...how }] });
  expect(shown?.text.replace(/^\w+ /, "")).toMatch(line);
  expect(shown?.text.length).toBeLessThanOrEqual(162);
});

test("the last connection on which something went wrong shows it, or the last thing that the server did", () => {
  const ended = connection([event("ping"), event("end")]);
  expect(seen("no answer", ended, ended, connection([event("ping")]))).toEqual([1, 1]);
  expect(seen("no answer", connection([event("ping"), event("ping")]))).toEqual([0, 1]);
  expect(seen("no answer")).toBeUndefined();
});

test("very many connections are cut to those on which something went wrong, then the last", () => {
  const many = Array.from({ length: 9 }, (_, i) => connection([event(i === 2 ? "end" : "ping")]));
  const hasEnd = ({ events }: ReportConnection) => events.some(({ type }) => type === "end");
  expect(notable(many, 3, hasEnd)).toEqual([many[2], many[7], many[8]]);
  expect(notable(many, 9, hasEnd)).toEqual(many);
});

test("the connection that shows a finding comes before later ones on which something else went wrong", () => {
  const dies = connection([event("text", "x"), event("end")], "acts");
  const refused = connection([{ at: 2, from: "client", type: "error", data: "ECONNREFUSED" }], "newcomer");
  const shown = explainConnections([connection([event("ping")]), dies, refused, refused], {
    spots: [{ connection: 1, event: 1 }],
    most: 1,
  });
  expect(shown.map(lineText)).toEqual([
    expect.stringContaining("connection 2 of 4 (acts)"),
    expect.stringMatching(/^ .* text/),
    expect.stringMatching(/^> /),
    "… 3 more connections: in report.json",
  ]);
});

test("the page counts times from the beginning of a case, also where it leaves out the connection that began first", async () => {
  const report = await sample("greets-without-a-parity", { timeout: 500 }, /^disconnect\/alone/);
  const many = Array.from({ length: 70 }, (_, i) => connection([{ ...event("ping"), at: 1_000 + i }]));
  const cases = report.cases.map((it) => ({ ...it, connections: many }));
  const page = await html({ ...report, cases }, protocol);
  expect(page).not.toMatch(/class="time">0\.0</);
  expect(page).toMatch(/class="time">69\.0</);
});

test("a long transcript shows the wrong line with those around it", () => {
  const events = Array.from(
    { length: 100 },
    (_, i): WireEvent => ({ at: i, from: "server", type: "text", data: `#${i}` }),
  );
  const lines = explainConnections([connection(events)], { spots: [{ connection: 0, event: 50 }] });
  const all = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => ` #${from + i}`);
  expect(lines.map((line) => lineText(line).replace(/ +[\d.]+ ms ← text /, " "))).toEqual([
    "connection ws://x/",
    ...all(0, 8),
    "  … 40 more",
    " #48",
    " #49",
    "> #50",
    " #51",
    " #52",
    "  … 39 more",
    ...all(92, 100),
  ]);
});

test("the connection that a check is about is shown among very many", () => {
  const many = Array.from({ length: 9 }, (_, i) => connection([event(i === 4 ? "ping" : "end")], `number ${i}`));
  const it = { title: "", checks: [check("x", { evidence: { connection: 4, events: [0] } })], connections: many };
  expect(
    explainFindings(it as unknown as ReportCase, { requirements: [] }, 9).filter(({ isWrong }) => isWrong),
  ).toHaveLength(1);
});

const requirements: readonly Requirement[] = protocol.requirements;
/** Returns the times of the lines that a text marks as wrong. */
const marked = (text: string) => [...new Set(Array.from(text.matchAll(/> +(\d+\.\d) ms/g), ([, ms]) => Number(ms)))];

/** Returns the times of the lines that the page marks, in ms since the case began. */
async function markedInPage(report: Report): Promise<number[]> {
  const page = await html(report, protocol);
  const data = unpack(JSON.parse(page.match(/id="data">(.*?)<\/script>/s)?.[1] ?? ""));
  const times = data.cases.flatMap(({ checks, connections, began }) =>
    checks.flatMap(({ spot }) => {
      const { at } = (spot && connections[spot.connection]?.events[spot.event]) ?? {};
      return at === undefined ? [] : at - began;
    }),
  );
  expect(page.match(/class="event [^"]*spot/g)?.length).toBeGreaterThan(0);
  return times.map((at) => Number(at.toFixed(1)));
}

test.each(byTurns(["greets-without-a-parity", "never-says-goodbye", "compares-versions-as-prefixes"], 3))(
  "of a server that %s terminal, Markdown, JUnit and page mark the same lines",
  async (fault) => {
    const report = await sample(fault, { timeout: 500 }, /^(version\/parity-patch-with-z|disconnect\/alone)/);
    const broken = report.cases.find(({ verdict }) => verdict === "fail") as ReportCase;
    const only = { ...report, cases: [broken] };
    const wanted = spotsOf(broken).map(({ connection: i, event: j }) => broken.connections[i]?.events[j]?.at ?? 0);
    const began = beganAt(broken.connections);
    const times = [...new Set(wanted.map((at) => Number((at - began).toFixed(1))))].toSorted((a, b) => a - b);
    expect(times.length).toBeGreaterThan(0);
    const sorted = (some: readonly number[]) => [...new Set(some)].toSorted((a, b) => a - b);
    expect(sorted(marked(inTerminal(only)))).toEqual(times);
    expect(sorted(marked(markdown(only, { requirements })))).toEqual(times);
    expect(sorted(marked(junit(only, { requirements }).replaceAll("&gt;", ">")))).toEqual(times);
    expect(sorted(await markedInPage(only))).toEqual(times);
  },
);
