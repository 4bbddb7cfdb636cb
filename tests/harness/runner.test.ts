import { afterEach, describe, expect, test } from "@jest/globals";
import { DEFAULTS } from "../../cli/defaults.ts";
import { run } from "../../harness/runner.ts";
import type { Case, Context } from "../../harness/scenario.ts";
import { UnreachableError } from "../../harness/usage.ts";
import { makeReport } from "../../reports/make.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import { disconnect, disconnected, greeting, scenario } from "../../suites/0.1.7/protocol.ts";
import { brokenBy, cases, runAgainst } from "../helpers.ts";
import { type Behaviour, lobby } from "../servers/lobby.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function server(change?: (normal: Behaviour) => Partial<Behaviour>): Promise<Awaited<ReturnType<typeof lobby>>> {
  const it = await lobby(change);
  closing.push(it.close);
  return it;
}

const named = (...ids: string[]): Case[] => cases.filter(({ id }) => ids.includes(id));
const summary = ({ results }: Awaited<ReturnType<typeof run>>) =>
  Object.fromEntries(
    results.map((it) => [
      it.case.id,
      it.unstable ? `${it.verdict} unstable` : it.unconfirmed ? `${it.verdict} unconfirmed` : it.verdict,
    ]),
  );
const verdictOf = (result: Awaited<ReturnType<typeof run>>) => {
  const suite = { name: "", version: "" };
  return makeReport(result, { suite, protocol, target: { url: "", embedded: false, strict: false } }).verdict;
};
const custom = (id: string, body: (context: Context<"disconnect.answered">) => Promise<void>) =>
  scenario({ id: `malformed/${id}`, title: id, tests: ["disconnect.answered"], run: body });
const ask = async ({ connect, check }: Context<"disconnect.answered">) => {
  const client = await connect();
  client.send(disconnect);
  check("disconnect.answered", await disconnected(client));
};

describe("a case is judged", () => {
  test("skip, with the prerequisite that was not kept", async () => {
    const { url } = await server(() => ({ disconnect: ({ leave }) => leave() }));
    const [result] = (await runAgainst(url, named("disconnect/alone"))).results;
    expect(result?.verdict).toBe("fail");
    expect(result?.checks.find(({ requirement }) => requirement === "disconnect.success")).toMatchObject({
      verdict: "skip",
      actual: "not judged: see disconnect.answered",
      see: "disconnect.answered",
    });
  });

  test("error, never fail, if the case itself throws or forgets a requirement that it declared", async () => {
    const { url } = await server();
    const throws = custom("throws", async () => {
      throw new Error("my mistake");
    });
    const forgets = custom("forgets", async () => {});
    const { results } = await runAgainst(url, [throws, forgets]);
    expect(results.map(({ verdict, checks }) => [verdict, checks[0]?.actual])).toEqual([
      ["error", "the case threw: my mistake"],
      ["error", "the case ended without judging it"],
    ]);
    expect(verdictOf(await runAgainst(url, [forgets]))).toBe("incomplete");
  });

  test("warn for a SHOULD, fail with strict", async () => {
    const { url } = await server(() => ({
      disconnect(client) {
        client.say({ command: "system/disconnected/response", status: "success" });
        client.leave(1011);
      },
    }));
    const [lax, strict] = [
      await runAgainst(url, named("disconnect/alone")),
      await runAgainst(url, named("disconnect/alone"), { strict: true }),
    ];
    expect([lax, strict].map((it) => it.results[0]?.verdict)).toEqual(["warn", "fail"]);
    expect([lax, strict].map(verdictOf)).toEqual(["pass", "fail"]);
  });

  test("by the message rules too, on every connection", async () => {
    const { url } = await server(({ greet }) => ({
      greet(client) {
        greet(client);
        client.say("[]");
      },
    }));
    const [result] = (await runAgainst(url, named("disconnect/alone"))).results;
    expect(result?.checks.filter(({ verdict }) => verdict === "fail").map(({ requirement }) => requirement)).toEqual([
      "message.json",
    ]);
  });
});

