import { afterEach, describe, expect, test } from "@jest/globals";
import { byDefault, runAgainst } from "../helpers.ts";
import { lobby } from "../servers/lobby.ts";
import { byTurns } from "../turns.ts";

let close: () => Promise<void> = async () => {};
afterEach(() => close());

describe("a server that conforms", () => {
  test("a server that makes every other choice does, too, but for what its WebSocket layer lets pass, even one case at a time", async () => {
    const server = await lobby();
    close = server.close;
    const broken = [
      "transport.strict-handshake",
      "transport.masking",
      "transport.reserved",
      "transport.utf8",
      "transport.control-frames",
    ];
    const runs = [
      { some: byDefault, options: {} },
      { some: byTurns(byDefault, 24), options: { concurrency: 1 } },
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
