import { type AddressInfo, connect, createServer } from "node:net";
import { describe, expect, test } from "@jest/globals";
import { isBroken } from "../../harness/catalogue.ts";
import { SHUT_OUT } from "../../harness/fall.ts";
import { brokenBy, cases, runAgainst } from "../helpers.ts";
import { gateway } from "../servers/limiting.ts";
import { lobby } from "../servers/lobby.ts";
import { byTurns, testByTurns } from "../turns.ts";
import {
  BANANA,
  closing,
  doubtful,
  failed,
  GET,
  inputShown,
  malformed,
  mortal,
  over,
  server,
  some,
  words,
} from "./ending.ts";

const inTurn = testByTurns(3);

/** The time for which a door is shut, in ms. */
const SHUT = 300;

describe("a server that ends and is back in a moment", () => {
  inTurn("is tested to the end, and each input that ends it is named, even if it ends later", async () => {
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

  inTurn("and does so only once is reported with its suspects, the likeliest first", async () => {
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

  inTurn("is given up after as many ends as the user allows", async () => {
    const { url } = await mortal((text, end) => {
      if (text === "banana" || text.startsWith("GET")) end();
    });
    const result = await runAgainst(url, some, { concurrency: 1, restarts: 1 });
    const words = expect.stringMatching(/ended in \d+ ways?, and no further end is looked into \(--restarts 1\)$/);
    expect(result.stop).toEqual({ reason: "lost", why: words });
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

/** Starts a door before a server, which stays shut for some ms over a word. Who is inside stays there. */
async function doorBefore(change: (shut: () => void) => Parameters<typeof server>[0]): Promise<string> {
  let port = 0;
  let reopening: NodeJS.Timeout | undefined;
  const shut = () => {
    if (!door.listening) return;
    door.close();
    reopening = setTimeout(() => door.listen(port), SHUT);
  };
  const inside = await server(change(shut));
  const door = createServer((client) => {
    const behind = connect(Number(new URL(inside.url).port), "127.0.0.1");
    for (const it of [client, behind]) it.on("error", () => {});
    client.pipe(behind).pipe(client);
  });
  await new Promise<void>((resolve) => door.listen(0, "127.0.0.1", resolve));
  port = (door.address() as AddressInfo).port;
  closing.push(() => {
    clearTimeout(reopening);
    door.close();
  });
  return `ws://127.0.0.1:${port}/`;
}

test("a server that accepts nobody for a while over one input, and keeps those it has, is not told to have ended", async () => {
  const url = await doorBefore((shut) => over((text) => void (text === "banana" && shut())));
  const result = await runAgainst(url, some, { concurrency: 1 });
  expect([failed(result), brokenBy(result)]).toEqual([[BANANA], ["malformed.survives"]]);
  const words = /^the server stopped accepting connections \(and kept those open\) \d+ ms after the text banana$/;
  const [check] = result.results.flatMap((it) => it.checks.filter(isBroken));
  expect(check).toMatchObject({ endKind: SHUT_OUT, actual: expect.stringMatching(words) });
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

inTurn(
  "a server behind a gateway that ends over the number of its clients is told as that, and no case is blamed",
  async () => {
    const server = await mortal(() => {}, 6);
    const front = await gateway({ ...server, close: async () => {} }, 502);
    closing.unshift(front.close);
    const result = await runAgainst(front.url, malformed.slice(0, 24));
    expect([brokenBy(result), result.limits]).toEqual([[], undefined]);
    expect([server.deaths() > 0, result.unexplained.length > 0]).toEqual([true, true]);
  },
);

inTurn("what a gateway says of a server that is gone is no finding, and no limit", async () => {
  const server = await lobby((normal) => over((text) => void (text === "banana" && server.close()))(normal));
  closing.push(server.close);
  const front = await gateway({ ...server, close: async () => {} }, 502);
  closing.unshift(front.close);
  const result = await runAgainst(front.url, malformed);
  expect(brokenBy(result)).toEqual([]);
  expect(result.stop).toMatchObject({ reason: "lost", why: "the server stopped accepting connections (HTTP 502)" });
  expect(result.limits).toBeUndefined();
});
