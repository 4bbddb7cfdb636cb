import { afterEach, describe, expect, test } from "@jest/globals";
import { availability } from "../../harness/availability.ts";
import { isBroken } from "../../harness/catalogue.ts";
import { dial } from "../../harness/dial.ts";
import { gate, takingTurns } from "../../harness/gate.ts";
import { share } from "../../harness/shared.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import { brokenBy, cases, runAgainst } from "../helpers.ts";
import { onWs } from "../servers/libraries.ts";
import { bucket, every, gateway, type Limiter, together, turnsAway, type Way, window } from "../servers/limiting.ts";
import { lobby } from "../servers/lobby.ts";
import { tachyon } from "../servers/tachyon.ts";
import { testByTurns } from "../turns.ts";

const inTurn = testByTurns(3);

let close: () => Promise<void> = async () => {};
afterEach(() => close());

const clock = () => performance.now();
const called = (pattern: RegExp) => cases.filter(({ id }) => pattern.test(id));

/** Runs some cases behind a gateway. With `bail` the first failure stops the run. */
async function behind(pattern: RegExp, way: Way, limiter: Limiter, bail = false) {
  const server = await gateway(await onWs(tachyon()), way, limiter);
  close = server.close;
  const told: string[] = [];
  const found = await runAgainst(server.url, called(pattern), {
    bail,
    onLimit: (words) => void told.push(words),
  });
  return { ...found, told };
}

