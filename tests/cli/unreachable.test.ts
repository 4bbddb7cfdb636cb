import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createServer as createHttpServer, type RequestListener } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, createServer, type Server } from "node:net";
import { join, resolve } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { WebSocketServer } from "ws";
import { protocolOf } from "../../suites/index.ts";
import { byTurns } from "../turns.ts";
import { freePort } from "./process.ts";
import { within } from "./within.ts";
import { closing, cwd, read, report } from "./workspace.ts";

/** The port of a server, once it listens; it is closed after the test with all that is connected to it. */
async function listen(server: Server): Promise<number> {
  const sockets = new Set<{ destroy(): void }>();
  server.on("connection", (socket) => void sockets.add(socket.on("error", () => {}).resume()));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((done) => server.close(done));
  });
  return (server.address() as AddressInfo).port;
}

const http = (answer: RequestListener) => listen(createHttpServer(answer));
const KEY = readFileSync("tests/fixtures/localhost.key");
const CERT = readFileSync("tests/fixtures/localhost.crt");

describe("a target that cannot be tested: one line that says what to do, exit 3, no reports", () => {
  const silent = () => listen(createServer());
  const answer = (status: number, headers = {}) =>
    http((_, response) => void response.writeHead(status, headers).end());
  const secure = () => listen(createHttpsServer({ key: KEY, cert: CERT }));
  const unreachable: [string, () => Promise<number>, string, RegExp][] = [
    ["a closed port", freePort, "ws", /Nothing listens at ws:/],
    ["200", () => answer(200), "ws", /answered HTTP 200 .*path/],
    ["302", () => answer(302, { location: "/" }), "ws", /answered HTTP 302, a redirect/],
    ["401", () => answer(401), "ws", /answered HTTP 401 .*--credential/],
    ["503", () => answer(503), "ws", /answered HTTP 503/],
    ["silence", silent, "ws", /did not answer the WebSocket handshake/],
    ["a certificate that is not trusted", secure, "wss", /certificate .* is not trusted .*--ca/],
    ["TLS asked of a plain port", () => answer(200), "wss", /does not speak TLS/],
    ["a plain handshake on a TLS port", secure, "ws", /wss: if it is a TLS one|handshake/],
  ];
  test.each(byTurns(unreachable, 3))("%s", async (_, server, scheme, message) => {
    const { code, stdout, stderr } = await within(cwd, [
      "run",
      `${scheme}://127.0.0.1:${await server()}`,
      "--timeout",
      "1000",
    ]);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^tachyon-conformance: [^\n]+\n$/);
    expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
    expect(existsSync(join(cwd, "tachyon-report", "report.json"))).toBe(false);
  });

  test("a name that does not resolve, however long that takes", async () => {
    const { code, stderr } = await within(cwd, ["run", "ws://does-not-exist.invalid", "--timeout", "1"]);
    expect(stderr).toMatch(/does not resolve/);
    expect(code).toBe(3);
  });
});

describe("a server that the suite starts", () => {
  const started = async (code: (port: number) => string, ...options: string[]) => {
    const port = await freePort();
    const command = `exec "${process.execPath}" -e "${code(port)}"`;
    return within(cwd, ["run", `ws://127.0.0.1:${port}`, "--start", command, ...options]);
  };

  test("is there if it answers in HTTP: a redirect is told at once", async () => {
    const { code, stderr } = await started(
      (port) =>
        `require('http').createServer((_, it) => it.writeHead(302, { location: '/login' }).end()).listen(${port})`,
    );
    expect(stderr).toMatch(/answered HTTP 302, a redirect/);
    expect(code).toBe(3);
  });

  test("may answer too late: the line names the options that give it longer, for each handshake and to be ready", async () => {
    const short = ["--timeout", "100", "--start-timeout", "500"];
    const { code, stderr } = await started((port) => `require('net').createServer().listen(${port})`, ...short);
    expect(stderr).toMatch(
      /did not accept connections .* within 0\.5 s \(no answer to the handshake\)\. --timeout gives .* 100 ms .*, --start-timeout longer/,
    );
    expect(code).toBe(3);
  });
});

