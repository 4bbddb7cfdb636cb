import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { pageData } from "../../reports/html/data.ts";
import { own } from "../../schemas/v0/index.ts";
import { protocolBy } from "../../suites/v0/index.ts";
import { folder as newFolder } from "./process.ts";
import { within } from "./within.ts";

const { path: folder, remove } = newFolder();
afterAll(remove);

const V0 = ["--protocol", "v0"];

const line = (event: object) => `${JSON.stringify({ connection: 1, ...event })}\n`;
const says = (from: string, message: object) => line({ from, type: "text", data: JSON.stringify(message) });

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

    test("with the name that was meant, or what stands there instead", async () => {
      const accept = { ...info("4", {}), commandId: "friend/accept" };
      const wrong = [info("1", { userID: "1" }), info("2", { userId: 1 }), info("3", { userId: null }), accept];
      writeFileSync(join(folder, "near.ndjson"), wrong.map((it) => says("client", it)).join(""));
      const { stdout } = await within(folder, ["check", "near.ndjson", ...V0]);
      for (const words of [
        'user/info request: data lacks the property "userId", but has "userID"\n',
        "user/info request: data.userId must be string, not number\n",
        "user/info request: data.userId must be string, not null\n",
        "friend/accept request: there is no schema of request friend/accept: is it friend/acceptRequest?\n",
      ])
        expect(stdout).toContain(words);
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
      const [one] = pageData(JSON.parse(read("clients.json")), protocolBy(own), {}).cases;
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