describe("blame", () => {
  const greeted = (id: string, began = () => {}) =>
    scenario({
      id: `version/${id}`,
      title: id,
      tests: ["version.greeting"],
      async run({ connect, check }) {
        began();
        const client = await connect();
        if (!check("version.greeting", await greeting(client))) return;
        client.send(disconnect);
        await client.closed();
      },
    });

  test("a case that is not served, though others are, is a failure that is unstable", async () => {
    let connected = 0;
    const { url } = await server(({ greet }) => ({
      greet(client) {
        connected += 1;
        if (connected !== 2) greet(client);
      },
    }));
    const some = ["a", "b", "c", "d"].map((id) => greeted(id));
    const result = await runAgainst(url, some, { timeout: 300 });
    expect(Object.values(summary(result)).toSorted()).toEqual(["fail unstable", "pass", "pass", "pass"]);
    expect(verdictOf(result)).toBe("fail");
  });

  test("a breach that shows alone, too, is confirmed in each case", async () => {
    const { url } = await server(() => ({ parity: () => "match" }));
    const some = cases.filter(({ id }) => id.startsWith("version/parity-higher"));
    const result = await runAgainst(url, [...some, ...named("version/greeting")]);
    expect(Object.values(summary(result)).filter((it) => it === "fail")).toHaveLength(some.length);
  });

  test("if nothing ever comes, five cases run again side by side, and stand for all", async () => {
    const { url } = await server(() => ({ greet() {} }));
    let runs = 0;
    const some = Array.from({ length: 20 }, (_, i) => greeted(`${i}`, () => void runs++));
    const all = Object.values(summary(await runAgainst(url, some, { timeout: 50 })));
    expect(runs).toBe(20 + 5);
    expect(new Set(all)).toEqual(new Set(["fail"]));
  });

  test("a server that dies of one input and comes back is tested to the end, and only that input is blamed", async () => {
    const malformed = cases.filter(({ suite }) => suite === "malformed");
    let deaths = 0;
    const change = ({ malformed }: Behaviour): Partial<Behaviour> => ({
      malformed(client, text, binary) {
        if (text === "banana") restart();
        else malformed(client, text, binary);
      },
    });
    let running = await lobby(change);
    let closed: Promise<void> = Promise.resolve();
    const restart = () => {
      deaths += 1;
      closed = running.close().then(async () => {
        await new Promise((resolve) => setTimeout(resolve, 200)); // It is really away, and back within --recovery.
        running = await lobby(change, Number(new URL(running.url).port));
      });
    };
    closing.push(async () => {
      await closed;
      await running.close();
    });

    const result = await runAgainst(running.url, malformed);
    const failed = result.results.filter(({ verdict }) => verdict === "fail").map((it) => it.case.id);
    expect(failed).toEqual(["malformed/not-json-word"]);
    expect(result.results.filter(({ verdict }) => verdict === "skip" || verdict === "error")).toEqual([]);
    expect(deaths).toBeGreaterThan(1);
    expect(result.stop).toBeUndefined();
  });

  test("a server that dropped connections of others once never passes, though every case passes alone", async () => {
    let killed = false;
    const { url } = await server(({ malformed, everybody }) => ({
      malformed(client, text, binary) {
        malformed(client, text, binary);
        if (!killed) for (const one of everybody) if (one !== client) one.peer.socket.destroy();
        killed = true;
      },
    }));
    let ready = () => {};
    const bystanding = new Promise<void>((resolve) => {
      ready = resolve;
    });
    const bystander = custom("bystander", async ({ connect, check }) => {
      const client = await connect();
      await greeting(client);
      ready();
      if (!killed) await client.closed();
      client.send(disconnect);
      check("disconnect.answered", await disconnected(client));
    });
    const killer = custom("killer", async ({ connect, check }) => {
      await bystanding;
      const client = await connect();
      client.send("banana");
      check("disconnect.answered", await disconnected(client));
    });
    const result = await runAgainst(url, [bystander, killer]);
    expect(summary(result)).toEqual({ "malformed/bystander": "fail unstable", "malformed/killer": "pass" });
    expect(brokenBy(result)).toEqual(["termination.announced"]);
    expect(verdictOf(result)).toBe("fail");
  });

  test("repeating tells a flaky server from a broken one: only the flaky one is unstable", async () => {
    let asked = 0;
    const flaky = await server(({ disconnect: normal }) => ({
      disconnect: (client) => (asked++ % 3 === 0 ? client.leave(1000) : normal(client)),
    }));
    const broken = await server(() => ({ disconnect: (client) => client.leave(1000) }));
    const some = named("disconnect/alone", "disconnect/at-once");
    const options = { repeat: 4, concurrency: 1 };
    expect(new Set(Object.values(summary(await runAgainst(flaky.url, some, options))))).toEqual(
      new Set(["fail unstable"]),
    );
    // If the request fails alone, no other form of it is judged.
    expect(summary(await runAgainst(broken.url, some, options))).toEqual({
      "disconnect/alone": "fail",
      "disconnect/at-once": "skip",
    });
  });
});

