import type { Level, Verdict } from "../../harness/catalogue.ts";
import type { PageCase, PageRequirement } from "./data.ts";

/** The choice of a reader; an empty list stands for all. */
export interface Filter {
  readonly text: string;
  readonly verdicts: readonly Verdict[];
  readonly levels: readonly Level[];
  readonly suites: readonly string[];
}

/** The filter that hides nothing. */
export const NOTHING_HIDDEN: Filter = { text: "", verdicts: [], levels: [], suites: [] };

/** Tells if a filter hides nothing. */
export const isIdle = ({ text, verdicts, levels, suites }: Filter): boolean =>
  text.trim() === "" && verdicts.length + levels.length + suites.length === 0;

const among = <T>(chosen: readonly T[], value: T) => chosen.length === 0 || chosen.includes(value);

/** Tells if each word of a search stands in one of some texts, in upper or lower case. */
function holdsWords(search: string, texts: readonly string[]): boolean {
  if (search.trim() === "") return true;
  const all = texts.join(" ").toLowerCase();
  return search
    .trim()
    .toLowerCase()
    .split(/\s+/)
    .every((word) => all.includes(word));
}

/** Tells if a case is shown. With levels, one of its checks must have such a level and a wanted verdict. */
export function showsCase(filter: Filter, it: PageCase, requirements: ReadonlyMap<string, PageRequirement>): boolean {
  const { text, verdicts, levels, suites } = filter;
  return (
    among(suites, it.suite) &&
    among(verdicts, it.verdict) &&
    (levels.length === 0 ||
      it.checks.some(({ requirement, verdict }) => {
        const level = requirements.get(requirement)?.level;
        return level !== undefined && levels.includes(level) && among(verdicts, verdict);
      })) &&
    holdsWords(text, [it.id, it.title, ...it.checks.filter(({ verdict }) => verdict !== "pass").flatMap(wordsOf)])
  );
}

const wordsOf = ({ requirement, expected = "", actual, cause = "" }: PageCase["checks"][number]) => [
  requirement,
  expected,
  actual,
  cause,
];

/** Tells if a requirement is shown. With suites, one of their cases must judge it. */
export function showsRequirement(filter: Filter, it: PageRequirement, cases: readonly PageCase[]): boolean {
  const { text, verdicts, levels, suites } = filter;
  return (
    among(verdicts, it.verdict) &&
    among(levels, it.level) &&
    (suites.length === 0 || suites.includes(it.section) || cases.some(({ suite }) => suites.includes(suite))) &&
    holdsWords(text, [it.id, it.statement])
  );
}

/** A list with a value added, or taken out where it stands in it. */
export const toggled = <T>(list: readonly T[], value: T): readonly T[] =>
  list.includes(value) ? list.filter((it) => it !== value) : [...list, value];
