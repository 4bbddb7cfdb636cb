import { expect, test } from "@jest/globals";
import type { Verdict } from "../../harness/catalogue.ts";
import { isBroken } from "../../harness/catalogue.ts";
import type { CaseResult } from "../../harness/execute.ts";
import { ground } from "../../harness/ground.ts";
import type { Case } from "../../harness/scenario.ts";
import { ownWithAutohosts } from "../../schemas/v0/autohost.ts";
import { own } from "../../schemas/v0/index.ts";
import { FRAGMENTS_APART, TWO_IN_ONE } from "../../suites/0.1.7/foundations-cases.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import { autohostProtocolBy } from "../../suites/v0/autohost/index.ts";
import { protocolBy } from "../../suites/v0/index.ts";
import { cases } from "../helpers.ts";

const { foundations } = protocol;
const versions = [protocol, protocolBy(own)];

test.each(versions)("the foundations of $version name only known requirements and cases", ({ foundations, ...it }) => {
  const { plain, forms, varying, within, general, awaited, refused, formOf, dropped, keptBySilence } = foundations;
  const { plainForms = [] } = foundations;
  const requirements = new Set(it.requirements.map(({ id }) => id));
  const cases = new Set(it.suites.flatMap((suite) => suite.cases.map(({ id }) => id)));
  const plainCases = new Set(Object.values(plain).flatMap((one) => one.plain));
  const keys = [plain, varying, within, formOf].flatMap((some) => Object.keys(some));
  const on = [within, awaited, formOf].flatMap((some) => Object.values(some).flat());
  const all = [...keys, ...on, ...general, ...keptBySilence];
  expect([...all, refused, dropped].filter((id) => !requirements.has(id))).toEqual([]);
  expect([...plainCases, ...plainForms].filter((id) => !cases.has(id))).toEqual([]);
  expect(Object.keys(forms).filter((id) => !requirements.has(id) && !cases.has(id))).toEqual([]);
  const bearing = [
    ...Object.values(forms),
    ...Object.values(varying),
    ...Object.values(plain).map((one) => one.on),
  ].flat();
  expect(bearing.filter((id) => !requirements.has(id) && !plainCases.has(id))).toEqual([]);
});

test.each(versions)(
  "a plain case of $version tests its requirement or is judged by its rule, and what others rest on has one",
  ({ foundations: { plain, forms }, rules, suites }) => {
    const cases = new Map(suites.flatMap((suite) => suite.cases).map((it) => [it.id, it]));
    const ruled = new Set(rules.map(({ requirement }) => requirement));
    const idle = Object.entries(plain).flatMap(([id, it]) =>
      it.plain.filter((one) => !cases.get(one)?.tests.includes(id) && !ruled.has(id)),
    );
    expect(idle).toEqual([]);
    const plainCases = new Set(Object.values(plain).flatMap((it) => it.plain));
    const on = [...Object.values(forms).flat(), ...Object.values(plain).flatMap((it) => it.on)];
    expect(on.filter((id) => !plainCases.has(id) && (plain[id]?.plain.length ?? 0) === 0)).toEqual([]);
  },
);

/** Returns the paths from a name that come back to a name before. */
function circles(on: (id: string) => readonly string[], id: string, above: readonly string[] = []): string[] {
  if (above.includes(id)) return [[...above, id].join(" on ")];
  return on(id).flatMap((it) => circles(on, it, [...above, id]));
}

test.each(versions)("no requirement of $version rests on itself, and no breach comes of itself", ({ foundations }) => {
  const { plain, within } = foundations;
  expect(Object.keys(plain).flatMap((id) => circles((it) => plain[it]?.on ?? [], id))).toEqual([]);
  expect(Object.keys(within).flatMap((id) => circles((it) => within[it] ?? [], id))).toEqual([]);
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

test("one who loses a message behind another in a segment is told that, and not how it treats malformed commands", () => {
  const lost = result(TWO_IN_ONE, "transport.segmentation", "fail");
  const deaf = result("malformed/several-of-one-client", "malformed.usable", "fail");
  const word = result("malformed/not-json-word", "malformed.usable", "fail");
  const ping = result("transport/pong-with-no-payload", "transport.ping", "fail");
  const kept = [BYTEWISE, IN_ONE].map((id) => result(id, "transport.segmentation", "pass"));
  expect(told(...kept, lost, deaf, word, ping)).toEqual([TWO_IN_ONE, ping.case.id]);
  expect(told(deaf, result(TWO_IN_ONE, "transport.segmentation", "pass"))).toEqual([deaf.case.id]);
});

test("whatever varies rests on keeping the fragments of clients apart, and a form of them in any case", () => {
  const mixed = result(FRAGMENTS_APART, "transport.fragmentation", "fail");
  const bytes = result("transport/fragmented-a-fragment-for-each-byte", "transport.fragmentation", "fail");
  const alone = result("disconnect/alone", "termination.announced", "fail", { unstable: true });
  const two = result("transport/fragmented-two-fragments", "transport.fragmentation", "pass");
  const varies = { ...two, verdict: "fail", unstable: true } as const;
  for (const it of [two, varies]) expect(told(it, mixed, bytes, alone)).toEqual([FRAGMENTS_APART]);
  expect(told(two, mixed, { ...alone, unstable: false })).toEqual([FRAGMENTS_APART, "disconnect/alone"]);
});

test("no parity can be judged where a client is told otherwise beside others than alone", () => {
  const isolated = "version/isolated";
  const others = [
    result("version/parity-equal-equal-equal", "parity.match", "fail"),
    result("version/parity-equal-higher-equal", "parity.minor", "fail"),
    result("version/parity-patch-with-zero", "parity.patch", "fail"),
    result("version/query-last", "parity.query", "fail"),
  ];
  expect(told(result(isolated, "parity.isolated", "fail"), ...others)).toEqual([isolated]);
  expect(told(result(isolated, "parity.isolated", "skip"), others[0] as CaseResult)).toEqual([others[0]?.case.id]);
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
  const patch = "version/parity-patch-with-zero";
  const doubts: Partial<CaseResult>[] = [{ unstable: true }, { unconfirmed: true }];
  for (const doubt of doubts)
    expect(told(apart, result(patch, "parity.patch", "fail", doubt))).toEqual(["disconnect/isolated"]);
  expect(told(apart, result(patch, "parity.patch", "fail"))).toEqual(["disconnect/isolated", patch]);
});

test("each form of a request rests on keeping clients apart: others are there whenever one is sent", () => {
  const spelled = result("disconnect/spelled-spaces-inside", "disconnect.encoding", "fail");
  expect(told(result("disconnect/isolated", "disconnect.isolated", "fail"), spelled)).toEqual(["disconnect/isolated"]);
  expect(told(result("disconnect/isolated", "disconnect.isolated", "pass"), spelled)).toEqual([spelled.case.id]);
});

test("a load that ends a server of v0 breaks what is owed under that load, if it is a MUST", () => {
  const { suites, survivalOf } = protocolBy(own);
  const cases = suites.flatMap((it) => (it.name === "resilience" ? it.cases : []));
  const broken = new Map(cases.map((it) => [it.id, survivalOf(it)]));
  expect(broken.get("resilience/arrays-nested-100000-deep")).toBe("resilience.deep");
  expect(broken.get("resilience/churn")).toBe("resilience.churn");
  expect(broken.get("resilience/idle")).toBe("transport.survives");
});