describe("a target that goes away", () => {
  const dying = (): Promise<Awaited<ReturnType<typeof lobby>>> => {
    const it = server(({ malformed }) => ({
      malformed: (client, text, binary) =>
        text === "banana" ? void it.then(({ close }) => close()) : malformed(client, text, binary),
    }));
    return it;
  };
  const deadly = named("malformed/not-json-word");

  test("for good fails the run, and the cases that could not run are skipped for that reason", async () => {
    const { url } = await dying();
    const rest = cases.filter(({ id }) => id.startsWith("malformed/near"));
    const result = await runAgainst(url, [...deadly, ...rest], { recovery: 100, concurrency: 1 });
    expect(result.stop).toMatchObject({
      reason: "lost",
      words: "not run: the server stopped accepting connections",
      suspects: ["malformed/not-json-word"],
    });
    expect(new Set(result.results.map(({ verdict }) => verdict))).toEqual(new Set(["skip"]));
    expect(result.results[0]?.checks.map(({ actual }) => actual)).toContain(
      "not judged: the server stopped accepting connections while it ran",
    );
    expect(result.results.at(-1)?.checks[0]?.actual).toBe("not run: the server stopped accepting connections");
    expect(verdictOf(result)).toBe("fail");
  });

  test("for good while many cases run has no culprit: all are suspects, the one that sent something last first", async () => {
    const { url } = await dying();
    const connected: Promise<unknown>[] = [];
    const waiting = ["a", "b", "c"].map((id) =>
      custom(id, async ({ connect, check }) => {
        const opening = connect();
        connected.push(opening);
        check("disconnect.answered", await (await opening).next("never"));
      }),
    );
    const kill = custom("kill", async ({ connect, check }) => {
      await Promise.all(connected);
      const client = await connect();
      client.send("banana");
      check("disconnect.answered", await client.next("never"));
      await connect();
    });
    const result = await runAgainst(url, [...waiting, kill], { recovery: 100 });
    expect(new Set(Object.values(summary(result)))).toEqual(new Set(["skip"]));
    expect(result.stop?.suspects?.[0]).toBe("malformed/kill");
    expect(result.stop?.suspects?.toSorted()).toEqual(Object.keys(summary(result)).toSorted());
    expect(verdictOf(result)).toBe("fail");
  });
});

