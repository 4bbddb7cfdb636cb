import { wasLost } from "../harness/transcript.ts";
import { inSeconds, plural } from "../harness/words.ts";
import { listed } from "./names.ts";
import type { Report, ReportCase, ReportCheck, ReportConnection } from "./report.ts";
import { failsForUnstable } from "./verdict.ts";

/** Something to know of a run before all else. Its words may hold what the server said. */
export interface Remark {
  /** At the beginning of a line of the summary. */
  readonly label: string;
  /** As a heading. */
  readonly title: string;
  readonly words: string;
  /** The cases that it is about. */
  readonly cases: readonly string[];
  /** Nothing else says why the run has no whole result. */
  readonly isVital?: boolean;
  /** The cases to run next: one alone, or several of which one ends the target late. */
  readonly next?: readonly string[] | undefined;
}

/** The parts of a report that remarks are made of. */
type Remarkable = Pick<
  Report,
  "protocol" | "target" | "speaks" | "verdict" | "stop" | "limit" | "stalls" | "unexplained" | "recording"
> & {
  readonly cases: readonly (Pick<ReportCase, "id" | "unstable"> & {
    readonly checks: readonly Pick<ReportCheck, "harm">[];
    readonly connections: readonly Pick<ReportConnection, "events">[];
    /** The number of connections, where these are not all. */
    readonly connected?: number;
  })[];
};

/** The number of ends of the target, and of times in which it stood still, that are told one by one. */
const TOLD_ONE_BY_ONE = 3;

/** The remarks that every reader of a run must know first, in order. */
export const remarks = (report: Remarkable): readonly Remark[] => [
  ...speaking(report),
  ...stopped(report),
  ...ended(report),
  ...unstable(report),
  ...unread(report),
  ...lostHandshakes(report),
  ...stoodStill(report),
  ...limited(report),
];

/** The suspects to begin with, where the target went away or ended over nobody knows what: they come before every finding. */
export const suspectsFirst = (report: Remarkable): readonly string[] | undefined =>
  remarks(report).find(({ next }) => next !== undefined)?.next;

const speaking = ({ speaks, protocol: { name = "", version } }: Remarkable): Remark[] =>
  speaks === undefined
    ? []
    : [
        {
          label: "speaks",
          title: "It speaks another version",
          words: `${name} ${speaks}, and not ${version}: test it with --protocol ${speaks}`.trim(),
          cases: [],
        },
      ];

function stopped({ stop }: Remarkable): Remark[] {
  if (!stop) return [];
  const { suspects = [] } = stop;
  return [
    { label: "stopped", title: "The run ended early", words: stop.why, cases: [], isVital: true },
    ...(suspects.length > 0
      ? [
          {
            label: "suspects",
            title: "Suspects",
            words: "one of these may have ended it, the likeliest first (--start helps to find out which)",
            cases: suspects,
            isVital: true,
            next: suspects.slice(0, 1),
          },
        ]
      : []),
  ];
}

function ended({ unexplained = [], cases }: Remarkable): Remark[] {
  const more = unexplained.length - TOLD_ONE_BY_ONE;
  // A case that is proved to end the target is a better one to begin with than a guess.
  const isProved = cases.some(({ checks }) => checks.some(({ harm }) => harm !== undefined));
  const first = isProved ? undefined : unexplained.find(({ suspects }) => suspects.length > 0);
  return [
    ...unexplained.slice(0, TOLD_ONE_BY_ONE).map(({ at, words, suspects }) => ({
      label: "ended",
      title: "The target ended",
      words: `${words}, at ${inSeconds(at, 1)}; it is not known which input of the seconds before did it${suspects.length > 0 ? ", the likeliest first" : ""}`,
      cases: suspects,
      isVital: true,
      next: suspects === first?.suspects ? suspects : undefined,
    })),
    ...(more > 0
      ? [
          {
            label: "ended",
            title: "The target ended",
            words: `${plural(more, "time")} more, likewise`,
            cases: [],
            isVital: true,
          },
        ]
      : []),
  ];
}

