import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { WireEvent } from "../../../harness/transcript.ts";
import { judgeRecorded, prune } from "../../../recordings/judge.ts";
import { own } from "../../../schemas/v0/index.ts";
import { rulesBy } from "../../../suites/v0/messages.ts";
import { mistakesBy } from "../../../suites/v0/protocol.ts";
import { omissionBy, unansweredRule } from "../../../suites/v0/unanswered.ts";
import { everything } from "../../turns.ts";

const unanswered = unansweredRule(own);
const rules = [...rulesBy(own), unanswered];
const text = (from: WireEvent["from"], message: unknown): WireEvent => ({
  at: 0,
  from,
  type: "text",
  data: typeof message === "string" ? message : JSON.stringify(message),
});
const END: WireEvent = { at: 0, from: "server", type: "end" };
const STATS = "system/serverStats";
const asked = (messageId: string, commandId = STATS) => text("client", { type: "request", messageId, commandId });
const response = (messageId: string, more: object = { status: "success", data: { userCount: 1 } }, commandId = STATS) =>
  text("server", { type: "response", messageId, commandId, ...more });
const received = (messageId: string, more: object = {}) =>
  text("server", {
    ...{ type: "event", messageId, commandId: "messaging/received" },
    data: { message: "", source: { type: "player", userId: "1" }, timestamp: 1.7e15, marker: "", ...more },
  });

/** A request in what is JSON to a lenient parser alone. */
const LOOSE = `{"type":"request","messageId":"1","commandId":"${STATS}","extra":NaN}`;

const brokenIn = (...events: readonly WireEvent[]) =>
  rules
    .filter((rule) => judgeRecorded(rule, { url: "", events: [...events, END] }).outcome === "broken")
    .map(({ requirement }) => requirement);

describe("of what a server sends is broken", () => {
  test.each<[string, readonly WireEvent[], readonly string[]]>([
    ["a response", [asked("1"), response("1")], []],
    ["text that is no JSON", [text("server", "oops")], ["message.json"]],
    ["an array", [text("server", "[]")], ["message.json"]],
    [
      "a name twice",
      [
        asked("1"),
        text(
          "server",
          '{"type":"response","messageId":"1","commandId":"x/y","status":"failed","reason":"command_unimplemented","reason":"command_unimplemented"}',
        ),
      ],
      ["message.json", "response.correlated"],
    ],
    ["no messageId", [text("server", { type: "event", commandId: "user/self" })], ["message.envelope"]],
    [
      "another type",
      [text("server", { type: "notice", messageId: "1", commandId: "user/self" })],
      ["message.envelope"],
    ],
    [
      "a message that nobody knows",
      [text("server", { type: "event", messageId: "1", commandId: "user/other" })],
      ["message.known"],
    ],
    [
      "a command that the server lacks",
      [asked("1", "no/such"), response("1", { status: "failed", reason: "command_unimplemented" }, "no/such")],
      [],
    ],
    [
      "a command that the server cannot read",
      [asked("1", "a"), response("1", { status: "failed", reason: "invalid_request" }, "a")],
      [],
    ],
    [
      "a request of users",
      [text("server", { type: "request", messageId: "1", commandId: STATS })],
      ["message.direction"],
    ],
    ["data that lacks a property", [asked("1"), response("1", { status: "success", data: {} })], ["message.schema"]],
    ["a misspelt property", [received("1", { time: 1 })], ["message.unknown-property"]],
    ["seconds", [received("1", { timestamp: 1_700_000_000 })], ["message.time"]],
    ["a response that nobody asked for", [response("1")], ["response.correlated"]],
    [
      "the response to another command",
      [asked("1"), response("1", { status: "success" }, "system/disconnect")],
      ["response.correlated"],
    ],
    ["a response twice", [asked("1"), response("1"), response("1")], ["response.once"]],
    ["two responses to two requests of the same id", [asked("1"), asked("1"), response("1"), response("1")], []],
    [
      "a success with a reason",
      [asked("1"), response("1", { status: "success", data: { userCount: 1 }, reason: "internal_error" })],
      ["response.status"],
    ],
    ["a failure without a reason", [asked("1"), response("1", { status: "failed" })], ["response.status"]],
    ["another status", [asked("1"), response("1", { status: "ok" })], ["response.status"]],
    ["a reason of its own", [asked("1"), response("1", { status: "failed", reason: "oops" })], ["response.reason"]],
    ["the id of an event twice", [received("1"), received("1")], ["event.id-unique"]],
    ["a response to what is no JSON, but names it", [text("client", LOOSE), response("1")], []],
    ["another response to that", [text("client", LOOSE), response("2")], ["response.correlated"]],
    ["a response to what nobody can read", [{ ...asked("1"), type: "binary" } as WireEvent, response("1")], []],
  ])("%s: %p", (_, events, broken) => {
    expect(brokenIn(...events)).toEqual(broken);
  });
});

