import { expect, test } from "@jest/globals";
import type { Verdict } from "../../harness/catalogue.ts";
import { isBroken } from "../../harness/catalogue.ts";
import type { CaseResult } from "../../harness/execute.ts";
import { ground } from "../../harness/foundation.ts";
import type { Case } from "../../harness/scenario.ts";
import { ownWithAutohosts } from "../../schemas/v0/autohost.ts";
import { own } from "../../schemas/v0/index.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import { autohostProtocolBy } from "../../suites/v0/autohost/index.ts";
import { protocolBy } from "../../suites/v0/index.ts";
import { cases } from "../helpers.ts";

const { foundations } = protocol;
const versions = [protocol, protocolBy(own)];

test.each(versions)(
  "all names in the foundations of $version are known, and a plain case tests its requirement or is judged by its rule",
  (protocol) => {
    const { foundations, requirements, suites } = protocol;
    const { plain, forms, varying, within } = foundations;
    const cases = suites.flatMap((suite) => suite.cases);
    const known = new Set<string>([...requirements.map(({ id }) => id), ...cases.map(({ id }) => id)]);
    const named = [
      ...Object.entries(plain).flatMap(([id, it]) => [id, ...it.plain, ...it.on]),
      ...[forms, varying, within].flatMap((it) => Object.entries(it).flat(2)),
    ];
    expect(named.filter((id) => !known.has(id))).toEqual([]);
    const ruled = new Set(protocol.rules.map(({ requirement }) => requirement));
    const idle = Object.entries(plain).filter(
      ([id, it]) => !ruled.has(id) && !cases.some((one) => it.plain.includes(one.id) && one.tests.includes(id)),
    );
    expect(idle).toEqual([]);
  },
);

test.each(versions)("no requirement of $version rests on itself, not even through others", ({ foundations }) => {
  const below = (id: string, seen: readonly string[] = []): readonly string[] =>
    seen.includes(id) ? [id] : (foundations.plain[id]?.on ?? []).flatMap((on) => below(on, [...seen, id]));
  expect(Object.keys(foundations.plain).flatMap((id) => below(id))).toEqual([]);
});

test.each([protocolBy(own), autohostProtocolBy(ownWithAutohosts)])(
  "a SHOULD explains no MUST of $name $version, which is broken all the same",
  ({ foundations: { within }, requirements }) => {
    const levels = new Map(requirements.map(({ id, level }) => [id, level]));
    const hidden = Object.entries(within).flatMap(([id, causes]) =>
      levels.get(id) === "MUST" ? causes.filter((cause) => levels.get(cause) === "SHOULD").map((it) => [it, id]) : [],
    );
    expect(hidden).toEqual([]);
  },
);

/** Makes a result in which a case breaks or keeps a requirement. */
function result(id: string, requirement: string, verdict: Verdict, more: Partial<CaseResult> = {}): CaseResult {
  const check = { requirement, level: "MUST", verdict, expected: "", actual: "" } as const;
  const it = cases.find((one) => one.id === id) as Case;
  return { case: it, verdict, checks: [check], connections: [], beganAt: 0, durationMs: 0, ...more };
}

/** Returns the cases that count as broken. */
const told = (...results: readonly CaseResult[]) =>
  ground(results, [], foundations).flatMap(({ case: { id }, checks }) => (checks.some(isBroken) ? [id] : []));

const LONG = "disconnect/extra-message-of-8192-bytes";
const BYTEWISE = "transport/segments-each-byte-in-a-segment-of-its-own";
const IN_ONE = "transport/segments-a-ping-and-a-request-in-one-segment";

test("a long message rests on reading frames that come in several segments, and not several frames in one", () => {
  const long = result(LONG, "disconnect.extra-properties", "fail");
  expect(told(long, result(BYTEWISE, "transport.segmentation", "fail"))).toEqual([BYTEWISE]);
  const kept = result(BYTEWISE, "transport.segmentation", "pass");
  expect(told(long, kept, result(IN_ONE, "transport.segmentation", "fail"))).toEqual([LONG, IN_ONE]);
});

test("a flood of malformed commands rests on one that leaves the connection usable, and is not carried out", () => {
  const [flood, word] = ["resilience/flood", "malformed/not-json-word"];
  const flooded = result(flood, "resilience.flood", "fail");
  for (const id of ["malformed.usable", "malformed.rejected"]) {
    expect(told(flooded, result(word, id, "fail"))).toEqual([word]);
    expect(told(flooded, result(word, id, "pass"))).toEqual([flood]);
  }
});

test("a finding that others may cause rests on keeping clients apart; a proved one does not", () => {
  const apart = result("disconnect/isolated", "disconnect.isolated", "fail");
  const spelled = "disconnect/spelled-spaces-inside";
  const doubts: Partial<CaseResult>[] = [{ unstable: true }, { unconfirmed: true }];
  for (const doubt of doubts)
    expect(told(apart, result(spelled, "disconnect.encoding", "fail", doubt))).toEqual(["disconnect/isolated"]);
  expect(told(apart, result(spelled, "disconnect.encoding", "fail"))).toEqual(["disconnect/isolated", spelled]);
});
