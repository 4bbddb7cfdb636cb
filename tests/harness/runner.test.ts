import { afterEach, describe, expect, test } from "@jest/globals";
import { run } from "../../harness/runner.ts";
import { UnreachableError } from "../../harness/usage.ts";
import { DEFAULTS } from "../../running/defaults.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import { disconnect, greeting, scenario } from "../../suites/0.1.7/protocol.ts";
import { cases, runAgainst } from "../helpers.ts";
import { type Behaviour, lobby } from "../servers/lobby.ts";
import { ask, custom, named, summary, verdictOf } from "./running.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function server(change?: (normal: Behaviour) => Partial<Behaviour>): Promise<Awaited<ReturnType<typeof lobby>>> {
  const it = await lobby(change);
  closing.push(it.close);
  return it;
}

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

  test("skip, with the requirement that is broken for a client that is alone, too", async () => {
    const { url, close } = await protocol.serve({ fault: "calls-everything-a-match" });
    closing.push(close);
    const [result] = (await runAgainst(url, named("version/isolated"))).results;
    expect(result?.checks.find(({ requirement }) => requirement === "parity.isolated")).toMatchObject({
      verdict: "skip",
      actual: expect.stringMatching(
        /^a client of version \S+ alone gets "match" too: see parity\.(major|minor|patch)$/,
      ),
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
    const all = Object.values(summary(await runAgainst(url, some, { timeout: 500 })));
    expect(runs).toBe(20 + 5);
    expect(new Set(all)).toEqual(new Set(["fail"]));
  });

  test("repeating tells a flaky server from a broken one: only the flaky one is unstable", async () => {
    let asked = 0;
    const flaky = await server(({ disconnect: normal }) => ({
      disconnect: (client) => (asked++ % 3 === 0 ? client.leave(1000) : normal(client)),
    }));
    const broken = await server(() => ({ disconnect: (client) => client.leave(1000) }));
    const some = named("disconnect/alone", "disconnect/at-once");
    const options = { repeat: 4, concurrency: 1 };
    const varying = Object.values(summary(await runAgainst(flaky.url, some, options)));
    // How many requests there are in all is for the suite to choose, so one of the two may never meet the third.
    expect(varying).toContain("fail unstable");
    expect(varying).not.toContain("fail");
    // If the request fails alone, no other form of it is judged.
    expect(summary(await runAgainst(broken.url, some, options))).toEqual({
      "disconnect/alone": "fail",
      "disconnect/at-once": "skip",
    });
  });
});

describe("a run ends early", () => {
  test("at the first failure with bail", async () => {
    const { url } = await server(() => ({ parity: () => "match" }));
    const result = await runAgainst(url, undefined, { bail: true, concurrency: 1 });
    expect(result.stop).toMatchObject({ reason: "bail", why: expect.stringContaining("--bail") });
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
    connections.flatMap(({ events }) => events.flatMap((it) => (it.type === "timeout" ? [it.afterMs ?? 0] : []))),
  );
  expect(waits).toHaveLength(12);
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(200);
});

test("waits overlap: many cases wait for a silent server at the same time", async () => {
  let together = 0;
  const { url } = await server(({ everybody }) => ({
    disconnect() {
      together = Math.max(together, everybody.size);
    },
  }));
  const silent = Array.from({ length: 40 }, (_, i) => custom(`${i}`, ask));
  await runAgainst(url, silent, { timeout: 4_000, concurrency: 4, once: true });
  expect(together).toBeGreaterThanOrEqual(40);
});
