import { describe, expect, test } from "@jest/globals";
import { isDeed } from "../../harness/deeds.ts";
import type { CaseResult } from "../../harness/execute.ts";
import { ground } from "../../harness/ground.ts";
import { replay } from "../../harness/replay.ts";
import type { Case } from "../../harness/scenario.ts";
import type { Transcript, WireEvent } from "../../harness/transcript.ts";
import about from "../../package.json" with { type: "json" };
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
  readonly url: URL;
  readonly result: CaseResult;
  readonly transcripts: readonly Transcript[];
}

/** Runs cases against a server, and keeps the recordings of those that ran, as a bundle does. */
async function record(url: string, some: readonly Case[], ca?: string, timeout = PATIENT): Promise<Ran[]> {
  const kept: string[] = [];
  const record = async (_: Case, transcripts: readonly Transcript[]) => kept.push(JSON.stringify(transcripts)) - 1;
  const target = { url: new URL(url), headers: {}, ca };
  const { results } = await runAgainst(url, some, { target, record, ...RANDOM, timeout, idle: bench.idle });
  return results.flatMap((result) =>
    result.recorded === undefined
      ? []
      : [{ url: target.url, result, transcripts: JSON.parse(kept[result.recorded] ?? "[]") }],
  );
}

/** Judges transcripts of a case again. */
const again = ({ result, url }: Ran, transcripts: readonly Transcript[]) =>
  replay(result.case, transcripts, { ...bench, url, headers: [["User-Agent", `${about.name}/${about.version}`]] });

/** Returns the differences between a run and its recordings, judged again with all results at hand. */
async function different(ran: readonly Ran[]): Promise<unknown[]> {
  const all = await Promise.all(ran.map((it) => again(it, it.transcripts)));
  const results = ran.map(({ result }, i) => ({ ...result, checks: all[i]?.checks ?? [] }));
  const grounded = ground(results, [], protocol.foundations);
  return ran.flatMap(({ result: { case: it, checks } }, i) => {
    const [strayed, found] = [all[i]?.strayed, grounded[i]?.checks];
    const isSame = strayed?.length === 0 && JSON.stringify(checks) === JSON.stringify(found);
    return isSame ? [] : [{ id: it.id, strayed, checks, found }];
  });
}

const light = cases.filter(({ suite }) => suite !== "resilience");
const plain = new Set(Object.values(protocol.foundations.plain).flatMap((it) => it.plain));
const few = light.filter(({ id }, i) => i % 7 === 0 || plain.has(id));

