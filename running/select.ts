import { glob } from "../harness/glob.ts";
import { casesIn, loadSuitesOf, type Protocol } from "../harness/protocol.ts";
import type { Case } from "../harness/scenario.ts";
import { suggestion, UsageError } from "../harness/usage.ts";

/** The globs that a user gave, in which `*` also stands for `/`. A kind that is left out selects all. */
export interface Selection {
  readonly suite?: readonly string[] | undefined;
  readonly case?: readonly string[] | undefined;
  readonly requirement?: readonly string[] | undefined;
}

/**
 * Returns the cases that every filter lets through. Suites that put load on a server are among them with `load`, if a filter names
 * one, or if nothing else is left. Throws a `UsageError` for a name that matches nothing, and if no case is left.
 */
export function select(protocol: Protocol, selection: Selection, load: boolean): Case[] {
  const cases = casesIn(protocol);
  // A rule is judged on every connection, so its requirement selects every case, unless it has cases of its own.
  const declared = new Set(cases.flatMap(({ tests }) => tests));
  const everywhere = new Set(protocol.rules.map(({ requirement }) => requirement).filter((id) => !declared.has(id)));
  const loadSuites = loadSuitesOf(protocol);

  const known: Known = {
    suite: protocol.suites.map(({ name }) => name),
    case: cases.map(({ id }) => id),
    requirement: protocol.requirements.map(({ id }) => id),
  };
  const suites = filter("suite", selection, known);
  const ids = filter("case", selection, known);
  const requirements = filter("requirement", selection, known);

  const matching = cases.filter(
    ({ id, suite, tests }) =>
      suites(suite) && ids(id) && (tests.some(requirements) || [...everywhere].some(requirements)),
  );
  const patterns = [selection.suite, selection.case, selection.requirement].flatMap((some) => some ?? []);
  const isNamed = (suite: string) => patterns.some((pattern) => pattern.split(/[/.]/, 1)[0] === suite);
  const light = matching.filter(({ suite }) => load || !loadSuites.has(suite) || isNamed(suite));
  const chosen = light.length > 0 ? light : matching;
  if (chosen.length > 0) return chosen;
  throw new UsageError("No case matches all of the filters together. Leave one out; `list` shows what there is.");
}

/** The names of each kind that there are. */
type Known = Readonly<Record<keyof Selection, readonly string[]>>;

/** Tells if a name matches one of the patterns. Throws a `UsageError` for a pattern that matches no known name. */
function filter(kind: keyof Selection, selection: Selection, known: Known): (name: string) => boolean {
  const patterns = selection[kind];
  if (patterns === undefined) return () => true;
  const matchers = patterns.map((pattern) => {
    const matches = glob(pattern);
    if (!known[kind].some((name) => matches(name))) throw new UsageError(unknown(kind, pattern, known));
    return matches;
  });
  return (name) => matchers.some((matches) => matches(name));
}

/** Says that a pattern matches no name of its kind, and names one that may be meant, or a glob of those that hold it. */
function unknown(kind: keyof Selection, pattern: string, known: Known): string {
  const matches = glob(pattern);
  const other = (["suite", "case", "requirement"] as const).find((it) => known[it].some((name) => matches(name)));
  const holding = known[kind].filter((name) => name.includes(pattern)).length;
  const part = holding > 0 ? ` --${kind} "*${pattern}*" selects ${holding}.` : "";
  const instead = other
    ? ` It is a ${other}: give it to --${other}.`
    : suggestion(pattern, known[kind]) || part || " See `list`.";
  return `There is no ${kind} "${pattern}".${instead}`;
}
