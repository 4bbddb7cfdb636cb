import { describe, expect, test } from "@jest/globals";
import type { Protocol } from "../../harness/protocol.ts";
import type { Finding } from "../../harness/rule.ts";
import { run } from "../../harness/runner.ts";
import type { Case } from "../../harness/scenario.ts";
import type { Transcript } from "../../harness/transcript.ts";
import { isEnd, judgeRecorded } from "../../recordings/judge.ts";
import { DEFAULTS } from "../../running/defaults.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import { messageFaults } from "../../suites/0.1.7/reference/faults/messages.ts";
import { cases } from "../helpers.ts";
import { byTurns } from "../turns.ts";
import { followed, rules, toLines } from "./recordings.ts";

/** A connection of a real run, as the rules judged it, with their findings. */
interface Judged extends Transcript {
  readonly found: Record<string, Finding>;
}

/** Resolves to the findings on all connections of some cases against the reference server with a fault. */
async function judgedByRun(
  fault: string | undefined,
  some: readonly Case[] = cases.filter(({ id }) => SOME.test(id)),
): Promise<Judged[]> {
  const seen = new Map<Transcript, Judged>();
  const watched = rules.map((rule) => ({
    ...rule,
    judge(transcript: Transcript) {
      const it = seen.get(transcript) ?? { url: transcript.url, events: [...transcript.events], found: {} };
      seen.set(transcript, it);
      const finding = rule.judge(transcript);
      it.found[rule.requirement] = finding;
      return finding;
    },
  }));
  const server = await protocol.serve({ fault });
  const watching: Protocol = { ...protocol, rules: watched };
  const target = { url: new URL(server.url), headers: {} };
  await run(watching, some, { ...DEFAULTS, target, timeout: 300 }).finally(server.close);
  return [...seen.values()];
}

/** Cases that need little time, even against a silent server. Each fault shows in them. */
const SOME = /^(version\/greeting|disconnect\/alone|malformed\/not-json-(empty|word)|transport\/ping)/;

/** Resolves to the findings in a recording of these connections. */
function judgedByCheck(judged: readonly Judged[]): Judged["found"][] {
  const text = toLines(
    Object.fromEntries(judged.map(({ url, events }, i) => [`c${i}`, events.map((it) => ({ ...it, url }))])),
  );
  return followed(text).map(({ decisive }) =>
    Object.fromEntries(rules.map((rule) => [rule.requirement, judgeRecorded(rule, decisive)])),
  );
}

/** Returns the right findings on a recording of such connections. Only a run knows that it watched one until it ended it itself. */
const asRecorded = (judged: readonly Judged[], recorded: readonly Judged["found"][]): Judged["found"][] =>
  judged.map(({ events, found }, i) => {
    const open = !events.some(isEnd) && recorded[i]?.[ANNOUNCED]?.outcome === "inconclusive";
    if (!open || found[ANNOUNCED]?.actual !== "the server did not end the connection") return found;
    return { ...found, [ANNOUNCED]: { outcome: "inconclusive", actual: "no end of the connection is recorded" } };
  });

const ANNOUNCED = "termination.announced";

describe("a recording gets the verdicts of its run", () => {
  test.each([undefined, ...byTurns(Object.keys(messageFaults), 4)])("with the fault %s", async (fault) => {
    const judged = await judgedByRun(fault);
    expect(judged.length).toBeGreaterThan(10);
    const recorded = judgedByCheck(judged);
    expect(recorded).toEqual(asRecorded(judged, recorded));
    const broken = judged.flatMap(({ found }) => Object.keys(found).filter((id) => found[id]?.outcome === "broken"));
    const breaks = messageFaults[fault ?? ""]?.breaks;
    expect(breaks === undefined ? broken : broken.includes(breaks)).toEqual(breaks === undefined ? [] : true);
  });

  test("even if clients break the WebSocket protocol", async () => {
    const transport = cases.filter(({ suite }) => suite === "transport");
    const judged = await judgedByRun(undefined, byTurns(transport, 4));
    const recorded = judgedByCheck(judged);
    expect(recorded).toEqual(asRecorded(judged, recorded));
  });
});
