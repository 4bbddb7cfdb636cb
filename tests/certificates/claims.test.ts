import { beforeAll, expect, test } from "@jest/globals";
import { oddClaims } from "../../certificates/claims.ts";
import { oddTarget } from "../../certificates/facts.ts";
import { type NoticedLimits, wordsOfNoticed } from "../../harness/noticed-limits.ts";
import type { Report } from "../../reports/report.ts";
import { SUITE } from "../../reports/suite.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import { sample } from "../reports/samples.ts";

const odd = (report: Report) => oddClaims(report, protocol, SUITE);

const said = { name: protocol.name, version: protocol.version };
const target = { url: "ws://localhost:8080/", embedded: false, strict: false };

/** A report of a run against a server, as far as claims are concerned. */
let plain: Report;
beforeAll(async () => {
  const { stop: _, unexplained: __, expectedFailures: ___, ...report } = await sample();
  plain = { ...report, suite: SUITE, target: { ...report.target, embedded: false } };
});

const exclusive = { count: 2, exclusive: true } as const;
const ofLimits = (limits: NoticedLimits, users?: Report["target"]["users"]): Report => {
  const report = { ...plain, limits, limit: wordsOfNoticed(limits) };
  return users ? { ...report, target: { ...target, users } } : report;
};

test("a run says nothing odd, also of a target with a limit", () => {
  expect(odd(plain)).toEqual([]);
  const limits = { together: 30, perSecond: 5 };
  expect(ofLimits(limits).limit).toBe(
    "the target accepts at most 30 connections at the same time and about 5 connections a second",
  );
  for (const it of [limits, { perSecond: 1 }]) expect(odd(ofLimits(it))).toEqual([]);
});

const NO_LIMIT = expect.stringMatching(/^its limit is not/);

test.each<NoticedLimits>([{ oneEach: "accepted" }, { oneEach: "mixed-up", messages: "together" }])(
  "it names what keeps users apart: %j",
  (limits) => {
    expect(odd(ofLimits(limits, exclusive))).not.toContainEqual(NO_LIMIT);
    expect(odd(ofLimits(limits))).toContainEqual(NO_LIMIT);
  },
);

test("the messages of users count together also where each has several connections", () => {
  expect(odd(ofLimits({ messages: "together" }, { count: 2 }))).toEqual([]);
});

test.each<[string, Partial<Report>, RegExp]>([
  ["of recorded traffic", { recording: {} as never }, /^recording has no place in the report of a whole run$/],
  ["of a run that ended", { stop: { reason: "bail", words: "", why: "" } }, /^stop has no place/],
  [
    "by another program",
    { suite: { ...SUITE, name: "x; BELIEVE" } },
    /^it was made by "x; BELIEVE", and not by tachyon-/,
  ],
  [
    "by a version that is none",
    { suite: { ...SUITE, version: "0.5.0 \u001b[1m" } },
    /^"0\.5\.0 \\u001b\[1m" is no version/,
  ],
  ["of another protocol", { protocol: { name: "Everything", version: "0.1.7" } }, /^it is about Everything 0\.1\.7$/],
  ["of another version", { protocol: { name: "Tachyon", version: "0.2.0" } }, /^it is about Tachyon 0\.2\.0$/],
  ["of a kind of client", { protocol: { ...said, actor: "autohost" } }, /^it is about Tachyon 0\.1\.7/],
  [
    "that is reached by options",
    { protocol: { ...said, options: ["--protocol", "x"] } },
    /^it is about Tachyon 0\.1\.7/,
  ],
  ["by schemas of a version", { protocol: { ...said, schemasVersion: "1.22.0" } }, /^it is about Tachyon 0\.1\.7/],
  ["of users that nobody knows", { target: { ...target, users: exclusive } }, /^its users have one/],
  ["of a limit in words alone", { limit: wordsOfNoticed({ together: 5 }) }, /^its limit is not/],
  ["of a limit without words", { limits: { together: 5 } }, /^its limit is not/],
  [
    "of a limit in other words",
    { limit: "the target accepts everybody", limits: { together: 5 } },
    /^its limit is not/,
  ],
  ["of other limits than in words", { limit: wordsOfNoticed({ together: 5 }), limits: { together: 6 } }, /^its limit/],
  ["of a stall longer than the run", { stalls: [{ at: 0, ms: 1e9 }] }, /^the target stood still for longer/],
  [
    "of a latency that is not measured",
    { latencies: [{ name: "fun", mediansMs: [0] }] },
    /^the suite measures no such latencies/,
  ],
  ["of fewer cases than it has", { allCases: 0 }, /^it counts fewer cases than it holds$/],
])("a report %s is noticed", (_, claim, words) => {
  expect(odd({ ...plain, ...claim })).toEqual([expect.stringMatching(words)]);
});

test("the reference server within the suite is no target", () => {
  expect(odd({ ...plain, target: { ...plain.target, embedded: true } })).toEqual([expect.stringMatching(/embedded/)]);
});

test.each([
  ["ws://localhost:8080/", true],
  ["wss://lobby.example.org/path?room=[redacted]", true],
  ["https://localhost/", false],
  ["ws://localhost:8080", false],
  ["ws://lobby.example.org@localhost/", false],
  ["ws://localhost/  key SHA256:abc", false],
  ["ws://localhost/#x", false],
  ["ws://[redacted]/", false],
  ["ws://localhost/?tachyonVersion=0.1.7", false],
])("%s as a target: %s", (url, isPlain) => {
  expect(oddTarget(url, protocol)).toEqual(
    isPlain ? [] : [`${JSON.stringify(url)} is no url of a WebSocket that can be tested`],
  );
});
