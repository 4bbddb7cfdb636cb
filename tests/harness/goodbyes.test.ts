import { describe, expect, test } from "@jest/globals";
import { goodbyeBefore, goodbyesToAll } from "../../harness/goodbyes.ts";
import type { WireEvent } from "../../harness/transcript.ts";
import { protocol } from "../../suites/0.1.7/index.ts";

const says = (at: number, from: "client" | "server", message: object): WireEvent => ({
  ...{ at, from, type: "text", data: JSON.stringify(message) },
});
const greets = (at: number) => says(at, "server", { command: "system/version/response" });
const goodbye = (at: number, reason = "internal_error") =>
  says(at, "server", { command: "system/disconnected/response", status: "failed", reason });
const asks = (at: number) => says(at, "client", { command: "system/disconnect/request" });
const errs = (at: number) => says(at, "client", { command: "banana" });

/** The moments of goodbyes to everybody among these connections, of which the first ones were hit. */
const moments = (hit: readonly WireEvent[][], others: readonly WireEvent[][], known?: readonly number[]) => {
  const [mine, theirs] = [hit, others].map((all) => ({ connections: all.map((events) => ({ url: "", events })) }));
  return goodbyesToAll([mine as never], [mine as never, theirs as never, mine as never], protocol, known);
};

const told = [greets(1), goodbye(50)];

/** Clients that say nothing, and are told goodbye at these times. */
const worker = (...times: readonly number[]) => times.map((at, i) => [greets(i), goodbye(at)]);

/** So many clients that stay. */
const stays = (count: number) => Array.from({ length: count }, (_, i) => [greets(i), asks(400)]);

test.each<[string, WireEvent[][], WireEvent[][], number[]]>([
  ["two clients that said nothing are told", [told, [greets(2), goodbye(60)]], [], [50]],
  ["one that said nothing, and one that asked to leave, are told", [told], [[greets(2), asks(45), goodbye(52)]], [50]],
  ["only one of two is told", [told], [[greets(2), asks(90), goodbye(300, "unauthorized")]], []],
  ["one is told twice, in two results", [told], [], []],
  [
    "others are refused for what they sent",
    [told],
    [
      [greets(2), errs(45), goodbye(50)],
      [greets(3), errs(48), goodbye(51)],
    ],
    [],
  ],
  [
    "one that said nothing is told, and three who gave a reason",
    [told, ...[2, 3, 4].map((at) => [greets(at), errs(40), goodbye(50)])],
    [],
    [50],
  ],
  ["all are refused for what they sent", [2, 3, 4, 5].map((at) => [greets(at), errs(40), goodbye(50)]), [], []],
  [
    "one in many is refused for what it sent",
    [[greets(1), errs(40), goodbye(50)]],
    [2, 3, 4, 5, 6, 7, 8].map((at) => [greets(at), errs(40), goodbye(50 + at, "invalid_command")]),
    [],
  ],
  ["the others were not greeted yet", [told, [greets(2), goodbye(55)]], [[], [greets(70)], [greets(71)]], [50]],
  [
    "the others had left before",
    [told, [greets(2), goodbye(55)]],
    [[greets(2), { at: 9, from: "server", type: "end" }]],
    [50],
  ],
  ["one worker of several restarts", worker(50, 50, 51, 60), stays(20), [50]],
  ["a worker has too few clients", worker(50, 50, 51), stays(12), []],
  ["a worker has too small a part of all", worker(50, 50, 51, 60), stays(23), []],
  [
    "four are refused for what they sent, and one that said nothing is told",
    [told, ...[2, 3, 4, 5].map((at) => [greets(at), errs(40), goodbye(50)])],
    stays(12),
    [],
  ],
  ["four are told one after another", worker(50, 58, 71, 80), stays(12), []],
  ["most others stay", [told, [greets(2), goodbye(55)]], [3, 4, 5].map((at) => [greets(at), asks(400)]), []],
])("a goodbye to everybody: %s", (_, hit, others, at) => {
  expect(moments(hit, others)).toEqual(at);
});

test("one that is known is no other, and only a few are taken for restarts", () => {
  const pair = (at: number) => [1, 2].map((from) => [greets(from), goodbye(at)]);
  expect(moments(pair(50), [], [40])).toEqual([40]);
  const often = [1_000, 2_000, 3_000, 4_000, 5_000, 6_000].flatMap((at) =>
    [1, 2].map((i) => [greets(at - i), goodbye(at)]),
  );
  expect(moments(often, [])).toHaveLength(5);
});

describe("a goodbye before the server fell", () => {
  const goodbyeAt = (fall: { from: number; to: number }, ...clients: readonly WireEvent[][]) =>
    goodbyeBefore(fall, [{ connections: clients.map((events) => ({ url: "", events })) } as never], protocol);

  test("is one to everybody if most are told, and one of them gave no reason: they may be few", () => {
    expect(goodbyeAt({ from: 60, to: 90 }, told)).toBe(50);
    expect(goodbyeAt({ from: 60, to: 90 }, told, [greets(2), errs(45), goodbye(50)])).toBe(50);
    expect(goodbyeAt({ from: 60, to: 90 }, [greets(1), errs(40), goodbye(50)])).toBeUndefined();
    expect(goodbyeAt({ from: 60, to: 90 }, told, ...[2, 3].map((at) => [greets(at), asks(400)]))).toBeUndefined();
  });

  test("came at most a second before that", () => {
    expect(goodbyeAt({ from: 1_040, to: 1_100 }, told)).toBe(50);
    expect(goodbyeAt({ from: 1_060, to: 1_100 }, told)).toBeUndefined();
    expect(goodbyeAt({ from: 10, to: 40 }, told)).toBeUndefined();
  });
});
