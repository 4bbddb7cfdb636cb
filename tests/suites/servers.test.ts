import { afterEach, describe, expect, test } from "@jest/globals";
import { protocol } from "../../suites/0.1.7/index.ts";
import { brokenBy, runAgainst } from "../helpers.ts";
import { bugs } from "../servers/bugs.ts";
import { lobby } from "../servers/lobby.ts";

let close: () => Promise<void> = async () => {};
afterEach(() => close());

/** Long enough for a server that is slow on purpose, on a busy machine; short, since some bugs are silence. */
const TIMEOUT = 400;

describe("a server that conforms", () => {
  test("the reference server passes every case, without a warning", async () => {
    const server = await protocol.serve();
    close = server.close;
    const { results } = await runAgainst(server.url);
    expect(results.filter(({ verdict }) => verdict !== "pass" && verdict !== "info")).toEqual([]);
    expect(results.filter(({ unstable }) => unstable)).toEqual([]);
  });

  test("so does one that makes every other choice, also when it is tested strictly and one case at a time", async () => {
    const server = await lobby();
    close = server.close;
    for (const options of [{}, { strict: true, concurrency: 1 }]) {
      const { results } = await runAgainst(server.url, undefined, options);
      expect(results.filter(({ verdict }) => verdict !== "pass" && verdict !== "info")).toEqual([]);
    }
  });
});

describe("a server with one bug is found to break what the bug breaks, and nothing else: it", () => {
  test.each(Object.entries(bugs))("%s", async (_, { breaks, change, headers = {} }) => {
    const server = await lobby(change);
    close = server.close;
    const result = await runAgainst(server.url, undefined, {
      timeout: TIMEOUT,
      target: { url: new URL(server.url), headers },
    });
    expect(brokenBy(result)).toEqual(breaks.toSorted());
    expect(result.results.filter(({ verdict }) => verdict === "error")).toEqual([]);
  });
});
