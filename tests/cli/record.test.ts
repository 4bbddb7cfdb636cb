import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createTls } from "node:https";
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from "node:net";
import { join, resolve } from "node:path";
import { expect, test } from "@jest/globals";
import { type ClientOptions, WebSocket, WebSocketServer } from "ws";
import { encode, OPCODE } from "../../harness/frame.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import { CLI, cli, type Outcome, start } from "./process.ts";
import { closing, cwd } from "./workspace.ts";

const ASK = '{"command":"system/disconnect/request"}';

/** A recorder that runs. */
interface Recorder {
  readonly url: string;
  readonly child: ChildProcess;
  readonly outcome: Promise<Outcome>;
  /** Resolves once its output matches. */
  says(pattern: RegExp): Promise<void>;
  /** Ctrl-C. */
  stop(): Promise<Outcome>;
}

async function record(to: string, ...args: string[]): Promise<Recorder> {
  const { child, outcome } = start(cwd, [
    "record",
    "--to",
    to,
    "--port",
    "0",
    ...(args.includes("--out") ? [] : ["--out", "r.ndjson"]),
    ...args,
  ]);
  closing.push(() => child.kill("SIGKILL"));
  let said = "";
  child.stdout?.on("data", (text) => {
    said += text;
  });
  const says = async (pattern: RegExp) => {
    while (!pattern.test(said)) await once(child.stdout as NonNullable<typeof child.stdout>, "data");
  };
  await Promise.race([says(/connect to ws:/), outcome.then(({ stderr }) => Promise.reject(new Error(stderr)))]);
  const stop = () => {
    child.kill("SIGINT");
    return outcome;
  };
  return { url: /connect to (ws:\S+)/.exec(said)?.[1] ?? "", child, outcome, says, stop };
}

async function reference(fault?: string): Promise<string> {
  const server = await protocol.serve({ fault });
  closing.push(server.close);
  return server.url;
}

/** A WebSocket server of our own, which does what it is told with each connection. */
async function own(serve: (socket: WebSocket) => void, options = {}): Promise<string> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", ...options });
  server.on("connection", serve);
  await once(server, "listening");
  closing.push(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A client that is greeted, asks to be disconnected, and waits for its end. */
async function client(url: string, version = "0.1.7", options: ClientOptions = {}): Promise<number> {
  const socket = new WebSocket(`${url}/?tachyonVersion=${version}`, options);
  socket.once("message", () => socket.send(ASK));
  socket.on("error", () => {});
  return new Promise((resolve) => socket.once("close", resolve));
}

const events = (file = "r.ndjson") =>
  readFileSync(join(cwd, file), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line))
    .filter(({ connection }) => connection !== undefined);

/** The summary of what was judged: the verdict, the broken requirements, and the counts. */
const summary = (stdout: string) =>
  stdout
    .split("\n")
    .filter((line) => /^(PASS|FAIL|INCOMPLETE) [a-z]| {2}(target|broken|unjudged|clients|covered) /.test(line))
    .concat(/ {2}traffic.* events| in \S+ s: .*/.exec(stdout)?.[0] ?? "");

/** The command `check` judges a recording as it was judged live. */
async function isJudgedAlike({ code, stdout }: Outcome, ...files: string[]): Promise<void> {
  const checked = await cli(cwd, ["check", ...files]);
  expect(summary(checked.stdout)).toEqual(summary(stdout));
  expect(checked.code).toBe(code);
}

test("a server that conforms passes, live and from the file", async () => {
  const { url, stop } = await record(await reference());
  expect(await Promise.all([client(url), client(url, "9.9.9"), client(url, "banana")])).toEqual([1000, 1000, 1000]);
  const outcome = await stop();
  expect(outcome).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ {2}traffic {2}3 connections, /m) });
  await isJudgedAlike(outcome, "r.ndjson");
});

test.each([
  ["has-more-to-say", "disconnect.last"],
  ["greets-without-data", "message.schema"],
  ["major-is-minor", "parity.major"],
])("a server with the fault %s fails as it speaks, live and from the file", async (fault, requirement) => {
  const faults = await protocol.faults();
  const known = Object.keys(faults).includes(fault)
    ? fault
    : Object.keys(faults).find((it) => faults[it]?.breaks === requirement);
  const { url, says, stop } = await record(await reference(known));
  await client(url, requirement === "parity.major" ? "9.9.9" : "0.1.7");
  await says(new RegExp(`^\\S+ server connection 1: fail ${requirement.replace(".", "\\.")}: `, "m"));
  const outcome = await stop();
  expect(outcome.code).toBe(1);
  expect(outcome.stdout).toMatch(new RegExp(`^ {2}broken .*${requirement.replace(".", "\\.")} in 1`, "m"));
  await isJudgedAlike(outcome, "r.ndjson");
});

