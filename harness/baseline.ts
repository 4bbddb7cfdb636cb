import { isBroken } from "./catalogue.ts";
import { type CaseResult, execute } from "./execute.ts";
import { bearers } from "./foundation.ts";
import { ground } from "./ground.ts";
import { hasEnded, type Pass } from "./pass.ts";
import { pool } from "./pool.ts";
import { casesIn } from "./protocol.ts";
import { casesAtWork, mayOverlap } from "./shared.ts";
import { heard } from "./transcript.ts";
import { isGone } from "./work.ts";

/**
 * Runs the plainest forms that broken requirements rest on, if the run had no such case. So a case gets the same verdict alone and
 * among all others. Their results are in no report.
 */
export async function runBaseline(pass: Pass): Promise<CaseResult[]> {
  const { protocol, results, options, shared, signal } = pass;
  const missing = wanted(pass);
  if (pass.stop || missing.size === 0) return [];
  const known = new Set([...results.keys()].map(({ id }) => id));
  const cases = casesIn(protocol).filter(({ id }) => missing.has(id) && !known.has(id));
  const baseline: CaseResult[] = [];
  await pool(
    cases,
    { size: casesAtWork(shared, options.concurrency), stop: () => signal?.aborted ?? false },
    async (it, idle) => void baseline.push(await execute(it, pass, mayOverlap(shared) ? idle : undefined)),
  );
  // A case that breaks something among others may pass alone. Silence needs no second look.
  const again: CaseResult[] = [];
  for (const it of baseline) again.push(breaksOtherwise(it) ? await execute(it.case, pass) : it);
  if (hasEnded(pass) || isGone(pass)) return []; // What they missed says nothing then.
  return again.filter((it) => !missesWhatCame(it, pass));
}

/**
 * Tells if a client misses an answer that clients of the only case got. The server stopped giving it over that case, so it explains nothing
 * that the case found.
 */
function missesWhatCame({ checks }: CaseResult, { protocol, results }: Pass): boolean {
  const [only, another] = [...results.values()];
  const missed = checks.flatMap((check) => (isBroken(check) ? (check.silence?.what ?? []) : []));
  if (!only || another || missed.length === 0) return false;
  const names = only.connections.flatMap((transcript) =>
    heard({ transcript }).map((it) => protocol.envelope(it)?.name ?? ""),
  );
  return missed.some((what) => names.includes(what));
}

/** Tells if a case broke something in another way than by silence. */
const breaksOtherwise = ({ checks }: CaseResult) =>
  checks.some((check) => isBroken(check) && check.silence === undefined);

/** Returns the ids of the plain cases that broken requirements rest on. */
function wanted({ protocol, results }: Pass): ReadonlySet<string> {
  const { foundations } = protocol;
  const found = new Set<string>();
  const owners = new Map(Object.entries(foundations.plain).flatMap(([id, { plain }]) => plain.map((it) => [it, id])));
  const add = (bearer: string) => {
    const { plain = [], on = [] } = foundations.plain[bearer] ?? foundations.plain[owners.get(bearer) ?? ""] ?? {};
    if (plain.every((id) => found.has(id))) return;
    for (const id of plain) found.add(id);
    for (const further of on) add(further);
  };
  for (const { checks, case: it } of ground([...results.values()], [], foundations)) {
    for (const check of checks.filter(isBroken))
      for (const bearer of bearers(check.requirement, it.id, foundations)) add(bearer);
  }
  return found;
}
