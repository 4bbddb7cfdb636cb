import { afterEach, expect, test } from "@jest/globals";
import type { Files } from "../../certificates/files.ts";
import { secrets } from "../../harness/secrets.ts";
import { usersOf } from "../../harness/target.ts";
import { own } from "../../schemas/v0/index.ts";
import { protocolBy } from "../../suites/v0/index.ts";
import { startLobby } from "../servers/v0/lobby.ts";
import { bundle, cutTo, firstProblem, type Parts, partsOf } from "./bundles.ts";

const SOME =
  /^(connection\/(unknown|token-without|refresh)|oauth|requests\/(alone|id-empty)|sessions|social\/(friends|message-a)|valid\/system|resilience\/churn)/;
const protocol = cutTo(SOME, protocolBy(own));

let close = async () => {};
afterEach(() => close());

async function reference(): Promise<Parts> {
  const server = await protocol.serve();
  close = server.close;
  const keys = Object.values(server.keys ?? {}).flatMap((it) => (typeof it === "string" ? it : it.secret));
  const target = { url: new URL(server.url), headers: {}, ...usersOf(server), secrets: secrets(...keys) };
  return partsOf(protocol, target);
}

const problem = (files: Files, means = {}) => firstProblem(files, { protocol, ...means });

test("a certificate of v0 is judged again by the users and secrets that the cases had", async () => {
  const made = await reference();
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

test("without what it takes a requirement is not judged, and nobody is certified", async () => {
  const server = await protocol.serve();
  close = server.close;
  const { keys: _, ...users } = usersOf(server);
  const made = await partsOf(protocol, { url: new URL(server.url), headers: {}, ...users, secrets: secrets() });
  expect(await problem(await bundle(made, protocol))).toMatch(
    /^level: it claims strict, and its report reaches no level/,
  );
});

test("a server with one connection a user is certified; what it does not owe does not count", async () => {
  const lobby = await startLobby({ users: 10, rate: 2_000, burst: 200 });
  close = lobby.close;
  const users = lobby.tokens.map((token) => ({ Authorization: `Bearer ${token}` }));
  const known = { ...usersOf({ users }), keys: { unscoped: "no-scope", refresh: "no-access" } };
  const target = { url: new URL(lobby.url), headers: {}, ...known, secrets: secrets(...lobby.tokens) };
  const made = await partsOf(protocol, target);
  expect(made.report.target.users).toEqual({ count: 10, exclusive: true, keys: ["unscoped", "refresh"] });
  expect(await problem(await bundle(made, protocol))).toBeUndefined();
});

test("it is judged again by the schemas that judged it, or not at all", async () => {
  const made = await reference();
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
});
