import { describe, expect, test } from "@jest/globals";
import { brokenBy, cases, runAgainst } from "../helpers.ts";
import type { lobby } from "../servers/lobby.ts";
import { BANANA, failed, server, words } from "./ending.ts";
import { custom, named, summary, verdictOf } from "./running.ts";

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
      why: "the server stopped accepting connections",
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