describe("a gate", () => {
  test("lets connections begin one after another, with a gap between", async () => {
    const turn = takingTurns(clock, () => 20);
    const times = await Promise.all(Array.from({ length: 5 }, () => turn().then(clock)));
    const gaps = times.slice(1).map((at, i) => at - (times[i] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThan(17); // Timers may be a ms early.
  });

  test("lets one begin when another has ended", async () => {
    const { turn, left, setBounds } = gate(clock, 10_000);
    setBounds({ together: 2, gap: 0, lag: 0 });
    await Promise.all([turn(), turn()]);
    let third = false;
    const begun = turn().then(() => {
      third = true;
    });
    await new Promise(setImmediate);
    expect(third).toBe(false);
    left();
    await begun;
    expect(third).toBe(true);
  });

  test("does not wait for ever for one to end", async () => {
    const { turn, setBounds } = gate(clock, 50);
    setBounds({ together: 1, gap: 0, lag: 0 });
    await turn();
    const began = clock();
    await turn();
    expect(clock() - began).toBeGreaterThan(45);
  });

  test("lets nobody wait after the end of the run", async () => {
    const { turn, setBounds } = gate(clock, 3_600_000);
    setBounds({ together: 1, gap: 3_600_000, lag: 0 });
    await turn();
    const run = new AbortController();
    run.abort();
    await turn(run.signal);
  });
});

describe("behind a gateway that lets in five at the same time", () => {
  inTurn("every case that five clients can do is judged, also if the first failure stops the run", async () => {
    const { results, limits: noticed, told, stop } = await behind(/^(version|disconnect)\//, 503, together(5), true);
    expect(stop).toBeUndefined();
    expect(noticed).toEqual({ together: 5 });
    expect(told).toEqual(["the target accepts at most 5 connections at the same time"]);
    const wrong = results.filter(({ verdict, unstable }) => unstable || (verdict !== "pass" && verdict !== "info"));
    expect(wrong.map(({ case: { id } }) => id)).toEqual([]);
    const isolated = results.find(({ case: { id } }) => id === "version/isolated");
    expect(isolated?.connections.length).toBeGreaterThan(5);
  });

  inTurn("the server is not conformant for that, and for nothing else", async () => {
    const { results } = await behind(/^resilience\/(concurrent|idle|abrupt|churn|flood)$/, "reset", together(5));
    const told = results.flatMap(({ checks }) =>
      checks
        .filter(({ verdict }) => verdict !== "pass")
        .map(({ requirement, verdict, actual }) => {
          expect(actual).toMatch(/accepts at most 5/);
          return `${requirement} ${verdict}`;
        }),
    );
    expect(told).toEqual([
      "resilience.concurrent fail",
      "resilience.churn skip",
      "resilience.churn-speed skip",
      "resilience.idle skip",
      "resilience.abrupt skip",
    ]);
  });

  inTurn("a case that does not know of the limit is skipped, and names it", async () => {
    const { results } = await behind(/^disconnect\/isolated$|^version\/isolated$/, 503, together(2));
    const skipped = results.find(({ case: { id } }) => id === "disconnect/isolated");
    expect(skipped?.verdict).toBe("skip");
    expect(skipped?.checks).toContainEqual(
      expect.objectContaining({ verdict: "skip", actual: expect.stringMatching(/more than 2 at the same time/) }),
    );
  });
});

inTurn("once a limit is known, nothing runs that rests on a broken plain form", async () => {
  const { url, close: stop } = await protocol.serve({ fault: "never-says-goodbye" });
  const server = await gateway({ url, close: stop }, 503, together(5));
  close = server.close;
  const before = new Set<string>();
  let isKnown = false;
  const { results, limits: noticed } = await runAgainst(server.url, called(/^version\/parity-equal|^disconnect\//), {
    timeout: 500,
    onResult: ({ case: { id } }) => void (isKnown || before.add(id)),
    onLimit: () => {
      isKnown = true;
    },
  });
  expect(noticed).toMatchObject({ together: 5 });
  const broken = results.flatMap(({ checks }) => checks.filter(isBroken).map(({ requirement }) => requirement));
  expect(new Set(broken)).toEqual(new Set(["disconnect.answered"]));
  const skipped = results.filter(({ case: { suite }, verdict }) => suite === "disconnect" && verdict === "skip");
  expect(skipped.length).toBeGreaterThan(80);
  const ran = skipped.filter(({ connections }) => connections.length > 0).map(({ case: { id } }) => id);
  // Plain forms run all the same. A busy machine may know the limit late, so those that ran before do not count.
  expect(ran.filter((id) => !before.has(id)).length).toBeLessThan(40);
});

test("a target that lets in one client a second is there, though it refused the first of the suite", async () => {
  const server = await gateway(await onWs(tachyon()), 429, bucket(1, 1));
  close = server.close;
  const shared = share(2_000);
  const target = { url: new URL(server.url), headers: {} };
  const there = availability(
    shared.clock,
    () => dial({ protocol, target, shared }),
    async () => true,
  );
  (await dial({ protocol, target, shared })).finish();
  there.saw(await dial({ protocol, target, shared }));
  expect(there.downSince).toBeDefined();
  expect(await there.recover(0)).toBeUndefined();
});

inTurn("refusals by chance are findings, and no limit", async () => {
  const { limits: noticed, results } = await behind(/^version\//, "reset", every(10));
  expect(noticed).toBeUndefined();
  expect(results.some(({ verdict, unstable }) => unstable || verdict === "fail")).toBe(true);
});

inTurn("ends of open connections by chance are findings, and no limit", async () => {
  const server = await onWs(turnsAway(every(10), (client) => client.close(1011))(tachyon()));
  close = server.close;
  const { limits: noticed, results } = await runAgainst(server.url, called(/^version\//));
  expect(noticed).toBeUndefined();
  expect(results.some(({ verdict, unstable }) => unstable || verdict === "fail")).toBe(true);
});

test("a server that refuses other versions does not limit anything", async () => {
  let served = 0;
  const server = await lobby(({ greet }) => ({
    refuse: (query) => (query.includes("0.1.7") ? undefined : 403),
    greet(client) {
      greet(client);
      served += 1;
    },
  }));
  close = server.close;
  const { limits: noticed } = await runAgainst(server.url, called(/^version\/(greeting|parity)/));
  expect(noticed).toBeUndefined();
  expect(served).toBeLessThan(30); // To measure takes more.
});

test("a run that its user ends while cases are to run again for a limit blames none of them", async () => {
  const server = await gateway(await onWs(tachyon()), 503, together(5));
  close = server.close;
  const user = new AbortController();
  const { limits: noticed, results } = await runAgainst(server.url, called(/^version\//), {
    signal: user.signal,
    onLimit: () => user.abort(),
  });
  expect(noticed).toMatchObject({ together: 5 });
  expect(results.filter(isBroken).map(({ case: { id } }) => id)).toEqual([]);
});

test("a limit on clients of other versions alone, who hear HTTP 429, breaks nothing", async () => {
  const passes = window(8);
  const server = await lobby(() => ({
    refuse: (query) => (query.includes("0.1.7") || passes(0) === true ? undefined : 429),
  }));
  close = server.close;
  const run = await runAgainst(server.url, called(/^version\/(parity|usable)-(equal|higher)/));
  expect(brokenBy(run)).toEqual([]);
  expect(run.results.filter(({ verdict }) => !["pass", "info"].includes(verdict))).toEqual([]);
}, 30_000);
