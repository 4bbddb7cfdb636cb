import { describe, expect, test } from "@jest/globals";
import { type RunResult, run } from "../../../harness/runner.ts";
import type { Case } from "../../../harness/scenario.ts";
import { usersOf } from "../../../harness/target.ts";
import type { WireEvent } from "../../../harness/transcript.ts";
import { DEFAULTS } from "../../../running/defaults.ts";
import { own } from "../../../schemas/v0/index.ts";
import { protocolBy } from "../../../suites/v0/index.ts";
import type { Client } from "../../../suites/v0/reference/world.ts";
import { brokenBy } from "../../helpers.ts";
import { BARE_USERS, startBare } from "../../servers/v0/bare.ts";
import { type Bugs, type Lobby, startLobby } from "../../servers/v0/lobby.ts";
import { testByTurns } from "../../turns.ts";

const inTurn = testByTurns(3);

const protocol = protocolBy(own);
const cases = protocol.suites.flatMap((suite) => suite.cases);

/**
 * All cases of sessions, of several users and of many messages, and every eighth of the others, but for those of masking: the library of
 * the lobby takes frames without a mask.
 */
const sample = cases.filter(
  ({ id, suite, tests }, i) =>
    ["sessions", "social", "invalid"].includes(suite) ||
    ["malformed/a-word", "transport/reset-between-two-fragments", "resilience/flood"].includes(id) ||
    (["connection", "requests", "malformed", "transport"].includes(suite) &&
      i % 8 === 4 &&
      !tests.includes("transport.masking")),
);

/** Messages a second that a lobby takes, and that the suite sends: as much faster than by default, so that nobody waits for long. */
const RATE = { lobby: 200, suite: 160 };

interface Met extends RunResult {
  readonly ended: Lobby["ended"];
}

async function meet(users: number, some: readonly Case[], bugs: Bugs = {}, rate: typeof RATE = RATE): Promise<Met> {
  const lobby = await startLobby({ users, rate: rate.lobby, bugs });
  const result = await runAs(lobby.tokens, lobby.url, some, rate.suite).finally(lobby.close);
  return { ...result, ended: lobby.ended };
}

/** Runs cases as the users of these tokens. */
function runAs(
  tokens: readonly string[],
  url: string,
  some: readonly Case[],
  rate: number,
  timeout: number = DEFAULTS.timeout,
  budget?: number,
): Promise<RunResult> {
  const known = usersOf({ users: tokens.map((it) => ({ Authorization: `Bearer ${it}` })) });
  const target = { url: new URL(url), headers: {}, ...known };
  return run(protocol, some, { ...DEFAULTS, target, rate, timeout, budget, seed: 1 });
}

/** The checks that were skipped though they were asked for, and why. */
const skipped = ({ results }: RunResult) =>
  results.flatMap(({ case: { id }, checks }) =>
    checks.filter(({ verdict, unasked }) => verdict === "skip" && !unasked).map(({ actual }) => `${id}: ${actual}`),
  );

/** The end of a connection without a close frame may reach the lobby after the same user has come again. */
const abrupt = sample.filter(({ id }) => /reset|end-of-tcp|cut-off/.test(id)).length;

const met = await Promise.all([1, 2, 3].map((users) => meet(users, sample)));
const [alone = [], two, three] = met.map(skipped);

describe.each(met.map((it, i) => [i + 1, it] as const))(
  "a lobby with one connection a user, and users: %d",
  (_, it) => {
    test("gets no finding that it does not deserve, and none that varies", () => {
      expect(brokenBy(it)).toEqual([]);
      expect(it.results.filter(({ unstable, unconfirmed }) => unstable || unconfirmed)).toEqual([]);
      expect([it.stop, it.unexplained]).toEqual([undefined, []]);
      expect(it.limits).toEqual({ oneEach: "accepted" });
    });

    test("sees no client that is too fast, and no user twice but where that is tried", () => {
      expect([...it.ended.keys()]).not.toContain("rate limit");
      const twice = it.ended.get("you connected from somewhere else") ?? 0;
      expect(twice).toBeGreaterThanOrEqual(3);
      expect(twice).toBeLessThanOrEqual(3 + abrupt);
    });
  },
);

