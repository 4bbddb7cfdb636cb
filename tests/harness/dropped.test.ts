import { describe, expect, test } from "@jest/globals";
import { disconnect, disconnected, greeting, scenario } from "../../suites/0.1.7/protocol.ts";
import { brokenBy, runAgainst } from "../helpers.ts";
import { lobby } from "../servers/lobby.ts";
import { byTurns } from "../turns.ts";
import { BANANA, closing, doubtful, type Fate, failed, inputShown, over, server, some, words } from "./ending.ts";
import { custom, summary, verdictOf } from "./running.ts";

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
