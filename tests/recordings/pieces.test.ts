import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { groupBy } from "../../harness/group.ts";
import type { WireEvent } from "../../harness/transcript.ts";
import { prune } from "../../recordings/judge.ts";
import { everything } from "../turns.ts";
import { ASK, event, findings, followed, GOODBYE, GREETING, REFUSAL, rules, says, toLines } from "./recordings.ts";

const url = "ws://localhost/?tachyonVersion=0.1.7";

/** The events that some rule looks at, on both sides. */
const EVENTS: readonly WireEvent[] = [
  says("server", GREETING),
  says("server", GOODBYE),
  says("server", REFUSAL),
  says("server", { ...REFUSAL, reason: 3 }),
  says("server", { ...GREETING, data: {} }),
  says("server", { ...GREETING, data: { ...GREETING.data, versionParity: "patch_mismatch" } }),
  says("server", { ...GREETING, data: { ...GREETING.data, tachyonVersion: "0.1.6" } }),
  says("server", { command: "lobby/news/response", status: "success" }),
  says("server", { command: "system/a/response", status: "failed", reason: "command_unimplemented" }),
  says("server", { command: "system/b/response", status: "failed", reason: "command_unimplemented" }),
  says("server", []),
  event("server", "text", "no JSON"),
  event("server", "binary", "AAAA"),
  event("server", "violation", "a reserved bit"),
  event("server", "close", "", 1000),
  event("server", "close", "", 1009),
  event("server", "end"),
  event("server", "ping", "AAAA"),
  event("server", "cut", "something"),
  says("client", ASK),
  says("client", { command: "system/a/request" }),
  says("client", { command: "system/b/request" }),
  event("client", "text", "x".repeat(9_000)),
  event("client", "binary", "AAAA"),
  event("client", "violation", "a bad frame"),
  event("client", "close", "", 1000),
  event("client", "end"),
  event("client", "limit", "more than so many bytes"),
  event("client", "timeout", "gave up waiting"),
  { ...event("client", "timeout"), what: "system/disconnected/response", afterMs: 2_000 } as WireEvent,
  { ...event("server", "error", "Invalid Sec-WebSocket-Accept header"), handshake: true } as WireEvent,
  event("client", "cut", "something"),
];

// Each is a new object, as events are that were read.
const events = fc.array(
  fc.constantFrom(...EVENTS).map((it) => ({ ...it })),
  { maxLength: 30 },
);

describe("a transcript in pieces", () => {
  test("is judged like the whole, wherever it is cut, and the events that decide are kept of each piece", () => {
    fc.assert(
      fc.property(fc.array(events, { maxLength: 5 }), (pieces) => {
        const kept = pieces.reduce<WireEvent[]>(
          (before, piece) => prune(rules, { url, events: before.concat(piece) }),
          [],
        );
        expect(findings({ url, events: kept })).toEqual(findings({ url, events: pieces.flat() }));
      }),
      { numRuns: everything ? 1_000 : 300 },
    );
  });

  test("breaks each rule now and then, so that all this is said of each", () => {
    const broken = new Set(
      fc
        .sample(events, { numRuns: 2_000, seed: 1 })
        .flatMap((some) =>
          Object.entries(findings({ url, events: some })).flatMap(([id, { outcome }]) =>
            outcome === "broken" ? [id] : [],
          ),
        ),
    );
    expect([...broken].toSorted()).toEqual(rules.map(({ requirement }) => requirement).toSorted());
  });

  test("costs no more than a few events, however long it is", () => {
    const all = Array.from({ length: 50 }, () => EVENTS.map((it) => ({ ...it }))).flat();
    expect(prune(rules, { url, events: all }).length).toBeLessThan(EVENTS.length);
  });

  test("does not say which undefined commands may be refused if there are more than it remembers", () => {
    const requests = Array.from({ length: 3_000 }, (_, i) => says("client", { command: `system/c${i}/request` }));
    const kept = prune(rules, { url, events: requests });
    expect(kept.length).toBeLessThan(2_000);
    const refusal = (i: number) =>
      says("server", { command: `system/c${i}/response`, status: "failed", reason: "command_unimplemented" });
    const known = (more: WireEvent) => findings({ url, events: [...kept, more] })["message.known"];
    expect(known(refusal(1))?.outcome).toBe("kept");
    expect(known(refusal(2_500))).toEqual({
      outcome: "inconclusive",
      actual: "not recorded: requests of more undefined commands than are remembered",
    });
  });
});

/** The events that a gap may hide. A recorder notes by itself how long it waits. */
const PASSED = EVENTS.filter(({ type }) => type !== "cut" && type !== "timeout");

test("every finding on a transcript with lost events holds for the whole", () => {
  const lossy = fc.array(fc.tuple(fc.constantFrom(...PASSED), fc.boolean()));
  fc.assert(
    fc.property(lossy, (some) => {
      const all = findings({ url, events: some.map(([it]) => ({ ...it })) });
      const seen = some.map(([it, lost]) => (lost ? event(it.from, "cut", "lost") : { ...it }));
      for (const [id, { outcome }] of Object.entries(findings({ url, events: seen })))
        if (outcome !== "inconclusive" && all[id]?.outcome !== "inconclusive")
          expect([id, outcome]).toEqual([id, all[id]?.outcome]);
    }),
    { numRuns: everything ? 2_000 : 600 },
  );
});

test("connections that interleave are told apart, and each is judged as alone", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom("a", "b", "c"), fc.constantFrom(...EVENTS))), (mixed) => {
      const alone = groupBy(mixed, ([id]) => id);
      const found = followed(mixed.map(([id, it]) => toLines({ [id]: [it] })).join(""));
      expect(found.map(({ id }) => id)).toEqual([...alone.keys()]);
      for (const { id, decisive } of found)
        expect(findings({ ...decisive, url })).toEqual(
          findings({ url, events: (alone.get(id) ?? []).map(([, it]) => it) }),
        );
    }),
  );
});
