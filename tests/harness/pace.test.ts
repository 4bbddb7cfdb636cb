import { afterEach, beforeEach, expect, jest, test } from "@jest/globals";
import { pacing, type UNPACED } from "../../harness/pace.ts";

const RATE = 8;

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const now = () => performance.now();

/** Sends messages one by one, and returns the times at which they go out, in ms. */
function sends(count: number, { act }: Pick<typeof UNPACED, "act">): number[] {
  const times: number[] = [];
  for (let i = 0; i < count; i++) act(1, () => times.push(now()));
  return times;
}

test("16 messages go out at once, and each further one when the rate allows", async () => {
  const { pace } = pacing(now, RATE);
  const times = sends(20, pace("alice"));
  expect(times).toHaveLength(16);
  await jest.advanceTimersByTimeAsync(10_000);
  expect(times.slice(16).map((it) => Math.round(it - (times[0] ?? 0)))).toEqual([125, 250, 375, 500]);
});

test("no second sees more than it may, however it is sent", async () => {
  const { bursts, act } = pacing(now, RATE).pace("alice");
  const times: number[] = [];
  const send = (count: number) => {
    for (const some of bursts(Array.from({ length: count })))
      act(some.length, () => times.push(...some.map(() => now())));
  };
  for (const count of [3, 40, 1, 5, 0, 17, 16]) send(count);
  await jest.advanceTimersByTimeAsync(60_000);
  expect(times).toHaveLength(82);
  const inASecond = times.map((at, i) => times.slice(i).filter((it) => it < at + 1_000).length);
  expect(Math.max(...inASecond)).toBeLessThanOrEqual(16 + RATE);
});

test("a lower rate allows fewer at once, too: those of two seconds, and one at least", async () => {
  const atOnce = [4, 3.5, 0.1].map((rate) => sends(20, pacing(now, rate).pace("alice")).length);
  expect(atOnce).toEqual([8, 7, 1]);
  const { bursts } = pacing(now, 3).pace("alice");
  expect(bursts(Array.from({ length: 14 })).map((it) => it.length)).toEqual([6, 6, 2]);
});

test("what sends nothing waits for what was sent before, and who waits knows when all is out", async () => {
  const { pace } = pacing(now, RATE);
  const mine = pace("alice");
  const done: string[] = [];
  mine.act(16, () => done.push("burst"));
  expect(mine.pending).toBeUndefined();
  mine.act(1, () => done.push("message"));
  mine.act(0, () => done.push("close"));
  const { pending } = mine;
  expect([done, pending === undefined]).toEqual([["burst"], false]);
  void pending?.then(() => done.push("all out"));
  await jest.advanceTimersByTimeAsync(125);
  expect([done, mine.pending]).toEqual([["burst", "message", "close", "all out"], undefined]);
});

test("what is held back is dropped at the end, and its time is counted once for all connections", async () => {
  const { pace, ...pacings } = { ...pacing(now, RATE) };
  expect(pacings).toMatchObject({ heldMs: 0, joined: false });
  const all = pacing(now, RATE);
  const [one, other] = [all.pace("alice"), all.pace("alice")];
  const times = [sends(24, one), sends(20, other)];
  await jest.advanceTimersByTimeAsync(500);
  expect([all.heldMs, times.map((it) => it.length)]).toEqual([500, [20, 20]]);
  one.drop();
  await jest.advanceTimersByTimeAsync(500);
  expect([all.heldMs, times.map((it) => it.length)]).toEqual([500, [20, 20]]);
});

test("without a rate nothing is held back", () => {
  const pace = pacing(now, Number.POSITIVE_INFINITY).pace("alice");
  expect([sends(1_000, pace).length, pace.pending]).toEqual([1_000, undefined]);
});

test("all connections of a user have one pace once the target counts them together, in the order in which they ask", async () => {
  const all = pacing(now, RATE);
  all.join();
  const [one, other, stranger] = [all.pace("alice"), all.pace("alice"), all.pace("bob")];
  const out: string[] = [];
  const began = now();
  const send = (who: string, { act }: typeof one) => act(1, () => out.push(`${who} ${now() - began}`));
  for (const [who, it] of Object.entries({ one, other, stranger })) send(who, it);
  send("one", one);
  other.act(0, () => out.push("other closes"));
  await jest.advanceTimersByTimeAsync(200);
  expect(out).toEqual(["one 125", "stranger 125"]);
  one.drop();
  await jest.advanceTimersByTimeAsync(1_000);
  expect(out.slice(2)).toEqual(["other 250", "other closes"]);
  expect([all.joined, all.heldMs]).toEqual([true, 250]);
});

test("what waits behind a burst that is dropped waits for its own turn only", async () => {
  const all = pacing(now, RATE);
  all.join();
  const [one, other] = [all.pace("alice"), all.pace("alice")];
  const out: string[] = [];
  sends(16, one);
  one.act(16, () => out.push("burst"));
  other.act(1, () => out.push("message"));
  one.drop();
  await jest.advanceTimersByTimeAsync(250);
  expect(out).toEqual(["message"]);
});
