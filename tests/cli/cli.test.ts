import { once } from "node:events";
import { existsSync, lstatSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer as createHttpServer, type RequestListener } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, createServer, type Server } from "node:net";
import { join, resolve } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { WebSocketServer } from "ws";
import { protocol } from "../../suites/0.1.7/index.ts";
import { lobby } from "../servers/lobby.ts";
import { cli, freePort, start } from "./process.ts";
import { closing, cwd } from "./workspace.ts";

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
const read = (...path: string[]) => readFileSync(join(cwd, ...path), "utf8");
const report = () => JSON.parse(read("tachyon-report", "report.json"));
const one = ["--case", "disconnect/alone"];
const KEY = readFileSync("tests/fixtures/localhost.key");
const CERT = readFileSync("tests/fixtures/localhost.crt");

test("without a url everything runs against the embedded reference server, and passes", async () => {
  const { code, stdout, stderr } = await cli(cwd, ["run"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^version: \d+ cases done$/m);
  expect(stdout).toMatch(/^PASS /m);
  expect(stdout).toMatch(/reports {2}tachyon-report\/report\.json tachyon-report\/junit\.xml/);
  expect(report()).toMatchObject({
    verdict: "pass",
    target: { embedded: true },
    counts: { fail: 0, warn: 0, skip: 0, error: 0 },
  });
  expect(readdirSync(join(cwd, "tachyon-report")).toSorted()).toEqual(["junit.xml", "report.html", "report.json"]);
});

test("a server with a bug: exit 1, the failure explained, reports written", async () => {
  const server = await lobby(() => ({ parity: () => "match" }));
  closing.push(server.close);
  const { code, stdout } = await cli(cwd, ["run", server.url, "--case", "version/parity-equal-higher-equal"]);
  expect(code).toBe(1);
  expect(stdout).toMatch(/FAIL version\/parity-equal-higher-equal\n {2}a client of version 0\.2\.7 connects/);
  expect(stdout).toMatch(/expected {2}"minor_mismatch"\n {4}came {6}"match"/);
  expect(stdout).toContain(
    `alone: npx tachyon-conformance run ${server.url}/ --case version/parity-equal-higher-equal`,
  );
  expect(report().verdict).toBe("fail");
  expect(read("tachyon-report", "junit.xml")).toContain('<failure message="parity.minor: expected ');
});

describe("wrong usage: one line that says what to do, exit 2", () => {
  test.each<[string, string[], RegExp]>([
    ["no command", [], /Name a command/],
    ["an unknown command", ["rnu"], /no command "rnu".*"run"/],
    ["an unknown option", ["run", "--tiemout", "1"], /no option --tiemout.*"timeout"/],
    ["one argument too many", ["run", "ws://x", "y"], /"y" is one argument too many/],
    ["a value that is no number", ["run", "--timeout", "soon"], /--timeout takes one whole number from 1/],
    ["a missing value", ["run", "--timeout"], /--timeout needs a value/],
    ["an unknown suite", ["run", "--suite", "disconect"], /no suite "disconect".*"disconnect"/],
    ["an unknown case", ["run", "--case", "disconnect/alon"], /no case.*"disconnect\/alone"/],
    ["an unknown requirement", ["run", "--requirement", "parity.mach"], /no requirement.*"parity\.match"/],
    ["an unknown id", ["explain", "parity.mach"], /no case, requirement or fault "parity\.mach".*"parity\.match"/],
    ["no url", ["run", "localhost:1"], /perhaps ws:\/\/localhost:1\./],
    ["a port for a url", ["run", "8090"], /perhaps ws:\/\/localhost:8090\./],
    ["a word for a url", ["run", "greeting"], /"greeting" is no url\. Give one like \S+\.$/m],
    ["an empty url", ["run", ""], /The url is empty/],
    ["an empty --url", ["run", "--url="], /The url is empty/],
    ["an empty url to certify", ["certify", "", "--implementation", "x"], /The url is empty/],
    [
      "a requirement for a case",
      ["run", "--case", "disconnect.once"],
      /It is a requirement: give it to --requirement\./,
    ],
    ["a case for a requirement", ["list", "--requirement", "disconnect/alone"], /It is a case: give it to --case\./],
    ["a suite for a case", ["list", "--case", "version"], /It is a suite: give it to --suite\./],
    ["a word that is like no command", ["polka"], /There is no command "polka"\. See --help\.$/m],
    ["a word that is like no option", ["list", "--strict"], /There is no option --strict\. See --help\.$/m],
    ["a letter that is no option", ["run", "-x"], /There is no option -x\./],
    ["a word that is like no case", ["list", "--case", "polka"], /There is no case "polka"\. See `list`\.$/m],
    ["the parameter of the suite in the url", ["run", "ws://x/?tachyonVersion=1"], /the suite sets itself/],
    ["a ca file that is not there", ["run", "ws://x", "--ca", "nowhere.pem"], /Cannot read nowhere\.pem/],
    [
      "a ca file that holds no certificate",
      ["run", "wss://127.0.0.1:9", "--ca", "junk.pem"],
      /junk\.pem holds no certificate/,
    ],
    ["a header that is none", ["run", "ws://x", "--header", "token"], /no "Name: value"/],
    [
      "a config file that is not there",
      ["run", "--config", "nowhere.json"],
      /Cannot read the config file .*nowhere\.json: there is no such file/,
    ],
    [
      "a config file with an unknown key",
      ["run", "--config", "typo.json"],
      /typo\.json: there is no option "tiemout".*"timeout"/,
    ],
    ["a config file that is no JSON", ["run", "--config", "junk.pem"], /config file .*junk\.pem: /],
    ["an output folder that is a file", ["run", "--out", "junk.pem"], /Cannot write junk\.pem/],
    ["a report file that is a folder", ["run", "--json", "."], /Cannot write \.: it is a folder/],
    ["a url behind --", ["run", "--", "ws://x"], /"ws:\/\/x" is one argument too many/],
    ["a url without a command", ["ws://x"], /Did you mean run ws:\/\/x\?/],
    ["a timeout that no timer can wait", ["run", "--timeout", "2147483648"], /--timeout takes one whole number/],
    ["a config value of a wrong type", ["run", "--config", "wrong.json"], /--case takes a text/],
    ["start without a url", ["run", "--start", "true"], /--start needs the url/],
    ["an unknown fault", ["serve", "--fault", "greets-twcie"], /no fault "greets-twcie".*"greets-twice"/],
    ["a seed that is none", ["run", "--seed", "x"], /--seed takes one whole number/],
    ["a port that is none", ["serve", "--port", "99999"], /--port takes one whole number from 0 to 65535/],
  ])("%s", async (_, args, message) => {
    writeFileSync(join(cwd, "typo.json"), '{"tiemout":1}');
    writeFileSync(join(cwd, "junk.pem"), "junk");
    writeFileSync(join(cwd, "wrong.json"), '{"case":3}');
    const { code, stdout, stderr } = await cli(cwd, args);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^tachyon-conformance: [^\n]+\n$/);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  });
});

