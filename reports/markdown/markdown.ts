import type { RootContent } from "mdast";
import type { Requirement } from "../../harness/catalogue.ts";
import { inSeconds, plural } from "../../harness/words.ts";
import { type Knowledge, likelyCause } from "../cause.ts";
import { clientsInWords, mistakesOf, placesOf } from "../clients.ts";
import { explainConnections, lineText } from "../explain.ts";
import { beginning, news, skippedBy, type ToldFinding, tally } from "../findings.ts";
import { isValue, NAMES, ownExpected, statementOf, targetParts, titleOf } from "../names.ts";
import { remarks, suspectsFirst } from "../remarks.ts";
import type { Report } from "../report.ts";
import { casesOf, connectionsIn, isWhole, ranOf, requirementsOf } from "../scope.ts";
import { commandFor } from "../shell-commands.ts";
import { isExpected, meaning, problemsOf, shownVerdict } from "../verdict.ts";
import { MOST_WAYS, type OtherWay, otherWays, WAY_TITLES } from "../ways.ts";
import { spotsOf } from "../wrong-event.ts";
import { block, bullets, code, heading, paragraph, print, sentence, table, text } from "./tree.ts";

/**
 * The number of findings told in full. The others are rows of the table, since a comment of GitHub has at most 65,536
 * characters.
 */
const IN_FULL = 8;

/** Entries of expected failures that are told. */
const ROWS = 30;

/** Connections of a case that shows a finding. */
const CONNECTIONS_OF_FINDING = 2;

const SYMBOLS = { pass: "✅", fail: "❌", incomplete: "❓" } as const;
const PARTIAL = "🟡";

/** The summary of a report for pull requests and job summaries. */
export function markdown(report: Report, knowledge: Knowledge): string {
  const found: readonly ToldFinding[] = news(report);
  const verdict = shownVerdict(report);
  const symbol = verdict === "pass" && !isWhole(report) ? PARTIAL : SYMBOLS[verdict];
  return print(
    heading(2, text(`${symbol} ${titleOf(report.protocol)}: ${meaning(report).words}`)),
    overview(report),
    ...remarked(report),
    ...(found.length > 0 ? [overviewOf(found, knowledge.requirements)] : []),
    ...begin(report, found),
    ...found
      .slice(0, IN_FULL)
      .flatMap((finding, i) => inFull(finding, isFirst(finding, found.slice(0, i)), report, knowledge)),
    ...ofClients(report),
    ...unjudged(report),
    ...expectations(report),
  );
}

function namedTarget(report: Report) {
  const [words, url] = targetParts(report);
  return [...(words === "" ? [] : [text(words)]), ...(url === "" ? [] : [code(url)])];
}

function overview(report: Report): RootContent {
  const { target, suite, cases, durationMs, recording } = report;
  const tallies = tally(cases)
    .map(([verdict, n]) => `${n} ${verdict}`)
    .toReversed();
  const ran = ranOf(report);
  return bullets([
    [text("Target: "), ...namedTarget(report)],
    [
      text(
        `Cases: ${recording ? cases.length : `${casesOf(report)}${ran && `${ran},`}`} in ${inSeconds(durationMs)} (${tallies.join(", ")})`,
      ),
    ],
    ...(recording ? [[text(`Recorded: ${recorded(recording)}`)]] : []),
    [text(`Requirements covered: ${requirementsOf(report)}${target.strict ? ", a SHOULD as a MUST" : ""}`)],
    [text(`By ${suite.name} ${suite.version}`)],
  ]);
}

/** The remarks that must be known first, and what to do about them. */
const remarked = (report: Report): RootContent[] =>
  remarks(report).flatMap(({ title, words, cases, next }) => [
    paragraph(
      text(`${title}: `),
      code(words),
      ...cases.slice(0, NAMES).flatMap((id, i) => [text(i === 0 ? ": " : ", "), code(id)]),
      ...(cases.length > NAMES ? [text(` … and ${cases.length - NAMES} more`)] : []),
      ...(next === undefined ? [] : [text(". Next: "), code(commandFor(report, ...next))]),
    ),
  ]);

/** Names the finding to begin with, if there are several, and no suspect comes first. */
function begin(report: Report, found: readonly ToldFinding[]): RootContent[] {
  if (suspectsFirst(report)) return [];
  const [first, why] = [found[0], beginning(found)];
  return first && why !== undefined
    ? [paragraph(text("Begin here: "), code(first.requirement.id), text(`${why}.`))]
    : [];
}

/** The size of the recording. */
const recorded = (recording: NonNullable<Report["recording"]>) =>
  `${plural(connectionsIn(recording), "connection")}, ${recording.connections.fail} of them broken, ${plural(recording.events, "event")}`;

const overviewOf = (found: readonly ToldFinding[], requirements: readonly Requirement[]) =>
  table(
    ["", "Requirement", "Level", "Statement", "Cases"],
    found.map(({ verdict, requirement: { id, level }, cases }) => [
      [text(verdict)],
      [code(id)],
      [text(level)],
      sentence(statementOf(id, requirements)),
      [text(String(cases.length))],
    ]),
  );

