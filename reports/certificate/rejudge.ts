import { isDeepStrictEqual } from "node:util";
import { worst } from "../../harness/catalogue.ts";
import type { Bench } from "../../harness/execute.ts";
import type { Random } from "../../harness/property.ts";
import type { Protocol } from "../../harness/protocol.ts";
import { replay } from "../../harness/replay.ts";
import type { Case } from "../../harness/scenario.ts";
import { keep } from "../../harness/transcript.ts";
import { type Report, type ReportCase, reportCase } from "../report.ts";
import { sha256 } from "./digests.ts";
import type { Recorded } from "./recording.ts";

/** What became of judging recorded cases again. */
export interface Rejudged {
  /** How many cases gave the same again. */
  readonly reproduced: number;
  /** What the recordings do not support. */
  readonly problems: readonly string[];
  /** The cases that this version of the suite does not know, or knows as something else. */
  readonly unknown: readonly string[];
}

/** Judges all cases of a report again by their recordings: each verdict, each text, each line of the transcripts in the report. */
export async function rejudge(
  report: Report,
  recorded: AsyncIterable<Recorded>,
  random: Random,
  protocol: Protocol,
): Promise<Rejudged> {
  const known = new Map(protocol.suites.flatMap(({ cases }) => cases.map((it) => [it.id, it])));
  const requirements = new Map(protocol.requirements.map((row) => [row.id, row]));
  const bench = { protocol, judging: { requirements, strict: report.target.strict }, random };
  const left = new Map(report.cases.map((it) => [it.id, it]));
  const seen = new Map<string, string>();
  const [problems, unknown]: [string[], string[]] = [[], []];
  let reproduced = 0;
  for await (const recording of recorded) {
    const { id } = recording;
    const stored = left.get(id);
    const it = known.get(id);
    const same = stored && it?.digest === stored.digest ? { stored, it } : undefined;
    const wrong = same && (await contradiction(same.stored, same.it, recording, bench));
    // No two connections happen at the same times with the same keys.
    const print = sha256(JSON.stringify(recording.transcripts));
    const twin = seen.get(print);
    seen.set(print, id);
    if (!stored) problems.push(`${id} is recorded once more than the report holds it`);
    else if (wrong !== undefined) problems.push(`${id}: ${wrong}`);
    else if (twin !== undefined) problems.push(`${id}: its recording is that of ${twin}`);
    else if (same) reproduced += 1;
    else unknown.push(id);
    left.delete(id);
  }
  for (const id of left.keys()) problems.push(`${id} is in the report, and no recording shows it`);
  return { reproduced, problems, unknown };
}

/** What of a case its recording does not show; nothing where it shows all of it. */
async function contradiction(
  stored: ReportCase,
  it: Case,
  { transcripts }: Recorded,
  bench: Pick<Bench, "protocol" | "judging" | "random">,
): Promise<string | undefined> {
  const { checks, strayed } = await replay(it, transcripts, bench);
  if (strayed[0] !== undefined) return `it is no recording of this case: ${strayed[0]}`;
  const verdict = worst(checks.map((check) => check.verdict));
  const connections = transcripts.map((transcript) => keep(transcript));
  const again = reportCase({ case: it, verdict, checks, connections, beganAt: 0, durationMs: 0 }, String);
  if (again.verdict !== stored.verdict)
    return `it is reported as ${stored.verdict}, and by its recording it is ${again.verdict}`;
  const odd = Array.from(
    { length: Math.max(stored.checks.length, again.checks.length) },
    (_, i) => [stored.checks[i], again.checks[i]] as const,
  ).find(([told, shown]) => !isDeepStrictEqual(told, shown));
  if (odd) return `its recording does not support what is reported of ${(odd[0] ?? odd[1])?.requirement}`;
  if (again.title !== stored.title || again.suite !== stored.suite) return "its title or suite is not that of the case";
  return isDeepStrictEqual(again.connections, stored.connections)
    ? undefined
    : "the transcripts in the report are not those that were recorded";
}