const USER_EVENT = { type: "event", messageId: "1", data: {} };

test.each<[string, object, RegExp]>([
  ["no messageId", { type: "request", commandId: STATS }, /^messageId is no string/],
  ["an event of servers", { type: "event", messageId: "1", commandId: "user/self", data: {} }, /^only servers/],
  ["a request of servers", { type: "request", messageId: "1", commandId: "battle/start", data: {} }, /^only servers/],
  ["an event of servers of which there is no schema", { ...USER_EVENT, commandId: "lobby/updated" }, /^only servers/],
  ["a command that nobody knows", { type: "request", messageId: "1", commandId: "no/such" }, /^there is no schema/],
  ["data that lacks a property", { type: "request", messageId: "1", commandId: "user/info", data: {} }, /^data lacks/],
])("of a client it is a mistake: %s", (_, message, says) => {
  expect(mistakesBy(own)(message as never)).toMatch(says);
  expect(mistakesBy(own)({ type: "request", messageId: "1", commandId: STATS })).toBeUndefined();
});

test("what a recording lacks of the client excuses a response, and nothing else", () => {
  const gap: WireEvent = { at: 0, from: "client", type: "cut", data: "lost" };
  expect(brokenIn(gap, response("1"), text("server", "oops"))).toEqual(["message.json"]);
});

const at = (seconds: number, event: WireEvent): WireEvent => ({ ...event, at: seconds * 1_000 });
const cutOf = (from: WireEvent["from"]): WireEvent => ({ at: 0, from, type: "cut", data: "lost" });

describe("a request without a response", () => {
  const foundIn = (...events: readonly WireEvent[]) => judgeRecorded(unanswered, { url: "", events }).outcome;
  const later = [at(12, asked("2")), at(13, response("2"))];

  test("is judged where a later one is answered long after it, and the connection may end as it likes", () => {
    expect(foundIn(at(1, asked("1")), ...later, at(13, END))).toBe("broken");
    expect(foundIn(at(1, asked("1", "system/disconnect")), ...later)).toBe("broken");
  });

  test.each<[string, readonly WireEvent[]]>([
    ["the connection ends soon", [at(1, asked("1")), at(2, asked("2")), at(3, response("2")), at(4, END)]],
    ["nothing is answered any more", [at(1, asked("1")), at(12, asked("2")), at(13, received("1")), at(14, END)]],
    ["the later response is to an earlier request", [at(1, asked("2")), at(2, asked("1")), at(13, response("2"))]],
    ["the recording has no times", [asked("1"), asked("2"), response("2"), END]],
    ["a message of the server is missing", [at(1, asked("1")), cutOf("server"), ...later]],
    ["a message of the client is missing", [cutOf("client"), at(1, asked("1")), ...later]],
    ["a message is unreadable", [at(1, asked("1")), at(2, text("server", "oops")), ...later]],
    ["it is answered under another id", [at(1, asked("1")), at(2, response("3")), ...later]],
    ["the client leaves", [at(1, asked("1", "system/disconnect")), at(20, END)]],
  ])("is not, where %s", (_, events) => {
    expect(foundIn(...events)).toBe("inconclusive");
  });

  test.each<[string, readonly WireEvent[]]>([
    ["it is answered late", [at(1, asked("1")), ...later, at(14, response("1")), END]],
    ["it has the id of an earlier one", [at(0, asked("1")), at(0, response("1")), at(1, asked("1")), ...later, END]],
    ["it is none", [at(1, text("client", { type: "request", messageId: 1, commandId: STATS })), ...later, END]],
  ])("is no breach, where %s", (_, events) => {
    expect(foundIn(...events)).toBe("kept");
  });
});

