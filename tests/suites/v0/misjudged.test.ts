import { afterEach, describe, expect } from "@jest/globals";
import { type RunResult, run } from "../../../harness/runner.ts";
import { usersOf } from "../../../harness/target.ts";
import type { Message } from "../../../harness/transcript.ts";
import { DEFAULTS } from "../../../running/defaults.ts";
import { own } from "../../../schemas/v0/index.ts";
import { protocolBy } from "../../../suites/v0/index.ts";
import type { Client } from "../../../suites/v0/reference/world.ts";
import { brokenBy } from "../../helpers.ts";
import type { Running } from "../../servers/libraries.ts";
import { bucket } from "../../servers/limiting.ts";
import { BARE_USERS, startBare } from "../../servers/v0/bare.ts";
import { testByTurns } from "../../turns.ts";

const test = testByTurns(5);

const protocol = protocolBy(own);
const cases = protocol.suites.flatMap((suite) => suite.cases);

let close: () => Promise<void> = async () => {};
afterEach(() => close());

/** Runs the cases of these suites, or of these requirements, against a server. */
async function judge(
  server: Running,
  which: readonly string[],
  rate?: number,
  timeout: number = DEFAULTS.timeout,
): Promise<RunResult> {
  close = server.close;
  const target = { url: new URL(server.url), headers: {}, ...usersOf({ users: BARE_USERS }) };
  const some = cases.filter(({ suite, tests }) => [suite, ...tests].some((it) => which.includes(it)));
  return run(protocol, some, { ...DEFAULTS, target, rate, timeout, seed: 1 });
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

test("a server that loses the response to one invalid input is told that, and its valid requests are judged", async () => {
  const isLost = ({ commandId, data }: Message) => commandId === "user/info" && Object(data).userId === null;
  const server = await startBare(({ respond }) => ({
    respond: (client, request, outcome) => void (isLost(request) || respond(client, request, outcome)),
  }));
  const result = await judge(server, ["requests", "invalid", "valid"], undefined, 1_000);
  expect(brokenBy(result)).toEqual(["request.answered"]);
  const failed = result.results.filter(({ verdict }) => verdict === "fail").map((it) => it.case.id);
  expect(failed).toEqual(["invalid/user-info"]);
});

test("a server whose responses take the id of the latest request is told that, and no second response or missing one", async () => {
  const latest = new WeakMap<Client, string>();
  const server = await startBare(({ respond }) => ({
    respond(client, request, outcome) {
      latest.set(client, String(request.messageId));
      setTimeout(() => respond(client, { ...request, messageId: latest.get(client) ?? "" }, outcome), 5);
    },
  }));
  const result = await judge(server, ["requests", "invalid"], undefined, 1_000);
  expect(brokenBy(result)).toEqual(["response.correlated"]);
});

test("a server that reads nothing more from the first connection of a user once a second comes is told that alone", async () => {
  const newest = new WeakMap<object, Client>();
  const server = await startBare(({ greet, respond }) => ({
    greet(client) {
      newest.set(client.user, client);
      greet(client);
    },
    respond: (client, ...rest) => void (newest.get(client.user) === client && respond(client, ...rest)),
  }));
  const { results, ...rest } = await judge(server, ["requests", "sessions"], undefined, 1_000);
  expect(brokenBy({ results, ...rest })).toEqual(["request.answered"]);
  const failed = results.filter(({ verdict }) => verdict === "fail").map((it) => it.case.id);
  expect(failed).toEqual(["sessions/second-connection"]);
});

test("a server that closes with a code of its own over a big or deep message is told nothing of that", async () => {
  const server = await startBare(({ read }) => ({
    read: (text, ...more) => (text.length > 32 << 10 ? "too much" : read(text, ...more)),
    malformed: (client, why) => client.leave(4008, why),
  }));
  const { results } = await judge(server, ["resilience.large", "resilience.deep"]);
  expect(new Set(results.map(({ verdict }) => verdict))).toEqual(new Set(["pass"]));
});

test("a server that keeps two connections of a user is not told as one that limits their messages", async () => {
  const seated: Client[] = [];
  const server = await startBare(({ greet }) => ({
    greet(client) {
      const mine = [...seated, client].filter((it) => it.open && it.user === client.user);
      seated.push(client);
      if (mine.length > 2) mine[0]?.leave(1008, "another connection of yours is newer");
      greet(client);
    },
  }));
  expect((await judge(server, ["requests"], 40)).limits).toBeUndefined();
});

describe("a server that drops a client over too many messages", () => {
  /** Messages a second that the server takes, and that the suite sends. */
  const RATE = { server: 50, suite: 40 };

  const startLimited = (whose: (client: Client) => object, oneEach = false) => {
    const buckets = new Map<object, () => boolean>();
    const newest = new Map<object, Client>();
    return startBare(({ greet, read }) => ({
      greet(client) {
        if (oneEach) newest.get(client.user)?.leave(1008, "another connection of yours is newer");
        newest.set(client.user, client);
        greet(client);
      },
      read(text, binary, client) {
        const counted = buckets.get(whose(client)) ?? bucket(RATE.server, 20);
        buckets.set(whose(client), counted);
        return counted() ? read(text, binary, client) : "rate limit";
      },
    }));
  };

  test("and counts those of all connections of its user together, is told nothing, and the run says so", async () => {
    const result = await judge(await startLimited(({ user }) => user), ["requests", "sessions"], RATE.suite);
    expect(brokenBy(result)).toEqual([]);
    expect(result.limits).toEqual({ messages: "together" });
  });

  test("and counts those of a user who has one connection, is told nothing, and the run says so", async () => {
    const result = await judge(await startLimited(({ user }) => user, true), ["requests"], RATE.suite);
    expect(brokenBy(result)).toEqual([]);
    expect(result.limits).toEqual({ messages: "together", oneEach: "accepted" });
  });

  test("and counts those of one connection, has no such limit", async () => {
    const result = await judge(await startLimited((client) => client), ["sessions"], RATE.suite);
    expect([brokenBy(result), result.limits]).toEqual([[], undefined]);
  });
});