function unstable(report: Remarkable): Remark[] {
  const ids = report.cases.filter((it) => it.unstable).map(({ id }) => id);
  if (ids.length === 0) return [];
  const what = ids.length === 1 ? "the verdict of 1 case varies" : `the verdicts of ${ids.length} cases vary`;
  const hint = report.verdict === "pass" ? "; with --fail-on-unstable the exit code is 1 for that" : "";
  const so = failsForUnstable(report) ? ", which fails the run" : hint;
  return [{ label: "unstable", title: "Unstable", words: `${what}${so}`, cases: ids }];
}

/** Says at what the suite stopped reading, where that kept it from a whole result. */
function unread({ verdict, cases }: Remarkable): Remark[] {
  if (verdict !== "incomplete") return [];
  const hits = cases.flatMap(({ connections }) => {
    const bounds = connections.flatMap(({ events }) => events.flatMap((it) => (it.type === "limit" ? it.data : [])));
    return bounds.slice(0, 1);
  });
  if (hits.length === 0) return [];
  const words = `the suite stopped reading in ${plural(hits.length, "case")}: ${listed([...new Set(hits)], undefined, TOLD_ONE_BY_ONE)}`;
  return [{ label: "unread", title: "More came than the suite reads", words, cases: [] }];
}

/** Says how many handshakes had no answer while others had one. */
function lostHandshakes({ cases, recording }: Remarkable): Remark[] {
  const lost = cases.reduce((sum, { connections }) => sum + connections.filter(wasLost).length, 0);
  if (lost === 0 || recording) return [];
  const all = cases.reduce((sum, { connections, connected = connections.length }) => sum + connected, 0);
  const words = `${lost} of ${plural(all, "handshake")} had no answer, unlike those before and after`;
  return [{ label: "unanswered", title: "Some handshakes had no answer", words, cases: [] }];
}

function stoodStill({ stalls = [] }: Remarkable): Remark[] {
  const goodbyes = stalls.filter(({ goodbye }) => goodbye);
  const still = stalls.filter(({ refused, goodbye }) => refused === undefined && !goodbye);
  const closed = stalls.filter(({ refused }) => refused !== undefined);
  const ways = [...new Set(closed.map(({ refused }) => refused))].join(", ");
  return [
    ...stalled(still, "stood still", "The target stood still"),
    ...stalled(closed, `let nobody in (${ways})${afterWrong(closed)}`, "The target let nobody in"),
    ...leaving(goodbyes),
  ];
}

/** Says after how many wrong inputs a target lets nobody in, if it is known to. */
function afterWrong(closed: NonNullable<Report["stalls"]>): string {
  const number = closed.find((it) => it.afterWrong !== undefined)?.afterWrong;
  return number === undefined ? "" : ` after about ${number} malformed commands or frames each time,`;
}

/** Says when a target ended everybody's connections as the protocol allows. */
function leaving(goodbyes: NonNullable<Report["stalls"]>): Remark[] {
  if (goodbyes.length === 0) return [];
  const away = (ms: number) => (ms > 0 ? ` (and was away for ${inSeconds(ms, 1)})` : "");
  const words = `said goodbye to many clients at once, at ${listed(
    goodbyes.map(({ at, ms }) => `${inSeconds(at, 1)}${away(ms)}`),
    undefined,
    TOLD_ONE_BY_ONE,
  )}: the affected cases ran again`;
  return [{ label: "goodbyes", title: "The target said goodbye to many clients at once", words, cases: [] }];
}

/** Says when a target was of no use to anybody, and in what way. */
function stalled(stalls: NonNullable<Report["stalls"]>, what: string, title: string): Remark[] {
  if (stalls.length === 0) return [];
  const times = stalls
    .toSorted((a, b) => b.ms - a.ms)
    .slice(0, TOLD_ONE_BY_ONE)
    .toSorted((a, b) => a.at - b.at)
    .map(({ at, ms }) => `for ${inSeconds(ms, 1)} (at ${inSeconds(at, 1)})`);
  const more = stalls.length > TOLD_ONE_BY_ONE ? ` and ${plural(stalls.length - TOLD_ONE_BY_ONE, "time")} more` : "";
  const words = `${what} ${times.join(", ")}${more}: the affected cases ran again`;
  return [{ label: "stalls", title, words, cases: [] }];
}

const limited = ({ limit }: Remarkable): Remark[] =>
  limit === undefined
    ? []
    : [
        {
          label: "limit",
          title: "It is limited",
          words: `${limit}, and the suite keeps below that`,
          cases: [],
        },
      ];