test("a newcomer comes as the client that has done its part: a third user is left to other cases", () => {
  const seen = met[2]?.results.flatMap(({ connections }) => {
    const named = (name: string) => connections.find((it) => it.name === name)?.events;
    const [client, newcomer] = [named("client"), named("newcomer")];
    return client && newcomer ? [Number(client.at(-1)?.at) <= Number(newcomer[0]?.at)] : [];
  });
  expect(new Set(seen)).toEqual(new Set([true]));
});

inTurn("a lobby that refuses a second connection of a user is told nothing else", async () => {
  const lobby = await startLobby({ users: 3, rate: RATE.lobby, refuses: true });
  const some = sample.filter(({ suite }) => ["sessions", "social", "malformed"].includes(suite));
  const it = await runAs(lobby.tokens, lobby.url, some, RATE.suite).finally(lobby.close);
  expect([brokenBy(it), skipped(it)]).toEqual([[], []]);
  expect(it.limits).toEqual({ oneEach: "accepted" });
  expect(it.results.find(({ case: { id } }) => id === "sessions/second-connection")?.checks[0]?.actual).toBe(
    "stays: the first",
  );
});

inTurn("a lobby whose answers nobody can read is told that, and not that it ends connections", async () => {
  const bugs: Bugs = { edit: ({ type, ...rest }) => (type === "response" ? rest : { type, ...rest }) };
  const lobby = await startLobby({ users: 2, rate: RATE.lobby, bugs });
  const some = cases.filter(({ id }) => ["requests/alone", "sessions/self"].includes(id));
  const it = await runAs(lobby.tokens, lobby.url, some, RATE.suite, 200).finally(lobby.close);
  expect(brokenBy(it)).toEqual(["message.envelope"]);
  expect(it.limits).toEqual({ oneEach: "accepted" });
});

describe("a run as one user where nobody can read the answers", () => {
  const bugs: Bugs = { edit: ({ type, ...rest }) => (type === "response" ? rest : { type, ...rest }) };
  const ofUsers = cases.filter(({ suite }) => suite === "sessions" || suite === "social");

  async function runFor(budget: number | undefined, some: readonly Case[]): Promise<RunResult> {
    const lobby = await startLobby({ users: 1, rate: RATE.lobby, bugs });
    return runAs(lobby.tokens, lobby.url, some, RATE.suite, 100, budget).finally(lobby.close);
  }

  inTurn("runs no case that rests on that", async () => {
    const it = await runFor(
      undefined,
      cases.filter((one) => one.id === "requests/alone" || ofUsers.includes(one)),
    );
    expect(brokenBy(it)).toEqual(["message.envelope"]);
    const ran = it.results.filter(({ case: { suite }, connections }) => suite === "social" && connections.length > 0);
    expect(ran).toEqual([]);
  });

  inTurn("ends in time where no plain request shows it", async () => {
    expect((await runFor(500, ofUsers)).stop?.reason).toBe("slow");
  });
});

test("a client that does not wait is thrown out", async () => {
  const many = cases.filter(({ id }) => id === "invalid/messaging-send");
  const { ended } = await meet(1, many, {}, { lobby: 10, suite: 0 });
  expect(ended.get("rate limit")).toBeGreaterThan(0);
});

test("a user whose token is given twice counts once", async () => {
  const lobby = await startLobby({ users: 1 });
  const twice = [...lobby.tokens, ...lobby.tokens];
  const some = cases.filter(({ id }) => ["sessions/statistics", "social/friends"].includes(id));
  const result = await runAs(twice, lobby.url, some, 0).finally(lobby.close);
  expect(result.results.map(({ verdict }) => verdict)).toEqual(["pass", "skip"]);
});

test("a server on which a user has several connections lends nobody", async () => {
  const server = await protocol.serve();
  const some = cases.filter(({ id }) => id === "sessions/second-connection");
  const { limits, results } = await runAs(["alice-token", "bob-token"], server.url, some, 0).finally(server.close);
  expect([limits, results[0]?.checks[0]?.actual]).toEqual([undefined, "stays: the first and the second"]);
});