describe("a target that cannot be tested: one line that says what to do, exit 3, no reports", () => {
  const silent = () => listen(createServer());
  const answer = (status: number, headers = {}) =>
    http((_, response) => void response.writeHead(status, headers).end());
  const secure = () => listen(createHttpsServer({ key: KEY, cert: CERT }));
  test.each<[string, () => Promise<number>, string, RegExp]>([
    ["a closed port", freePort, "ws", /Nothing listens at ws:/],
    ["200", () => answer(200), "ws", /answered HTTP 200 .*path/],
    ["302", () => answer(302, { location: "/" }), "ws", /answered HTTP 302, a redirect/],
    ["401", () => answer(401), "ws", /answered HTTP 401 .*--header/],
    ["503", () => answer(503), "ws", /answered HTTP 503/],
    ["silence", silent, "ws", /did not answer the WebSocket handshake/],
    ["a certificate that is not trusted", secure, "wss", /certificate .* is not trusted .*--ca/],
    ["TLS asked of a plain port", () => answer(200), "wss", /does not speak TLS/],
    ["a plain handshake on a TLS port", secure, "ws", /wss: if it is a TLS one|handshake/],
  ])("%s", async (_, server, scheme, message) => {
    const { code, stdout, stderr } = await cli(cwd, [
      "run",
      `${scheme}://127.0.0.1:${await server()}`,
      "--timeout",
      "200",
    ]);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^tachyon-conformance: [^\n]+\n$/);
    expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
    expect(existsSync(join(cwd, "tachyon-report", "report.json"))).toBe(false);
  });

  test("a name that does not resolve, however long that takes", async () => {
    const { code, stderr } = await cli(cwd, ["run", "ws://does-not-exist.invalid", "--timeout", "1"]);
    expect(stderr).toMatch(/does not resolve/);
    expect(code).toBe(3);
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
      const { code, stdout } = await cli(cwd, ["run", await server(), ...one, ...options]);
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
  const { code, stderr } = await cli(cwd, ["run", `wss://127.0.0.2:${port}`, ...ca]);
  expect(stderr).toMatch(/is for other names: localhost, 127\.0\.0\.1\. Use one of these in the url/);
  expect(code).toBe(3);
});

test("a secret in the query of the url stands in no output, and neither does what --redact names", async () => {
  const { url, close } = await protocol.serve();
  const secret = "hush/7+me";
  const target = `${url}?access_token=${encodeURIComponent(secret)}&room=quiet-room&page=3`;
  const env = { TACHYON_REDACT: "quiet-room" };
  const { stdout, stderr, code } = await cli(cwd, ["run", target, ...one, "--out", "hidden"], env).finally(close);
  expect(code).toBe(0);
  const files = ["report.json", "junit.xml", "report.html"].map((name) => read("hidden", name));
  const spellings = [
    secret,
    encodeURIComponent(secret),
    Buffer.from(secret).toString("base64").slice(0, -1),
    "quiet-room",
  ];
  for (const text of [stdout, stderr, ...files])
    for (const spelling of spellings) expect(text.includes(spelling)).toBe(false);
  expect(stdout).toContain("access_token=[redacted]&room=[redacted]&page=3");
});

test("a secret in the url of a target that cannot be reached is not told", async () => {
  const { stderr } = await cli(cwd, ["run", `ws://127.0.0.1:${await freePort()}/?api_key=hush-hush`]);
  expect(stderr).toMatch(/^tachyon-conformance: Nothing listens at ws:\S+api_key=\[redacted\] \(/);
});

test("the command that runs a case alone has all that the run had", async () => {
  writeFileSync(join(cwd, "run.json"), JSON.stringify({ timeout: 400 }));
  writeFileSync(join(cwd, "headers"), "X-Secret: hush");
  const { url, close } = await protocol.serve({ fault: "compares-versions-as-prefixes" });
  const options = ["--config", "run.json", "--header", "@headers", "--case", "version/parity-patch-with-zero"];
  const { stdout } = await cli(cwd, ["run", url, ...options]).finally(close);
  const alone = `${url}/ --config run.json --timeout 400 --header @headers --case version/parity-patch-with-zero`;
  expect(stdout).toMatch(new RegExp(`^  alone: npx tachyon-conformance run ${alone}$`, "m"));
  expect(stdout).toMatch(new RegExp(`^  next     npx tachyon-conformance run ${alone}$`, "m"));
});

describe("options", () => {
  test("come from variables, from a config file, and from the command line, which wins", async () => {
    writeFileSync(
      join(cwd, "config.json"),
      JSON.stringify({ case: ["version/greeting"], out: "from-config", quiet: true }),
    );
    const env = { TACHYON_OUT: "from-variable", TACHYON_CONFIG: "config.json" };
    expect(await cli(cwd, ["run", "--config", "config.json"])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^PASS[^\n]*\n$/),
    });
    expect(JSON.parse(read("from-config", "report.json")).cases).toHaveLength(1);
    await cli(cwd, ["run"], env);
    expect(existsSync(join(cwd, "from-variable"))).toBe(true);
    await cli(cwd, ["run", "--out", "from-line"], env);
    expect(existsSync(join(cwd, "from-line"))).toBe(true);
  });

  test("a variable of another program is left alone, a mistyped one is an error", async () => {
    expect(await cli(cwd, ["run", ...one], { TACHYON_PORT: "8080", TACHYON_DB_URL: "x" })).toMatchObject({ code: 0 });
    expect(await cli(cwd, ["run", ...one], { TACHYON_TIMEOT: "1" })).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/TACHYON_TIMEOT.*"timeout"/),
    });
  });

  test("a report is written to what is not a plain file, and through a link", async () => {
    writeFileSync(join(cwd, "real.json"), "old");
    symlinkSync("real.json", join(cwd, "link.json"));
    expect((await cli(cwd, ["run", ...one, "--json", "link.json", "--junit", "/dev/null"])).code).toBe(0);
    expect(lstatSync("/dev/null").isCharacterDevice()).toBe(true);
    expect(lstatSync(join(cwd, "link.json")).isSymbolicLink()).toBe(true);
    expect(JSON.parse(read("real.json")).verdict).toBe("pass");
  });

  test("the reports of an earlier run do not outlive one that could not reach its target", async () => {
    await cli(cwd, ["run", ...one]);
    expect((await cli(cwd, ["run", "ws://127.0.0.1:1"])).code).toBe(3);
    expect(readdirSync(join(cwd, "tachyon-report"))).toEqual([]);
  });

  test("a reader that stops reading costs neither the run nor its reports", async () => {
    const { child, outcome } = start(cwd, ["run", "--suite", "version"]);
    child.stdout?.destroy();
    expect(await outcome).toMatchObject({ code: 0, stderr: "" });
    expect(report().verdict).toBe("pass");
  });

  test("a report goes to the file that is named, and then nowhere else", async () => {
    await cli(cwd, ["run", ...one, "--junit", "deep/down/results.xml"]);
    expect(read("deep", "down", "results.xml")).toMatch(/^<\?xml/);
    expect(readdirSync(cwd)).toEqual(["deep"]);
  });

  test.each<[string, string, readonly string[], Record<string, string>]>([
    ["a header", "authorization", ["--header", "@headers.txt"], {}],
    ["a credential", "x-api-key", ["--credential", "X-Api-Key: Bearer s3cr3t-token"], {}],
    ["one from a variable", "x-api-key", [], { TACHYON_CREDENTIAL: "X-Api-Key: Bearer s3cr3t-token" }],
  ])("%s is sent, and its value is redacted wherever the server repeats it", async (_, name, options, env) => {
    const server = await lobby(({ greet }) => ({
      refuse: (_, headers) => (headers.get(name) === "Bearer s3cr3t-token" ? undefined : 401),
      greet: (client) =>
        client.say({
          command: "system/version/response",
          status: "success",
          data: { tachyonVersion: "Bearer s3cr3t-token", versionParity: "match" },
        }) ?? greet,
    }));
    closing.push(server.close);
    writeFileSync(join(cwd, "headers.txt"), "Authorization: Bearer s3cr3t-token\n\n");
    const outcome = await cli(cwd, ["run", server.url, ...options, "--case", "version/greeting", "--verbose"], env);
    expect(outcome.code).toBe(1);
    expect(outcome.stdout).toContain("[redacted]");
    for (const text of [
      outcome.stdout,
      outcome.stderr,
      read("tachyon-report", "report.json"),
      read("tachyon-report", "junit.xml"),
    ]) {
      expect(text).not.toContain("s3cr3t-token");
    }
  });

  test("colours are used if they are forced, and otherwise not in a pipe", async () => {
    expect((await cli(cwd, ["run", ...one], { FORCE_COLOR: "1" })).stdout).toContain("\u001b[32m");
    expect((await cli(cwd, ["run", ...one], { CI: "true" })).stdout).not.toContain("\u001b");
  });
});