describe("a request of the server without a response", () => {
  const asks = (messageId: string) =>
    text("server", { type: "request", messageId, commandId: "battle/start", data: {} });
  const responds = (messageId: string) =>
    text("client", { type: "response", messageId, commandId: "battle/start", status: "success" });
  const later = [at(12, asks("2")), at(13, responds("2"))];
  const omitted = (...events: readonly WireEvent[]) => omissionBy(own)({ url: "", events });

  test("is a mistake of the client where it answers a later one long after it, also in pieces", () => {
    const events = [at(1, asks("1")), ...later];
    expect(omitted(...events)).toBe("there is no response to battle/start");
    expect(omitted(...prune(rules, { url: "", events }))).toBe("there is no response to battle/start");
  });

  test.each<[string, readonly WireEvent[]]>([
    ["it answers", [at(1, asks("1")), at(2, responds("1")), ...later]],
    ["it answers late", [at(1, asks("1")), ...later, at(14, responds("1"))]],
    ["it answers with another id", [at(1, asks("1")), at(2, responds("3")), ...later]],
    ["it sends what may be an answer", [at(1, asks("1")), at(2, text("client", "oops")), ...later]],
    ["its messages are missing", [at(1, asks("1")), cutOf("client"), ...later]],
    ["nothing follows", [at(1, asks("1")), at(20, END)]],
  ])("is none where %s", (_, events) => {
    expect(omitted(...events)).toBeUndefined();
  });
});

const id = fc.constantFrom("1", "2", "3");
const anything = fc.oneof(
  id.map((it) => asked(it)),
  id.map((it) => response(it)),
  id.map((it) => response(it, { status: "failed", reason: "oops" })),
  id.map((it) => received(it)),
  id.map((it) => asked(it, "user/info")),
  fc.constant(text("server", "oops")),
);

test("in pieces a response is not taken for that of an earlier request of the same id", () => {
  const events = [asked("2"), asked("2"), response("2"), response("2"), response("2")].map((event, i) => at(i, event));
  let kept: WireEvent[] = [];
  for (const event of events) kept = prune(rules, { url: "", events: [...kept, event] });
  const once = rules.find(({ requirement }) => requirement === "response.once");
  for (const some of [events, kept]) expect(once?.judge({ url: "", events: some }).outcome).toBe("broken");
});

test("in pieces the same is found as in the whole", () => {
  fc.assert(
    fc.property(fc.array(anything, { maxLength: 40 }), fc.integer({ min: 1, max: 10 }), (some, size) => {
      const events = some.map((event, i) => at(i, event));
      let kept: WireEvent[] = [];
      for (let i = 0; i < events.length; i += size)
        kept = prune(rules, { url: "", events: [...kept, ...events.slice(i, i + size)] });
      for (const rule of rules) {
        const whole = rule.judge({ url: "", events });
        expect([rule.requirement, rule.judge({ url: "", events: kept }).outcome]).toEqual([
          rule.requirement,
          whole.outcome,
        ]);
      }
    }),
    { numRuns: everything ? 300 : 100 },
  );
});

test("what is remembered of a long recording is bounded", () => {
  let kept: WireEvent[] = [];
  for (let i = 0; i < 40; i++) {
    const more = Array.from({ length: 100 }, (_, j) => [
      asked(`${i}-${j}`),
      response(`${i}-${j}`),
      received(`e${i}-${j}`),
    ]);
    kept = prune(rules, { url: "", events: [...kept, ...more.flat()] });
  }
  expect(kept.length).toBeLessThan(400);
  expect(rules.filter((rule) => rule.judge({ url: "", events: kept }).outcome !== "kept")).toEqual([]);
});

test("responses that nobody asked for are judged quickly behind long texts that nobody can read", () => {
  const long = Array.from({ length: 10 }, () => text("client", `x${'abcdefgh,"'.repeat(100_000)}`));
  const stray = Array.from({ length: 2_000 }, (_, i) => response(`${i}`));
  const began = performance.now();
  expect(brokenIn(...long, ...stray)).toEqual(["response.correlated"]);
  expect(performance.now() - began).toBeLessThan(5_000);
});
