import { describe, expect, test } from "@jest/globals";
import { isDeed } from "../../harness/deeds.ts";
import type { CaseResult } from "../../harness/execute.ts";
import { ground } from "../../harness/foundation.ts";
import { replay } from "../../harness/replay.ts";
import type { Case } from "../../harness/scenario.ts";
import type { Transcript, WireEvent } from "../../harness/transcript.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import { cases, runAgainst } from "../helpers.ts";
import { unusual } from "../servers/unusual.ts";
import { byTurns } from "../turns.ts";

const requirements = new Map(protocol.requirements.map((it) => [it.id, it]));
const RANDOM = { seed: 7, runs: 10 };
const bench = { protocol, judging: { requirements, strict: false }, random: RANDOM, idle: 500 };

/** As long as this, in ms, the reference server may take on a busy machine. */
const PATIENT = 2_000;

/** The findings of a case, and its transcripts. */
interface Ran {
  readonly result: CaseResult;
  readonly transcripts: readonly Transcript[];
}

/** Runs cases against a server, and keeps the recordings of those that ran, as a bundle does. */
async function record(url: string, some: readonly Case[], ca?: string, timeout = 500): Promise<Ran[]> {
  const kept: string[] = [];
  const record = async (_: Case, transcripts: readonly Transcript[]) => kept.push(JSON.stringify(transcripts)) - 1;
  const target = { url: new URL(url), headers: {}, ca };
  const { results } = await runAgainst(url, some, { target, record, ...RANDOM, timeout });
  return results.flatMap((result) =>
    result.recorded === undefined ? [] : [{ result, transcripts: JSON.parse(kept[result.recorded] ?? "[]") }],
  );
}

/** Returns the differences between a run and its recordings, judged again with all results at hand. */
async function different(ran: readonly Ran[]): Promise<unknown[]> {
  const again = await Promise.all(ran.map(({ result, transcripts }) => replay(result.case, transcripts, bench)));
  const results = ran.map(({ result }, i) => ({ ...result, checks: again[i]?.checks ?? [] }));
  const grounded = ground(results, [], protocol.foundations);
  return ran.flatMap(({ result: { case: it, checks } }, i) => {
    const [strayed, found] = [again[i]?.strayed, grounded[i]?.checks];
    const isSame = strayed?.length === 0 && JSON.stringify(checks) === JSON.stringify(found);
    return isSame ? [] : [{ id: it.id, strayed, checks, found }];
  });
}

const light = cases.filter(({ suite }) => suite !== "resilience");
const plain = new Set(Object.values(protocol.foundations.plain).flatMap((it) => it.plain));
const few = light.filter(({ id }, i) => i % 7 === 0 || plain.has(id));

describe("a recording gives the same checks again, words included", () => {
  test("of the reference server, for every case", async () => {
    const server = await protocol.serve();
    const ran = await record(server.url, cases, undefined, PATIENT).finally(server.close);
    expect(ran).toHaveLength(cases.length);
    expect(ran.filter(({ transcripts }) => transcripts.length === 0)).toEqual([]);
    expect(await different(ran)).toEqual([]);
  }, 120_000);

  test.each([
    "compares-versions-as-prefixes",
    "greets-twice",
    "greets-in-a-binary-frame",
    "ignores-malformed-commands",
    "never-says-goodbye",
  ])("of a server that %s", async (fault) => {
    const server = await protocol.serve({ fault });
    expect(await different(await record(server.url, few).finally(server.close))).toEqual([]);
  });

  test.each([
    "sends every byte in a fragment, with pings between",
    "answers in any order",
    "resets TCP after the close frames",
    "refuses by name where it can, and is silent otherwise",
    "speaks TLS",
  ])("of a server that %s", async (name) => {
    const { start, ca } = unusual[name] as (typeof unusual)[string];
    const server = await start();
    expect(await different(await record(server.url, few, ca).finally(server.close))).toEqual([]);
  });
});

