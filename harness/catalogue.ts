/** The level of a requirement. A broken MUST is a `fail`, a SHOULD a `warn`; a MAY is only reported. */
export type Level = "MUST" | "SHOULD" | "MAY";

/** One row of a protocol version's catalogue: something that a server owes its clients. */
export interface Requirement {
  /** Public and frozen: reports, expected-failure files and other people's CI use it. */
  readonly id: string;
  /** The section of the catalogue. */
  readonly section: string;
  /** The suite about it, where that has another name than the section. */
  readonly suite?: string;
  readonly level: Level;
  /** Its sources: `D version, R 6455`. `Protocol.sources` says what they begin with. */
  readonly source: string;
  /** The reason that a derived requirement follows. */
  readonly why?: string;
  /** The requirement in words. */
  readonly statement: string;
}

/** Returns the keys of `sources` that the sources of a requirement begin with. */
export const sourceKeys = (
  { source }: Pick<Requirement, "source">,
  sources: Readonly<Record<string, string>>,
): string[] => {
  const keys = source.split(", ").map((part) => Object.keys(sources).find((key) => `${part} `.startsWith(`${key} `)));
  return [...new Set(keys)].filter((key) => key !== undefined);
};

/** The verdict on a check, a case or a requirement. */
export type Verdict = "pass" | "info" | "skip" | "warn" | "error" | "fail";

/** All verdicts, the best first. */
export const VERDICTS = ["pass", "info", "skip", "warn", "error", "fail"] as const satisfies readonly Verdict[];

/** Returns the worst of some verdicts; `none` if there are none. */
export function worst(verdicts: Iterable<Verdict>, none: Verdict = "pass"): Verdict {
  let rank = -1;
  for (const verdict of verdicts) rank = Math.max(rank, VERDICTS.indexOf(verdict));
  return VERDICTS[rank] ?? none;
}

/** Tells if a verdict finds nothing wrong. */
export const isRight = ({ verdict }: { readonly verdict: Verdict }): boolean =>
  verdict === "pass" || verdict === "info";

/** Tells if a verdict names a breach. */
export const isBroken = ({ verdict }: { readonly verdict: Verdict }): boolean =>
  verdict === "fail" || verdict === "warn";

/** Tells if a verdict is a finding: a breach, or an error of the suite. */
export const isFinding = (it: { readonly verdict: Verdict }): boolean => isBroken(it) || it.verdict === "error";

/** Returns a result with other checks, and the verdict that follows from them. */
export const withChecks = <
  R extends { readonly verdict: Verdict; readonly checks: readonly { readonly verdict: Verdict }[] },
>(
  result: R,
  checks: R["checks"],
): R => ({ ...result, checks, verdict: worst(checks.map(({ verdict }) => verdict)) });

/** Tells if breaking a requirement makes a server non-conformant. With `strict` a SHOULD counts as a MUST. */
export const isBinding = (level: Level, strict: boolean): boolean => level === "MUST" || (strict && level === "SHOULD");

/** Returns the verdict on a requirement that was broken. */
export function broken(level: Level, strict: boolean): Verdict {
  if (level === "MAY") return "info";
  return isBinding(level, strict) ? "fail" : "warn";
}
