import { afterEach, describe, expect, test } from "@jest/globals";
import type { RunResult } from "../../harness/runner.ts";
import { disconnect, disconnected, greeting, scenario } from "../../suites/0.1.7/protocol.ts";
import { brokenBy, cases, runAgainst } from "../helpers.ts";
import { gateway } from "../servers/limiting.ts";
import { type Behaviour, type Client, lobby } from "../servers/lobby.ts";
import { byTurns } from "../turns.ts";
import { custom, named, summary, verdictOf } from "./running.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function server(change: (normal: Behaviour) => Partial<Behaviour>): Promise<Awaited<ReturnType<typeof lobby>>> {
  const it = await lobby(change);
  closing.push(it.close);
  return it;
}

/** A few cases that run in a moment. Two of them send a word that a server may end over. */
const some = cases.filter(({ id }) =>
  /^(version\/greeting|disconnect\/(alone|at-once|isolated|reconnect|extra-a)|malformed\/not-json-)/.test(id),
);
const BANANA = "malformed/not-json-word";
/** More than run at a time, so that a server ends among others. */
const malformed = cases.filter(({ suite, id }, i) => suite === "malformed" && (i % 3 === 0 || id === BANANA));
const GET = "malformed/not-json-http-request";

/** An act of a server some ms after it read a text, with or without an answer. */
type Fate = (text: string, client: Client, server: Behaviour) => void;

const over =
  (fate: Fate) =>
  (normal: Behaviour): Partial<Behaviour> => ({
    malformed(client, text, binary) {
      normal.malformed(client, text, binary);
      fate(text, client, normal);
    },
  });

/** The time for which the server is away, in ms, so that a client misses it. */
const AWAY = 150;

/** Makes a server that may end over a text, or over the number of its clients, and is back at the same port a moment later. */
async function mortal(fate: (text: string, end: () => void) => unknown, most = Number.POSITIVE_INFINITY) {
  let deaths = 0;
  let up = true;
  let back: Promise<void> = Promise.resolve();
  const end = () => {
    if (!up) return;
    up = false;
    deaths += 1;
    back = running.close().then(async () => {
      await new Promise((resolve) => setTimeout(resolve, AWAY));
      running = await lobby(change, Number(new URL(running.url).port));
      up = true;
    });
  };
  // A timer ends with the server in which it was set.
  const upset = over((text) => {
    const before = deaths;
    fate(text, () => before === deaths && end());
  });
  const change = (normal: Behaviour): Partial<Behaviour> => ({
    ...upset(normal),
    greet(client) {
      normal.greet(client);
      if (normal.everybody.size > most) end();
    },
  });
  let running = await lobby(change);
  closing.push(async () => {
    await back;
    await running.close();
  });
  return { url: running.url, deaths: () => deaths };
}

const failed = ({ results }: RunResult) => results.filter(({ verdict }) => verdict === "fail").map((it) => it.case.id);
const doubtful = ({ results }: RunResult) =>
  results.filter((it) => it.unstable || it.unconfirmed || it.verdict === "error").map((it) => it.case.id);
const words = ({ results }: RunResult, id: string) =>
  results
    .find((it) => it.case.id === id)
    ?.checks.filter(({ verdict }) => verdict === "fail")
    .map(({ actual }) => actual);

/** The event that the failure of a case shows. */
function inputShown({ results }: RunResult, id: string) {
  const it = results.find((one) => one.case.id === id);
  const { connection = 0, events = [] } = it?.checks.find(({ verdict }) => verdict === "fail")?.evidence ?? {};
  return it?.connections[connection]?.events[events[0] ?? -1];
}

