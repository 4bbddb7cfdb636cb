import { broken, isBroken, isRight, type Level, type Requirement, type Verdict } from "./catalogue.ts";
import { type Evidence, evidenceOf, type Shown } from "./evidence.ts";
import { accepts, describe, type Expectation } from "./expect.ts";
import { BeyondLimit } from "./limits.ts";
import { isNothing, type Silence, whyNothing } from "./nothing.ts";
import type { Finding, Rule } from "./rule.ts";
import type { Case, Context } from "./scenario.ts";
import type { Transcript } from "./transcript.ts";
import { show } from "./words.ts";

/** The harm that an input does: the server ends, hangs or stalls over it, or the server drops the connections of others. */
export type Harm = "end" | "hang" | "stall" | "drop";

/** One judgement: a requirement, what would have been acceptable, and what came. */
export interface Check {
  readonly requirement: string;
  readonly level: Level;
  readonly verdict: Verdict;
  readonly expected: string;
  readonly actual: string;
  /** The reason why it was not judged, where it is no requirement that is broken. `actual` may say more. */
  readonly why?: string;
  /** The requirement that is broken, where it cannot be judged for that. */
  readonly see?: string;
  /** It was not judged, and need not be: the server does not owe it, or the user did not give what it takes. */
  readonly unasked?: true;
  /** The option by which the user gives what it takes. */
  readonly needs?: string;
  /** The harm that the input of the case did, to the server or to others. */
  readonly harm?: Harm;
  /** The kind of that harm: the same for ends that came about in the same way. */
  readonly endKind?: string;
  /** The wait in vain that it rests on, if it rests on one. */
  readonly silence?: Silence;
  /** The events that show what came, where it is known. */
  readonly evidence?: Evidence;
}

/** The measure of a run: the catalogue, and if a SHOULD counts as a MUST. */
export interface Judging {
  readonly requirements: ReadonlyMap<string, Requirement>;
  readonly strict: boolean;
}

/** The causes that kept a case from judging all that it declared. */
interface Cut {
  readonly thrown?: unknown;
  /** The reason why a connection did not open. */
  readonly unopened?: string | undefined;
  /** The bound of the suite that was hit. */
  readonly bound?: string | undefined;
}

/** Gathers the checks of one case. */
export interface Judge extends Pick<Context, "check" | "report" | "skip" | "unasked" | "ungiven"> {
  readonly checks: readonly Check[];
  /** The checks with their evidence, once the transcripts of the case are complete. */
  shown(transcripts: readonly Transcript[]): readonly Check[];
  /** Judges all connections of the case by a rule. */
  apply(rule: Rule, transcripts: readonly Transcript[]): void;
  /** Gives a verdict to each requirement that the case declared and did not judge; `cut` is the reason. */
  complete(tests: Case["tests"], cut: Cut): void;
}

/** The checks of one case so far. */
interface Notes extends Judging {
  readonly checks: Check[];
  /** The observations that show a check which is not kept. They are looked up in the end, when all messages are known. */
  readonly shows: Map<Check, Shown>;
}

/** The judge of one case. Throws where a case names a requirement that the catalogue lacks: a bug of the suite. */
export function judge({ requirements, strict }: Judging): Judge {
  const notes: Notes = { requirements, strict, checks: [], shows: new Map() };
  return {
    checks: notes.checks,
    shown: (transcripts) => notes.checks.map((check) => withEvidence(check, notes, transcripts)),
    check: (id, observed, expected, shownBy = observed): observed is never =>
      checkOn(notes, id, { observed, expected, shownBy }),
    report: (id, observed) => void note(notes, id, "info", observed),
    skip: (id, why) => void note(notes, id, "skip", why),
    unasked: (id, why) => void note(notes, id, "skip", why, { unasked: true }),
    ungiven: (id, what, needs) =>
      void note(notes, id, "skip", `it takes ${what}: ${needs} gives one`, { unasked: true, needs }),
    apply: (rule, transcripts) => apply(notes, rule, transcripts),
    complete: (tests, cut) => complete(notes, tests, cut),
  };
}

/** Notes a check, and returns it. */
function note(
  { requirements, strict, checks }: Notes,
  id: string,
  verdict: Verdict | "broken",
  actual: string,
  { expected, ...more }: Partial<Pick<Check, "expected" | "why" | "see" | "silence" | "unasked" | "needs">> = {},
): Check {
  const requirement = requirements.get(id);
  if (!requirement) throw new Error(`the catalogue has no requirement "${id}"`);
  const { level, statement } = requirement;
  const check: Check = {
    requirement: id,
    level,
    verdict: verdict === "broken" ? broken(level, strict) : verdict,
    expected: expected ?? statement,
    actual,
    ...more,
  };
  checks.push(check);
  return check;
}

/** An observation of a case, the message that shows it, and what would have been acceptable. */
interface Observation {
  readonly observed: unknown;
  readonly expected: Expectation | undefined;
  readonly shownBy: unknown;
}

