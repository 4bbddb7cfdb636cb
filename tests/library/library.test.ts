import { writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, expect, jest, test } from "@jest/globals";
import { WebSocketServer } from "ws";
import type * as Api from "../../library/index.d.cts";
import { type ConformanceError, cases, check, conformance, run, serve, toText } from "../../library/index.ts";
import { cli, folder } from "../cli/process.ts";
import { byDefault } from "../helpers.ts";
import { lobby } from "../servers/lobby.ts";

const { path, remove } = folder();
afterAll(remove);

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** The url of a reference server with a fault. */
async function faulty(fault?: string): Promise<string> {
  const server = await serve(fault === undefined ? {} : { fault });
  closing.push(server.close);
  return server.url;
}

const one = (id: string, options: Api.CasesOptions = {}): Api.ConformanceCase => {
  const [it] = cases({ case: id, ...options });
  if (!it) throw new Error(id);
  return it;
};

/** The error that a promise is rejected with. */
const errorOf = (promise: Promise<unknown>): Promise<ConformanceError> =>
  promise.then(
    () => {
      throw new Error("nothing is wrong");
    },
    (error) => error,
  );

/** A file of expected failures. */
function expecting(...lines: readonly string[]): string {
  const file = join(path, "expected.yaml");
  writeFileSync(file, lines.join("\n"));
  return file;
}

test("cases are plain values, those of a default run unless somebody selects others", () => {
  expect(cases().map(({ id }) => id)).toEqual(byDefault.map(({ id }) => id));
  expect(cases({ suite: "generated" }).length).toBeGreaterThan(0);
  expect(cases({ all: true }).length).toBeGreaterThan(cases().length);
  const [it] = cases({ case: "version/parity-patch-with-zero" });
  expect(it).toEqual({
    id: "version/parity-patch-with-zero",
    suite: "version",
    title: "a client of version 0.1.70 connects",
    requirements: expect.arrayContaining(["parity.patch"]),
    judge: expect.any(Function),
  });
});

test("a server that conforms passes, by its url in any form", async () => {
  const url = await faulty();
  const { judge } = one("version/greeting");
  const forms: Api.Url[] = [url, new URL(url), () => url, async () => new URL(url)];
  for (const form of forms) await expect(judge(form)).resolves.toBeUndefined();
});

test("the message of a failure is the block that the terminal shows, at the place of the test", async () => {
  const url = await faulty("looks-at-the-patch-first");
  const id = "version/parity-equal-lower-lower";
  const error = await errorOf(one(id).judge(url));
  const plain = (text: string) => text.replaceAll(/ *\d+\.\d ms/g, " … ms");
  const { stdout } = await cli(path, ["run", url, "--case", id]);
  expect(plain(stdout)).toContain(`${plain(error.message)}\n\n`);
  expect(error.message).toMatch(/^FAIL version\/parity-equal-lower-lower\n/);
  expect(error.stack).toContain(`ConformanceError: ${error.message}\n    at `);
  expect(error.stack?.slice(error.message.length)).toMatch(/^[^\n]*\n[^\n]*library\.test\.ts/);
  expect(error.report).toMatchObject({ verdict: "fail", cases: [{ id }] });
  expect(Object.keys(error)).toEqual([]);
});

test("a broken SHOULD is a warning, and a failure where the user is strict", async () => {
  const url = await faulty("keeps-white-space-around-header-values");
  const id = "transport/header-whitespace-spaces-behind";
  const told: string[] = [];
  await one(id, { onWarning: (message) => told.push(message) }).judge(url);
  expect(told).toEqual([expect.stringMatching(/^WARN /)]);
  await expect(one(id, { strict: true }).judge(url)).rejects.toThrow(/^FAIL /);
});

test("an expected failure passes, and fails once it no longer is one", async () => {
  const id = "version/parity-equal-lower-lower";
  const expectedFailures = expecting("- requirement: parity.minor", "  reason: the patch is looked at first");
  const own = expecting(`- case: ${id}`, "  reason: the patch is looked at first");
  await one(id, { expectedFailures }).judge(await faulty("looks-at-the-patch-first"));
  await expect(one(id, { expectedFailures: own }).judge(await faulty())).rejects.toThrow(
    /expected\.yaml:1: version\/parity-equal-lower-lower no longer fails/,
  );
});

