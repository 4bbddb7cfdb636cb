import { afterEach, beforeAll, expect, test } from "@jest/globals";
import type { Files } from "../../certificates/files.ts";
import { secrets } from "../../harness/secrets.ts";
import { usersOf } from "../../harness/target.ts";
import { conclude } from "../../reports/verdict.ts";
import { own } from "../../schemas/v0/index.ts";
import { protocolBy } from "../../suites/v0/index.ts";
import { startLobby } from "../servers/v0/lobby.ts";
import { byTurns } from "../turns.ts";
import { bundle, cutTo, firstProblem, type Parts, partsOf, sealed } from "./bundles.ts";

const SOME =
  /^(connection\/(unknown|token-without|refresh)|oauth|requests\/(alone|id-empty)|sessions\/(self|identity|second|info|disconnect$)|social\/(friends|message-a)|valid\/system|resilience\/churn)/;
const protocol = cutTo(SOME, protocolBy(own));

let close = async () => {};
afterEach(() => close());

/** The parts of a bundle of the reference server. */
let made: Parts;
beforeAll(async () => {
  const server = await protocol.serve();
  const users = usersOf(server);
  const keys = Object.values(server.keys ?? {}).flatMap((it) => (typeof it === "string" ? it : it.secret));
  const tokens = [users.credentials, ...(users.others ?? [])].map((it) => it?.Authorization?.split(" ")[1] ?? "");
  const target = { url: new URL(server.url), headers: {}, ...users, secrets: secrets(...keys, ...tokens) };
  made = await partsOf(protocol, target).finally(server.close);
});

const problem = (files: Files, means = {}) => firstProblem(files, { protocol, ...means });

test("a certificate of v0 is judged again by the users and secrets that the cases had", async () => {
  expect(made.report.target.users).toEqual({ count: 2, keys: ["client", "unscoped", "refresh"] });
  const files = await bundle(made, protocol);
  expect(await problem(files)).toBeUndefined();
  for (const [name, content] of files) expect([name, content.includes("conformance-secret")]).toEqual([name, false]);

  const claims = async (users: object) => {
    const report = { ...made.report, target: { ...made.report.target, users } };
    return problem(await bundle({ ...made, report } as Parts, protocol));
  };
  expect(await claims({ count: 1 })).toMatch(/^transcripts: .*it is not a recording of this case/);
  expect(await claims({ count: 2, exclusive: true })).toMatch(/^transcripts: /);
  expect(await claims({ count: 2, keys: ["client"] })).toMatch(/^transcripts: connection\/token-without-the-scope: /);
});

/** More that holds, each of it on its day. */
const further: Readonly<Record<string, () => Promise<void>>> = {
  "without what it takes a requirement is not judged, and nobody is certified": async () => {
    const server = await protocol.serve();
    close = server.close;
    const { keys: _, ...users } = usersOf(server);
    const target = { url: new URL(server.url), headers: {}, ...users, secrets: secrets() };
    const unkeyed = await partsOf(protocol, target);
    expect(await problem(await bundle(unkeyed, protocol))).toMatch(
      /^level: it claims strict, and its report reaches no level/,
    );
  },

  "a server with one connection a user is certified; what it does not owe does not count": async () => {
    const lobby = await startLobby({ users: 10, rate: 2_000, burst: 200 });
    close = lobby.close;
    const users = lobby.tokens.map((token) => ({ Authorization: `Bearer ${token}` }));
    const known = { ...usersOf({ users }), keys: { unscoped: "no-scope", refresh: "no-access" } };
    const hidden = secrets(...lobby.tokens, known.keys.unscoped, known.keys.refresh);
    const target = { url: new URL(lobby.url), headers: {}, ...known, secrets: hidden };
    const alone = await partsOf(protocol, target);
    expect(alone.report.target.users).toEqual({ count: 10, exclusive: true, keys: ["unscoped", "refresh"] });
    expect(await problem(await bundle(alone, protocol))).toBeUndefined();
  },

  "it is judged again by the schemas that judged it, or not at all": async () => {
    const digest = "0".repeat(64);
    const theirs = { ...protocol, folder: { digest, version: "1.22.0" } };
    const files = await bundle(
      {
        ...made,
        report: { ...made.report, protocol: { ...made.report.protocol, schemas: digest, schemasVersion: "1.22.0" } },
      },
      theirs,
    );
    expect(await problem(files, { protocol: theirs })).toBeUndefined();
    expect(await problem(files)).toMatch(/^protocol: .*give that with --schemas. Its digest is 0{64}$/);
    const plain = await bundle(made, protocol);
    expect(await problem(plain, { protocol: theirs })).toMatch(/^protocol: .*leave out --schemas$/);
  },

  "no request stands for another, and no case that is made from schemas is left out": async () => {
    const forged = async (change: Partial<Parts>) => problem(await bundle({ ...made, ...change }, protocol));
    const alter = (from: RegExp, to: string) => made.lines.map((line) => line.replace(from, to));

    // A server that takes any token refuses who comes with none.
    const unknown = /^(.*"connection":"connection\/unknown-token#1".*)Authorization: Bearer conformance-no-token/;
    expect(await forged({ lines: alter(unknown, "$1X-Nothing: here") })).toMatch(
      /^transcripts: connection\/unknown-token: it is not a recording of this case: the recording lacks the request /,
    );
    const answer = /"connection":"connection\/unknown-token#1".*"from":"server"/;
    expect(await forged({ lines: made.lines.filter((line) => !answer.test(line)) })).toMatch(
      /^transcripts: connection\/unknown-token: .* the recording lacks the outcome of a handshake$/,
    );
    const named = /^(\{"connection":"sessions\/self#1","url":"[^"]*",)/;
    expect(await forged({ lines: alter(named, '$1"anonymous":true,') })).toMatch(/^transcripts: sessions\/self: /);
    const posted = /^(.*"connection":"oauth\/unknown-scope#2".*)scope=conformance.unknown/;
    expect(await forged({ lines: alter(posted, "$1scope=tachyon.lobby") })).toMatch(
      /^transcripts: oauth\/unknown-scope: /,
    );

    const [first, ...cases] = made.report.cases.filter(({ suite }) => suite === "valid");
    if (!first) throw new Error("no case is made from schemas");
    const others = made.report.cases.filter(({ suite }) => suite !== "valid");
    const { requirements } = protocol;
    const old = { ...made.report, suite: { ...made.report.suite, version: "0.4.0" } };
    const without = conclude(old, [...others, ...cases], requirements);
    const renamed = conclude(old, [...others, ...cases, { ...first, digest: "0".repeat(16) }], requirements);
    for (const report of [without, renamed]) {
      const another = sealed(
        await bundle({ ...made, report }, protocol),
        { ...made, report },
        { suite: "0".repeat(64) },
        protocol,
      );
      expect(await problem(another)).toBe(`cases: ${first.id} is missing, or is not the case that counts`);
    }
  },
};

test.each(byTurns(Object.entries(further), 4))("%s", (_, holds) => holds());
