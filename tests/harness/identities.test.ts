import { describe, expect, test } from "@jest/globals";
import { identities } from "../../harness/identities.ts";
import { BeyondLimit } from "../../harness/limits.ts";

/** A line in which these users are lent. */
function lending(...users: readonly number[]) {
  const line = identities();
  line.lend(users, "accepted");
  return line;
}

/** The outcomes that there are by now, once all that can happen has happened. */
async function byNow(asked: readonly Promise<number>[]): Promise<unknown[]> {
  const seen: unknown[] = asked.map(() => "waits");
  asked.forEach((it, i) => {
    it.then(
      (user) => seen.splice(i, 1, user),
      (error) => seen.splice(i, 1, error.constructor),
    );
  });
  await new Promise(setImmediate);
  return seen;
}

describe("users are lent", () => {
  test("in the order in which one asks, and nobody overtakes one who waits for several", async () => {
    const line = lending(0, 1);
    const [first, two, last] = [line.party({}), line.party({}), line.party({})];
    const asked = [first.another(), two.another(), two.another(), last.another()];
    expect(await byNow(asked)).toEqual([0, "waits", "waits", "waits"]);
    first.back(0);
    expect(await byNow(asked)).toEqual([0, 1, 0, "waits"]);
    two.back(1);
    expect(await byNow(asked)).toEqual([0, 1, 0, 1]);
  });

  test("first to one that has some already", async () => {
    const line = lending(0, 1);
    const [has, other, next] = [line.party({}), line.party({}), line.party({})];
    const asked = [has.another(), other.another(), next.another()];
    await byNow(asked);
    asked.push(has.another());
    expect(await byNow(asked)).toEqual([0, 1, "waits", "waits"]);
    other.back(1);
    expect(await byNow(asked)).toEqual([0, 1, "waits", 1]);
  });

  test("until there are too few for ever", async () => {
    const line = lending(0, 1);
    const party = line.party({});
    const asked = [party.another(), party.another(), party.another()];
    expect(await byNow(asked)).toEqual([BeyondLimit, BeyondLimit, BeyondLimit]);
    expect(await byNow([party.another(), party.another()])).toEqual([0, 1]);
    await expect(party.another()).rejects.toThrow(/^it takes more than 2 users at the same time/);
    await expect(lending(7).party({}).another()).resolves.toBe(7);
  });
});

test("the younger of two that have some and wait gives way, and later gets all at once that it needs", async () => {
  const line = lending(0, 1);
  const it = {};
  const [older, younger] = [line.party({}), line.party(it)];
  const asked = [older.another(), younger.another()];
  await byNow(asked);
  asked.push(older.another(), younger.another());
  expect(await byNow(asked)).toEqual([0, 1, "waits", Error]);
  expect([older.gaveWay, younger.gaveWay]).toEqual([false, true]);
  younger.back(1);
  expect(await byNow(asked)).toEqual([0, 1, 1, Error]);

  const again = line.party(it);
  const further = line.party({});
  asked.push(again.another());
  older.back(0);
  asked.push(further.another());
  expect((await byNow(asked)).slice(4)).toEqual(["waits", "waits"]);
  older.back(1);
  expect((await byNow(asked)).slice(4)).toEqual([0, "waits"]);
  expect(await byNow([again.another()])).toEqual([1]);
  again.back(0);
  expect((await byNow(asked)).slice(4)).toEqual([0, 0]);
});

test("what is kept for one that needs several goes back with the first", async () => {
  const line = lending(0, 1);
  const it = {};
  const [older, younger] = [line.party({}), line.party(it)];
  await byNow([older.another(), younger.another()]);
  await byNow([older.another(), younger.another()]);
  younger.back(1);
  await byNow([]);
  older.back(0);
  older.back(1);
  const again = line.party(it);
  expect(await byNow([again.another()])).toEqual([0]);
  const next = line.party({});
  const asked = [next.another(), next.another()];
  expect(await byNow(asked)).toEqual(["waits", "waits"]);
  again.back(0);
  expect(await byNow(asked)).toEqual([0, 1]);
});
