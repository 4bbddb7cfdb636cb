import { afterEach, describe, expect, test } from "@jest/globals";
import { protocol } from "../../suites/0.1.7/index.ts";
import { runAgainst } from "../helpers.ts";
import { lobby } from "../servers/lobby.ts";
import { byTurns } from "../turns.ts";

let close: () => Promise<void> = async () => {};
afterEach(() => close());

describe("a server that conforms", () => {
  test("the reference server passes every case, without a warning", async () => {
    const server = await protocol.serve();
    close = server.close;
    const { results } = await runAgainst(server.url, undefined, { seed: 1, runs: 100 });
    expect(results.filter(({ verdict }) => verdict !== "pass" && verdict !== "info")).toEqual([]);
    expect(results.filter(({ unstable }) => unstable)).toEqual([]);
  });

  test("a server that makes every other choice does, too, but for what its WebSocket layer lets pass, even one case at a time", async () => {
    const server = await lobby();
    close = server.close;
    const light = protocol.suites.filter(({ load }) => !load).flatMap((suite) => suite.cases);
    const broken = [
      "transport.strict-handshake",
      "transport.masking",
      "transport.reserved",
      "transport.utf8",
      "transport.control-frames",
    ];
    const runs = [
      { some: light, options: {} },
      { some: byTurns(light, 6), options: { concurrency: 1 } },
    ];
    for (const { some, options } of runs) {
      const { results } = await runAgainst(server.url, some, options);
      const wrong = results.flatMap(({ checks }) =>
        checks.filter(
          ({ verdict, requirement }) => !["pass", "info"].includes(verdict) && !broken.includes(requirement),
        ),
      );
      expect(wrong).toEqual([]);
    }
  });
});
