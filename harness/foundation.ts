import { isBroken, isFinding, isRight, type Verdict, worst } from "./catalogue.ts";
import type { Check } from "./judge.ts";
import type { Case } from "./scenario.ts";
import type { Transcript } from "./transcript.ts";

/** The plainest form of a requirement that others rest on. */
export interface Foundation {
  /** The cases that show it. */
  readonly plain: readonly string[];
  /** The requirements that this form itself rests on. One of several plainest forms is named by the id of its case, here and below. */
  readonly on: readonly string[];
  /** They could upset a server, so they run with their suite. All others run before anything else. */
  readonly upset?: true;
}

/** The data that says how the requirements of a protocol version rest on one another. */
export interface Foundations {
  /** The plainest forms that others rest on, by requirement. */
  readonly plain: Readonly<Record<string, Foundation>>;
  /** Further cases that show a requirement in its plainest form: nothing rests on them, and reports show them before others. */
  readonly plainForms?: readonly string[];
  /** The foundations of each requirement in its other forms. The id of a case stands for all that the case tests. */
  readonly forms: Readonly<Record<string, readonly string[]>>;
  /** The requirements that one rests on besides, if the verdict of its case varies or may do so. */
  readonly varying: Readonly<Record<string, readonly string[]>>;
  /** The requirements that explain another that is broken in the same case. */
  readonly within: Readonly<Record<string, readonly string[]>>;
  /**
   * The requirements that a message breaks by what it says. Where a case varies, they explain all else that is broken there, in this order
   * and before the `general` ones: such a message may lack what else is judged.
   */
  readonly said?: readonly string[];
  /** The requirements that hold on every connection. If the verdict of a case varies, these are broken, and not those it tests. */
  readonly general: readonly string[];
  /** The requirement that is broken if a verdict varies because something did not come, by the name of that. */
  readonly awaited: Readonly<Record<string, string>>;
  /** The requirement that is broken where an answer never comes. Whatever waits for the same answer elsewhere rests on that. */
  readonly unanswered?: string;
  /** Tells if a wait of this name is one for the answer to a request. */
  isAnswer?(what: string): boolean;
  /** The requirement that is broken if the verdict of a case varies because something wrong came, by the one that is a form of it. */
  readonly formOf: Readonly<Record<string, string>>;
  /** The requirements whose cases, and further cases, send inputs of one kind, by the requirement that others go on being served after these. */
  readonly sameInputs?: Readonly<Record<string, readonly string[]>>;
  /** The requirement that is broken if the verdict of a case varies because the server refused one of its connections. */
  readonly refused: string;
  /** The requirement that is broken if a connection is ended for no reason of its own. */
  readonly dropped: string;
  /** The requirement that a plain request ends no other connection. If it is broken, any input may end others. */
  readonly isolated?: string;
  /** The requirements that are kept if nothing comes. A pass says nothing if a foundation is broken. */
  readonly keptBySilence: readonly string[];
}

/** The parts of a result by which requirements rest on one another. */
export interface Judged {
  readonly case: Case;
  readonly verdict: Verdict;
  readonly checks: readonly Check[];
  readonly unstable?: boolean;
  readonly unconfirmed?: boolean;
  readonly refusedUsual?: true;
  readonly connections?: readonly Pick<Transcript, "events">[];
}

/**
 * Returns requirements that are broken in their plainest form, cases that show it, and answers that never come. Each has the
 * requirement to blame: itself, or its foundation.
 */
export function brokenFoundations(results: readonly Judged[], foundations: Foundations): ReadonlyMap<string, string> {
  const { plain } = foundations;
  // A requirement that is broken now and then does not keep others from being judged.
  const byId = new Map(results.filter(({ unstable }) => !unstable).map((it) => [it.case.id, it]));
  const varying = new Set(results.flatMap(({ unstable, case: { id } }) => (unstable ? [id] : [])));
  const roots = new Map<string, string | undefined>();
  const rootOf = (requirement: string): string | undefined => {
    const { plain: cases = [], on = [] } = plain[requirement] ?? {};
    const shown = cases.flatMap((id) => byId.get(id) ?? []);
    if (shown.length === 0) return undefined;
    const own = shown.flatMap(({ checks }) => checks.filter((check) => check.requirement === requirement));
    const verdict = worst(
      own.map((check) => check.verdict),
      "skip",
    );
    if (isRight({ verdict })) return undefined;
    const below = on.map((id) => known(id) ?? shownBy(id)).find((it) => it !== undefined);
    return below ?? (own.some(isBroken) ? (causeInPlain(requirement, shown, foundations) ?? requirement) : undefined);
  };
  const shownBy = (id: string): string | undefined =>
    plainOf(id, foundations).find((it) =>
      byId.get(id)?.checks.some((check) => check.requirement === it && isBroken(check)),
    );
  const known = (requirement: string): string | undefined => {
    if (!roots.has(requirement)) roots.set(requirement, rootOf(requirement));
    return roots.get(requirement);
  };
  const inPlain = Object.entries(plain).flatMap(([it, { plain: cases, on }]) => {
    const root = known(it);
    if (root === undefined) return [];
    const fails = (id: string) => cases.includes(id) && !varying.has(id) && !keeps(byId.get(id), it);
    // One that rests on another of them shows nothing where that fails.
    const failed = cases.filter((id) => fails(id) && !on.some((other) => other !== id && fails(other)));
    return [it, ...failed].map((id): [string, string] => [id, root]);
  });
  return new Map([...neverCame([...byId.values()], foundations), ...inPlain]);
}