describe("an interrupted run", () => {
  test("writes the reports of what ran and exits 130", async () => {
    const server = await lobby(() => ({ disconnect: () => void child.kill("SIGINT") }));
    closing.push(server.close);
    const { child, outcome } = start(cwd, [
      "run",
      server.url,
      "--timeout",
      "60000",
      "--case",
      "version/no-login",
      "--case",
      "disconnect/alone",
      "--concurrency",
      "1",
    ]);
    const { code, stdout } = await outcome;
    expect(code).toBe(130);
    expect(stdout).toMatch(/^INCOMPLETE/m);
    expect(report()).toMatchObject({ verdict: "incomplete", counts: { pass: 1, skip: 1 } });
    expect(read("tachyon-report", "junit.xml")).toContain('skipped="1"');
  });

  test("ends at once when it is interrupted again", async () => {
    const server = await lobby(() => ({ greet: () => child.kill("SIGINT") && child.kill("SIGINT") }));
    closing.push(server.close);
    const { child, outcome } = start(cwd, ["run", server.url, "--timeout", "60000", ...one]);
    expect((await outcome).code).toBe(130);
  });
});

/** The arguments of a process. Nobody may have waited for one that has ended: its number is still taken, and these are gone. */
const ran = (pid: string | undefined) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");

describe("--start", () => {
  test("starts the server, tests it, ends its process group, and keeps its output", async () => {
    const port = await freePort();
    const command = `sleep 1000 & echo child $!; echo hello; exec ${process.execPath} ${resolve("dist/cli.js")} serve --port ${port}`;
    const { code, stdout } = await cli(cwd, ["run", `ws://127.0.0.1:${port}`, ...one, "--start", command]);
    expect(stdout).toMatch(/^PASS/m);
    expect(code).toBe(0);
    const log = read("tachyon-report", "server.log");
    expect(log).toMatch(/hello\nTachyon 0\.1\.7 reference server/);
    expect(await ran(/child (\d+)/.exec(log)?.[1])).toBe("");
  });

  test("ends a process that left the group of the server, and keeps the key to itself", async () => {
    const port = await freePort();
    const command = `setsid sleep 1000 & echo "stray $! key [$TACHYON_KEY]"; exec ${process.execPath} ${resolve("dist/cli.js")} serve --port ${port}`;
    const args = ["run", `ws://127.0.0.1:${port}`, ...one, "--start", command];
    expect((await cli(cwd, args, { TACHYON_KEY: "secret" })).code).toBe(0);
    const [, stray, key] = /stray (\d+) key \[(.*)\]/.exec(read("tachyon-report", "server.log")) ?? [];
    expect(key).toBe("");
    expect(await ran(stray)).toBe("");
  });

  test("says so if the server does not stay up", async () => {
    const { code, stderr } = await cli(cwd, [
      "run",
      `ws://127.0.0.1:${await freePort()}`,
      "--start",
      "echo no; exit 7",
    ]);
    expect(stderr).toMatch(
      /did not stay up: it ended with exit code 7 \("its last line: no"\)\. Its output is in tachyon-report\/server\.log/,
    );
    expect(code).toBe(3);
    expect(read("tachyon-report", "server.log")).toBe("no\n");
  });

  test("says so if something else listens already", async () => {
    const server = await lobby();
    closing.push(server.close);
    const { code, stderr } = await cli(cwd, ["run", server.url, "--start", "true"]);
    expect(stderr).toMatch(/already accepts connections/);
    expect(code).toBe(2);
  });
});