describe("a server that drops all others over one input", () => {
  /** A client that stays long enough to be dropped. */
  const stays = (name: string) =>
    scenario({
      id: `malformed/${name}`,
      title: name,
      tests: ["disconnect.answered"],
      async run({ connect, check }) {
        const client = await connect();
        await client.quiet(200);
        client.send(disconnect);
        check("disconnect.answered", await disconnected(client));
      },
    });
  const those = [stays("before"), ...some.flatMap((it) => (it.id === BANANA ? [it, stays("after")] : [it]))];
  const later = /^connections of other clients were ended \d+ ms after the text banana$/;
  const banana = { from: "client", data: "banana" };
  const drops: [string, number, number, RegExp, object][] = [
    // The case's own bystander shows it, so no search is needed.
    ["at once", 0, 16, /^"the bystander's connection ended"$/, { from: "server", type: "end" }],
    ["100 ms later", 100, 16, later, banana],
    ["50 ms later, one case at a time", 50, 1, later, banana],
  ];
  test.each(byTurns(drops, 3))(
    "%s: the case is named, and no other is blamed",
    async (_, ms, concurrency, how, shown) => {
      const drop: Fate = (text, client, { everybody }) => {
        if (text !== "banana") return;
        // On a busy machine nobody may have come by then, and who comes is to be greeted first.
        const dropOthers = (tries: number, wait: number) => {
          const others = [...everybody].filter((it) => it !== client);
          const drop = () => others.forEach((it) => void it.peer.socket.destroy());
          if (others.length > 0) setTimeout(drop, wait);
          else if (tries > 0) setTimeout(dropOthers, 10, tries - 1, 30);
        };
        setTimeout(dropOthers, ms, 100, 0);
      };
      const server = await lobby(over(drop));
      closing.push(server.close);
      const result = await runAgainst(server.url, those, { concurrency });
      expect([failed(result), brokenBy(result), doubtful(result)]).toEqual([[BANANA], ["malformed.survives"], []]);
      expect(words(result, BANANA)).toEqual([expect.stringMatching(how)]);
      expect(inputShown(result, BANANA)).toMatchObject(shown);
      expect([result.stop, result.unexplained]).toEqual([undefined, []]);
    },
  );
});

describe("a server that ends and is back in a moment", () => {
  test("is tested to the end, and each input that ends it is named, even if it ends later", async () => {
    const { url, deaths } = await mortal((text, end) => {
      if (text === "banana") end();
      else if (text.startsWith("GET")) setTimeout(end, 80);
    });
    const result = await runAgainst(url, some, { concurrency: 1 });
    expect([failed(result), doubtful(result)]).toEqual([[BANANA, GET], []]);
    expect(brokenBy(result)).toEqual(["malformed.survives"]);
    expect(words(result, BANANA)).toEqual([expect.stringMatching(/ms after the text banana$/)]);
    expect(words(result, GET)).toEqual([expect.stringMatching(/ms after the text GET/)]);
    expect(inputShown(result, BANANA)).toMatchObject({ from: "client", type: "text", data: "banana" });
    expect(deaths()).toBeGreaterThan(2);
    expect([result.stop, result.unexplained]).toEqual([undefined, []]);
  });

  test("and does so only once is reported with its suspects, the likeliest first", async () => {
    let spent = false;
    const { url } = await mortal((text, end) => {
      if (text === "banana" && !spent) end();
      spent ||= text === "banana";
    });
    const result = await runAgainst(url, some, { concurrency: 1 });
    expect([failed(result), result.stop, result.unexplained.length]).toEqual([[], undefined, 1]);
    expect(result.unexplained[0]?.suspects[0]).toBe(BANANA);
    expect(result.unexplained[0]?.suspects.length).toBeLessThanOrEqual(6);
  });

  test("is given up after as many ends as the user allows", async () => {
    const { url } = await mortal((text, end) => {
      if (text === "banana" || text.startsWith("GET")) end();
    });
    const result = await runAgainst(url, some, { concurrency: 1, restarts: 1 });
    const words = expect.stringMatching(/ended over \d+ inputs?, and no further end is looked into \(--restarts 1\)$/);
    expect(result.stop).toEqual({ reason: "lost", words, why: words });
    expect(failed(result)).toHaveLength(1);
  });
});

describe("a server that ends for good", () => {
  test("after the last case is found missing by a last newcomer", async () => {
    const server = await lobby(over((text) => void (text === "banana" && last.push(server.close()))));
    const last: Promise<void>[] = [];
    closing.push(() => Promise.all(last));
    const banana = some.filter(({ id }) => id === BANANA || id === "version/greeting");
    const result = await runAgainst(server.url, banana, { concurrency: 1, recovery: 0 });
    expect(result.stop).toMatchObject({ reason: "lost", suspects: [BANANA, "version/greeting"] });
    expect(result.results.map((it) => [it.case.id, it.verdict])).toEqual([
      ["version/greeting", "pass"],
      [BANANA, "skip"],
    ]);
  });

  test("while the last newcomer stays is missed only if one stays", async () => {
    const run = async (linger?: "short" | "long") => {
      const last: Promise<void>[] = [];
      let newcomers = 0;
      // The second client that is greeted is the newcomer at the end: it sees the end only if it stays.
      const server = await lobby(({ greet }) => ({
        greet(client) {
          greet(client);
          newcomers += 1;
          if (newcomers === 2 && linger) setTimeout(() => last.push(server.close()), 50);
        },
      }));
      closing.push(linger ? () => Promise.all(last) : server.close);
      const greeting = cases.filter(({ id }) => id === "version/greeting");
      const options = { recovery: 0, timeout: 4_000, ...(linger && { linger }) };
      return (await runAgainst(server.url, greeting, options)).stop?.reason;
    };
    expect([await run(), await run("short"), await run("long")]).toEqual([undefined, "lost", "lost"]);
  });
});