test("what takes more users than there are is skipped, and says so", () => {
  const words = (count: string) =>
    `it takes more than ${count} at the same time, and the suite can come as no more (--as)`;
  expect(three).toEqual([]);
  expect(two).toEqual([
    `social/isolated: not judged: ${words("2 users")}`,
    `social/isolated: not judged: ${words("2 users")}`,
    "resilience/flood: it takes 3 users at the same time, and the suite can come as 2 only (--as)",
  ]);
  expect(alone).toContain(
    "malformed/a-word: it takes 2 users at the same time, and the suite can come as one only (--as)",
  );
  expect(alone).toContain("social/friends: it takes two users, and the suite can come as one only (--as)");
  expect(alone.filter((it) => it.includes(words("one user"))).length).toBeGreaterThan(0);
  expect(alone.filter((it) => /^(sessions|invalid)/.test(it))).toEqual([]);
});

const BUGS: Readonly<Record<string, readonly [broken: string, suites: readonly string[], Bugs]>> = {
  "does not say of a user who it is": [
    "user.info",
    ["sessions"],
    {
      edit: (message) => (message.reason === "unknown_user" ? { ...message, reason: "internal_error" } : message),
    },
  ],
  "carries out what is invalid": ["invalid.data", ["sessions", "invalid"], { believes: "friend/remove" }],
  "ends everybody for one who sends nonsense": [
    "malformed.survives",
    ["sessions", "malformed"],
    {
      malformed(players) {
        for (const { seat } of players.values()) seat?.close(1011, "a bug");
      },
    },
  ],
  "ends everybody for one who leaves": [
    "disconnect.isolated",
    ["sessions", "requests", "transport"],
    {
      leaves(players) {
        for (const { seat } of players.values()) seat?.close(1000, "a bug");
      },
    },
  ],
  "cuts the id of a request": [
    "request.echo",
    ["requests", "sessions"],
    { edit: (message) => ({ ...message, messageId: String(message.messageId).slice(0, 99) }) },
  ],
  "writes the id of a request in small letters": [
    "request.echo",
    ["requests", "invalid", "sessions"],
    { edit: (message) => ({ ...message, messageId: String(message.messageId).toLowerCase() }) },
  ],
};

inTurn("bugs are found there all the same", async () => {
  const found = await Promise.all(
    Object.values(BUGS).map(async ([broken, suites, bugs]) => {
      const about = sample.filter(({ suite, tests }) => suites.includes(suite) || tests.includes(broken));
      return brokenBy(
        await meet(2, [...new Set([...about, ...cases.filter((it) => it.tests.includes(broken)).slice(0, 9)])], bugs),
      );
    }),
  );
  expect(found).toEqual(Object.values(BUGS).map(([broken]) => [broken]));
});

inTurn(
  "where a user has one connection, cases wait for several at the same time, and no plain client takes their turn",
  async () => {
    const seats = new Map<object, Client>();
    const asked: unknown[] = [];
    const server = await startBare(({ greet, respond }) => ({
      greet(client) {
        seats.get(client.user)?.leave(1008, "another connection of yours is newer");
        seats.set(client.user, client);
        greet(client);
      },
      respond(client, request, outcome) {
        asked.push(request.messageId);
        setTimeout(() => client.open && respond(client, request, outcome), SLOW);
      },
    }));
    const tokens = BARE_USERS.slice(0, 2).map((it) => it.Authorization.replace("Bearer ", ""));
    const some = cases.filter(({ suite }) => suite === "malformed");
    const it = await runAs(tokens, server.url, some, 0).finally(server.close);
    expect([brokenBy(it), it.limits]).toEqual([[], { oneEach: "accepted" }]);
    expect(asked).not.toContain(CANARY);
    for (const { connections } of it.results) {
      const said = (name: string, from: WireEvent["from"]) =>
        connections
          .find((one) => one.name === name)
          ?.events.findLast((event) => event.from === from && event.type === "text");
      expect(said("newcomer", "client")?.at).toBeLessThan(said("bystander", "server")?.at ?? 0);
    }
  },
);

/** The time that the server of that test takes to answer, in ms: all cases together take longer than a plain client stays away. */
const SLOW = 60;
/** The messageId of a plain client. */
const CANARY = "alone";
