import { silenceOf, wordsOfSilence } from "../harness/nothing.ts";
import type { Protocol } from "../harness/protocol.ts";
import type { Transcript, WireEvent } from "../harness/transcript.ts";
import { responseOf } from "../harness/upgrade.ts";
import { HANDSHAKE } from "../harness/waited.ts";
import type { Report, ReportCase } from "../reports/report.ts";
import type { Conditions } from "./conditions.ts";
import type { RecordedCase } from "./recording.ts";
import { oddSequence } from "./sequence.ts";

const DAY = 86_400_000;

/** A case may take this time beside its recording, and a run after the last event, in ms: it runs some cases again. */
const BESIDE = { case: 30_000, run: 1_800_000 } as const;

/** The recordings show at least this part of the concurrency that was set: the first cases begin together. */
const LEAST_CONCURRENCY = 0.5;

/** The first and the last time of a case in its recording, in ms of the run's clock. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** The span of a recorded case. */
export function spanOf({ transcripts }: RecordedCase): Span {
  const first = transcripts.map(({ events }) => events[0]?.at ?? 0);
  const last = transcripts.map(({ events }) => events.at(-1)?.at ?? 0);
  return { from: least(first), to: most(last) };
}

const least = (times: readonly number[]) => times.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
const most = (times: readonly number[]) => times.reduce((a, b) => Math.max(a, b), 0);

/** Finds claims on the target and on times that the recording of a case does not show. */
export function oddInCase(stored: ReportCase, recorded: RecordedCase, report: Report, given: Conditions): string[] {
  const { from, to } = spanOf(recorded);
  const { durationMs } = stored;
  return [
    ...recorded.transcripts.flatMap((it) => [
      ...oddPlace(it, report),
      ...oddSequence(it.events),
      ...oddTimes(it, report),
      ...oddWaits(it, given),
    ]),
    ...when(
      to - from > durationMs + 1,
      `it took ${Math.round(to - from)} ms by its recording, and ${durationMs} as reported`,
    ),
    ...when(
      durationMs > report.durationMs + 1 || durationMs > to - from + BESIDE.case,
      `it is reported to have taken ${durationMs} ms, and its recording shows ${Math.round(to - from)}`,
    ),
  ];
}

/** Finds claims on the whole run that no recording shows. */
export function oddInRun(spans: readonly Span[], report: Report, given: Conditions): string[] {
  const last = most(spans.map(({ to }) => to));
  const together = mostTogether(spans);
  const owed = Math.min(spans.length, given.concurrency) * LEAST_CONCURRENCY;
  return [
    ...when(
      report.durationMs + 1 < last || report.durationMs > last + BESIDE.run,
      `the run is reported to have taken ${report.durationMs} ms, and the recordings show ${Math.round(last)}`,
    ),
    // A target that limits connections is given fewer.
    ...when(
      report.limit === undefined && together < owed,
      `at most ${together} cases ran at the same time, and ${given.concurrency} are claimed`,
    ),
  ];
}

/** The most cases that ran at the same time. */
function mostTogether(spans: readonly Span[]): number {
  const changes = spans
    .flatMap(({ from, to }) => [[from, 1] as const, [to, -1] as const])
    .toSorted(([a, up], [b, down]) => a - b || down - up);
  let [now, top] = [0, 0];
  for (const [, change] of changes) {
    now += change;
    top = Math.max(top, now);
  }
  return top;
}

/** Finds problems of the time at which a run is said to have begun. A set is not older than its month. */
export function oddStart(startedAt: string, set: string, now: Date): string[] {
  const began = new Date(startedAt);
  const [month = ""] = /\d{4}-\d{2}$/.exec(set) ?? [];
  if (Number.isNaN(began.getTime()) || began.toISOString() !== startedAt) return [`${startedAt} is no time`];
  return [
    ...when(began.getTime() > now.getTime() + DAY, `it says that it began at ${startedAt}, which is yet to come`),
    ...when(began < new Date(`${month}-01`), `it says that it began at ${startedAt}, before there was the set ${set}`),
  ];
}

/** Finds problems of the url of a target: it stands in a certificate as the suite writes it, without user and password. */
export function oddTarget(text: string, { address }: Protocol): string[] {
  const problem = [`${JSON.stringify(text)} is no url of a WebSocket that can be tested`];
  if (!URL.canParse(text)) return problem;
  const url = new URL(text);
  const isBare = url.username === "" && url.password === "" && url.hash === "" && /^wss?:$/.test(url.protocol);
  if (url.href !== text || !isBare) return problem;
  try {
    address(url);
    return [];
  } catch {
    return problem;
  }
}

/** Finds a connection that did not go to the target. Its request is looked at when it is judged again. */
function oddPlace({ url }: Transcript, { target }: Report): string[] {
  const [[place], [itsPlace]] = [target.url.split("?"), url.split("?")];
  return when(place !== itsPlace, `it went to ${url}, and not to ${target.url}`);
}

/** Finds times that are out of order or beyond the run, and a server whose clock shows another day. */
function oddTimes({ events }: Transcript, { startedAt, durationMs }: Report): string[] {
  const date = responseOf({ url: "", events })?.headers.get("date");
  const says = date === undefined ? Number.NaN : Date.parse(date);
  const isWrong = ({ at }: WireEvent, i: number) => at < (events[i - 1]?.at ?? 0) || at > durationMs + 1;
  return [
    ...when(events.some(isWrong), "its events are out of order, or later than the run ended"),
    ...when(Math.abs(says - Date.parse(startedAt)) > DAY, `the target said that it was ${date}, and not ${startedAt}`),
  ];
}

/** Finds handshakes that the suite gave up at another time than in such a run, and waits in vain that are told in other words. */
function oddWaits({ events }: Transcript, { timeoutMs }: Conditions): string[] {
  const waits = events.flatMap((event) => (event.type === "timeout" ? [event] : []));
  const wrong = waits.find(
    ({ afterMs, what, short }) =>
      what === HANDSHAKE && afterMs !== undefined && afterMs !== timeoutMs && !(short && afterMs < timeoutMs),
  );
  const other = waits.find((it) => {
    const silence = silenceOf(it);
    return silence !== undefined && it.data !== wordsOfSilence(silence);
  });
  return [
    ...when(wrong !== undefined, `it ${wrong?.data}, and not after ${timeoutMs} ms`),
    ...when(other !== undefined, `it tells of a wait for ${other?.what} in other words: ${other?.data}`),
  ];
}

const when = (isOdd: boolean, words: string): string[] => (isOdd ? [words] : []);