test("200 clients at once are served, recorded and judged alike", async () => {
  const { url, stop } = await record(await reference());
  const codes = await Promise.all(Array.from({ length: 200 }, () => client(url)));
  expect(new Set(codes)).toEqual(new Set([1000]));
  const outcome = await stop();
  expect(outcome.stdout).toMatch(/^ {2}traffic {2}200 connections, .*: 200 pass$/m);
  expect(outcome.code).toBe(0);
  await isJudgedAlike(outcome, "r.ndjson");
}, 60_000);

test("messages, pings, close codes, subprotocols and headers pass, compressed or not", async () => {
  let headers: Record<string, unknown> = {};
  const options = { perMessageDeflate: { threshold: 0 }, handleProtocols: () => "two" };
  const target = await own((socket) => {
    socket.on("message", (data, binary) => socket.send(data, { binary }));
    socket.on("close", (code, reason) => socket.send(`${code} ${reason}`));
  }, options);
  const { url, stop } = await record(target);
  const socket = new WebSocket(`${url}/lobby?a=1`, ["one", "two"], {
    perMessageDeflate: { threshold: 0 },
    headers: { "X-Thing": "kept", Authorization: "Bearer very-secret", TE: "trailers" },
  });
  socket.on("upgrade", (response) => {
    headers = response.headers;
  });
  await once(socket, "open");
  expect([socket.protocol, socket.extensions, headers.connection]).toEqual(["two", "permessage-deflate", "Upgrade"]);
  const big = "é".repeat(300_000);
  for (const message of ["text", big, Buffer.from([0, 255])]) {
    socket.send(message);
    const [data, binary] = await once(socket, "message");
    expect([String(data), binary]).toEqual([String(message), typeof message !== "string"]);
  }
  socket.ping("p");
  expect(String((await once(socket, "pong"))[0])).toBe("p");
  socket.close(4321, "bye");
  expect((await once(socket, "close"))[0]).toBe(4321);
  await stop();
  const all = events();
  const [ask] = all;
  expect(ask.url).toBe(`${target}/lobby?a=1`);
  expect(ask.data).toMatch(/^X-Thing: kept$/m);
  expect(readFileSync(join(cwd, "r.ndjson"), "utf8")).not.toContain("very-secret");
  const said = all.map(({ from, type, data, code }) => [from, type, type === "upgrade" ? "" : data, code]);
  expect(said).toEqual([
    ["client", "upgrade", "", undefined],
    ["server", "upgrade", "", 101],
    ["client", "text", "text", undefined],
    ["server", "text", "text", undefined],
    ["client", "text", big, undefined],
    ["server", "text", big, undefined],
    ["client", "binary", "AP8=", undefined],
    ["server", "binary", "AP8=", undefined],
    ["client", "ping", "cA==", undefined],
    ["server", "pong", "cA==", undefined],
    ["client", "close", "bye", 4321],
    ["server", "close", "bye", 4321],
    ["server", "end", undefined, undefined],
    ["client", "end", undefined, undefined],
  ]);
});