/** Judges an observation. Tells if the requirement is kept. */
function checkOn(notes: Notes, id: string, { observed, expected, shownBy }: Observation): boolean {
  const isThere = observed !== undefined && !isNothing(observed);
  const kept = isThere && (expected === undefined || accepts(expected, observed));
  const why = isNothing(observed) ? whyNothing(observed) : undefined;
  const verdict = kept ? "pass" : why?.unread ? "error" : "broken";
  const check = note(notes, id, verdict, why?.words ?? show(observed), {
    ...(expected && { expected: describe(expected) }),
    ...(why?.silence && { silence: why.silence }),
  });
  if (!kept) notes.shows.set(check, { observed: shownBy });
  return kept;
}

function withEvidence(check: Check, { shows }: Notes, transcripts: readonly Transcript[]): Check {
  const shown = shows.get(check);
  const evidence = shown && evidenceOf(shown, transcripts);
  return evidence ? { ...check, evidence } : check;
}

function apply(notes: Notes, rule: Rule, transcripts: readonly Transcript[]): void {
  const { requirement } = rule;
  const { outcome, actual, silence, events, path } = foundBy(rule, transcripts);
  // The case itself found it, in better words.
  if (outcome === "broken" && notes.checks.some((it) => it.requirement === requirement && isBroken(it))) return;
  const check = note(notes, requirement, VERDICT[outcome], actual, { ...(silence && { silence }) });
  if (events) notes.shows.set(check, { events, ...(path && { path }) });
}

function complete(notes: Notes, tests: Case["tests"], cut: Cut): void {
  const { thrown } = cut;
  const judged = new Set(notes.checks.map(({ requirement }) => requirement));
  const first = notes.checks.find((check) => !isRight(check));
  const why = whyUnjudged(cut, first);
  const left = tests.filter((test) => !judged.has(test));
  for (const id of left) note(notes, id, why.verdict, why.words, why.more);
  if (thrown !== undefined && !(thrown instanceof BeyondLimit) && left.length === 0)
    note(notes, tests[0] as string, "error", `the case threw: ${message(thrown)}`);
}

/** The verdicts by the outcome of a rule. */
const VERDICT = { kept: "pass", broken: "broken", inconclusive: "error" } as const;

/** Finds by a rule what the transcripts of a case show together: the worst counts, and the first of these is evidence. */
function foundBy(rule: Rule, transcripts: readonly Transcript[]): Finding {
  const findings = transcripts.map((transcript) => tryTo(rule, transcript));
  if (findings.every(({ outcome }) => outcome === "kept")) return { outcome: "kept", actual: together(findings) };
  const of = (outcome: Finding["outcome"]) => findings.filter((finding) => finding.outcome === outcome);
  const broken = of("broken");
  const worst = broken.length > 0 ? broken : of("inconclusive");
  const { events, outcome, path, silence } = worst[0] as Finding;
  const isSilence = outcome === "broken" && broken.every((it) => it.silence);
  return {
    outcome,
    actual: together(worst),
    ...(events && { events }),
    ...(path && { path }),
    ...(isSilence && silence && { silence }),
  };
}

/** The words of findings, each once. Most cases have one connection. */
const together = (findings: readonly Finding[]): string =>
  findings.length === 1 ? (findings[0] as Finding).actual : [...new Set(findings.map((it) => it.actual))].join("; ");

/** Tells why a case did not judge all that it declared; `first` is the first check that is not right. */
function whyUnjudged({ thrown, bound, unopened }: Cut, first: Check | undefined) {
  const skip = (why: string, see?: string) =>
    ({ verdict: "skip", words: `not judged: ${why}`, more: see === undefined ? { why } : { see } }) as const;
  const error = (words: string) => ({ verdict: "error", words, more: {} }) as const;
  if (thrown instanceof BeyondLimit) return skip(thrown.message);
  if (thrown !== undefined) return error(`the case threw: ${message(thrown)}`);
  if (bound) return error(`the suite stopped reading: ${bound}`);
  if (first?.unasked) {
    const { actual: words, needs } = first;
    return { verdict: "skip", words, more: { unasked: true, ...(needs !== undefined && { needs }) } } as const;
  }
  if (first && isBroken(first)) return skip(`see ${first.requirement}`, first.requirement);
  if (first) return skip(`${first.requirement} could not be judged`);
  if (unopened) return skip(`a connection could not be opened (${unopened})`);
  return error("the case ended without judging it");
}

/** A rule that throws is a bug of the suite, and costs no other finding. */
export function tryTo(rule: Rule, transcript: Transcript): Finding {
  try {
    return rule.judge(transcript);
  } catch (error) {
    return { outcome: "inconclusive", actual: `the rule threw: ${message(error)}` };
  }
}

/** Returns what is owed on a connection by the first rule that says so. A rule that throws says nothing. */
export function owedBy(rules: readonly Rule[], transcript: Transcript): string | undefined {
  for (const rule of rules) {
    try {
      const what = rule.owes?.(transcript);
      if (what !== undefined) return what;
    } catch {} // It tells of its bug when it judges.
  }
  return undefined;
}

const message = (thrown: unknown) => (thrown instanceof Error ? thrown.message : String(thrown));
