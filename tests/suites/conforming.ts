import { expect } from "@jest/globals";
import type { Check } from "../../harness/judge.ts";
import { byDefault, cases, runAgainst } from "../helpers.ts";
import type { Unusual } from "../servers/unusual.ts";

/** The silence of the client that shall be left alone, in ms. None of these servers minds it. */
const MOMENT = 100;

/** Runs the suite against a server that conforms in an unusual way. Expects that nothing is broken or doubtful. */
export async function expectNothingWrong(url: string, unusual: Unusual): Promise<void> {
  const { warns, ca, share = 1, cases: ids } = unusual;
  const some = ids ? cases.filter(({ id }) => ids.test(id)) : byDefault.filter((_, i) => i % share === 0);
  const { results, stop, limits, unexplained } = await runAgainst(url, some, {
    target: { url: new URL(url), headers: {}, ca },
    idle: MOMENT,
    strict: warns.length === 0, // Then no SHOULD is broken, and a warning is no less of a failure.
  });

  const wrong = results.flatMap(({ case: { id }, checks }) =>
    checks.filter((check) => !isAllowed(check, unusual)).map((check) => ({ id, ...check })),
  );
  expect(wrong).toEqual([]);
  const doubtful = results.filter(({ unstable, unconfirmed }) => unstable || unconfirmed);
  expect(doubtful.map(({ case: { id } }) => id)).toEqual([]);
  expect([stop, unexplained]).toEqual([undefined, []]);
  if (!unusual.limited) expect(limits).toBeUndefined();
}

/**
 * Checks may be skipped that rest on a broken SHOULD, whose answer may be lost, or that need more connections than a limit allows.
 * A server that ends a connection over a message that it SHOULD accept need not say goodbye.
 */
function isAllowed(check: Check, { warns, limited, lossy }: Unusual): boolean {
  const { verdict, requirement, level, actual, see, unasked } = check;
  if (verdict === "skip" && lossy && unasked) return true; // Others keep a run from being complete.
  if (verdict === "skip" && limited && /at most|limit/.test(actual)) return true;
  if (verdict === "skip")
    return (level === "SHOULD" || requirement === "termination.announced") && warns.some((id) => id === see);
  return verdict === "pass" || verdict === "info" || (verdict === "warn" && warns.some((id) => id === requirement));
}