describe("a server of another version", () => {
  const serving = async (protocol: string) => {
    const server = await (await protocolOf({ protocol })).serve({});
    closing.push(server.close);
    return server;
  };

  test("that wants a login, started by the suite: it is there, and the line says what it wants", async () => {
    const port = await freePort();
    const command = `exec "${process.execPath}" "${resolve("dist/cli.js")}" serve --protocol v0 --port ${port}`;
    const { code, stderr } = await within(cwd, ["run", `ws://127.0.0.1:${port}/tachyon`, "--start", command]);
    expect(stderr).toMatch(/ answered HTTP 401 [^\n]* may speak v0: add --protocol v0 --as /);
    expect(code).toBe(3);
  });

  test("that refuses clients of this one: the line says which it accepts", async () => {
    const { url, users = [] } = await serving("v0");
    const [header = ""] = Object.entries(users[0] ?? {}).map((it) => it.join(": "));
    const { code, stderr } = await within(cwd, ["run", url, "--header", header]);
    expect(stderr).toMatch(/ answered HTTP 400 [^\n]* It accepts clients of Tachyon v0: try --protocol v0\.\n$/);
    expect(code).toBe(3);
    expect((await within(cwd, ["run", url])).stderr).toMatch(/ HTTP 401 [^\n]* may speak v0: add --protocol v0 --as /);
    expect((await within(cwd, ["run", `${url}/elsewhere`])).stderr).toMatch(/ HTTP 404 [^\n]*\.\n$/);
  });

  test("that answers: the summary and all reports say which it speaks", async () => {
    const { url } = await serving("0.1.7");
    const run = ["run", url, "--protocol", "v0", "--case", "requests/alone"];
    const { code, stdout } = await within(cwd, [...run, "--out", ".", "--markdown", "summary.md"]);
    const words = "Tachyon 0.1.7, and not v0: test it with --protocol 0.1.7";
    expect(stdout).toMatch(/^ {2}speaks {3}Tachyon 0\.1\.7, and not v0: test it with --protocol 0\.1\.7$/m);
    expect(stdout).not.toMatch(/begin here|^FAIL requests|^ {2}next/m); // All its findings come of that.
    expect(JSON.parse(read("report.json")).speaks).toBe("0.1.7");
    expect(read("report.html")).toContain(words);
    expect(read("summary.md").replaceAll("\\", "")).toContain(words);
    expect(code).toBe(1);
    await within(cwd, ["run", url, "--case", "disconnect/alone"]);
    expect(report()).not.toHaveProperty("speaks");
  });
});

describe("TLS", () => {
  const server = async () => {
    const https = createHttpsServer({ key: KEY, cert: CERT });
    new WebSocketServer({ server: https }).on("connection", (socket) => {
      socket.on("message", () => {
        socket.send('{"command":"system/disconnected/response","status":"success"}');
        socket.close();
      });
      socket.send(
        '{"command":"system/version/response","status":"success","data":{"tachyonVersion":"0.1.7","versionParity":"match"}}',
      );
    });
    return `https://localhost:${await listen(https)}`;
  };
  test.each([[["--ca", resolve("tests/fixtures/localhost.crt")]], [["--insecure"]]])(
    "a certificate is accepted with %p",
    async (options) => {
      const { code, stdout } = await within(cwd, ["run", await server(), "--case", "disconnect/alone", ...options]);
      expect(stdout).toMatch(/^PASS/m);
      expect(code).toBe(0);
    },
  );
});

test("a certificate of another name: its names are told", async () => {
  const https = createHttpsServer({ key: KEY, cert: CERT });
  https.listen(0, "127.0.0.2");
  await once(https, "listening");
  closing.push(() => https.close());
  const { port } = https.address() as AddressInfo;
  const ca = ["--ca", resolve("tests/fixtures/localhost.crt")];
  const { code, stderr } = await within(cwd, ["run", `wss://127.0.0.2:${port}`, ...ca]);
  expect(stderr).toMatch(/is for other names: localhost, 127\.0\.0\.1\. Use one of these in the url/);
  expect(code).toBe(3);
});

test("a secret in the url of a target that cannot be reached is not told", async () => {
  const { stderr } = await within(cwd, ["run", `ws://127.0.0.1:${await freePort()}/?api_key=hush-hush`]);
  expect(stderr).toMatch(/^tachyon-conformance: Nothing listens at ws:\S+api_key=\[redacted\] \(/);
});
