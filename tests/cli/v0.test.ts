import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import WebSocket from "ws";
import { pageData } from "../../reports/html/data.ts";
import { own } from "../../schemas/v0/index.ts";
import { protocolBy } from "../../suites/v0/index.ts";
import { startLobby } from "../servers/v0/lobby.ts";
import { folder as newFolder } from "./process.ts";
import { within } from "./within.ts";

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

const line = (event: object) => `${JSON.stringify({ connection: 1, ...event })}\n`;
const says = (from: string, message: object) => line({ from, type: "text", data: JSON.stringify(message) });

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

  test("as two users passes, redacts their tokens, and its report is read again", async () => {
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

  test("gets its tokens by itself, judges who issues them, and says how to do so again without a secret", async () => {
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
  });

  test("on a server with one connection a user says so, and sends no faster than --rate, or by default", async () => {
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

  test("as one user skips what takes two", async () => {
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

describe("check", () => {
  const asked = { type: "request", messageId: "1", commandId: "system/serverStats" };
  const answer = { ...asked, type: "response", status: "success", data: { userCount: 1 } };
  const start = { type: "request", messageId: "1", commandId: "battle/start", data: {} };
  const later = (it: object) => ({ ...it, messageId: "2" });
  const timed = (...all: readonly (readonly [number, string, object])[]) =>
    all.map(([at, from, it]) => line({ at, from, type: "text", data: JSON.stringify(it) })).join("");
  const heard = [
    [12_000, "client", later(asked)],
    [12_001, "server", later(answer)],
  ] as const;

  test.each<[string, string, number, RegExp]>([
    ["right", says("client", asked) + says("server", answer), 0, /^PASS/m],
    ["uncorrelated", says("client", asked) + says("server", { ...answer, messageId: "2" }), 1, /response\.correlated/],
    ["unanswered", timed([0, "client", asked], ...heard), 1, /^ {2}request\.answered \(MUST\)/m],
    [
      "cut-short",
      timed([0, "client", asked], [9, "client", later(asked)], [10, "server", later(answer)]),
      0,
      /^not judged in check\/1: 1 request \(system\/serverStats\) had no response when the connection ended \(request\.answered\)$[^|]*^PASS/m,
    ],
    [
      "unanswered-by-a-client",
      timed(
        [0, "server", start],
        [1, "server", later(start)],
        [11_000, "client", later({ ...start, type: "response", status: "success" })],
      ),
      0,
      /^ {2}clients {2}a request of the server has no response on 1 connection\. That decides no verdict$/m,
    ],
    [
      "invalid",
      says("server", { type: "event", messageId: "1", commandId: "user/self", data: { user: {} } }),
      1,
      /data\.user lacks the property "userId", data\.user lacks the property "username", .*, 5 more: /,
    ],
  ])("judges recorded traffic without a server: %s", async (name, text, wanted, told) => {
    writeFileSync(join(folder, `${name}.ndjson`), text + line({ from: "server", type: "end" }));
    const { code, stdout } = await within(folder, ["check", `${name}.ndjson`, ...V0]);
    expect([code, stdout]).toEqual([wanted, expect.stringMatching(told)]);
  });

  describe("tells the mistakes of clients, which fail the run only where the user wants that", () => {
    const info = (id: string, data: object) => ({ type: "request", messageId: id, commandId: "user/info", data });
    const self = { type: "event", messageId: "3", commandId: "user/self", data: {} };
    const many = "abcdef".split("").map((name, i) => ({ ...self, messageId: `${i + 9}`, commandId: `no/${name}` }));
    const sent = [info("1", {}), info("1", { userId: "1" }), self, ...many];
    const check = (...args: string[]) => within(folder, ["check", "clients.ndjson", ...V0, ...args]);
    beforeAll(() => {
      const traffic = sent.map((it) => says("client", it)).join("");
      writeFileSync(join(folder, "clients.ndjson"), traffic + line({ from: "server", type: "close", code: 1000 }));
    });

    test("in the terminal, all of them with --verbose", async () => {
      const { code, stdout } = await check();
      expect([code, stdout]).toEqual([
        0,
        expect.stringMatching(/9 of 9 messages are wrong\. That decides no verdict$/m),
      ]);
      expect(stdout).toContain('connection 1, message 1, user/info request: data lacks the property "userId"\n');
      expect(stdout).toContain(
        "connection 1, message 2, user/info request: its id is that of an earlier message of this client\n",
      );
      expect(stdout).toContain("connection 1, message 3, user/self event: only servers may send it\n");
      expect(stdout).toContain("… and 4 more mistakes (--verbose)\n");
      expect((await check("--verbose")).stdout).toContain(
        "connection 1, message 9, no/f event: there is no schema of event no/f\n",
      );
    });

    test("in Markdown and on the page, whose transcript marks them", async () => {
      await check("--markdown", "clients.md", "--html", "clients.html", "--json", "clients.json");
      const read = (name: string) => readFileSync(join(folder, name), "utf8");
      const [, table = ""] = /^### Clients\n\n(.*)/ms.exec(read("clients.md")) ?? [];
      expect(table).toMatch(/^9 of 9 messages are wrong\. That decides no verdict\.$/m);
      expect(table).toContain(
        '| `user/info request` | `data lacks the property "userId"` | 1 | `connection 1, message 1` |',
      );
      const [section = ""] = /<section aria-labelledby="clients">.*?<\/section>/s.exec(read("clients.html")) ?? [];
      expect(section).toMatch(
        /<code>user\/info request<\/code>: data lacks .*href="#check\/1">check\/1<\/a> message 1</,
      );
      expect(read("clients.html")).toContain('<a href="#clients">Clients</a>');
      const [one] = pageData(JSON.parse(read("clients.json")), protocol, {}).cases;
      const marks = one?.connections[0]?.events.slice(0, 3).map(({ wrong = [] }) => wrong.map(({ says: it }) => it));
      expect(marks).toEqual([
        ['data lacks the property "userId"'],
        ["its id is that of an earlier message of this client"],
        ["only servers may send it"],
      ]);
    });

    test("with --fail-on-client-mistakes by exit code 1, also of the report", async () => {
      const { code, stdout } = await check("--fail-on-client-mistakes", "--json", "failing.json");
      expect([code, stdout]).toEqual([1, expect.stringMatching(/^FAIL clients made mistakes$/m)]);
      expect((await within(folder, ["report", "failing.json"])).code).toBe(1);
      writeFileSync(join(folder, "right.ndjson"), says("client", asked) + says("server", answer));
      expect((await within(folder, ["check", "right.ndjson", ...V0, "--fail-on-client-mistakes"])).code).toBe(0);
    });
  });

  test("by the schemas of a folder, whose digest the report names", async () => {
    const schema = {
      tachyon: { source: "server", target: "user" },
      type: "object",
      properties: { type: { const: "event" }, data: { type: "object", properties: { a: { type: "integer" } } } },
    };
    mkdirSync(join(folder, "schema/x/y"), { recursive: true });
    writeFileSync(join(folder, "schema/x/y/event.json"), JSON.stringify(schema));
    writeFileSync(
      join(folder, "event.ndjson"),
      says("server", { type: "event", messageId: "1", commandId: "x/y", data: { a: "one" } }),
    );
    const args = [
      "check",
      "event.ndjson",
      ...V0,
      "--schemas",
      "schema",
      "--json",
      "event.json",
      "--html",
      "event.html",
    ];
    const { code, stdout } = await within(folder, args);
    expect([code, stdout]).toEqual([1, expect.stringContaining("data.a must be integer")]);
    expect(readFileSync(join(folder, "event.html"), "utf8")).toMatch(/→<\/span> the client sends;/);
    const { protocol: stored } = JSON.parse(readFileSync(join(folder, "event.json"), "utf8"));
    expect(stored).toMatchObject({
      version: "v0",
      options: ["--protocol", "v0", "--schemas", "schema"],
      schemas: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
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
    const [, token = ""] = /alice has the access token (\S+)/.exec(String(text)) ?? [];
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

describe("a recording", () => {
  const write = (name: string, content: string) => writeFileSync(join(folder, name), content);

  test("of another version is told as that", async () => {
    write("v0.ndjson", says("server", { type: "event", messageId: "1", commandId: "user/self", data: {} }));
    const data = { tachyonVersion: "0.1.7", versionParity: "match" };
    write("older.ndjson", says("server", { command: "system/version/response", status: "success", data }));
    const told = async (...args: string[]) => (await within(folder, ["check", ...args])).stdout;
    expect(await told("v0.ndjson")).toMatch(/^ {2}speaks {3}Tachyon v0, and not 0\.1\.7: test it with --protocol v0$/m);
    expect(await told("older.ndjson", ...V0)).toMatch(/^ {2}speaks {3}Tachyon 0\.1\.7, and not v0/m);
  });

  test("of a browser leaves out WebSockets of others", async () => {
    const entry = (url: string, ...messages: readonly object[]) => ({
      request: { url },
      response: { status: 101 },
      _webSocketMessages: messages.map((it) => ({ type: "receive", time: 1, opcode: 1, data: JSON.stringify(it) })),
    });
    const self = { type: "event", messageId: "1", commandId: "conformance/unheard", data: {} };
    const entries = [entry("ws://127.0.0.1:1/", self), entry("ws://127.0.0.1:2/", { type: "connected" })];
    write("page.har", JSON.stringify({ log: { entries } }));
    const { stdout } = await within(folder, ["check", "page.har", ...V0]);
    expect(stdout).toMatch(/left out 1 connection with nothing of the protocol: entry 2 of page\.har/);
  });
});
