import { afterEach, expect, test } from "@jest/globals";
import { DEFAULTS } from "../../../cli/defaults.ts";
import { type RunResult, run } from "../../../harness/runner.ts";
import { usersOf } from "../../../harness/target.ts";
import { own } from "../../../schemas/v0/index.ts";
import { protocolBy } from "../../../suites/v0/index.ts";
import type { Client } from "../../../suites/v0/reference/world.ts";
import { brokenBy } from "../../helpers.ts";
import type { Running } from "../../servers/libraries.ts";
import { BARE_USERS, startBare } from "../../servers/v0/bare.ts";

const protocol = protocolBy(own);
const cases = protocol.suites.flatMap((suite) => suite.cases);

let close: () => Promise<void> = async () => {};
afterEach(() => close());

/** Runs the cases of these suites against a server. */
async function judge(server: Running, suites: readonly string[], timeout = DEFAULTS.timeout): Promise<RunResult> {
  close = server.close;
  const target = { url: new URL(server.url), headers: {}, ...usersOf({ users: BARE_USERS }) };
  const some = cases.filter(({ suite }) => suites.includes(suite));
  return run(protocol, some, { ...DEFAULTS, target, timeout, seed: 1 });
}

test("a server that ends all connections of a user who leaves is told that, and no warning that comes of it", async () => {
  const server = await protocol.serve({ fault: "ends-all-connections-of-who-leaves" });
  const result = await judge(server, ["requests", "sessions", "connection", "resilience"]);
  expect(brokenBy(result)).toEqual(["disconnect.isolated"]);
});

test("a server that ends all connections of a user who sends nonsense is told that, and nothing that comes of it", async () => {
  const seated = new Set<Client>();
  const server = await startBare(({ greet }) => ({
    greet(client) {
      for (const it of seated) if (!it.open) seated.delete(it);
      seated.add(client);
      greet(client);
    },
    malformed(client, why) {
      for (const it of seated) if (it.user === client.user) it.leave(1008, why);
    },
  }));
  const { results, ...rest } = await judge(server, ["requests", "invalid", "malformed"]);
  expect(brokenBy({ results, ...rest })).toEqual(["malformed.survives"]);
  expect(results.filter(({ unstable, unconfirmed }) => unstable || unconfirmed)).toEqual([]);
});