describe("a recording that lacks something is no recording of the case", () => {
  /** Returns the transcripts without one event of one connection. */
  const without = (transcripts: readonly Transcript[], connection: number, event: number) =>
    transcripts.map((it, i) =>
      i === connection ? { ...it, events: it.events.filter((_, place) => place !== event) } : it,
    );

  /** Returns the events, by case, whose absence from a recording nobody notices. */
  async function unnoticed(ran: readonly Ran[], isOf: (event: WireEvent) => boolean): Promise<string[]> {
    const found: string[] = [];
    for (const { result, transcripts } of ran)
      for (const [connection, { events }] of transcripts.entries())
        for (const [place, event] of events.entries()) {
          if (!isOf(event)) continue;
          const { strayed, checks } = await replay(result.case, without(transcripts, connection, place), bench);
          const isSame = strayed.length === 0 && JSON.stringify(checks) === JSON.stringify(result.checks);
          if (isSame) found.push(`${result.case.id} ${JSON.stringify(event).slice(0, 200)}`);
        }
    return found;
  }

  test("even if it says that the connection was over by then", async () => {
    const server = await protocol.serve();
    const pings = light.filter(({ id }) => id.startsWith("transport/ping-with-"));
    const ran = await record(server.url, pings).finally(server.close);
    for (const { result, transcripts } of ran) {
      const less = transcripts.map((it) => ({ ...it, events: it.events.filter((event) => !isDeed(event)) }));
      const unsent = transcripts.map((it) => it.events.filter(isDeed).length);
      const { strayed } = await replay(
        result.case,
        less.map((it, i) => ({ ...it, unsent: unsent[i] ?? 0 })),
        bench,
      );
      expect([result.case.id, strayed.length > 0]).toEqual([result.case.id, true]);
    }
  });

  const sent = (event: WireEvent) => isDeed(event) || (event.from === "client" && event.type === "upgrade");

  test("whatever a client sends, of every case", async () => {
    const server = await protocol.serve();
    const ran = await record(server.url, byTurns(light, 6), undefined, PATIENT).finally(server.close);
    expect(await unnoticed(ran, sent)).toEqual([]);
  }, 120_000);

  test.each(["ignores-malformed-commands", "never-says-goodbye", "closes-without-a-goodbye"])(
    "also of a server that %s, where clients wait in vain",
    async (fault) => {
      const server = await protocol.serve({ fault });
      const ran = await record(server.url, few).finally(server.close);
      expect(await unnoticed(ran, (event) => sent(event) || event.type === "timeout")).toEqual([]);
    },
    60_000,
  );
});

test("a recording of more than a case sends is none of the case", async () => {
  const server = await protocol.serve();
  const ran = await record(server.url, few).finally(server.close);
  for (const { result, transcripts } of ran)
    for (const [connection, { events }] of transcripts.entries())
      for (const [place, event] of events.entries()) {
        if (!isDeed(event)) continue;
        for (const extra of [event, { ...event, by: "suite" } as WireEvent]) {
          const more = transcripts.map((it, i) =>
            i === connection ? { ...it, events: it.events.toSpliced(place, 0, extra) } : it,
          );
          const { strayed } = await replay(result.case, more, bench);
          expect([result.case.id, extra, strayed.length > 0]).toEqual([result.case.id, extra, true]);
        }
      }
});

describe("replay notices a forged recording of a case", () => {
  const ID = "disconnect/alone";
  const recording = async () => {
    const server = await protocol.serve();
    const [ran] = await record(
      server.url,
      cases.filter(({ id }) => id === ID),
    ).finally(server.close);
    return ran as Ran;
  };
  const changes: Readonly<Record<string, (one: Transcript) => readonly Transcript[]>> = {
    "no connection": () => [],
    "a connection more": (one) => [one, one],
    "a connection of another name": (one) => [{ ...one, name: "bystander" }],
    "another query": (one) => [{ ...one, url: `${one.url}1` }],
    "nothing that the client sends": (one) => [
      { ...one, events: one.events.filter(({ from, type }) => from === "server" || type === "upgrade") },
    ],
    "something else that the client sends": (one) => [
      {
        ...one,
        events: one.events.map((it) => (it.from === "client" && it.type === "text" ? { ...it, data: "{}" } : it)),
      },
    ],
    "more that the client sends": (one) => [
      {
        ...one,
        events: [
          ...one.events,
          { at: 1e6, from: "client", type: "text", data: "{}" },
          { at: 1e6, from: "client", type: "text", data: "{}" },
        ],
      },
    ],
  };

  test.each(Object.entries(changes))("%s", async (_, change) => {
    const { result, transcripts } = await recording();
    const { strayed, checks: again } = await replay(result.case, change(transcripts[0] as Transcript), bench);
    expect(strayed.length > 0 || JSON.stringify(again) !== JSON.stringify(result.checks)).toBe(true);
  });
});
