import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { WireEvent } from "../../../harness/transcript.ts";
import { judgeRecorded, prune } from "../../../recordings/judge.ts";
import { own } from "../../../schemas/v0/index.ts";
import { rulesBy } from "../../../suites/v0/messages.ts";
import { mistakesBy } from "../../../suites/v0/protocol.ts";

const rules = rulesBy(own);
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
    ["a reason of its own", [asked("1"), response("1", { status: "failed", reason: "oops" })], ["response.reason"]],
    ["the id of an event twice", [received("1"), received("1")], ["event.id-unique"]],
    ["a response to what nobody can read", [{ ...asked("1"), type: "binary" } as WireEvent, response("1")], []],
  ])("%s: %p", (_, events, broken) => {
    expect(brokenIn(...events)).toEqual(broken);
  });
});

test.each<[string, object, RegExp]>([
  ["no messageId", { type: "request", commandId: STATS }, /^messageId is no string/],
  ["an event of servers", { type: "event", messageId: "1", commandId: "user/self", data: {} }, /^only servers/],
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

const id = fc.constantFrom("1", "2", "3");
const some = fc.oneof(
  id.map((it) => asked(it)),
  id.map((it) => response(it)),
  id.map((it) => response(it, { status: "failed", reason: "oops" })),
  id.map((it) => received(it)),
  fc.constant(text("server", "oops")),
);

test("in pieces the same is found as in the whole", () => {
  fc.assert(
    fc.property(fc.array(some, { maxLength: 40 }), fc.integer({ min: 1, max: 10 }), (events, size) => {
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
    { numRuns: 300 },
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
