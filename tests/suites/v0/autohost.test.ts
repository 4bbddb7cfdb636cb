import { EventEmitter, once } from "node:events";
import { connect } from "node:net";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { door } from "../../../harness/arrivals.ts";
import { isBinding } from "../../../harness/catalogue.ts";
import { type HostOptions, host } from "../../../harness/host.ts";
import { overlapping } from "../../../harness/pool.ts";
import type { RunResult } from "../../../harness/runner.ts";
import type { Case } from "../../../harness/scenario.ts";
import { DEFAULTS } from "../../../running/defaults.ts";
import { ownWithAutohosts } from "../../../schemas/v0/autohost.ts";
import { autohostRequirements } from "../../../schemas/v0/autohost-requirements.ts";
import { autohostProtocolBy } from "../../../suites/v0/autohost/index.ts";
import { startAutohost } from "../../clients/autohost.ts";
import { autohostFaults, unusualAutohosts } from "../../clients/autohost-faults.ts";
import { forgetting } from "../../clients/forgetting.ts";
import { brokenBy } from "../../helpers.ts";
import { byTurns } from "../../turns.ts";

const protocol = autohostProtocolBy(ownWithAutohosts);
const cases = protocol.suites.flatMap((suite) => suite.cases);

/** In ms: the client answers at once, or never. */
const TIMEOUT = 150;

/** Runs cases against an autohost. */
async function judge(
  how: Parameters<typeof startAutohost>[1] | "reference",
  some: readonly Case[] = cases,
  options: Partial<HostOptions> = {},
): Promise<RunResult> {
  const entrance = door();
  const server = await protocol.listen?.({ arrived: entrance.arrived });
  const url = server?.url ?? "";
  const autohost = how === "reference" ? await protocol.come?.(url) : startAutohost(url, how);
  const target = { url: new URL(url), headers: {}, door: entrance };
  try {
    return await host(protocol, some, { ...DEFAULTS, timeout: TIMEOUT, ...options, target });
  } finally {
    autohost?.stop();
    await server?.close();
  }
}

/** The checks of a run that are not right. */
const troubles = ({ results, stop }: RunResult) => [
  ...results.flatMap(({ case: { id }, checks }) =>
    checks.filter(({ verdict }) => verdict !== "pass" && verdict !== "info").map((check) => [id, check]),
  ),
  ...(stop ? [stop] : []),
];

test("a case that did not run in a repetition keeps the result of the one before", async () => {
  const run = new AbortController();
  const ran: string[] = [];
  const some = cases.slice(0, 3);
  const { results, stop } = await judge({}, some, {
    repeat: 3,
    signal: run.signal,
    onResult({ case: { id } }) {
      ran.push(id);
      if (ran.length === some.length + 1) run.abort();
    },
  });
  expect(stop?.reason).toBe("interrupted");
  expect(results.filter(({ verdict, unstable }) => verdict === "skip" || unstable)).toEqual([]);
});

test("an autohost that conforms passes all cases, each on a connection that it may share with others", async () => {
  const run = await judge({});
  expect(troubles(run)).toEqual([]);
  const connections = run.results.flatMap((it) => it.connections);
  const upgrades = connections.flatMap(({ events }) => events.filter(({ type }) => type === "upgrade"));
  expect(upgrades.length / 2).toBeLessThan(connections.length / 3);
  expect(upgrades[0]).toMatchObject({ from: "server", data: expect.stringMatching(/^GET \/tachyon HTTP\/1\.1\n/) });
  expect(upgrades[1]).toMatchObject({ from: "client", code: 101, data: expect.stringMatching(/v0\.tachyon/) });
  const first = run.results.flatMap((it) => (it.case.suite === "returns" ? it.connections.slice(0, 1) : []));
  expect(first.map(({ events }) => /^(close|end)$/.test(events.at(-1)?.type ?? ""))).toEqual(first.map(() => true));
});

test("the reference autohost passes all cases", async () => {
  expect(troubles(await judge("reference"))).toEqual([]);
});

test.each(byTurns(Object.keys(unusualAutohosts), 6))("an autohost conforms that %s", async (name) => {
  expect(troubles(await judge(unusualAutohosts[name], cases, { timeout: 1_000 }))).toEqual([]);
});

/** In so many days each fault meets its cases; each time the run of one is whole. */
const DAYS = 8;
const names = process.env.FAULTS?.split(",") ?? byTurns(Object.keys(autohostFaults), DAYS);
const ruled = new Set(protocol.rules.map(({ requirement }) => requirement));

