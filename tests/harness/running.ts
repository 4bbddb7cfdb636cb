import type { run } from "../../harness/runner.ts";
import type { Case, Context } from "../../harness/scenario.ts";
import { makeReport } from "../../reports/make.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import { disconnect, disconnected, scenario } from "../../suites/0.1.7/protocol.ts";
import { cases } from "../helpers.ts";

/** The cases of these ids. */
export const named = (...ids: string[]): Case[] => cases.filter(({ id }) => ids.includes(id));
/** The verdict of each case in words. */
export const summary = ({ results }: Awaited<ReturnType<typeof run>>) =>
  Object.fromEntries(
    results.map((it) => [
      it.case.id,
      it.unstable ? `${it.verdict} unstable` : it.unconfirmed ? `${it.verdict} unconfirmed` : it.verdict,
    ]),
  );
/** The verdict of a run. */
export const verdictOf = (result: Awaited<ReturnType<typeof run>>) => {
  const suite = { name: "", version: "" };
  return makeReport(result, { suite, protocol, target: { url: "", embedded: false, strict: false } }).verdict;
};
/** A case of another kind. */
export const custom = (id: string, body: (context: Context<"disconnect.answered">) => Promise<void>) =>
  scenario({ id: `malformed/${id}`, title: id, tests: ["disconnect.answered"], run: body });
/** A client asks to be disconnected. */
export const ask = async ({ connect, check }: Context<"disconnect.answered">) => {
  const client = await connect();
  client.send(disconnect);
  check("disconnect.answered", await disconnected(client));
};
