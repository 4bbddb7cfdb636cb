import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import WebSocket from "ws";
import { own } from "../../schemas/v0/index.ts";
import { protocolBy } from "../../suites/v0/index.ts";
import { startLobby } from "../servers/v0/lobby.ts";
import { testByTurns } from "../turns.ts";
import { folder as newFolder } from "./process.ts";
import { within } from "./within.ts";

const inTurn = testByTurns(3);

const { path: folder, remove } = newFolder();
const protocol = protocolBy(own);
const V0 = ["--protocol", "v0"];

let server: Awaited<ReturnType<typeof protocol.serve>>;
beforeAll(async () => {
  server = await protocol.serve();
  writeFileSync(join(folder, "alice"), "alice-token\n");
  writeFileSync(join(folder, "bob"), "bob-token\n");
});
afterAll(async () => {
  await server.close();
  remove();
});

describe("a protocol version is chosen", () => {
  test("one that there is not is one line, with exit 2", async () => {
    const { code, stderr } = await within(folder, ["list", "--protocol", "v1"]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^tachyon-conformance: There is no protocol version "v1"\..* Known are 0\.1\.7 and v0\.\n$/);
  });

  test("0.1.7 takes no schemas", async () => {
    const { code, stderr } = await within(folder, ["list", "--schemas", "."]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/--schemas goes with --protocol v0/);
  });

  test("list, explain and certify know it", async () => {
    expect((await within(folder, ["list", ...V0])).stdout).toMatch(/^Handshake, authorization, version \(\d+ cases\)/);
    const { stdout } = await within(folder, ["explain", "requests/alone", ...V0]);
    expect(stdout).toContain(
      "npx wscat -s v0.tachyon -H 'Authorization: Bearer alice-token' -c 'ws://localhost:8080/tachyon'",
    );
    expect(stdout).toContain("run <url> --protocol v0 --case requests/alone");
    const certify = await within(folder, [
      "certify",
      server.url,
      ...V0,
      "--implementation",
      "x",
      "--set",
      "0.1.7/2026-11",
    ]);
    expect(certify).toMatchObject({ code: 2, stderr: expect.stringContaining('There is no set "0.1.7/2026-11".') });
  });
});

describe("a run", () => {
  const some = ["--suite", "connection", "--suite", "sessions", "--suite", "social"];

  inTurn("as two users passes, redacts their tokens, and its report is read again", async () => {
    const users = ["--as", "alice:@alice", "--as", "bob:@bob"];
    const { code, stdout } = await within(folder, ["run", server.url, ...V0, ...users, ...some]);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^PASS/m)]);
    expect(stdout.match(/^\w+: \d+ cases done$/gm)).toHaveLength(3);
    const again = await within(folder, ["report", "tachyon-report", "--json", "again.json"]);
    expect([again.code, again.stdout]).toEqual([0, expect.stringContaining("requirements of Tachyon v0")]);
    expect((await within(folder, ["check", "tachyon-report"])).stdout).toContain("requirements of Tachyon v0");
    const { stdout: kept } = await within(folder, ["report", "again.json", "--markdown", "/dev/stdout", "--quiet"]);
    expect(kept).not.toMatch(/alice-token|bob-token/);
  });

  test("does not begin where the token of one of several users is wrong", async () => {
    writeFileSync(join(folder, "old"), "an-old-token");
    const run = (...users: string[]) =>
      within(folder, ["run", server.url, ...V0, ...users, "--case", "requests/alone"]);
    const says = (who: string) =>
      expect.stringMatching(new RegExp(`answers ${who} with HTTP 401: the token is wrong or expired`));
    expect(await run("--as", "alice:@alice", "--as", "bob:@old")).toMatchObject({ code: 3, stderr: says("bob") });
    expect(await run("--as", "carol:@old", "--as", "bob:@bob")).toMatchObject({ code: 3, stderr: says("carol") });
  });

  inTurn(
    "gets its tokens by itself, judges who issues them, and says how to do so again without a secret",
    async () => {
      const client = ["--client", "conformance-bot:conformance-secret"];
      const { code, stdout } = await within(folder, ["run", server.url, ...V0, ...client, "--suite", "oauth"]);
      expect([code, stdout]).toEqual([0, expect.stringMatching(/^PASS/m)]);
      const wrong = await within(folder, ["run", server.url, ...V0, "--suite", "social"], {
        TACHYON_TOKEN_COMMAND: "cat alice",
        TACHYON_CLIENT: "conformance-bot:wrong",
        TACHYON_REFRESH_TOKEN: "@bob",
      });
      expect(wrong.stdout).toMatch(
        /alone: npx .*--token-command 'cat alice' --client conformance-bot:… --refresh-token @bob|skip/,
      );
      const report = readFileSync(join(folder, "tachyon-report/report.json"), "utf8");
      expect(report).not.toMatch(/conformance-secret|alice-token/);
      const failed = await within(folder, ["run", server.url, ...V0, "--token-command", "echo no luck >&2; false"]);
      expect([failed.code, failed.stderr]).toEqual([
        2,
        expect.stringMatching(/ended with exit code 1 \(its last line: no luck\)\.\n$/),
      ]);
    },
  );

  inTurn("on a server with one connection a user says so, and sends no faster than --rate, or by default", async () => {
    const lobby = await startLobby({ users: 2 });
    const names = lobby.tokens.map((token, i) => {
      writeFileSync(join(folder, `token-${i}`), token);
      return ["--as", `player-${i}:@token-${i}`];
    });
    const args = ["run", lobby.url, ...V0, ...names.flat(), "--out", "lobby", "--case"];
    const one = await within(folder, [...args, "requests/odd-command-of-one-part"]);
    expect([one.code, one.stdout]).toEqual([
      0,
      expect.stringMatching(/limit +the target accepts one connection of each/),
    ]);
    await within(folder, [...args, "invalid/user-info"]);
    expect([...lobby.ended.keys()]).not.toContain("rate limit");
    const fast = await within(folder, [...args, "invalid/messaging-send", "--rate", "0"]);
    expect([fast.code, lobby.ended.has("rate limit")]).toEqual([1, true]);
    expect(fast.stdout).toContain("--rate 0 --as player-0:@token-0");
    await lobby.close();
    const { code, stderr } = await within(folder, ["run", "--rate", "-1"]);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/--rate takes one whole number from 0/)]);
  });

  inTurn("as one user skips what takes two", async () => {
    const { code, stdout } = await within(folder, [
      "run",
      server.url,
      ...V0,
      "--as",
      "alice:@alice",
      "--suite",
      "social",
    ]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/it takes two users/);
  });

  test.each([
    ["alice", /--as takes a name and the file of a token/],
    ["alice:@none", /Cannot read none/],
    ["alice:@empty", /empty holds no token/],
  ])("as %s is refused in one line", async (as, says) => {
    writeFileSync(join(folder, "empty"), "");
    const { code, stderr } = await within(folder, ["run", server.url, ...V0, "--as", as]);
    expect([code, stderr]).toEqual([2, expect.stringMatching(says)]);
  });

  test("without a token says that the server wants one", async () => {
    const { code, stderr } = await within(folder, ["run", server.url, ...V0]);
    expect([code, stderr]).toEqual([3, expect.stringMatching(/HTTP 401 .*--as/)]);
  });
});

