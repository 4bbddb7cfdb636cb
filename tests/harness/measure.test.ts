import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, test } from "@jest/globals";
import { dial } from "../../harness/dial.ts";
import { type Failure, httpFailure, NO_ANSWER, UNKNOWN } from "../../harness/failure.ts";
import { type Found, measure } from "../../harness/measure.ts";
import { share } from "../../harness/shared.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import { onWs, type Running } from "../servers/libraries.ts";
import { bucket, every, gateway, type Limiter, queue, together, type Way, window } from "../servers/limiting.ts";
import { tachyon } from "../servers/tachyon.ts";
import { byTurns } from "../turns.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** In ms: a client that waits in a queue gets no answer; all others get one, however busy the machine is. */
const ANSWERED_IN = { queue: 500, others: 10_000 };

/** Measures the limits of a server. */
function find({ url }: Pick<Running, "url">, timeout = ANSWERED_IN.others): Promise<Found | undefined> {
  const shared = share(timeout);
  closing.push(() => shared.sockets.forEach((destroy) => void destroy()));
  const target = { url: new URL(url), headers: {} };
  return measure({ dial: () => dial({ protocol, target, shared }), clock: shared.clock, served: 350 });
}

/** Measures the limits of a gateway. */
async function behind(way: Way, ...limiters: readonly Limiter[]): Promise<Found | undefined> {
  const server = await gateway(await onWs(tachyon()), way, ...limiters);
  closing.push(server.close);
  return find(server, way === "queue" ? ANSWERED_IN.queue : ANSWERED_IN.others);
}

describe("measuring finds how many connections a target accepts at the same time", () => {
  const limits: [number, Way][] = [
    [5, 503],
    [5, "reset"],
    [5, "queue"],
    [1, 429],
    [60, 503],
  ];
  test.each(byTurns(limits, 5))("%i, others: %s", async (most, way) => {
    expect(await behind(way, together(most))).toEqual({ together: most });
  });
});

describe("measuring finds how many connections a target accepts in a second", () => {
  const limits: [string, () => Limiter, number, Way][] = [
    ["10", () => bucket(10, 1), 10, 503],
    ["60, and 30 more at first", () => bucket(60, 30), 60, 503],
    ["100 in each second of the clock", () => window(100), 100, "reset"],
    ["40, the others wait", () => queue(40, 1_000), 40, 503],
    ["30, those counted that are refused", () => window(30, { strict: true }), 30, 429],
  ];
  test.each(byTurns(limits, 5))("%s", async (_, limiter, perSecond, way) => {
    let found = await behind(way, limiter());
    // A busy machine is too slow to see that it waits for others, and finds nothing then.
    for (let tries = 1; tries < 3 && found?.perSecond === undefined; tries++) found = await behind(way, limiter());
    expect(found).toEqual({ perSecond: expect.any(Number) });
    expect(found?.perSecond).toBeLessThanOrEqual(perSecond * 1.1 + 1);
    expect(found?.perSecond).toBeGreaterThan(perSecond / 4);
  });

  const special: Readonly<Record<string, () => Promise<void>>> = {
    // Without sockets, which would keep the suite too busy to see what takes the time.
    "where some wait for longer than a client does": async () => {
      const gone = { close() {}, closed: async () => {}, finish() {}, forget() {} };
      const refused = (failure: Failure) => ({ ...gone, opened: false, failure, transcript: { events: [] } });
      const turn = queue(15, 40);
      const dial = async () => {
        const ms = turn(0);
        await sleep(Math.min(Number(ms), 2_000));
        if (ms === false) return refused(httpFailure(503));
        return Number(ms) > 2_000 ? refused({ code: NO_ANSWER }) : { ...refused(UNKNOWN), opened: true };
      };
      const found = await measure({ dial, clock: () => performance.now(), served: 15 });
      expect(found).toEqual({ perSecond: expect.any(Number) });
      expect(found?.perSecond).toBeLessThan(17);
    },
    "behind a limit on their number": async () => {
      const server = await gateway(await onWs(tachyon()), 503, together(3), bucket(20, 5));
      closing.push(server.close);
      const shared = share(ANSWERED_IN.others);
      const target = { url: new URL(server.url), headers: {} };
      const means = { dial: () => dial({ protocol, target, shared }), clock: shared.clock, served: 350 };
      expect(await measure(means, { together: 3 })).toEqual({ perSecond: expect.any(Number) });
    },
  };
  test.each(byTurns(Object.entries(special), 2))("%s", (_, finds) => finds());
});

/** Lets nobody in for longer than a client waits, once in the flood that shows a limit. */
function standsStill(): Limiter {
  let clients = 0;
  let until: number | undefined;
  return () => {
    clients += 1;
    if (clients > 260) until ??= performance.now() + 1_500;
    return until === undefined || performance.now() > until || until - performance.now();
  };
}

/** Lets nobody in for a while, once in the flood that shows a limit. */
function isAway(): Limiter {
  let clients = 0;
  let until: number | undefined;
  return () => {
    clients += 1;
    if (clients > 260) until ??= performance.now() + 400;
    return until === undefined || performance.now() > until;
  };
}

/** Servers in which measuring finds no limit. */
const unlimited: Readonly<Record<string, () => Promise<void>>> = {
  "one that stands still for a while": async () => expect(await behind("queue", standsStill())).toEqual({}),
  "one that is away for a while, behind a gateway": async () => expect(await behind(502, isAway())).toEqual({}),
  "one that accepts everybody": async () => expect(await behind(503)).toEqual({}),
  "one that refuses one in 40, however slowly they come": async () =>
    expect(await behind("reset", every(40))).toEqual({}),
  "one that ends over their number, behind a gateway": async () => {
    const server = await onWs(tachyon());
    let ended: Promise<void> | undefined;
    const front = await gateway({ ...server, close: async () => ended }, 502, (inside) => {
      if (inside > 12) ended ??= server.close();
      return true;
    });
    closing.push(front.close);
    expect(await find(front)).toEqual({ fell: true });
  },
  "one that is gone": async () => {
    const server = await onWs(tachyon());
    await server.close();
    expect(await find(server)).toBeUndefined();
  },
};

test.each(byTurns(Object.entries(unlimited), 5))("measuring finds no limit of %s", (_, finds) => finds());
