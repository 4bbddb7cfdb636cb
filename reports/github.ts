import { randomUUID } from "node:crypto";
import type { Requirement } from "../harness/catalogue.ts";
import { visible } from "./escape.ts";
import { news } from "./findings.ts";
import { ownExpected, statementOf } from "./names.ts";
import { remarks } from "./remarks.ts";
import type { Report } from "./report.ts";
import { commandFor } from "./shell-commands.ts";
import { problemsOf } from "./verdict.ts";

/** GitHub shows no more annotations of a kind for one step. */
const ANNOTATIONS = 10;

/** The output of a job of GitHub Actions: the text, in which nothing is taken for a command to the runner, and annotations. */
export function forGitHub(text: string, report: Report, requirements: readonly Requirement[]): string {
  return [withoutCommands(text), ...annotations(report, requirements), ""].join("\n");
}

/** A text without anything that the runner takes for a command. */
export function withoutCommands(text: string): string {
  const token = randomUUID();
  return [`::stop-commands::${token}`, text.trimEnd(), `::${token}::`].join("\n");
}

/** Tells if a job of GitHub Actions reads the output. */
export const onGitHub = (): boolean => process.env.GITHUB_ACTIONS === "true";

/** The annotations: each line of the expected failures that no longer holds, each end of the target, and each finding. */
function annotations(report: Report, requirements: readonly Requirement[]): string[] {
  const { file = "" } = report.expectedFailures ?? {};
  const outdated = problemsOf(report).map(({ line, says }) =>
    annotation("error", { file, line: String(line), title: "Expected failures" }, says),
  );
  const found = news(report).map(({ verdict, requirement: { id, level }, cases, shown, check }) => {
    const statement = statementOf(id, requirements);
    const title = `${verdict}: ${id} (${level}) in ${cases.length} of ${report.cases.length} cases`;
    const expected = ownExpected(check, statement);
    const words = [
      statement,
      ...(expected === undefined ? [] : [`Expected: ${ended(expected)}`]),
      `Came: ${ended(check.actual)}`,
      `For instance in ${shown.id}.`,
    ].join(" ");
    return annotation(verdict === "fail" ? "error" : "warning", { title }, words);
  });
  const ends = remarks(report)
    .filter(({ next }) => next !== undefined)
    .map(({ title, words, cases, next = [] }) =>
      annotation("error", { title }, `${words}: ${cases.join(", ")}. Next: ${commandFor(report, ...next)}`),
    );
  const all = [...outdated, ...ends, ...found];
  const of = (kind: Annotation["kind"]) =>
    all
      .filter((it) => it.kind === kind)
      .map(({ line }) => line)
      .slice(0, ANNOTATIONS);
  return [...of("error"), ...of("warning")];
}

/** A text with one full stop at its end. */
const ended = (text: string): string => (text.endsWith(".") ? text : `${text}.`);

/** A line that makes the runner annotate something. */
interface Annotation {
  readonly kind: "error" | "warning";
  readonly line: string;
}

function annotation(kind: Annotation["kind"], properties: Readonly<Record<string, string>>, words: string): Annotation {
  const list = Object.entries(properties).map(([name, value]) => `${name}=${escaped(value, /[%\r\n:,]/g)}`);
  return { kind, line: `::${kind} ${list.join(",")}::${escaped(words, /[%\r\n]/g)}` };
}

/** Percent-encodes the characters of a text that have a meaning to the runner. */
const escaped = (text: string, special: RegExp) => visible(text).replace(special, encodeURIComponent);