/**
 * Returns the answers that never come, with the requirement that this breaks. Answers with a plainest form show there. A case that got an
 * answer before misses one now and then, or over one input.
 */
function neverCame(results: readonly Judged[], { unanswered, awaited }: Foundations): [string, string][] {
  if (unanswered === undefined) return [];
  const silences = results
    .map(({ checks }) => checks.filter(({ requirement }) => requirement === unanswered))
    .flatMap((checks) => (checks.some(isRight) ? [] : checks.filter(isBroken)))
    .flatMap(({ silence }) => silence?.what ?? []);
  return silences.filter((what) => awaited[what] === undefined).map((what) => [what, unanswered]);
}

/** Returns the requirement that explains why another is broken in its plainest form. */
function causeInPlain(requirement: string, shown: readonly Judged[], foundations: Foundations): string | undefined {
  const causes = shown.flatMap((it) => {
    const broken = new Set(it.checks.filter(isBroken).map((check) => check.requirement));
    return it.checks
      .filter((check) => check.requirement === requirement && isBroken(check))
      .map((check) => causeWithin(check, it, broken, foundations));
  });
  return causes.every((cause) => cause !== undefined) ? causes[0] : undefined;
}

/** Tells if a case that ran shows that a requirement is kept. */
const keeps = (result: Judged | undefined, requirement: string): boolean => {
  const own = result?.checks.filter((check) => check.requirement === requirement) ?? [];
  return own.length > 0 && own.every(isRight);
};

/** Returns the requirements that one rests on in a case. */
export function bearers(requirement: string, id: string, { plain, forms }: Foundations): readonly string[] {
  const own = plain[requirement];
  return own?.plain.includes(id) ? own.on : [...(forms[id] ?? []), ...(forms[requirement] ?? [])];
}

/** Returns the requirements that others rest on of which a case is the plainest form. */
export const plainOf = (id: string, { plain }: Pick<Foundations, "plain">): string[] =>
  Object.keys(plain).filter((requirement) => plain[requirement]?.plain.includes(id));

/** Tells if a case is the plainest form of a requirement that others rest on, and sends what any client does. */
export const isPlain = (id: string, { plain }: Pick<Foundations, "plain">): boolean =>
  plainOf(id, { plain }).some((requirement) => !plain[requirement]?.upset);

/** Tells if reports show a case as one that any client could bring about: it is plain, whether others rest on it or not. */
export const isPlainForm = (id: string, foundations: Pick<Foundations, "plain" | "plainForms">): boolean =>
  isPlain(id, foundations) || foundations.plainForms?.includes(id) === true;

/**
 * Returns the broken requirement that a case rests on, if all of it rests on such: then it can show nothing. If the plainest request is not
 * answered, neither is any other.
 */
export function restsOnBroken(
  it: Pick<Case, "id" | "tests">,
  broken: ReadonlyMap<string, string>,
  foundations: Foundations,
): string | undefined {
  const { id, tests } = it;
  if (broken.size === 0 || isPlain(id, foundations)) return undefined;
  const seen = tests.map((test) =>
    bearers(test, id, foundations)
      .map((bearer) => broken.get(bearer))
      .find((root) => root !== undefined && (root !== test || test === foundations.unanswered)),
  );
  return seen.every((root) => root !== undefined) ? seen[0] : undefined;
}

/** Returns the requirement that explains a finding of a case, of those that are `broken` in the same case. */
export function causeWithin(
  check: Check,
  { unstable }: Judged,
  broken: ReadonlySet<string>,
  { within, said = [], general }: Foundations,
): string | undefined {
  if (!isFinding(check) || check.harm) return undefined;
  const order = [...said, ...general];
  const comesOf = (requirement: string): string | undefined => {
    const index = order.indexOf(requirement);
    const before = index < 0 ? order : order.slice(0, index);
    const causes = unstable ? before : (within[requirement] ?? []);
    return causes.find((other) => other !== requirement && broken.has(other));
  };
  let [root, next] = [undefined as string | undefined, comesOf(check.requirement)];
  while (next !== undefined && next !== root) [root, next] = [next, comesOf(next)];
  return root;
}