/** Tells if no finding before showed the same transcript. */
const isFirst = ({ shown }: ToldFinding, before: readonly ToldFinding[]) => !before.some((it) => it.shown === shown);

function inFull(found: ToldFinding, withTranscript: boolean, report: Report, knowledge: Knowledge): RootContent[] {
  const {
    verdict,
    requirement: { id, level },
    shown,
    check,
  } = found;
  const cause = likelyCause(check, shown, knowledge);
  const statement = statementOf(id, knowledge.requirements);
  const expected = ownExpected(check, statement);
  return [
    heading(3, text(`${verdict}: `), code(id), text(` (${level})`)),
    paragraph(...sentence(statement)),
    bullets([
      [text("Case: "), code(shown.id), text(`, ${shown.title}`)],
      ...(expected === undefined ? [] : [[text("Expected: "), said(expected)]]),
      [text("Came: "), said(check.actual)],
      ...(cause === undefined ? [] : [[text("Likely cause: "), ...sentence(cause)]]),
      ...ways(otherWays(found, knowledge)),
      [text(report.recording ? "Again: " : "Alone: "), code(commandFor(report, shown.id))],
    ]),
    ...(withTranscript && shown.connections.length > 0
      ? [
          block(
            explainConnections(shown.connections, { spots: spotsOf(shown), most: CONNECTIONS_OF_FINDING }).map(
              lineText,
            ),
          ),
        ]
      : []),
  ];
}

/** The further ways in which a requirement is broken, and how many more there are. */
const ways = (all: readonly OtherWay[]) => [
  ...all
    .slice(0, MOST_WAYS)
    .map((it) => [
      text(`${WAY_TITLES[it.kind]}, in `),
      code(it.case),
      text(": "),
      ...(it.kind === "mistake" ? sentence(it.words) : [said(it.words)]),
    ]),
  ...(all.length > MOST_WAYS ? [[text(`… and ${plural(all.length - MOST_WAYS, "more way")}`)]] : []),
];

/** A value as it was sent, or harmless words of the suite, which are no quotation. */
const said = (words: string) => (isValue(words) || !/^[\w .,;:()/-]*$/.test(words) ? code(words) : text(words));

/** The failures that were expected, and the entries that no longer hold. */
function expectations(report: Report): RootContent[] {
  const { cases, expectedFailures } = report;
  if (!expectedFailures) return [];
  const { file, entries } = expectedFailures;
  const problems = problemsOf(report);
  const expected = cases.filter(isExpected).length;
  return [
    heading(3, text("Expected failures")),
    paragraph(text(`${plural(expected, "case fails", "cases fail")} as expected by `), code(file), text(".")),
    ...(problems.length > 0
      ? [
          bullets(
            problems.slice(0, ROWS).map(({ line, says }) => [text("❌ "), code(`${file}:${line}`), text(` ${says}`)]),
          ),
        ]
      : []),
    table(
      ["Entry", "Reason", "Issue", "Owner", "Until"],
      entries
        .slice(0, ROWS)
        .map(({ case: cases, requirement, reason, issue, owner, expires }) => [
          [code([...(requirement ?? []), ...(cases ?? [])].join(" "))],
          [text(reason)],
          issue === undefined ? [] : [{ type: "link", url: issue, children: [text(issue)] }],
          owner === undefined ? [] : [code(owner)],
          expires === undefined ? [] : [text(expires)],
        ]),
    ),
  ];
}

/** The mistakes of clients in a recording, and where they are. */
function ofClients(report: Report): RootContent[] {
  const clients = report.recording?.clients;
  if (!clients) return [];
  const [told, more] = mistakesOf(clients, ROWS);
  const rows = told.map((it) => [
    it.of === undefined ? [] : [code(it.of)],
    [code(it.says)],
    [text(String(it.messages))],
    [code(placesOf(it, NAMES))],
  ]);
  return [
    heading(3, text("Clients")),
    ...clientsInWords(report).map((words) => paragraph(text(`${words}.`))),
    ...(rows.length > 0 ? [table(["Message", "Mistake", "Messages", "Where"], rows)] : []),
    ...(more > 0 ? [paragraph(text(`… and ${plural(more, "more mistake")}`))] : []),
  ];
}

/** The requirements that were not judged, and why. */
function unjudged({ cases, recording }: Report): RootContent[] {
  const reasons = recording ? [] : skippedBy(cases);
  if (reasons.length === 0) return [];
  const shown = reasons.slice(0, NAMES).map(({ why, see, cases: some }) => {
    const n = text(`${plural(some.length, "case")}: `);
    return see === undefined ? [n, code(why)] : [n, text("see "), code(see)];
  });
  const more = reasons.length - shown.length;
  return [
    heading(3, text("Not judged")),
    bullets([...shown, ...(more > 0 ? [[text(`… and for ${plural(more, "more reason")}`)]] : [])]),
  ];
}