test("a case that rests on what is broken says so in three lines, however many there are", async () => {
  const server = new WebSocketServer({ port: 0 });
  let clients = 0;
  server.on("connection", (socket) => {
    clients += 1;
    socket.on("error", () => {});
  });
  closing.push(() => new Promise((done) => server.close(done)));
  const url = `ws://localhost:${(server.address() as AddressInfo).port}`;
  const [first, ...more] = cases({ suite: "malformed" }).slice(0, 40);
  const messages = [(await errorOf(first?.judge(url) ?? Promise.resolve())).message];
  const before = clients;
  for (const { judge } of more) messages.push((await errorOf(judge(url))).message);
  expect([before > 0, clients - before]).toEqual([true, 0]); // None of them waits for what never comes.
  expect(
    messages.filter(
      (it) =>
        !/^skip \S+: see version\.greeting\n[^\n]*\nthis test rests on version\.greeting, which is broken.*$/.test(it),
    ),
  ).toEqual([]);
});

test("what goes wrong only once is unstable", async () => {
  let count = 0;
  const good = new URL(await faulty());
  const bad = new URL(await faulty("looks-at-the-patch-first"));
  const proxy = createServer((client) => {
    count += 1;
    const { port } = count === 1 ? bad : good;
    import("node:net").then(({ connect }) => {
      const server = connect(Number(port), "127.0.0.1");
      client.pipe(server).pipe(client);
      for (const it of [client, server]) it.on("error", () => {});
    });
  }).listen(0, "127.0.0.1");
  closing.push(() => proxy.close());
  await new Promise((done) => proxy.once("listening", done));
  const url = `ws://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  await expect(one("version/parity-equal-lower-lower").judge(url)).rejects.toThrow(/unstable: its verdict varies/);
});

test("all cases together give a report, and an error where the command line would exit with 1", async () => {
  const [good, bad] = [await faulty(), await faulty("looks-at-the-patch-first")];
  const seen = new Set<string>();
  const report = await conformance(good, { case: "version/parity-*", onCase: ({ id }) => seen.add(id) });
  expect(report).toMatchObject({ verdict: "pass" });
  expect(seen.size).toBe(report.cases.length);
  const error = await errorOf(conformance(bad, { case: "version/parity-*" }));
  expect(error.message).toBe(toText(error.report as Api.Report & typeof error.report));
  expect(error.message).toMatch(/FAIL the target is not conformant/);
  await expect(run(bad, { case: "version/parity-*" })).resolves.toMatchObject({ verdict: "fail" });
});

test("what onCase throws ends the run, and is thrown", async () => {
  const onCase = () => {
    throw new Error("mine");
  };
  await expect(run(await faulty(), { case: "version/parity-*", onCase })).rejects.toThrow("mine");
});

test("recorded traffic is judged", async () => {
  const report = await run(await faulty("sends-unknown-messages"), { case: "version/greeting" });
  const file = join(path, "report.json");
  writeFileSync(file, JSON.stringify(report));
  await expect(check(file)).resolves.toMatchObject({ verdict: "fail", recording: { files: [file] } });
});

test("secrets are redacted in messages", async () => {
  const url = new URL(await faulty("looks-at-the-patch-first"));
  url.username = "user";
  url.password = "very-secret";
  const error = await errorOf(
    one("version/parity-equal-lower-lower", { credentials: { "X-Token": "even-more-secret" } }).judge(url),
  );
  expect(error.message).toMatch(/^FAIL /);
  expect(JSON.stringify([error.message, error.report])).not.toMatch(/secret/);
});

test("the case that ends a server says so, and those after it say in one line which", async () => {
  const ended: Promise<void>[] = [];
  const server = await lobby(({ malformed }) => ({
    malformed: (client, text, binary) =>
      text === "banana" ? void ended.push(server.close()) : malformed(client, text, binary),
  }));
  closing.push(() => Promise.all(ended));
  const messages = [];
  for (const { judge } of cases({ case: ["malformed/not-json-word", "malformed/no-object-*"] }))
    messages.push((await errorOf(judge(server.url))).message);
  expect(messages[0]).toMatch(
    /^FAIL malformed\/not-json-word\n[\s\S]*the server stopped accepting connections \d+ ms after the text banana$/m,
  );
  expect(new Set(messages.slice(1))).toEqual(
    new Set(["not run, since the server cannot be reached: see malformed/not-json-word"]),
  );
});

test("a signal ends a case", async () => {
  const controller = new AbortController();
  const server = await lobby(({ greet }) => ({
    greet(client) {
      greet(client);
      controller.abort();
    },
  }));
  closing.push(server.close);
  const idle = one("version/idle", { timeout: 60_000 }); // It would take a minute.
  await expect(idle.judge(server.url, { signal: controller.signal })).rejects.toThrow(/aborted/i);
});

test("a mistake is told at the place of the caller", async () => {
  const wrong = await Promise.all([
    errorOf(Promise.resolve().then(() => cases({ suite: "none" }))),
    errorOf(one("version/greeting").judge("none")),
  ]);
  for (const { message, stack = "" } of wrong)
    expect(stack.slice(`Error: ${message}`.length)).toMatch(/^\n[^\n]*library\.test\.ts/);
});

test("fake timers, by which nothing would end, are refused", async () => {
  jest.useFakeTimers();
  const error = await errorOf(one("version/greeting").judge("ws://localhost:1"));
  jest.useRealTimers();
  expect(error.message).toMatch(/^The timers are fake\. .*useRealTimers\(\)\.$/);
});

test("that nobody is at the url is told once; a retry looks again", async () => {
  const [first, second] = cases({ suite: "version" });
  const url = "ws://localhost:1";
  const told = /^Nothing listens at ws:\/\/localhost:1\//;
  expect((await errorOf(first?.judge(url) as Promise<void>)).message).toMatch(told);
  const { message, stack } = await errorOf(second?.judge(url) as Promise<void>);
  expect(message).toBe(`not run, since the server cannot be reached: see ${first?.id}`);
  expect(stack).toBe(`Error: ${message}`);
  expect((await errorOf(first?.judge(url) as Promise<void>)).message).toMatch(told);
  await expect(second?.judge(await faulty())).resolves.toBeUndefined();
});

test.each<[string, () => unknown, RegExp]>([
  [
    "an unknown suite",
    () => cases({ suite: "versoin" }),
    /There is no suite "versoin"\. The nearest known one is "version"/,
  ],
  [
    "an unknown option",
    () => cases({ suites: "version" } as object),
    /There is no option "suites"\. The nearest known one is "suite"/,
  ],
  [
    "an option of the wrong kind",
    () => cases({ timeout: "1s" as never }),
    /The option "timeout" takes a whole number from 1/,
  ],
  [
    "a silence that no timer can wait",
    () => cases({ idle: 3_000_000 }),
    /The option "idle" takes a whole number from 0 to 2147483/,
  ],
  ["a file that is not there", () => cases({ expectedFailures: "none.yaml" }), /Cannot read none\.yaml/],
  ["no url", () => one("version/greeting").judge(undefined as never), /The url is undefined/],
  ["a url that is none", () => one("version/greeting").judge("8080"), /"8080" is no url/],
  [
    "nobody at the url",
    () => one("version/greeting").judge("ws://localhost:1"),
    /Nothing listens at ws:\/\/localhost:1/,
  ],
  [
    "a header that is none",
    () => run("ws://localhost:1", { headers: { "a b": "c" } }),
    /A header needs the form "Name: value"/,
  ],
  ["a recording that is not there", () => check("none.har"), /Cannot read none\.har/],
  ["an option that serve lacks", () => serve({ fualt: "x" } as never), /There is no option "fualt".*"fault"/],
  ["a port that is none", () => serve({ port: 99_999 }), /The option "port" takes a whole number from 0 to 65535/],
  ["an unknown fault", () => serve({ fault: "x" }), /There is no fault "x"/],
])("%s is told in one line", async (_, act, message) => {
  const error = await errorOf(Promise.resolve().then(act));
  expect(error.message).toMatch(message);
  expect(error.message).not.toContain("\n");
});