describe("a run ends early", () => {
  test("at the first failure with bail", async () => {
    const { url } = await server(() => ({ parity: () => "match" }));
    const result = await runAgainst(url, undefined, { bail: true, concurrency: 1 });
    expect(result.stop).toMatchObject({ reason: "bail", words: expect.stringContaining("--bail") });
    expect(result.results.filter(({ verdict }) => verdict === "fail")).toHaveLength(1);
    expect(verdictOf(result)).toBe("fail");
  });

  test("when it is interrupted: finished cases keep their verdict, the rest is skipped, nothing waits", async () => {
    const { url } = await server();
    const interrupt = new AbortController();
    const hang = custom("hang", async ({ connect, check }) => {
      const client = await connect();
      setTimeout(() => interrupt.abort(), 20);
      check("disconnect.answered", await client.next("never"));
    });
    const result = await runAgainst(url, [...named("version/greeting"), hang, ...named("malformed/nested-in-array")], {
      timeout: 60_000,
      concurrency: 1,
      signal: interrupt.signal,
    });
    expect(summary(result)).toEqual({
      "version/greeting": "pass",
      "malformed/hang": "skip",
      "malformed/nested-in-array": "skip",
    });
    expect(verdictOf(result)).toBe("incomplete");
  });

  test("before it began, if the target cannot be reached", async () => {
    const gone = await lobby();
    await gone.close();
    await expect(runAgainst(gone.url)).rejects.toThrow(UnreachableError);
    await expect(runAgainst(gone.url)).rejects.toThrow(/Nothing listens at ws:/);
  });

  test("but not if the target refuses only some clients", async () => {
    const { url } = await server(() => ({ refuse: (query) => (query.includes("0.1.7") ? undefined : 400) }));
    const result = await runAgainst(url, named("version/parity-equal-higher-equal", "version/greeting"), {
      concurrency: 1,
    });
    expect(summary(result)).toEqual({ "version/parity-equal-higher-equal": "fail", "version/greeting": "pass" });
  });
});

test("a case whose verdict varies from one repetition to the next is unstable", async () => {
  let asked = 0;
  const { url } = await server(({ disconnect: normal }) => ({
    disconnect(client) {
      asked += 1;
      if (asked === 2) client.leave();
      else normal(client);
    },
  }));
  const result = await runAgainst(url, [custom("ask", ask)], { repeat: 3 });
  expect(asked).toBeGreaterThanOrEqual(3);
  expect(summary(result)).toEqual({ "malformed/ask": "fail unstable" });
});

test("cases that could upset a server run after those that cannot", async () => {
  const { url } = await server();
  const order: string[] = [];
  const note = (id: string) => ({ ...custom("x", ask), id, suite: id.split("/")[0] as string });
  const all = [note("malformed/a"), note("version/b"), note("disconnect/c")];
  await run(protocol, all, {
    ...DEFAULTS,
    target: { url: new URL(url), headers: {} },
    concurrency: 1,
    onResult: (it) => order.push(it.case.id),
  });
  expect(order).toEqual(["version/b", "disconnect/c", "malformed/a"]);
});

test("a missing message is held against the server only by a case that waited in full", async () => {
  const { url } = await server(() => ({ disconnect() {} }));
  const silent = Array.from({ length: 12 }, (_, i) => custom(`${i}`, ask));
  const { results } = await runAgainst(url, silent, { timeout: 200, concurrency: 1 });
  const waits = results.flatMap(({ connections }) =>
    connections.flatMap(({ events }) => events.filter(({ type }) => type === "timeout")),
  );
  expect(waits.map((event) => "data" in event && event.data.match(/\d+ ms/)?.[0])).toEqual(Array(12).fill("200 ms"));
});

test("waits overlap: many cases wait for a silent server at the same time", async () => {
  let together = 0;
  const { url } = await server(({ everybody }) => ({
    disconnect() {
      together = Math.max(together, everybody.size);
    },
  }));
  const silent = Array.from({ length: 40 }, (_, i) => custom(`${i}`, ask));
  await runAgainst(url, silent, { timeout: 300, concurrency: 4 });
  expect(together).toBeGreaterThanOrEqual(40);
});