describe("other commands", () => {
  test("list names every case and requirement, or the selected ones", async () => {
    const all = await cli(cwd, ["list"]);
    expect(all.stdout).toMatch(/^Version: the greeting \(\d+ cases\)\n {2}version\/greeting/);
    expect(all.stdout).toMatch(/parity\.match +MUST/);
    const some = await cli(cwd, ["list", "--requirement", "disconnect.once"]);
    expect(some.stdout.match(/^ {2}disconnect\/.*$/gm)).toHaveLength(4);
  });

  test("explain shows what a case sends and accepts, over a real wire", async () => {
    const { code, stdout } = await cli(cwd, ["explain", "version/parity-equal-higher-equal"]);
    expect(code).toBe(0);
    expect(stdout).toContain("parity.minor (MUST): Equal majors, minors differ");
    expect(stdout).toContain('accepts  "minor_mismatch"');
    expect(stdout).toMatch(/→ upgrade GET \/\?tachyonVersion=0\.2\.7 HTTP\/1\.1/);
    expect(stdout).toContain("--case version/parity-equal-higher-equal");
  });

  test("explain shows a requirement, its source, why, and the cases that test it", async () => {
    const { stdout } = await cli(cwd, ["explain", "parity.missing"]);
    expect(stdout).toContain("source: → (derived): the only value that a missing version can have");
    expect(stdout).toContain("tested by 4 cases");
    expect(stdout).toContain("--requirement parity.missing");
  });

  test("serve runs the reference server until it is interrupted", async () => {
    const { child, outcome } = start(cwd, ["serve"]);
    const [hello] = await once(child.stdout as NodeJS.ReadableStream, "data");
    const url = /ws:\S+/.exec(String(hello))?.[0] as string;
    expect((await cli(cwd, ["run", url, ...one])).code).toBe(0);
    child.kill("SIGINT");
    expect(await outcome).toMatchObject({ code: 0, stderr: "" });
  });

  test("help and version", async () => {
    expect((await cli(cwd, ["--version"])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect((await cli(cwd, ["run", "--help"])).stdout).toMatch(/--concurrency/);
  });
});
