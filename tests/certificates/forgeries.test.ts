import { beforeAll, expect, test } from "@jest/globals";
import type { ReportCase } from "../../reports/report.ts";
import { conclude } from "../../reports/verdict.ts";
import { byTurns } from "../turns.ts";
import { bundle, firstProblem, foreign, own, type Parts, parts, small } from "./bundles.ts";
import {
  asThoseOf,
  connectionsOf,
  deepened,
  lacking,
  later,
  linesOf,
  many,
  NEST,
  older,
  passing,
  under,
  withCase,
  withCases,
  withEvents,
  without,
} from "./forging.ts";

const CASE = "version/parity-patch-with-zero";
const OTHER = "version/parity-equal-equal-equal";
const TWINS = ["disconnect/alone", "version/greeting"] as const;
let healthy: Parts;
let broken: Parts;

beforeAll(async () => {
  [healthy, broken] = await Promise.all([parts(), parts("compares-versions-as-prefixes")]);
});

/** A case that is not said to show a requirement in its plainest form. */
const unplain = ({ plain: _, ...one }: ReportCase): ReportCase => one;

/** The forgeries of an attacker who makes all digests again and signs with another key. */
const forgeries: Readonly<Record<string, [() => Parts, RegExp]>> = {
  "a verdict is edited from fail to pass": [
    () => withCase(broken, CASE, passing),
    /^transcripts: version\/parity-patch-with-zero: it is reported as pass, and by its recording it is fail$/,
  ],
  "it claims to be of another version": [
    () => older(withCase(broken, CASE, passing)),
    /^transcripts: version\/parity-patch-with-zero: it is reported as pass, and by its recording it is fail$/,
  ],
  "only the verdict of a case is edited": [
    () => withCase(broken, CASE, (one) => ({ ...one, verdict: "pass" })),
    /^verdict: report\.json: the verdict of version\/parity-patch-with-zero is not that of its checks$/,
  ],
  "the verdict of the run is edited": [
    () => ({ ...broken, report: { ...broken.report, verdict: "pass" } }),
    /^verdict: report\.json: its verdict is not that of its cases$/,
  ],
  "the words of a check are edited": [
    () => withCase(healthy, CASE, (one) => ({ ...one, checks: one.checks.map((it) => ({ ...it, actual: "well" })) })),
    /^transcripts: version\/parity-patch-with-zero: its recording does not support what is reported of /,
  ],
  "a check is left out": [
    () =>
      withCase(broken, CASE, (one) => ({ ...passing(one), checks: one.checks.filter((it) => it.verdict === "pass") })),
    /^(level|transcripts): /,
  ],
  "a transcript is edited, and not the report": [
    () => ({ ...healthy, lines: healthy.lines.map((line) => line.replace('"match\\"', '"major_mismatch\\"')) }),
    /^transcripts: version\/\S+: /,
  ],
  "a transcript is edited to support its verdict, and not the report's": [
    () => ({
      ...withCase(broken, CASE, passing),
      lines: broken.lines.map((line) =>
        line.includes(`"connection":"${CASE}#`) ? line.replace('"match\\"', '"patch_mismatch\\"') : line,
      ),
    }),
    /^transcripts: version\/parity-patch-with-zero: /,
  ],
  "a case is left out": [
    () => ({ ...withCases(broken, (some) => some.filter(({ id }) => id !== CASE)), lines: without(CASE, broken) }),
    /^cases: version\/parity-patch-with-zero is missing/,
  ],
  "a case stands there twice": [
    () => withCases(healthy, (some) => [...some, some[0] as ReportCase]),
    /^verdict: report\.json: it holds a case twice$/,
  ],
  "a recording is left out": [
    () => ({ ...healthy, lines: without(CASE, healthy) }),
    /^transcripts: version\/parity-patch-with-zero is in the report, and no recording shows it$/,
  ],
  "a recording is there twice": [
    () => ({ ...healthy, lines: [...healthy.lines, ...linesOf(CASE, healthy)] }),
    /^transcripts: version\/parity-patch-with-zero is recorded more often than it stands in the report$/,
  ],
  "a recording is that of another case": [
    () => ({ ...healthy, lines: [...without(CASE, healthy), ...asThoseOf(CASE, OTHER, healthy)] }),
    /^transcripts: version\/parity-patch-with-zero: it is not a recording of this case: the case opens a connection/,
  ],
  "a recording serves two cases that do the same": [
    () => ({
      ...withCase(healthy, TWINS[1], (one) => ({ ...one, connections: connectionsOf(TWINS[0], healthy) })),
      lines: [...without(TWINS[1], healthy), ...asThoseOf(TWINS[1], TWINS[0], healthy)],
    }),
    /^transcripts: version\/greeting: its recording is that of disconnect\/alone$/,
  ],
  "a case is passed off as one that the suite does not know": [
    () => withCase(broken, CASE, (one) => ({ ...passing(one), digest: "0".repeat(16) })),
    /^cases: version\/parity-patch-with-zero is missing, or is not the case that counts$/,
  ],
  "a case is added that no suite knows": [
    () => ({
      ...withCases({ ...healthy, report: { ...healthy.report, allCases: 1_000 } }, (some) => [
        ...some,
        { ...unplain(some[0] as ReportCase), id: "performance/fastest" },
      ]),
      lines: [
        ...healthy.lines,
        ...asThoseOf("performance/fastest", healthy.report.cases[0]?.id ?? "", healthy).map(later),
      ],
    }),
    /^transcripts: the suite has no such case as performance\/fastest$/,
  ],
  "an event is of a kind that the suite does not record": [
    () => ({
      ...healthy,
      lines: healthy.lines.map((line) => line.replace('"type":"close"', '"praise":1,"type":"close"')),
    }),
    /^transcripts: the transcripts hold a line that is not an event of the suite: /,
  ],
  "an older set is made up": [
    () => ({ ...healthy, set: { ...healthy.set, name: "0.1.7/2025-01" } }),
    /^set: this version of the suite, which is of Tachyon 0\.1\.7, does not know the set 0\.1\.7\/2025-01$/,
  ],
  "a set is emptied": [
    () => ({ ...broken, set: { ...broken.set, cases: {}, requirements: {} } }),
    /^suite: the set 0\.1\.7\/2026-01 differs from the one of that name$/,
  ],
  "a failure is expected": [
    () =>
      withCase(broken, CASE, (one) => ({
        ...one,
        checks: one.checks.map((it) => (it.verdict === "fail" ? { ...it, expectedFailure: "later" } : it)),
      })),
    /^verdict: report\.json: failures are marked as expected, and no file says so$/,
  ],
  "the run ended early": [
    () => ({
      ...healthy,
      report: conclude(
        { ...healthy.report, stop: { reason: "bail", words: "", why: "" } },
        healthy.report.cases,
        small.requirements,
      ),
    }),
    /^verdict: stop has no place/,
  ],
  "the seed is another": [
    () => under(healthy, { seed: 2 }),
    /^conditions: --seed 2: certificates by the set \S+ need 0$/,
  ],
  "the seed is none": [() => under(healthy, { seed: 1e300 }), /^statement: .*conformance\/conditions\/seed must be/],
  "the server had more time": [
    () => under(healthy, { timeoutMs: 8_000 }),
    /^conditions: --timeout 8000: .* need 2000$/,
  ],
  "few inputs were generated": [() => under(healthy, { runs: 1 }), /^conditions: --runs 1: .* need 200 to 1000$/],
  "one case ran after another": [
    () => under(healthy, { concurrency: 1 }),
    /^conditions: --concurrency 1: .* need 16 to 64$/,
  ],
  "nobody was silent": [() => under(healthy, { idleMs: 0 }), /^conditions: --idle 0: .* need 2 to 3600$/],
  "it had long to come back": [
    () => under(healthy, { recoveryMs: 60_000 }),
    /^conditions: --recovery 60000: .* need 0 to 2000$/,
  ],
  "the conditions of the report are not those of the certificate": [
    () => ({ ...under(healthy, { timeoutMs: 8_000 }), conditions: healthy.conditions }),
    /^certificate: it does not say what follows from the report$/,
  ],
  "the report names no conditions": [
    () => ({ ...healthy, report: { ...healthy.report, conditions: undefined } }) as unknown as Parts,
    /^conditions: report\.json names none$/,
  ],
  "its name is one that misleads": [
    () => ({ ...healthy, implementation: { name: "lobby\u202e" } }),
    /^statement: .*conformance\/implementation\/name must match/,
  ],
  "its name hides other lines under marks": [
    () => ({ ...healthy, implementation: { name: `a${"\u0335".repeat(40)}` } }),
    /^statement: .*conformance\/implementation\/name must match/,
  ],
  "its name is longer than anybody reads": [
    () => ({ ...healthy, implementation: { name: "x".repeat(101) } }),
    /^statement: .*conformance\/implementation\/name must NOT have more than 100 characters/,
  ],
  "a requirement is left out": [
    () => ({ ...healthy, report: { ...healthy.report, requirements: healthy.report.requirements.slice(1) } }),
    /^verdict: the requirements of the report are not those of the catalogue$/,
  ],
  "a ping was never sent, and is answered": [
    () => lacking(healthy, "transport/ping-with-1-byte", ({ type }) => type === "ping"),
    /^transcripts: transport\/ping-with-1-byte: it is not a recording of this case: /,
  ],
  "a ping was never sent": [
    () => lacking(healthy, "transport/ping-with-1-byte", ({ type }) => type === "ping" || type === "pong"),
    /^transcripts: transport\/ping-with-1-byte: it is not a recording of this case: the recording shows no end /,
  ],
  "one request of two was never sent": [
    () =>
      lacking(
        healthy,
        "disconnect/2-in-a-row",
        ({ from, type }, texts) => from === "client" && type === "text" && texts > 1,
      ),
    /^transcripts: disconnect\/2-in-a-row: it is not a recording of this case: /,
  ],
  "nothing was sent behind a request": [
    () =>
      lacking(
        healthy,
        "disconnect/followed-by-no-json",
        ({ from, type }, texts) => from === "client" && type === "text" && texts > 1,
      ),
    /^transcripts: disconnect\/followed-by-no-json: it is not a recording of this case: /,
  ],
  "more was sent than the case sends": [
    () =>
      withEvents(healthy, "version/greeting", (events) =>
        events.flatMap((it) => (it.from === "client" && it.type === "text" ? [it, it] : [it])),
      ),
    /^transcripts: version\/greeting: it is not a recording of this case: the recording goes on with text /,
  ],
  "a line is nested deep": [
    () => ({
      ...healthy,
      lines: [...healthy.lines, `{"connection":"a#1","at":1,"from":"server","type":"end","x":${NEST}}`],
    }),
    /^transcripts: the transcripts hold a line that is not an event/,
  ],
  "a message is nested deep": [
    () => ({ ...healthy, lines: healthy.lines.map(deepened(CASE)) }),
    /^transcripts: version\/parity-patch-with-zero: it is not a recording of this case: the recording shows no end of a wait /,
  ],
  "there are more events than any run has": [
    () => ({ ...healthy, lines: [...healthy.lines, ...many(120_000)] }),
    /^transcripts: the transcripts hold more than 120000 events$/,
  ],
  "a line is no event": [
    () => ({ ...healthy, lines: [...healthy.lines, '{"connection":"a#1","at":"now"}'] }),
    /^transcripts: the transcripts hold a line that is not an event/,
  ],
  "lines are out of order": [
    () => ({ ...healthy, lines: healthy.lines.toReversed() }),
    /^transcripts: the transcripts are out of order/,
  ],
};

