import { expect, test } from "@jest/globals";
import type { WireEvent } from "../../harness/transcript.ts";
import { follow } from "../../recordings/follow.ts";
import type { FollowedConnection } from "../../recordings/followed.ts";
import { seen } from "../../recordings/seen.ts";
import { ASK, event, followed, GOODBYE, GREETING, outcomes, rules, says, toLines } from "./recordings.ts";

const again = (n: number, ...events: WireEvent[]) => Array.from({ length: n }, () => events).flat();
const END = event("server", "close", "", 1000);

test("a connection with very many events shows both ends, and keeps all events that decide", () => {
  const events = [says("server", GREETING), says("client", ASK), ...again(5_000, event("client", "ping", "AAAA"))];
  const [it] = followed(toLines({ long: [...events, says("server", GOODBYE), END] }));
  expect(it?.events).toBe(5_004);
  expect(it && outcomes(it.decisive)).toEqual({});
  const shown = it?.shown().events ?? [];
  expect(shown).toHaveLength(120);
  expect(shown[59]).toMatchObject({ type: "cut", data: "4885 events left out" });
  expect(it?.decisive.events.length).toBeLessThan(300);
});

test("an event that decides is found at its place in the shown transcript, if it is shown", () => {
  const wrong = event("server", "text", "no JSON");
  const pings = (n: number) => again(n, event("client", "ping", "AAAA"));
  const placeOf = (...events: WireEvent[]) => {
    const [it] = followed(toLines({ one: events }));
    const broken = it?.decisive.events.find(({ type }) => type === "text");
    const place = broken && it?.placeOf(broken);
    return [place, place === undefined ? undefined : it?.shown().events[place]?.type];
  };
  expect(placeOf(...pings(30), wrong)).toEqual([30, "text"]);
  expect(placeOf(...pings(118), wrong)).toEqual([118, "text"]);
  expect(placeOf(...pings(1_000), wrong, END)).toEqual([118, "text"]);
  expect(placeOf(...pings(100), wrong, ...pings(100))).toEqual([undefined, undefined]);
});

test("connections of the same name in different files are different", () => {
  const all: FollowedConnection[] = [];
  const follower = follow(rules, (it) => all.push(it));
  for (const file of ["a", "b"]) follower.see(file, { connection: "1", event: says("server", GREETING) });
  follower.end();
  expect(all.map(({ file, number, events }) => [file, number, events])).toEqual([
    ["a", 1, 1],
    ["b", 2, 1],
  ]);
});

test("a name that is used again after its connection ended names another one", () => {
  const one = [
    event("client", "upgrade", "GET /"),
    says("server", GREETING),
    says("client", ASK),
    says("server", GOODBYE),
    END,
  ];
  const all = followed(toLines({ a: [...one, event("server", "end"), ...one] }));
  expect(all.map(({ events, decisive }) => [events, outcomes(decisive)])).toEqual([
    [6, {}],
    [5, {}],
  ]);
});

test("a connection that memory was too short to follow says so, and gives no finding", () => {
  const others = Array.from({ length: 15_000 }, (_, i): [string, WireEvent[]] => [`c${i}`, [says("server", GREETING)]]);
  const text = [
    toLines({ old: [says("client", ASK)] }),
    toLines(Object.fromEntries(others)),
    toLines({ old: [says("server", GOODBYE), END] }),
  ];
  const old = followed(text.join("")).filter(({ id }) => id === "old");
  expect(old.map(({ events, decisive }) => [events, outcomes(decisive)["termination.success-only-if-asked"]])).toEqual([
    [1, undefined],
    [2, "inconclusive"],
  ]);
  expect(old[1]?.shown().events[0]).toMatchObject({
    type: "cut",
    data: expect.stringMatching(/^what came before; too many/),
  });
});

test("a memory of names knows each name in it, and hardly any other", () => {
  const names = seen();
  expect(names.has("0")).toBe(false);
  for (let i = 0; i < 20_000; i++) names.add(`connection ${i}`);
  const known = Array.from({ length: 25_000 }, (_, i) => names.has(`connection ${i}`));
  expect(known.slice(0, 20_000)).not.toContain(false);
  expect(known.slice(20_000).filter(Boolean).length).toBeLessThan(10);
});