describe("a recording gives the same checks again, words included", () => {
  // `certify` and `verify` do it with all at once, each day.
  test("of the reference server", async () => {
    const server = await protocol.serve();
    const some = byTurns(cases, 6);
    const ran = await record(server.url, some, undefined, PATIENT).finally(server.close);
    expect(ran).toHaveLength(some.length);
    expect(ran.filter(({ transcripts }) => transcripts.length === 0)).toEqual([]);
    expect(await different(ran)).toEqual([]);
  }, 120_000);

  const faults = [
    "compares-versions-as-prefixes",
    "greets-twice",
    "greets-in-a-binary-frame",
    "ignores-malformed-commands",
    "never-says-goodbye",
  ];
  test.each(byTurns(faults, 10))("of a server that %s", async (fault) => {
    const server = await protocol.serve({ fault });
    expect(await different(await record(server.url, few).finally(server.close))).toEqual([]);
  });

  const servers = [
    "sends every byte in a fragment, with pings between",
    "answers in any order",
    "resets TCP after the close frames",
    "refuses by name where it can, and is silent otherwise",
    "speaks TLS",
  ];
  test.each(byTurns(servers, 10))("of a server that %s", async (name) => {
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
    for (const it of ran)
      for (const [connection, { events }] of it.transcripts.entries())
        for (const [place, event] of events.entries()) {
          if (!isOf(event)) continue;
          const { result, transcripts } = it;
          const { strayed, checks } = await again(it, without(transcripts, connection, place));
          const isSame = strayed.length === 0 && JSON.stringify(checks) === JSON.stringify(result.checks);
          if (isSame) found.push(`${result.case.id} ${JSON.stringify(event).slice(0, 200)}`);
        }
    return found;
  }

  test("even if it says that the connection was over by then", async () => {
    const server = await protocol.serve();
    const pings = light.filter(({ id }) => id.startsWith("transport/ping-with-"));
    const ran = await record(server.url, pings).finally(server.close);
    for (const one of ran) {
      const { result, transcripts } = one;
      const less = transcripts.map((it) => ({ ...it, events: it.events.filter((event) => !isDeed(event)) }));
      const unsent = transcripts.map((it) => it.events.filter(isDeed).length);
      const { strayed } = await again(
        one,
        less.map((it, i) => ({ ...it, unsent: unsent[i] ?? 0 })),
      );
      expect([result.case.id, strayed.length > 0]).toEqual([result.case.id, true]);
    }
  });

  const sent = (event: WireEvent) => isDeed(event) || (event.from === "client" && event.type === "upgrade");

  test("whatever a client sends, of every case", async () => {
    const server = await protocol.serve();
    const ran = await record(server.url, byTurns(light, 24), undefined, PATIENT).finally(server.close);
    expect(await unnoticed(ran, sent)).toEqual([]);
  }, 120_000);

  test.each(byTurns(["ignores-malformed-commands", "never-says-goodbye", "closes-without-a-goodbye"], 3))(
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
  const ran = await record(server.url, byTurns(light, 24)).finally(server.close);
  for (const one of ran)
    for (const [connection, { events }] of one.transcripts.entries())
      for (const [place, event] of events.entries()) {
        if (!isDeed(event)) continue;
        const { result, transcripts } = one;
        for (const extra of [event, { ...event, by: "suite" } as WireEvent]) {
          const more = transcripts.map((it, i) =>
            i === connection ? { ...it, events: it.events.toSpliced(place, 0, extra) } : it,
          );
          const { strayed } = await again(one, more);
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
  const GIVEN_UP = { from: "client", type: "timeout", data: "", what: "rain", afterMs: 500 } as const;
  /** Changes the first event of a type that the client caused. */
  const changed = (one: Transcript, type: string, change: (event: { data: string }) => object): Transcript => {
    const place = one.events.findIndex((event) => event.from === "client" && event.type === type);
    const event = one.events[place] as WireEvent & { data: string };
    return { ...one, events: one.events.with(place, { ...event, ...change(event) } as WireEvent) };
  };
  const changes: Readonly<Record<string, (one: Transcript) => readonly Transcript[]>> = {
    "no connection": () => [],
    "a connection more": (one) => [one, one],
    "a connection of another name": (one) => [{ ...one, name: "bystander" }],
    "another query": (one) => [{ ...one, url: `${one.url}1` }],
    "more in the query": (one) => [{ ...one, url: one.url.replace("?", "?x=1&") }],
    "another path in the request": (one) => [
      changed(one, "upgrade", ({ data }) => ({ data: data.replace("/?", "/x?") })),
    ],
    "another method in the request": (one) => [
      changed(one, "upgrade", ({ data }) => ({ data: data.replace("GET", "PUT") })),
    ],
    "a wait of no case": (one) => [
      { ...one, events: one.events.toSpliced(-1, 0, { ...GIVEN_UP, at: one.events.at(-1)?.at ?? 0 }) },
    ],
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

  /** Recordings without a deed that was never sent, as they say, since the connection was over. */
  test.each([
    ["disconnect/2-in-a-row", "text"],
    ["disconnect/followed-by-no-json", "text"],
    ["malformed/not-json-word", "text"],
    ["malformed/before-the-greeting", "text"],
    ["transport/reset-in-the-middle-of-a-payload", "end"],
  ] as const)("what %s sends last, though it says that it came too late", async (id, type) => {
    const server = await protocol.serve();
    const some = cases.filter((it) => it.id === id);
    const [ran] = await record(server.url, some, undefined, PATIENT).finally(server.close);
    const { transcripts } = ran as Ran;
    const late = transcripts.map((it) => {
      const last = it.events.findLastIndex((event) => isDeed(event) && event.type === type);
      return last < 0 || (it.name ?? "client") !== "client"
        ? it
        : { ...it, unsent: 1, events: it.events.toSpliced(last, 1) };
    });
    expect(late).not.toEqual(transcripts);
    expect((await again(ran as Ran, late)).strayed).not.toEqual([]);
  });

  test.each(Object.entries(changes))("%s", async (_, change) => {
    const one = await recording();
    const { result, transcripts } = one;
    const { strayed, checks } = await again(one, change(transcripts[0] as Transcript));
    expect(strayed.length > 0 || JSON.stringify(checks) !== JSON.stringify(result.checks)).toBe(true);
  });
});