test("the reference server tells who asks for no WebSocket, or elsewhere, how to connect", async () => {
  const http = server.url.replace("ws:", "http:");
  const answers = [http, http.replace("/tachyon", "/"), `${http}/tachyon`].map(async (url) => {
    const answer = await fetch(url);
    return [answer.status, await answer.text()];
  });
  const how = "Connect by WebSocket at /tachyon with the subprotocol v0.tachyon.\n";
  expect(await Promise.all(answers)).toEqual([426, 404, 404].map((status) => [status, how]));
  const socket = new WebSocket(`${server.url}/tachyon`, "v0.tachyon");
  const [, refused] = await once(socket, "unexpected-response");
  expect(Buffer.concat(await refused.toArray()).toString()).toBe(how);
});

test("serve prints tokens by which a client connects", async () => {
  const child = spawn(process.execPath, ["dist/cli.js", "serve", ...V0]);
  try {
    const [text] = await once(child.stdout, "data");
    const [, url = ""] = /server: (ws:\S+)/.exec(String(text)) ?? [];
    const [, token = ""] = /alice \(userId 1\) has the access token (\S+)/.exec(String(text)) ?? [];
    const socket = new WebSocket(url, "v0.tachyon", { headers: { Authorization: `Bearer ${token}` } });
    const [first] = await once(socket, "message");
    expect(JSON.parse(String(first))).toMatchObject({ commandId: "user/self" });
    const http = url.replace("ws:", "http:").replace("/tachyon", "");
    const metadata = await (await fetch(`${http}/.well-known/oauth-authorization-server`)).json();
    const body = new URLSearchParams({ grant_type: "client_credentials" });
    const bot = { Authorization: `Basic ${btoa("conformance-bot:conformance-secret")}` };
    const response = await fetch(metadata.token_endpoint, { method: "POST", body, headers: bot });
    expect(response.headers.get("cache-control")).toBe("no-store");
    const { access_token: issued } = await response.json();
    const robot = new WebSocket(url, "v0.tachyon", { headers: { Authorization: `Bearer ${issued}` } });
    const [hello] = await once(robot, "message");
    expect(JSON.parse(String(hello)).data.user.username).toBe("conformance-bot");
    const wrong = await fetch(metadata.token_endpoint, { method: "POST", body });
    expect([wrong.status, await wrong.json()]).toEqual([401, { error: "invalid_client" }]);
    socket.terminate();
    robot.terminate();
  } finally {
    child.kill();
  }
});
