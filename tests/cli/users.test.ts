import { writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { tokenBy } from "../../cli/token-command.ts";
import { identify, readUsers, type UserArguments } from "../../cli/users.ts";
import { dial } from "../../harness/dial.ts";
import { hangUp, share } from "../../harness/shared.ts";
import { headersOf } from "../../harness/target.ts";
import { askedWith } from "../../harness/upgrade.ts";
import { aim } from "../../running/target.ts";
import { own } from "../../schemas/v0/index.ts";
import { protocolBy } from "../../suites/v0/index.ts";
import { folder as newFolder } from "./process.ts";

const { path: folder, remove } = newFolder();
const protocol = protocolBy(own);
const BOT = "conformance-bot:conformance-secret";

let server: Awaited<ReturnType<typeof protocol.serve>>;
beforeAll(async () => {
  server = await protocol.serve();
  writeFileSync(join(folder, "secret"), "conformance-secret\n");
});
afterAll(async () => {
  await server.close();
  remove();
});

const never = new AbortController().signal;

/** A target to which clients come by these options. */
const reached = async (args: UserArguments, url = server.url) =>
  identify(aim(url, { headers: {}, credentials: {}, tls: {} }, protocol), await readUsers(args), never);

const http = () => server.url.replace(/^ws(.*)\/tachyon$/, "http$1");

/** A command that prints a new token each time. */
const issuing = () => {
  const script = `fetch("${http()}/oauth/token", { method: "POST", body: new URLSearchParams({ grant_type: "client_credentials" }), headers: { Authorization: "Basic ${btoa(BOT)}" } }).then(async (it) => console.log((await it.json()).access_token))`;
  return `${process.execPath} -e '${script}'`;
};

/** Says of a token of the bot that it is good no more. */
const revoke = (header = "") =>
  fetch(`${http()}/oauth/revoke`, {
    method: "POST",
    body: new URLSearchParams({ token: header.replace("Bearer ", "") }),
    headers: { Authorization: `Basic ${btoa(BOT)}` },
  });

describe("a token that is expired", () => {
  test.each<[string, () => UserArguments]>([
    ["a command", () => ({ tokenCommand: [issuing()] })],
    ["the credentials of a client", () => ({ client: BOT })],
    ["the credentials of a client with its secret in a file", () => ({ client: `conformance-bot:@${folder}/secret` })],
  ])("is got again by %s, once for all who need it, and redacted", async (_, args) => {
    const target = await reached(args());
    const shared = share(2_000);
    const open = () => dial({ protocol, target, shared });
    try {
      expect((await open()).opened).toBe(true);
      const first = target.credentials.Authorization ?? "";
      await revoke(first);
      const both = await Promise.all([open(), open()]);
      expect(both.map(({ opened }) => opened)).toEqual([true, true]);
      const [second, third] = both.map(({ transcript }) => askedWith(transcript, "authorization"));
      expect([second === first, second === third]).toEqual([false, true]);
      expect(target.secrets.redact(`${first} ${second}`)).not.toMatch(/[\da-f]{8}-/);
      await revoke(second);
      expect((await open()).opened).toBe(true);
    } finally {
      hangUp(shared);
    }
  });

  test("stays refused where the server never took it", async () => {
    const target = await reached({ tokenCommand: ["echo no-such-token"] });
    const shared = share(2_000);
    expect((await dial({ protocol, target, shared })).failure).toMatchObject({ code: "HTTP", status: 401 });
    expect([...(target.renewals?.values() ?? [])].map(({ value }) => value)).toEqual(["Bearer no-such-token"]);
    hangUp(shared);
  });
});

test("a client of OAuth is who clients are only where there is no other", async () => {
  const target = await reached({ tokenCommand: ["echo alice-token"], client: BOT });
  expect(target).toMatchObject({ credentials: { Authorization: "Bearer alice-token" }, keys: { client: {} } });
  expect(target.others).toBeUndefined();
});

test.each<[string, Readonly<Record<string, string>>]>([
  ["options", {}],
  ["a header", { Authorization: "Bearer bob-token" }],
])("a user who is given twice, by %s and by the server itself, counts once", async (_, headers) => {
  const args = await readUsers({ tokenCommand: ["echo bob-token", "echo bob-token"] });
  const target = await identify(aim(server.url, { headers, credentials: {}, tls: {} }, protocol), args, never, server);
  const { users = [] } = server;
  const come = users.map((_, user) => headersOf(target, false, user).headers.Authorization);
  expect([come, target.others?.length]).toEqual([["Bearer bob-token", "Bearer alice-token"], 1]);
});

describe("one clear line says why there is no token", () => {
  test.each<[UserArguments, RegExp]>([
    [{ client: "bot" }, /^--client takes an id and a secret/],
    [{ client: "bot:@none" }, /^Cannot read none/],
    [
      { client: "conformance-bot:wrong" },
      /^http:\S+\/oauth\/token gives the client of --client no token: .*invalid_client/,
    ],
    [
      { tokenCommand: ["echo oops >&2; exit 3"] },
      /^The command of --token-command ended with exit code 3 \(its last line: oops\)\.$/,
    ],
    [{ tokenCommand: ["yes"] }, /^The command of --token-command printed more than a token can be\.$/],
    [{ tokenCommand: ["true"] }, /^The command of --token-command printed no token/],
    [{ tokenCommand: ["echo two words"] }, /^The command of --token-command printed something else/],
    [{ unscopedToken: "abc" }, /^--unscoped-token takes the file of a token/],
  ])("%j", async (args, says) => {
    const { message } = (await reached(args).catch((error: Error) => error as Error & { message: string })) as Error;
    expect(message).toMatch(says);
    expect(message).not.toContain("\n");
  });

  test("a command for a token that is interrupted ends together with all that it runs", async () => {
    const interrupt = new AbortController();
    const token = tokenBy("sleep 1000 | cat", interrupt.signal); // What goes on would keep its output open.
    interrupt.abort();
    await expect(token).rejects.toThrow("The command of --token-command was interrupted.");
  });

  let other: Server;
  afterAll(() => void other.close());

  test.each<[string, number, string, RegExp]>([
    ["no metadata", 404, "", /^--client needs \S+authorization-server, which is HTTP 404\. Give a token/],
    ["metadata that is no JSON", 200, "<html>", /^--client cannot use \S+: /],
    ["metadata of somebody else", 200, '{"issuer":"https://other.example"}', /^--client cannot use \S+: .*issuer/],
    [
      "an endpoint without TLS",
      200,
      '{"issuer":"HERE","token_endpoint":"http://lobby.example/"}',
      /^--client sends no secret to http:\/\/lobby\.example/,
    ],
    ["no endpoint", 200, '{"issuer":"HERE"}', /^--client finds no token_endpoint/],
  ])("%s", async (_, status, body, says) => {
    other?.close();
    other = createServer(({ headers }, response) => {
      response.writeHead(status, { "Content-Type": "application/json" });
      response.end(body.replace("HERE", `http://${headers.host}`));
    });
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as AddressInfo;
    await expect(reached({ client: "a:b" }, `ws://127.0.0.1:${port}/tachyon`)).rejects.toThrow(says);
  });
});
