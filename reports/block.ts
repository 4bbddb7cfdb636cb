import type { Verdict } from "../harness/catalogue.ts";
import type { Clause } from "../harness/protocol.ts";
import { plural } from "../harness/words.ts";
import { type Knowledge, likelyCause } from "./cause.ts";
import { type Colors, paint } from "./colors.ts";
import { visible } from "./escape.ts";
import { type ExplainedLine, explainSpot, lineText } from "./explain.ts";
import type { ToldFinding } from "./findings.ts";
import { likewise, ownExpected, short, statementOf } from "./names.ts";
import type { ReportCase } from "./report.ts";
import { isAlike, MOST_WAYS, otherWays, WAY_TITLES } from "./ways.ts";
import { atAGlance, columns } from "./wrap.ts";

/** The most lines of a block, and of a transcript that an earlier block shows. */
const LINES_OF_BLOCK = 20;
const LINES_WHERE_SHOWN_ABOVE = 1;

/** The most lines of each field, such as `came`; the columns where a text begins. */
const LINES_OF_FIELD = 3;
const INDENT = 14;

/** The names of other cases that are told. */
const NAMED_CASES = 3;

/** Characters of a text where no terminal breaks the line. */
const UNBROKEN = 400;

/** The options of a block. */
export interface BlockOptions {
  readonly knowledge: Knowledge;
  readonly colors: Colors;
  /** The columns of the terminal; none where nothing breaks lines. */
  readonly width?: number | undefined;
  /** The terminal takes hyperlinks. */
  readonly links?: boolean;
  /** The url or path behind the link of a clause. */
  readonly linkOf?: (link: string) => string;
  /** The command that runs some cases; none where there is no server. */
  readonly command?: ((...ids: string[]) => string) | undefined;
}

/**
 * Shows one finding at a glance: what the client did, what is owed, what came, the likely cause, the line that is wrong, and the
 * command that runs it alone. `isShownAbove` if an earlier block shows the same transcript.
 */
export function failureBlock(found: ToldFinding, isShownAbove: boolean, options: BlockOptions): string[] {
  const { colors: c, command, knowledge } = options;
  const { verdict, check, shown, cases } = found;
  const { id, level } = found.requirement;
  const statement = statementOf(id, knowledge.requirements);
  const of = (width: number, text: string, most = LINES_OF_FIELD) =>
    columns(text, width, most, options.width, UNBROKEN);
  const field = (label: string, text: string) => labelled(label, of(INDENT, visible(text)));
  const expected = ownExpected(check, statement);
  const cause = likelyCause(check, shown, knowledge);
  const clause = knowledge.clauses?.[id];
  const head = [
    `${paint(c, verdict, verdict.toUpperCase())} ${c.bold(shown.id)}${mark(shown)}`,
    ...of(2, visible(shown.title), 2).map((line) => `  ${line}`),
    ...of(4, `${id} (${level}): ${atAGlance(statement)}`).map((line, i) => `${i === 0 ? "  " : "    "}${line}`),
    ...(expected === undefined ? [] : field("expected", expected)),
    ...field("came", check.actual),
    ...(cause === undefined ? [] : field("cause", cause)),
    ...(clause ? [`    clause    ${linked(clause, options)}`] : []),
  ];
  const others = likewise(
    cases.filter((it) => it !== shown && it.checks.some((other) => isAlike(other, found))),
    NAMED_CASES,
    "--verbose",
  ).map((line) => short(line, (options.width ?? Infinity) - 1));
  const ways = linesOfWays(found, knowledge).map((line) => short(visible(line), (options.width ?? UNBROKEN) - 1));
  const foot = [...(command ? [c.dim(`  alone: ${command(shown.id)}`)] : []), ...others, ...ways];
  const room = isShownAbove ? LINES_WHERE_SHOWN_ABOVE : Math.max(4, LINES_OF_BLOCK - head.length - foot.length - 4);
  const wire = explainSpot(shown, check, room).flatMap((line) => wireLine(line, verdict, options));
  return [...head, ...wire, ...foot, ""];
}

/** A line on each further way in which the requirement is broken. */
function linesOfWays(found: ToldFinding, knowledge: Knowledge): string[] {
  const lines = otherWays(found, knowledge).map(
    (it) => `  ${WAY_TITLES[it.kind].toLowerCase()}, in ${it.case}: ${it.words}`,
  );
  const more = lines.length - MOST_WAYS;
  return [...lines.slice(0, MOST_WAYS), ...(more > 0 ? [`  … and ${plural(more, "more way")} (--verbose)`] : [])];
}

/** A line of a transcript. The wrong one is never cut by the terminal, since its end may show the mistake. */
function wireLine(line: ExplainedLine, verdict: Verdict, { colors, width }: BlockOptions): string[] {
  const { margin, text, isWrong } = line;
  if (!isWrong) return [`  ${short(visible(lineText(line)), (width ?? Infinity) - 3)}`];
  const content = columns(visible(text), margin.length + 2, LINES_OF_FIELD, width, UNBROKEN);
  const before = [margin, " ".repeat(margin.length)];
  return content.map((part, i) => `  ${paint(colors, verdict, `${before[Math.min(i, 1)]}${part}`)}`);
}

/** A field: its label before the first line. */
const labelled = (label: string, lines: readonly string[]) =>
  lines.map((line, i) => `    ${(i === 0 ? label : "").padEnd(INDENT - 4)}${line}`);

/** The place of a clause, and where to read it: behind the words, or beside them. */
function linked({ place, link }: Clause, { links, linkOf = String }: BlockOptions): string {
  if (!links) return `${place}, ${link}`;
  const to = linkOf(link);
  const url = /^https?:/.test(to) ? to : `file://${encodeURI(to)}`;
  return `\u001b]8;;${url}\u001b\\${place}\u001b]8;;\u001b\\`;
}

/** A remark on the verdict of a case, to stand behind its name. */
export function mark({ unstable, unconfirmed }: ReportCase): string {
  if (unstable) return " (unstable: its verdict varies)";
  return unconfirmed ? " (not confirmed: not run again alone)" : "";
}
