import { groupBy } from "../../harness/group.ts";
import { plural } from "../../harness/words.ts";
import { loadOf } from "../latency.ts";
import { targetOf, titleOf } from "../names.ts";
import { type Cause, type Change, type Comparison, isDropped, isRegression, type Kind } from "./compare.ts";

/** The words for each kind of change, in the order in which they are told. */
export const KIND_WORDS: Readonly<Record<Kind, string>> = {
  broken: "Broken",
  exposed: "Judged now, and broken",
  warned: "Newly warned",
  unjudged: "No longer judged",
  fixed: "Fixed",
  judged: "Judged now",
  observed: "Behaves otherwise where the protocol leaves it open",
};

/** Changes of one kind and cause: to one requirement, or to several that one thing kept from being judged. The first stands for all. */
export interface Group {
  readonly first: Change;
  readonly all: readonly Change[];
  /** The cause for which several requirements were not judged. */
  readonly why?: string;
}

/** The changes of a kind, alike ones together. */
export function groupsOf(kind: Kind, { changes }: Comparison): Group[] {
  const some = changes.filter((it) => it.kind === kind);
  const key = (it: Change) => `${it.cause} ${it.requirement} ${kind === "observed" ? it.case : ""}`;
  const parts = groupBy(some, (it) => {
    const why = whyOf(it);
    return why === undefined ? key(it) : `${it.cause} for ${why}`;
  });
  const folded = [...parts.values()].filter((all) => requirementsIn(all) > 1 && whyOf(all[0] as Change) !== undefined);
  const inFolded = new Set(folded.flat());
  const single = groupBy(
    some.filter((it) => !inFolded.has(it)),
    key,
  );
  return [...single.values(), ...folded].map((all) => {
    const first = all[0] as Change;
    const why = inFolded.has(first) ? whyOf(first) : undefined;
    return { first, all, ...(why !== undefined && { why }) };
  });
}

/** The cause for which something was not judged, before or now. */
const whyOf = ({ kind, old, new: now }: Change): string | undefined =>
  ({ unjudged: now.why, judged: old.why })[kind as string];

const requirementsIn = (changes: readonly Change[]): number =>
  new Set(changes.map(({ requirement }) => requirement)).size;

/** The size of a group in words: `4 requirements in 7 cases`. */
export const extentOf = ({ all }: Group): string =>
  `${plural(requirementsIn(all), "requirement")} in ${plural(new Set(all.map((it) => it.case)).size, "case")}`;

/** The cause of a change, in words. */
export function causeOf({ cause, expectedFailure }: Change, { old, new: now }: Comparison): string {
  const words: Readonly<Record<Cause, string>> = {
    server: "the server changed",
    case: "the case changed",
    protocol: `the protocol version differs: ${old.protocol.version} and ${now.protocol.version}`,
    suite: `the server changed, or the suite: ${old.suite.version} and ${now.suite.version}`,
    unstable: "unstable: its verdict varies from run to run",
  };
  return expectedFailure === undefined ? words[cause] : `${words[cause]}; expected: ${expectedFailure}`;
}

/** The words of a comparison without a regression; `also` says that something broke all the same. */
const unbroken = (outcome: Comparison["outcome"], also: boolean): string =>
  ({
    ok: `nothing${also ? " else" : ""} broke`,
    regressed: "",
    incomplete: `the reports cannot show if something${also ? " else" : ""} broke`,
  })[outcome];

/** The outcome in one line. */
export function headline({ changes, requirements, lost, stays, outcome }: Comparison): string {
  const dropped = requirements.filter(isDropped).length;
  const kind = (it: Kind) => changes.filter((change) => change.kind === it);
  const unjudged = kind("unjudged");
  const cases = new Set(unjudged.map((change) => change.case)).size;
  const explained = kind("broken").filter((change) => !isRegression(change));
  const parts = [
    lost === undefined ? "" : "the target went away",
    told(explained, "broken in a changed case, or as expected"),
    told(changes.filter(isRegression), "broken") || (lost === undefined ? unbroken(outcome, explained.length > 0) : ""),
    told(kind("exposed"), "broken that could not be judged before"),
    told(unjudged, `no longer judged in ${plural(cases, "case")}${keeping(unjudged, requirements)}`),
    dropped > 0 ? `${plural(dropped, "MUST", "MUSTs")} not tested any more` : "",
    told(kind("warned"), "newly warned"),
    told(kind("fixed"), "fixed"),
    stays === undefined ? "" : "the target no longer goes away",
  ];
  return parts.filter((part) => part !== "").join(", ");
}

/** Says how many requirements other cases still keep as before; empty if there are none. */
function keeping(changes: readonly Change[], changed: Comparison["requirements"]): string {
  const n = requirementsIn(changes.filter(({ requirement }) => changed.every(({ id }) => id !== requirement)));
  return n === 0 ? "" : ` (${plural(n, "keeps its verdict", "keep their verdict")})`;
}

/** Says how many requirements changed; empty where none did. */
function told(changes: readonly Change[], what: string): string {
  const n = requirementsIn(changes);
  return n === 0 ? "" : `${plural(n, "requirement")} ${what}`;
}

/** The run that a side of a comparison is of, in words. */
export function sideOf(side: Comparison["old"]): string {
  const { protocol, suite, startedAt, verdict } = side;
  return `${verdict} ${targetOf(side)}, ${titleOf(protocol)}, suite ${suite.version}, ${startedAt.slice(0, 16).replace("T", " ")}`;
}

/** Says how much longer or shorter users wait. */
export const latencyOf = ({ name, oldMs, newMs, noiseMs, concurrency }: Comparison["latencies"][number]): string =>
  `median ${name}: ${oldMs} ms, now ${newMs} ms, ${loadOf(concurrency)} (repetitions lie ${noiseMs.toFixed(2)} ms apart)`;
