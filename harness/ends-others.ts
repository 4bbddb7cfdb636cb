import { isBroken } from "./catalogue.ts";
import { brokenSoFar } from "./doubt.ts";
import { execute } from "./execute.ts";
import type { Pass } from "./pass.ts";
import { casesIn } from "./protocol.ts";

/** Tells if a plain request ends other connections. Runs the case that shows it, if it is not among those of the run. */
export async function endsOthers(pass: Pass): Promise<boolean> {
  const { protocol, results } = pass;
  const { isolated, plain } = protocol.foundations;
  if (isolated === undefined) return false;
  if (brokenSoFar(pass).get(isolated) === isolated) return true;
  const known = new Set([...results.keys()].map(({ id }) => id));
  const plainest = casesIn(protocol).find(({ id }) => plain[isolated]?.plain.includes(id) && !known.has(id));
  if (!plainest) return false;
  const { checks } = await execute(plainest, pass);
  return checks.some((check) => check.requirement === isolated && isBroken(check));
}
