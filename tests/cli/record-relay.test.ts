import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createTls } from "node:https";
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from "node:net";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "@jest/globals";
import { WebSocket, WebSocketServer } from "ws";
import { encode, OPCODE } from "../../harness/frame.ts";
import { byTurns, testByTurns } from "../turns.ts";
import { client, events, isJudgedAlike, listening, own, record } from "./recorder.ts";
import { closing, cwd } from "./workspace.ts";

const inTurn = testByTurns(2);

inTurn("messages, pings, close codes, subprotocols and headers pass, compressed or not", async () => {
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

inTurn("a handshake that is refused is passed on with its status and body, and recorded", async () => {
  const server = createServer();
  server.on("upgrade", (_, socket) =>
    socket.end("HTTP/1.1 401 No\r\nWWW-Authenticate: Bearer\r\nContent-Length: 5\r\nConnection: close\r\n\r\nnever"),
  );
  const port = await listening(server);
  const { url, stop } = await record(`ws://127.0.0.1:${port}`);
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

inTurn("a refusal that ends in the middle of its body is passed on as far as it came, and nothing else", async () => {
  const server = createServer();
  server.on("upgrade", (_, socket) => {
    socket.write("HTTP/1.1 401 No\r\nContent-Length: 100\r\n\r\nabc", () => (socket as Socket).resetAndDestroy());
  });
  writeFileSync(join(cwd, "texts"), "hidden-text\n");
  const { url, stop } = await record(`ws://127.0.0.1:${await listening(server)}`, "--redact", "@texts");
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.write(
    "GET /?x=hidden-text HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  );
  let answer = "";
  for await (const bytes of socket) answer += bytes;
  expect(answer).toMatch(/^HTTP\/1\.1 401 No\r\n[\s\S]*\r\n\r\nabc$/);
  const outcome = await stop();
  expect(outcome.stdout).not.toMatch(/speaks? HTTP|502/);
  expect(readFileSync(join(cwd, "r.ndjson"), "utf8")).toMatch(/x=\[redacted\]/);
});

inTurn("a client that leaves before its plain request is answered says nothing about the target", async () => {
  const server = createServer(() => {});
  const asked = once(server, "request");
  const { url, stop } = await record(`ws://127.0.0.1:${await listening(server)}`);
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.write("GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
  const [request] = await asked;
  const gone = once(request.socket, "close");
  socket.destroy();
  await gone;
  const { stdout } = await stop();
  expect(stdout).not.toMatch(/hang up|could not be reached|does not/);
});

inTurn("a server that breaks RFC 6455 is passed on as it is, and recorded", async () => {
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
  const port = await listening(server);
  const { url, stop } = await record(`ws://127.0.0.1:${port}`);
  const socket = new WebSocket(url, { perMessageDeflate: false });
  const [error] = await new Promise<Error[]>((resolve) => socket.once("error", (it) => resolve([it])));
  expect(error?.message).toMatch(/RSV1 must be clear/);
  await stop();
  expect(events().filter(({ from, type }) => from === "server" && type !== "upgrade")).toMatchObject([
    { type: "text", data: "{}" },
    { type: "violation", data: expect.stringMatching(/RSV1 must be clear/) },
  ]);
});

inTurn("a server behind TLS is reached, if its certificate is trusted", async () => {
  const folder = resolve("tests/fixtures");
  const server = createTls({
    cert: readFileSync(join(folder, "localhost.crt")),
    key: readFileSync(join(folder, "localhost.key")),
  });
  new WebSocketServer({ server }).on("connection", (socket) => socket.send("{}"));
  const port = await listening(server);
  const target = `wss://localhost:${port}`;
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

inTurn("it outlives the death of either side, and tells clients that the target is away", async () => {
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

/** Has clients come and go, so that the recorder was at work. It reads 64 KiB at least at a time, so that is more than 1 MiB. */
async function servesOthers(url: string): Promise<void> {
  for (let i = 0; i < 20; i++) {
    const other = new WebSocket(url);
    await once(other, "open");
    other.terminate();
  }
}

test.each(byTurns(["client", "server"], 2))(
  "a %s that does not read is not sent more, and cannot make it swell",
  async (deaf) => {
    const sockets: WebSocket[] = [];
    const { url, child, stop } = await record(await own((socket) => void sockets.push(socket)), "--quiet");
    const socket = new WebSocket(url, { perMessageDeflate: false });
    await once(socket, "open");
    while (sockets.length === 0) await pause(10);
    const [listening, speaking] = deaf === "client" ? [socket, sockets[0]] : [sockets[0], socket];
    listening?.pause();
    const chunk = "x".repeat(1 << 20);
    for (let i = 0; i < 100; i++) speaking?.send(chunk);
    // It takes what the buffers hold, and then no more: it serves others meanwhile, and would read some of this each time.
    const sent = () => 100 * chunk.length - (speaking?.bufferedAmount ?? 0);
    for (let before = 0; sent() === 0 || sent() > before; await servesOthers(url)) before = sent();
    expect(sent()).toBeLessThan(50 * chunk.length);
    const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
    expect(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024).toBeLessThan(250);
    socket.terminate();
    await stop();
  },
);

inTurn("requests that ask for no WebSocket pass, and odd ones end nothing but themselves", async () => {
  const server = createServer((request, response) => {
    response.setHeader("X-Path", request.url ?? "");
    request.pipe(response);
  });
  const { url, stop } = await record(`ws://127.0.0.1:${await listening(server)}/base`);
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
