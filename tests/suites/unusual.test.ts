import { afterEach, expect, test } from "@jest/globals";
import type { Check } from "../../harness/judge.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import { runAgainst } from "../helpers.ts";
import { unusual } from "../servers/unusual.ts";

/** What runs against a url where nobody asks for more. */
const cases = protocol.suites.filter(({ load }) => !load).flatMap((suite) => suite.cases);

let close: () => Promise<void> = async () => {};
afterEach(() => close());

test.each(Object.entries(unusual))("nothing is wrong with a server that %s", async (_, { start, warns, ca }) => {
  const server = await start();
  close = server.close;
  const { results, stop } = await runAgainst(server.url, cases, {
    target: { url: new URL(server.url), headers: {}, ca },
    strict: warns.length === 0, // Then no SHOULD is broken, and a warning is no less of a failure.
  });

  const wrong = results.flatMap(({ case: { id }, checks }) =>
    checks.filter((check) => !isAllowed(check, warns)).map((check) => ({ id, ...check })),
  );
  expect(wrong).toEqual([]);
  const doubtful = results.filter(({ unstable, unconfirmed }) => unstable || unconfirmed);
  expect(doubtful.map(({ case: { id } }) => id)).toEqual([]);
  expect(stop).toBeUndefined();
});

/** Where a SHOULD is broken that may be, others that hang on it cannot be judged. */
function isAllowed({ verdict, requirement, level, actual }: Check, warns: readonly string[]): boolean {
  if (verdict === "skip") return level === "SHOULD" && warns.some((id) => actual === `not judged: ${id} was not kept`);
  return verdict === "pass" || verdict === "info" || (verdict === "warn" && warns.includes(requirement));
}