test("a handshake that is refused is passed on with its status and body, and recorded", async () => {
  const server = createServer();
  server.on("upgrade", (_, socket) =>
    socket.end("HTTP/1.1 401 No\r\nWWW-Authenticate: Bearer\r\nContent-Length: 5\r\nConnection: close\r\n\r\nnever"),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(() => server.close());
  const { url, stop } = await record(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const socket = new WebSocket(url);
  socket.on("error", () => {});
  const [, response] = await once(socket, "unexpected-response");
  expect([response.statusCode, response.headers["www-authenticate"]]).toEqual([401, "Bearer"]);
  let body = "";
  for await (const chunk of response) body += chunk;
  expect(body).toBe("never");
  const outcome = await stop();
  expect(outcome.code).toBe(1);
  expect(outcome.stdout).toMatch(/^INCOMPLETE nothing of it could be judged$/m);
  expect(outcome.stdout).toMatch(/the handshake was refused \(HTTP 401\)/);
  await isJudgedAlike(outcome, "r.ndjson");
});

test("a server that breaks RFC 6455 is passed on as it is, and recorded", async () => {
  const server = createServer();
  server.on("upgrade", (request, socket) => {
    const key = request.headers["sec-websocket-key"];
    const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    socket.write(encode({ opcode: OPCODE.text, payload: "{", masked: false, final: false }));
    socket.write(encode({ opcode: OPCODE.continuation, payload: "}", masked: false }));
    socket.write(encode({ opcode: OPCODE.text, payload: "{}", masked: false, reserved: 4 }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(
    () => server.closeAllConnections(),
    () => server.close(),
  );
  const { url, stop } = await record(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const socket = new WebSocket(url, { perMessageDeflate: false });
  const [error] = await new Promise<Error[]>((resolve) => socket.once("error", (it) => resolve([it])));
  expect(error?.message).toMatch(/RSV1 must be clear/);
  await stop();
  expect(events().filter(({ from, type }) => from === "server" && type !== "upgrade")).toMatchObject([
    { type: "text", data: "{}" },
    { type: "violation", data: expect.stringMatching(/RSV1 must be clear/) },
  ]);
});

test("a server behind TLS is reached, if its certificate is trusted", async () => {
  const folder = resolve("tests/fixtures");
  const server = createTls({
    cert: readFileSync(join(folder, "localhost.crt")),
    key: readFileSync(join(folder, "localhost.key")),
  });
  new WebSocketServer({ server }).on("connection", (socket) => socket.send("{}"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(
    () => server.closeAllConnections(),
    () => server.close(),
  );
  const target = `wss://localhost:${(server.address() as AddressInfo).port}`;
  const trusting = await record(target, "--ca", join(folder, "localhost.crt"));
  const socket = new WebSocket(trusting.url);
  expect(String((await once(socket, "message"))[0])).toBe("{}");
  socket.terminate();
  await trusting.stop();
  const wary = await record(target, "--out", "wary.ndjson");
  new WebSocket(wary.url).on("error", () => {});
  await wary.says(/The TLS certificate of wss:.* is not trusted/);
  await wary.stop();
});

test("what clients send wrongly is told and counted, and decides no verdict", async () => {
  const { url, says, stop } = await record(await own((socket) => socket.send("{}")));
  const socket = new WebSocket(url);
  await once(socket, "message");
  for (const message of ["oops", '{"a":1}', '{"command":"a/b/request"}', Buffer.from("x"), ASK]) socket.send(message);
  for (let i = 0; i < 20; i++) socket.send("oops");
  await says(/client connection 1: it is no JSON object \(more of this kind are only counted\)/);
  await says(/client connection 1: it has no "command"/);
  await says(/client connection 1: "a\/b\/request" is no command that a client of 0\.1\.7 sends/);
  await says(/client connection 1: it is binary/);
  const outcome = await stop();
  expect(outcome.stdout).toMatch(/^ {2}clients {2}24 of 25 messages are wrong: it is no JSON object \(21 times\); /m);
  expect(outcome.stdout.match(/connection 1: it is no JSON object/g)).toHaveLength(5);
  await isJudgedAlike(outcome, "r.ndjson");
});

test("it outlives the death of either side, and tells clients that the target is away", async () => {
  const sockets = new Set<Socket>();
  const dying = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.destroy();
  });
  dying.listen(0, "127.0.0.1");
  await once(dying, "listening");
  const { port } = dying.address() as AddressInfo;
  const { url, says, stop } = await record(`ws://127.0.0.1:${port}`);
  expect(await client(url)).toBe(1006);
  await new Promise((done) => dying.close(done));
  const refused = new WebSocket(url);
  refused.on("error", () => {});
  expect((await once(refused, "unexpected-response"))[1].statusCode).toBe(502);
  await says(/Nothing listens at ws:\/\/127\.0\.0\.1:\d+\/ \(connection refused\)/);

  const back = new WebSocketServer({ port, host: "127.0.0.1" });
  closing.push(() => back.close());
  await once(back, "listening");
  const reset = once(back, "connection").then(([socket]) => once(socket, "close"));
  const rude = new WebSocket(url);
  await once(rude, "open");
  rude.terminate();
  expect((await reset)[0]).toBe(1006);
  const outcome = await stop();
  expect(outcome.stderr).not.toContain("bug");
  expect(outcome.stdout).toMatch(/^ {2}traffic {2}3 connections, /m);
  await isJudgedAlike(outcome, "r.ndjson");
});

test.each(["client", "server"])("a %s that does not read is not sent more, and cannot make it swell", async (deaf) => {
  const sockets: WebSocket[] = [];
  const { url, child, stop } = await record(await own((socket) => void sockets.push(socket)), "--quiet");
  const socket = new WebSocket(url, { perMessageDeflate: false });
  await once(socket, "open");
  while (sockets.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  const [listening, speaking] = deaf === "client" ? [socket, sockets[0]] : [sockets[0], socket];
  listening?.pause();
  const chunk = "x".repeat(1 << 20);
  for (let i = 0; i < 100; i++) speaking?.send(chunk);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  expect(speaking?.bufferedAmount).toBeGreaterThan(50 << 20);
  const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
  expect(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024).toBeLessThan(250);
  socket.terminate();
  await stop();
});

test("a recording is rotated, and its files are judged as one, however they are named", async () => {
  const { url, stop } = await record(
    await own((socket) => socket.on("message", (data) => socket.send(String(data)))),
    "--rotate",
    "1",
  );
  const socket = new WebSocket(url);
  await once(socket, "open");
  const text = JSON.stringify({ command: "system/a/request", x: "x".repeat(300_000) });
  for (let i = 0; i < 6; i++) {
    socket.send(text);
    await once(socket, "message");
    await new Promise((resolve) => setTimeout(resolve, 60));
  }
  socket.close();
  await once(socket, "close");
  const outcome = await stop();
  const files = readdirSync(cwd).toSorted();
  expect(files.length).toBeGreaterThan(2);
  for (const file of files) expect(readFileSync(join(cwd, file)).length).toBeLessThanOrEqual(1 << 20);
  expect(outcome.stdout).toMatch(/^ {2}traffic {2}1 connection, 18 events/m);
  await isJudgedAlike(outcome, ...files.toReversed());
  const [, , third = ""] = files;
  // What stands in the other files may excuse anything that is seen in one.
  expect((await cli(cwd, ["check", third])).stdout).toMatch(/^INCOMPLETE nothing of it could be judged$/m);
  const hole = await cli(cwd, ["check", "r.ndjson", "r.3.ndjson"]);
  expect([hole.code, hole.stderr]).toEqual([
    2,
    expect.stringMatching(/r\.3\.ndjson is part 3 of a recording, and part 2 is missing/),
  ]);
});

test("what a server owes and does not do in time is told, and stands in the file", async () => {
  const target = await own((socket) =>
    socket.on("message", () => socket.send('{"command":"system/disconnected/response","status":"success"}')),
  );
  const { url, says, stop } = await record(target, "--timeout", "300");
  const socket = new WebSocket(url);
  await says(
    /server connection 1: fail version\.greeting: not greeted: .*gave up waiting for system\/version\/response after 300 ms/,
  );
  socket.send(ASK);
  await says(/server connection 1: fail disconnect\.closes: still open: /);
  socket.terminate();
  const outcome = await stop();
  expect(outcome.stdout).toMatch(/^ {2}broken {3}.*version\.greeting in 1/m);
  await isJudgedAlike(outcome, "r.ndjson");
});

test("a file that can hold no more costs no verdict, and is said at once and at the end", async () => {
  const target = await own((socket) => socket.on("message", (data) => socket.send(String(data))));
  // A limit on the size of files stands for a full disk: what is beyond it is not written either.
  const limited = `ulimit -f 100; trap "" XFSZ; exec "${process.execPath}" "${CLI}" record --to ${target} --port 0 --out r.ndjson`;
  const child = spawn("bash", ["-c", limited], { cwd, stdio: ["ignore", "pipe", "pipe"] });
  closing.push(() => child.kill("SIGKILL"));
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (text) => {
    stdout += text;
  });
  child.stderr.on("data", (text) => {
    stderr += text;
  });
  while (!/connect to (ws:\S+)/.test(stdout)) await once(child.stdout, "data");
  const socket = new WebSocket(/connect to (ws:\S+)/.exec(stdout)?.[1] ?? "");
  await once(socket, "open");
  for (let i = 0; i < 5; i++) {
    socket.send(JSON.stringify({ command: "system/a/request", x: "x".repeat(30_000) }));
    await once(socket, "message");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  while (!/r\.ndjson ends too early: /.test(stdout)) await once(child.stdout, "data");
  socket.close();
  await once(socket, "close");
  child.kill("SIGINT");
  const [code] = await once(child, "close");
  expect([code, stderr.trimEnd().split("\n").at(-1)]).toEqual([
    2,
    expect.stringMatching(/^tachyon-conformance: r\.ndjson ends too early: /),
  ]);
  expect(stdout).toMatch(/^ {2}broken {3}message\.known in 1$/m);
  expect(stdout).toMatch(/^ {2}traffic {2}1 connection, 16 events/m);
  expect((await cli(cwd, ["check", "r.ndjson"])).code).toBe(1);
});

test.each<[string, readonly string[], number, RegExp]>([
  [
    "a target that is not there",
    ["--to", "ws://127.0.0.1:1"],
    3,
    /Nothing listens at ws:\/\/127\.0\.0\.1:1\/ \(connection/,
  ],
  ["no target", [], 2, /Missing required argument: to/],
  ["a target that is no url", ["--to", "banana"], 2, /"banana" is no url/],
])("%s is one clear line", async (_, args, code, message) => {
  const outcome = await cli(cwd, ["record", "--port", "0", ...args]);
  expect(outcome).toMatchObject({ code, stdout: "", stderr: expect.stringMatching(message) });
  expect(outcome.stderr.trimEnd()).not.toContain("\n");
});

test("a port in use, a file that exists and a place that cannot be written are one clear line each", async () => {
  const target = await reference();
  const { port } = new URL(target);
  writeFileSync(join(cwd, "there.ndjson"), "precious");
  const lines = await Promise.all([
    cli(cwd, ["record", "--to", target, "--port", port, "--out", "new.ndjson"]),
    cli(cwd, ["record", "--to", target, "--port", "0", "--out", "there.ndjson"]),
    cli(cwd, ["record", "--to", target, "--port", "0", "--out", "/dev/full"]),
  ]);
  expect(lines.map(({ code, stdout, stderr }) => [code, stdout, stderr.trimEnd().split("\n").length])).toEqual([
    [2, "", 1],
    [2, "", 1],
    [2, "", 1],
  ]);
  expect(lines[0]?.stderr).toMatch(/Cannot listen on 127\.0\.0\.1, port \d+: .*EADDRINUSE/);
  expect(lines[1]?.stderr).toMatch(/there\.ndjson is there already/);
  expect(lines[2]?.stderr).toMatch(/Cannot write \/dev\/full: no space is left/);
  expect(existsSync(join(cwd, "new.ndjson"))).toBe(false);
  expect(readFileSync(join(cwd, "there.ndjson"), "utf8")).toBe("precious");
});

test("without a client nothing passes", async () => {
  const { stop, url } = await record(await reference());
  const { code, stdout } = await stop();
  expect(code).toBe(1);
  expect(stdout).toMatch(/^INCOMPLETE no client has come: nothing was recorded$/m);
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  const [error] = await once(socket, "error");
  expect(error.code).toBe("ECONNREFUSED");
});

test("requests that ask for no WebSocket pass, and odd ones end nothing but themselves", async () => {
  const server = createServer((request, response) => {
    response.setHeader("X-Path", request.url ?? "");
    request.pipe(response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(
    () => server.closeAllConnections(),
    () => server.close(),
  );
  const { url, stop } = await record(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/base`);
  const http = url.replace("ws:", "http:");
  const { hostname, port } = new URL(url);
  for (const odd of [
    "GET http://x/ HTTP/1.1",
    "OPTIONS * HTTP/1.1",
    "GET /\u00ff%zz HTTP/1.1",
    "\u0000",
    "CONNECT a:1 HTTP/1.1",
  ])
    await new Promise<void>((done) => {
      const socket = connect(Number(port), hostname, () =>
        socket.write(
          Buffer.from(`${odd}\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX: \u00e9\r\n\r\n`, "latin1"),
        ),
      );
      const end = () => void socket.destroy();
      socket.on("data", end).on("error", end);
      socket.on("close", () => done());
    });
  const answer = await fetch(`${http}/login?a=1`, { method: "POST", body: "name" });
  expect([answer.status, answer.headers.get("x-path"), await answer.text()]).toEqual([200, "/base/login?a=1", "name"]);
  expect((await stop()).stderr).not.toContain("bug");
});
