import { beforeAll, expect, test } from "@jest/globals";
import { conditionsOf } from "../../certificates/conditions.ts";
import { oddInCase } from "../../certificates/facts.ts";
import { wordsOfSilence } from "../../harness/nothing.ts";
import { END_OF_CONNECTION } from "../../harness/waited.ts";
import type { ReportCase } from "../../reports/report.ts";
import { conclude } from "../../reports/verdict.ts";
import { byTurns } from "../turns.ts";
import { bundle, firstProblem, foreign, type Parts, parts, small } from "./bundles.ts";

const CASE = "version/parity-patch-with-zero";
const OTHER_DAY = "Thu, 01 Jan 2026 00:00:00 GMT";
let healthy: Parts;

beforeAll(async () => {
  healthy = await parts();
});

const withCase = (it: Parts, id: string, change: (one: ReportCase) => ReportCase): Parts => ({
  ...it,
  report: conclude(
    it.report,
    it.report.cases.map((one) => (one.id === id ? change(one) : one)),
    small.requirements,
  ),
});
const connectionsOf = (id: string, { report }: Parts) => report.cases.find((it) => it.id === id)?.connections ?? [];

/** A run with a text of its report and its recordings changed, as a careless attacker does. */
const edited = (from: string, to: string): Parts => ({
  ...healthy,
  report: JSON.parse(JSON.stringify(healthy.report).replaceAll(from, to)),
  lines: healthy.lines.map((line) => line.replace(from, to)),
});

const begun = (startedAt: string): Parts => ({ ...healthy, report: { ...healthy.report, startedAt } });

/** Events of the report and the recording, each at another time. */
const retimed = (time: (at: number, id: string, place: number) => number): Parts => {
  const places = new Map(healthy.report.cases.map(({ id }, i) => [id, i]));
  const cases = healthy.report.cases.map((one, i) => ({
    ...one,
    durationMs: one.durationMs + 10_000,
    connections: one.connections.map((it) => ({
      ...it,
      events: it.events.map((event) => ({ ...event, at: time(event.at, one.id, i) })),
    })),
  }));
  const lines = healthy.lines.map((line) => {
    const { at, connection } = JSON.parse(line);
    const id = connection.split("#")[0];
    return line.replace(`"at":${at},`, `"at":${time(at, id, places.get(id) ?? 0)},`);
  });
  const durationMs =
    Math.max(...cases.flatMap((one) => one.connections.flatMap((it) => it.events.map(({ at }) => at)))) + 10_000;
  return { ...healthy, report: { ...healthy.report, durationMs, cases }, lines };
};

/** A case whose server answers so many ms late. */
const late = (id: string, ms: number): Parts => {
  const first = Math.min(
    ...connectionsOf(id, healthy).flatMap(({ events }) =>
      events.filter(({ type }) => type === "text").map(({ at }) => at),
    ),
  );
  return retimed((at, of) => (of === id && at >= first ? at + ms : at));
};

/** Cases that begin long after one another. */
const apart = (): Parts => retimed((at, _, place) => at + place * 5_000);

/** Claims about the target and times that the recordings do not show. */
const claims: Readonly<Record<string, [() => Parts, RegExp]>> = {
  "it was another server": [
    () => ({
      ...healthy,
      report: { ...healthy.report, target: { ...healthy.report.target, url: "wss://example.org/" } },
    }),
    /^transcripts: \S+: .* opens a connection \(plain\) to wss:\/\/example\.org\/\S+ where the recording has one to ws:\/\/127\./,
  ],
  "it was another server, and all urls say so": [
    () => edited(healthy.report.target.url, "ws://example.org/"),
    /^transcripts: \S+: .*: the recording lacks the request for a WebSocket that the case makes$/,
  ],
  "it begins in another age": [
    () => begun("9999-01-01T00:00:00.000Z"),
    /^time: it says that it began at 9999-\S+, which is yet/,
  ],
  "it begins before there was its set": [
    () => begun("2025-01-01T00:00:00.000Z"),
    /^time: .* before there was the set 0\.1\.7\/2026-01$/,
  ],
  "it begins on no day": [() => begun("2026-02-31T00:00:00.000Z"), /^time: 2026-02-31T00:00:00\.000Z is no time$/],
  "the server said that it was another day": [
    () => edited("101 Switching Protocols", `101 Switching Protocols\\nDate: ${OTHER_DAY}`),
    /^transcripts: \S+: the target said that it was Thu, 01 Jan 2026 00:00:00 GMT, and not /,
  ],
  "the run took no time": [
    () => ({ ...healthy, report: { ...healthy.report, durationMs: 1 } }),
    /^verdict: the suite measures no such latencies$/,
  ],
  "the run took a year": [
    () => ({ ...healthy, report: { ...healthy.report, durationMs: 3e10 } }),
    /^transcripts: the run is reported to have taken 30000000000 ms, and the recordings show \d+$/,
  ],
  "a case took no time": [
    () => withCase(healthy, CASE, (one) => ({ ...one, durationMs: 0 })),
    /^transcripts: version\/parity-patch-with-zero: it took \d+ ms by its recording, and 0 as reported$/,
  ],
  "a case took longer than the run": [
    () => withCase(healthy, CASE, (one) => ({ ...one, durationMs: 9e9 })),
    /^transcripts: version\/parity-patch-with-zero: it is reported to have taken 9000000000 ms/,
  ],
  "a wait took longer than the server had": [
    () => late(CASE, 8_000),
    /^transcripts: \S+: it is not a recording of this case: a wait for \S+ lasts \d+ ms, which no run with a timeout of 2000 does$/,
  ],
  "the cases ran one after another": [
    () => apart(),
    /^transcripts: at most \d cases ran at the same time, and 16 are claimed$/,
  ],
};

test.each(byTurns(Object.entries(claims), 3))(
  "%s: noticed, though all digests are made anew",
  async (_, [make, problem]) => {
    expect(await firstProblem(await bundle({ ...make(), key: foreign.privateKey }))).toMatch(problem);
  },
);

test("a run is believed whose times are all later by a while", async () => {
  expect(await firstProblem(await bundle(retimed((at) => at + 3_000)))).toBeUndefined();
});

test("a wait for the end of TCP behind a close frame is told in words of its own, and believed", () => {
  const { report } = healthy;
  const [stored, given] = [report.cases.find(({ id }) => id === CASE), conditionsOf(report)];
  if (!stored || !given) throw new Error("no such case, or no conditions");
  const silence = { what: END_OF_CONNECTION, afterMs: 2_000, closing: true } as const;
  const odd = (data: string) => {
    const transcripts = stored.connections.map(({ url, events: [asked, answered] }) => ({
      url,
      events: [asked, answered].flatMap((event) => event ?? []),
    }));
    const at = transcripts[0]?.events.at(-1)?.at ?? 0;
    transcripts[0]?.events.push({ at, from: "client", type: "timeout", data, ...silence });
    return oddInCase(stored, { id: CASE, transcripts }, report, given);
  };
  expect(odd(wordsOfSilence(silence))).toEqual([]);
  expect(odd("gave up waiting")).toEqual([expect.stringMatching(/in other words: gave up waiting$/)]);
});
