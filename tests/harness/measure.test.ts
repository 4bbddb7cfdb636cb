import { afterEach, describe, expect, test } from "@jest/globals";
import { dial } from "../../harness/execute.ts";
import { type Found, measure } from "../../harness/measure.ts";
import { share } from "../../harness/recorder.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import { onWs } from "../servers/libraries.ts";
import { bucket, every, gateway, type Limiter, together, type Way, window } from "../servers/limiting.ts";
import { tachyon } from "../servers/tachyon.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** What is found behind a gateway. */
async function foundBehind(way: Way, ...limiters: Limiter[]): Promise<Found | undefined> {
  const server = await gateway(await onWs(tachyon()), way, ...limiters);
  const shared = share(500);
  closing.push(() => shared.sockets.forEach((destroy) => void destroy()), server.close);
  const target = { url: new URL(server.url), headers: {} };
  const began = shared.clock();
  const r = await measure({ dial: () => dial({ protocol, target, shared }), clock: shared.clock, served: 350 });
  console.log(way, r, shared.clock() - began);
  return r;
}

describe("what a gateway limits is found", () => {
  test.each<[number, Way]>([
    [5, 503],
    [5, "reset"],
    [5, "queue"],
    [1, 429],
    [60, 503],
  ])("at most %i at the same time, others: %s", async (most, way) => {
    expect(await foundBehind(way, together(most))).toEqual({ together: most });
  });

  test.each<[string, () => Limiter, number, Way]>([
    ["10 a second", () => bucket(10, 1), 10, 503],
    ["10 a second, 20 at once", () => bucket(10, 20), 10, 429],
    ["30 a second, 30 at once", () => bucket(30, 30), 30, "reset"],
    ["100 a second, 5 at once", () => bucket(100, 5), 100, 503],
    ["300 a second, 300 at once", () => bucket(300, 300), 300, 503],
    ["300 a second", () => bucket(300, 1), 300, 503],
    ["10 in each second", () => window(10), 10, 429],
    ["100 in each second", () => window(100), 100, "reset"],
    ["300 in each second", () => window(300), 300, 503],
    ["30 in a second, who is refused counts too", () => window(30, true), 30, 503],
  ])("%s", async (_, limiter, perSecond, way) => {
    const found = await foundBehind(way, limiter());
    expect(found?.together).toBeUndefined();
    expect(found?.perSecond).toBeLessThanOrEqual(perSecond * 1.2);
    expect(found?.perSecond).toBeGreaterThan(perSecond / 4);
  });

  test("both", async () => {
    const found = await foundBehind(503, together(5), bucket(30, 5));
  });
});
test("no", async () => {
  await foundBehind(503);
  await foundBehind(503, every(40));
  await foundBehind("reset", every(40));
  await foundBehind("reset", every(150));
});