test.each(byTurns(Object.entries(forgeries), 3))(
  "%s: noticed, though all digests are made anew",
  async (_, [make, problem]) => {
    const forged = await bundle({ ...make(), key: foreign.privateKey });
    expect(await firstProblem(forged)).toMatch(problem);
    expect(await firstProblem(forged, { key: own.publicKey })).toBeDefined();
  },
);

test("only the key shows that a whole run was made up", async () => {
  const made = await bundle({ ...healthy, implementation: { name: "another" }, key: foreign.privateKey });
  expect(await firstProblem(made)).toBeUndefined();
  expect(await firstProblem(made, { key: own.publicKey })).toMatch(/^signature: /);
});

/** Makes numbers that look random and are the same each time. */
function* numbers(seed: number): Generator<number, never> {
  for (let it = seed; ; it = (it * 48_271) % 2_147_483_647) yield it;
}

/** Recordings that no server makes. */
const nonsense: readonly ((lines: string[], at: number, to: number) => void)[] = [
  (lines, at) => lines.splice(at, 1),
  (lines, at, to) => lines.splice(to, 0, lines[at] as string),
  (lines, at, to) => ([lines[at], lines[to]] = [lines[to] as string, lines[at] as string]),
  (lines, at) => (lines[at] = (lines[at] as string).replace(/"at":[\d.]+/, '"at":1e308')),
  (lines, at) => (lines[at] = (lines[at] as string).replace(/"type":"\w+"/, '"type":"upgrade","code":1e9')),
  (lines, at) => (lines[at] = (lines[at] as string).replace(/"data":"/, `"data":"${"[".repeat(5_000)}`)),
  (lines, at) => (lines[at] = (lines[at] as string).replace(/"from":"\w+"/, '"from":"server"')),
  (lines, at) => lines.splice(at),
];

test("nonsense is reported without a crash, and never believed", async () => {
  const random = numbers(1);
  const below = (most: number) => random.next().value % most;
  for (const round of byTurns([...nonsense.keys()], 4)) {
    const lines = [...healthy.lines];
    nonsense[round]?.(lines, below(lines.length), below(lines.length));
    expect([round, await firstProblem(await bundle({ ...healthy, lines }))]).toEqual([
      round,
      lines.join() === healthy.lines.join() ? undefined : expect.stringMatching(/^transcripts: /),
    ]);
  }
}, 120_000);