/** The ways in which a gateway says that the server behind it is away; without one, nobody listens meanwhile. */
const ways = [undefined, 502, 503] as const;

test.each(byTurns(ways, 3))(
  "a server that dies of one input and comes back (gateway: %s) is tested to the end, and only that input is blamed",
  async (way) => {
    const server = await mortal((text, end) => text === "banana" && end());
    const { url, close } = way ? await gateway({ ...server, close: async () => {} }, way) : { ...server, close() {} };
    closing.unshift(close);
    const result = await runAgainst(url, malformed);
    expect(failed(result)).toEqual([BANANA]);
    expect(result.results.filter(({ verdict }) => verdict === "skip" || verdict === "error")).toEqual([]);
    expect(server.deaths()).toBeGreaterThan(1);
    expect(result.stop).toBeUndefined();
  },
);

test("a server behind a gateway that ends over the number of its clients is told as that, and no case is blamed", async () => {
  const server = await mortal(() => {}, 6);
  const front = await gateway({ ...server, close: async () => {} }, 502);
  closing.unshift(front.close);
  const result = await runAgainst(front.url, malformed.slice(0, 24));
  expect([brokenBy(result), result.limits]).toEqual([[], undefined]);
  expect([server.deaths() > 0, result.unexplained.length > 0]).toEqual([true, true]);
});

test("what a gateway says of a server that is gone is no finding, and no limit", async () => {
  const server = await lobby((normal) => over((text) => void (text === "banana" && server.close()))(normal));
  closing.push(server.close);
  const front = await gateway({ ...server, close: async () => {} }, 502);
  closing.unshift(front.close);
  const result = await runAgainst(front.url, malformed);
  expect(brokenBy(result)).toEqual([]);
  expect(result.stop).toMatchObject({ reason: "lost", why: "the server stopped accepting connections (HTTP 502)" });
  expect(result.limits).toBeUndefined();
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

describe("a target that goes away", () => {
  const dying = (): Promise<Awaited<ReturnType<typeof lobby>>> => {
    const it = server(({ malformed }) => ({
      malformed: (client, text, binary) =>
        text === "banana" ? void it.then(({ close }) => close()) : malformed(client, text, binary),
    }));
    return it;
  };
  const deadly = named("malformed/not-json-word");

  const rest = cases.filter(({ id }) => id.startsWith("malformed/near"));

  test("for good over the only case that ran is blamed on it: nobody else can be it", async () => {
    const { url } = await dying();
    const result = await runAgainst(url, [...deadly, ...rest], { recovery: 100, concurrency: 1 });
    expect([failed(result), brokenBy(result)]).toEqual([[BANANA], ["malformed.survives"]]);
    expect(words(result, BANANA)).toEqual([
      expect.stringMatching(/^the server stopped accepting connections \d+ ms after the text banana$/),
    ]);
    expect(result.stop).toMatchObject({ reason: "lost" });
    expect(result.stop?.suspects).toBeUndefined();
  });

  test("for good fails the run, and the cases that could not run are skipped for that reason", async () => {
    const { url } = await dying();
    const before = named("version/greeting");
    const result = await runAgainst(url, [...before, ...deadly, ...rest], { recovery: 100, concurrency: 1 });
    expect(result.stop).toMatchObject({
      reason: "lost",
      words: "not run: the server stopped accepting connections",
      suspects: [BANANA, "version/greeting"],
    });
    expect(new Set(result.results.slice(1).map(({ verdict }) => verdict))).toEqual(new Set(["skip"]));
    expect(result.results[1]?.checks.map(({ actual }) => actual)).toContain(
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
        const greeted = connect().then(async (client) => {
          await client.next("system/version/response");
          return client;
        });
        connected.push(greeted);
        check("disconnect.answered", await (await greeted).next("never"));
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