/** The cases that are about what a fault breaks, and those that show if a connection works at all. */
function casesFor(name: string): readonly Case[] {
  const { breaks = "" } = autohostFaults[name] ?? {};
  const isAbout = ({ id, suite, tests }: Case) =>
    ["autohost", "requests"].includes(suite) ||
    (ruled.has(breaks) || breaks === "request.answered"
      ? ["invalid/autohost-kill", "valid/autohost-start"].includes(id)
      : tests.includes(breaks));
  return name === names[0] ? cases : cases.filter(isAbout);
}

describe("an autohost with a fault", () => {
  const found = new Map<string, readonly string[]>();
  beforeAll(async () => {
    await overlapping(names, 4, async (name) => {
      found.set(name, brokenBy(await judge(autohostFaults[name]?.ways, casesFor(name))));
    });
  }, 60_000);

  test.each(names)("%s is told by what it breaks, and by nothing else", (name) => {
    const { breaks = "", also = [] } = autohostFaults[name] ?? {};
    const told = found.get(name) ?? [];
    expect(told).toContain(breaks);
    expect([breaks, ...also]).toEqual(expect.arrayContaining(told as string[]));
  });
});

/** The requirements that no fault breaks yet: the WebSocket library of the autohost has no way to get it wrong, or it takes no fault of its own. */
const UNPROVED = ["request.encoding", "unknown.odd", "transport.fragmentation", "transport.close", "transport.unicode"];

test("there is a fault for every MUST and SHOULD, but for those that are named", () => {
  const broken = new Set(Object.values(autohostFaults).map(({ breaks }) => breaks));
  const missing = autohostRequirements.filter(({ id, level }) => isBinding(level, true) && !broken.has(id));
  expect(missing.map(({ id }) => id)).toEqual(UNPROVED);
});

test("a client that never comes again leaves the rest undone, and the case after which it stayed away says so", async () => {
  const some = cases.filter(({ suite }) => ["malformed", "returns"].includes(suite));
  const { results, stop } = await judge(autohostFaults["never-comes-again"]?.ways, some, { timeout: 60 });
  expect(stop).toMatchObject({ reason: "missing", why: "the client did not come again within 0.9 s" });
  const told = results.filter(({ checks }) => checks.some(({ requirement }) => requirement === "client.reconnects"));
  expect(told.map(({ case: { id }, verdict }) => [id, verdict]).slice(0, 2)).toEqual([
    ["malformed/a-word", "warn"],
    ["returns/server-closes-with-1000", "skip"],
  ]);
});

test("a client that left while it waited at the door gives way to the next, or is one that never came", async () => {
  const entrance = door();
  const ends = new EventEmitter();
  const server = await protocol.listen?.({
    arrived(arrival) {
      arrival.tcp.once("end", () => ends.emit("left"));
      entrance.arrived(arrival);
    },
  });
  const left = once(ends, "left");
  const url = new URL(server?.url ?? "");
  const target = { url, headers: {}, door: entrance };
  const leaving = connect({ port: Number(url.port), host: url.hostname, allowHalfOpen: true });
  leaving.end(
    "GET /tachyon HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
      "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: v0.tachyon\r\n\r\n",
  );
  await left;
  const some = cases.filter(({ id }) => id === "requests/alone");
  const { stop } = await host(protocol, some, { ...DEFAULTS, timeout: 20, target });
  leaving.destroy();
  await server?.close();
  expect(stop).toMatchObject({ reason: "missing", why: "the client did not come again within 0.3 s" });
});

test("a run stops at the first failure, if it is asked to", async () => {
  const some = cases.filter(({ id }) =>
    ["requests/alone", "transport/ping-with-1-byte", "returns/server-closes-with-1000"].includes(id),
  );
  const { results, stop } = await judge(autohostFaults["does-not-answer"]?.ways, some, { bail: true, timeout: 60 });
  expect(stop).toMatchObject({ reason: "bail", why: "requests/alone failed, and --bail ends the run" });
  expect(results.map(({ verdict }) => verdict)).toEqual(["fail", "skip", "skip"]);
});

describe("a request without a response, where later ones are answered", () => {
  const some = cases.filter(({ suite }) => suite === "requests");

  test("is judged, though the case passes when it runs again", async () => {
    const run = await judge(forgetting(20, "never"), some);
    expect(brokenBy(run)).toEqual(["request.answered"]);
    const told = run.results.filter(({ verdict }) => verdict === "fail");
    expect(told.map(({ unstable, checks }) => [unstable, checks.some(({ silence }) => silence)])).toEqual([
      [true, true],
    ]);
  });

  test("is none where the response only comes late", async () => {
    const { results } = await judge(forgetting(20, "late"), some);
    const again = results.filter(({ unstable }) => unstable);
    expect(new Set(again.map(({ verdict }) => verdict))).toEqual(new Set(["pass"])); // On a busy machine others are late, too.
    expect(results.filter(({ verdict }) => verdict === "fail")).toEqual([]);
  });
});
