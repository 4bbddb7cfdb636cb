import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { BOUNDS } from "../../harness/bounds.ts";
import { keep, shorten } from "../../harness/kept.ts";
import type { WireEvent } from "../../harness/transcript.ts";
import { type Choice, har } from "../../recordings/har.ts";
import type { RecordedEvent } from "../../recordings/recorded.ts";
import { stored } from "../../recordings/report-json.ts";
import type { Report } from "../../reports/report.ts";
import { ASK, event, followed, GOODBYE, GREETING, outcomes, REFUSAL, says, toLines } from "./recordings.ts";

const LINE = '{"connection":"a","from":"server","type":"text","data":"{}"}';

test.each<[string, string, RegExp]>([
  ["no JSON", "GET / HTTP/1.1", /^test\.ndjson:1: the line is not a JSON object with one event, as \{"connection": /],
  ["half a line", `${LINE}\n${LINE.slice(0, 30)}`, /^test\.ndjson:2: the line is not a JSON object/],
  ["an array", `\n\n[${LINE}]`, /^test\.ndjson:3: the line is not a JSON object/],
  [
    "no connection",
    '{"from":"server","type":"text","data":""}',
    /:1: "connection" must be a text or a number.* it is missing\.$/,
  ],
  ["a name that is too long", `{"connection":"${"x".repeat(1_001)}"}`, /:1: "connection" has 1001 characters; at most/],
  ["no side", '{"connection":1,"type":"end"}', /:1: "from" must be "client" or "server"; it is missing\.$/],
  ["another side", '{"connection":1,"from":"proxy","type":"end"}', /:1: "from" must be .* it is "proxy"\.$/],
  ["no type", '{"connection":1,"from":"server"}', /:1: "type" must be one of text, .*; it is missing\.$/],
  [
    "a name with a typing mistake",
    '{"connection":1,"from":"server","typ":"end"}',
    /:1: "type" must be .*; it is missing\. Is it "typ"\?$/,
  ],
  ["another type", '{"connection":1,"from":"server","type":"txt"}', /"txt".* The nearest known one is "text"\.$/],
  [
    "a text without a content",
    '{"connection":1,"from":"server","type":"text"}',
    /"data" must be a text: what the text holds/,
  ],
  [
    "a message as an object",
    '{"connection":1,"from":"server","type":"text","data":{"a":1}}',
    /"data" must be .* \{"a":1\}\.$/,
  ],
  [
    "a code as a text",
    '{"connection":1,"from":"server","type":"close","code":"1000"}',
    /"code" must be a whole number/,
  ],
  [
    "a time that is none",
    '{"connection":1,"from":"server","type":"end","at":"noon"}',
    /"at" must be a time.* "noon"\.$/,
  ],
  ["a url that is none", '{"connection":1,"from":"server","type":"end","url":1}', /"url" must be a text; it is 1\.$/],
  ["much that is nested", `{"a":[${"[],".repeat(40_000)}0]}`, /:1: the line is not a JSON object with one event/],
  ["a line without an end", "x".repeat((17 << 20) + 1), /:1: the line has more than 17 MiB/],
])("a recording that holds %s is refused in one line that says where", (_, text, message) => {
  expect(() => followed(text)).toThrow(message);
  expect(() => followed(text)).not.toThrow(/\n/);
});

/** The schema of an event in report.json. */
const { properties } = JSON.parse(readFileSync("reports/report.schema.json", "utf8")).definitions.event;
const { at: _at, from: _from, type: types, data: _data, code: _code, length: _length, ...further } = properties;

test.each<[string, { const?: unknown; enum?: readonly unknown[]; type?: string }]>(Object.entries(further))(
  "the property %s of an event is read as report.json has it",
  (name, { const: only, enum: some = [], type }) => {
    const value = only ?? some[0] ?? (type === "string" ? "x" : 7);
    const text = types.enum
      .map((it: string) => JSON.stringify({ connection: it, from: "server", type: it, data: "", [name]: value }))
      .join("\n");
    const read = followed(text).flatMap((it) => it.shown().events);
    expect(read).toContainEqual(expect.objectContaining({ [name]: value }));
  },
);

test("a text of which only the beginning is kept is a gap, and no message; a whole one may say how long it is", () => {
  const [whole] = followed('{"connection":1,"from":"server","type":"text","data":"{}","length":2}');
  expect(whole?.shown().events).toMatchObject([{ type: "text", data: "{}" }]);
  const [one] = followed('{"connection":1,"from":"server","type":"text","data":"{\\"comm","length":70}');
  expect(one?.shown().events).toMatchObject([{ type: "cut", data: "a text of 70 characters that is cut" }]);
});

test("a file of nothing but line breaks is read in no time", () => {
  expect(followed(`${"\n".repeat(4 << 20)}${LINE}`)).toHaveLength(1);
  expect(() => followed(`${"\n".repeat(4 << 20)}x`)).toThrow(/^test\.ndjson:4194305: /);
});

test("a url is kept whole, or not at all: a part of it would ask for something else", () => {
  const at = (url: string) => followed(JSON.stringify({ connection: 1, url, ...says("server", GREETING) }))[0]?.url;
  const long = (length: number) => `ws://x/?${"a".repeat(length)}&tachyonVersion=0.1.7`;
  expect(at(long(10_000))).toBe(long(10_000));
  expect(at(long(20_000))).toBe("");
});

test("a minimal recording is enough", () => {
  const lines = [
    '\ufeff{"connection": 7, "from": "client", "type": "text", "data": "{\\"command\\":\\"system/disconnect/request\\"}", "pid": [1]}\r',
    "",
    JSON.stringify({ connection: "7", ...says("server", GREETING) }),
    '{"connection": "7", "from": "server", "type": "text", "data": "{\\"command\\":\\"system/disconnected/response\\",\\"status\\":\\"success\\"}", "at": "2026-11-25T14:00:00.5Z"}',
    '{"connection": 7, "url": "ws://localhost/", "from": "server", "type": "close", "code": 1000, "at": "2026-11-25T14:00:01Z"}',
  ];
  const [it, ...more] = followed(lines.join("\n"));
  expect(more).toEqual([]);
  expect(it).toMatchObject({ id: "7", url: "ws://localhost/", events: 4, durationMs: 500 });
  expect(it && outcomes(it.decisive)).toEqual({});
  expect(it?.shown().events.map(({ at }) => at)).toEqual([0, 0, 0, 500]);
});

/** Returns the events that a reader hands over. */
function read(reading: (sink: (it: RecordedEvent) => void) => void): RecordedEvent[] {
  const all: RecordedEvent[] = [];
  reading((it) => all.push(it));
  return all;
}

const entry = (url: string, ...messages: unknown[]) => ({ request: { url }, _webSocketMessages: messages });

/** Leaves no connection out. */
const EVERYTHING: Choice = { speaks: () => true, leaveOut() {} };

test("a HAR file as Firefox saves it is read, whatever else it holds", () => {
  const time = 1764079200.25;
  const log = {
    entries: [
      { request: { url: "http://localhost/" }, response: {} },
      entry(
        "wss://localhost/lobby",
        { type: "receive", time, opcode: 1, data: JSON.stringify(GREETING) },
        { type: "send", time: time + 0.5, opcode: 1, data: JSON.stringify(ASK) },
        { type: "receive", time: time + 1, opcode: 2, data: "AAAA" },
        { type: "receive", time: time + 1, opcode: 1, data: { type: "longString", length: 1e6 } },
        { type: "receive", time: time + 2, opcode: 8, data: "" },
      ),
    ],
  };
  const all = read((sink) => har("a.har", { log }, sink, EVERYTHING));
  expect(all.map(({ connection, url, event: { at, from, type } }) => [connection, url, at, from, type])).toEqual([
    ["entry 2", "wss://localhost/lobby", 0, "server", "text"],
    ["entry 2", "wss://localhost/lobby", 500, "client", "text"],
    ["entry 2", "wss://localhost/lobby", 1000, "server", "binary"],
    ["entry 2", "wss://localhost/lobby", 1000, "server", "cut"],
    ["entry 2", "wss://localhost/lobby", 2000, "server", "close"],
  ]);
});

test.each<[string, unknown, RegExp]>([
  ["no entries", { log: {} }, /^a\.har is not a HAR file: log\.entries is missing\.$/],
  [
    "a message that is none",
    { log: { entries: [entry("", 1)] } },
    /log\.entries\[0\]\._webSocketMessages\[0\] is not an object\.$/,
  ],
  ["a direction that is none", { log: { entries: [entry("", { type: "up", opcode: 1 })] } }, /\.type is "up", neither/],
])("a HAR file with %s is refused", (_, content, message) => {
  expect(() => read((sink) => har("a.har", content, sink, EVERYTHING))).toThrow(message);
});

/** Returns the findings on a report with one connection, but for kept requirements. */
function ofReport(events: readonly WireEvent[]): Readonly<Record<string, string>> {
  const report = { cases: [{ id: "a/b", connections: [{ url: "", events }] }] } as unknown as Report;
  const [it] = followed(toLines({ a: read((sink) => stored(report, sink)).map((recorded) => recorded.event) }));
  return it ? outcomes(it.decisive) : {};
}

const END = [says("server", GOODBYE), event("server", "close", "", 1000)];
const INCONCLUSIVE_OF_SERVER = Object.fromEntries(
  "message.json message.known message.foreign message.schema termination.success-only-if-asked termination.reason transport.handshake version.greeting version.first version.current parity.match version.once disconnect.answered disconnect.success disconnect.clean-close"
    .split(" ")
    .map((id) => [id, "inconclusive"]),
);

test("a text that is cut in a report is never taken for the whole", () => {
  const long = (from: WireEvent["from"]) =>
    shorten({ data: "", ...event(from, "text", JSON.stringify({ ...ASK, x: "x".repeat(5_000) })) }, 500);
  const { length: _, ...older } = long("client");
  expect(ofReport([older, ...END])).toMatchObject({ "termination.success-only-if-asked": "inconclusive" });
  expect(ofReport([long("client"), ...END])).toMatchObject({ "termination.success-only-if-asked": "inconclusive" });
  expect(ofReport([long("server"), says("client", ASK), ...END])).toEqual({
    ...INCONCLUSIVE_OF_SERVER,
    "termination.announced": "inconclusive",
    "disconnect.closes": "inconclusive",
    "disconnect.last": "inconclusive",
  });
  expect(ofReport([event("server", "text", "no JSON"), long("server")])).toMatchObject({ "message.json": "broken" });
  expect(ofReport([long("server"), event("server", "text", "no JSON")])).toMatchObject({ "message.json": "broken" });
});

test("events that a report leaves out may have been anything", () => {
  const middle = Array.from({ length: 200 }, () => event("client", "ping", "AAAA"));
  const { events } = keep({ url: "", events: [says("server", GREETING), ...middle, says("server", REFUSAL), ...END] });
  expect(ofReport(events)).toMatchObject({ ...INCONCLUSIVE_OF_SERVER, "termination.announced": "inconclusive" });
  const silent = keep({ url: "", events: [...middle, event("server", "end")] }).events;
  expect(ofReport(silent)).toMatchObject({ "termination.announced": "inconclusive" });
});

test("a message that is too big to be judged is noted, and is no finding", () => {
  const [it] = followed(toLines({ a: [event("server", "text", "x".repeat(BOUNDS.message + 1))] }));
  expect(it && outcomes(it.decisive)).toMatchObject({
    "message.json": "inconclusive",
    "message.schema": "inconclusive",
  });
  expect(it?.shown().events).toEqual([
    expect.objectContaining({ type: "cut", data: "a text of 1048577 characters, more than 1048576" }),
  ]);
  const [nested] = followed(toLines({ a: [event("server", "text", `[${"[],".repeat(100_000)}0]`)] }));
  expect(nested && outcomes(nested.decisive)).toMatchObject({ "message.json": "inconclusive" });
});
