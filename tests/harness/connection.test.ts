import { afterEach, describe, expect, test } from "@jest/globals";
import { BOUNDS } from "../../harness/bounds.ts";
import { connect } from "../../harness/connect.ts";
import type { Connection } from "../../harness/connection.ts";
import { isNothing, whyNothing } from "../../harness/nothing.ts";
import { share } from "../../harness/shared.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import { type Handlers, type Peer, webSocketServer } from "../servers/websocket.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** Connects to a server that does this with each client. */
async function to(handlers: Partial<Handlers>, timeout = 2_000): Promise<Connection> {
  const server = await webSocketServer({ open() {}, message() {}, ...handlers });
  const shared = share(timeout);
  closing.push(() => shared.sockets.forEach((destroy) => void destroy()), server.close);
  return connect(new URL(`${server.url}/path?a=1`), { headers: { "X-Test": "yes" }, idle() {}, protocol }, shared);
}

const types = ({ transcript }: Connection) => transcript.events.map(({ from, type }) => `${from} ${type}`);

test("everything that happens is recorded, in order, with times that do not run backwards", async () => {
  const connection = await to({
    open: (peer) => peer.send('{"command":"a"}'),
    message(peer, text) {
      peer.send(`{"command":"b","text":${text}}`, 3);
      peer.send("\u0001", 1, 2);
      peer.socket.write(Buffer.from([0x89, 1, 65]));
      peer.close(4000);
    },
  });
  await connection.next("a");
  connection.send({ hello: 1 });
  expect(await connection.closed()).toEqual({ frame: true, code: 4000 });
  expect(types(connection)).toEqual([
    "client upgrade",
    "server upgrade",
    "server text",
    "client text",
    "server text",
    "server binary",
    "server ping",
    "server close",
  ]);
  const times = connection.transcript.events.map(({ at }) => at);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  const [request, response] = connection.transcript.events;
  expect(request).toMatchObject({ data: expect.stringMatching(/^GET \/path\?a=1 HTTP\/1\.1\n[\s\S]*X-Test: yes/) });
  expect(response).toMatchObject({ code: 101, data: expect.stringMatching(/^HTTP\/1\.1 101 Ok\nUpgrade: WebSocket/) });
});

test("a reset is told from an end that says nothing", async () => {
  const ends = async (end: (peer: Peer) => void) => {
    const connection = await to({ message: end });
    connection.send("end");
    await connection.closed();
    return connection.transcript.events.at(-1);
  };
  const end = { at: expect.any(Number), from: "server", type: "end" };
  expect(await ends(({ socket }) => socket.resetAndDestroy())).toEqual({ ...end, reset: true });
  expect(await ends(({ socket }) => socket.end())).toEqual(end);
});

test("a close frame without the end of TCP is told", async () => {
  const waits = async (end: (connection: Connection) => void, echoes = false) => {
    const connection = await to(
      {
        open({ socket }) {
          socket.end = (bytes?: unknown) => {
            if (echoes && Buffer.isBuffer(bytes)) socket.write(bytes);
            return socket;
          };
        },
        message: ({ socket }) => void socket.write(Buffer.from([0x88, 2, 3, 232])),
      },
      200,
    );
    end(connection);
    const found = await connection.closed();
    return isNothing(found) && whyNothing(found).silence?.closing;
  };
  expect(await waits((connection) => connection.send("end"))).toBe(true);
  expect(await waits((connection) => connection.close(1000), true)).toBe(true);
  expect(await waits((connection) => connection.close(1000))).toBeUndefined();
  expect(await waits(() => {})).toBeUndefined();
});

test("messages that are sent together come in one TCP segment", async () => {
  const segments: number[] = [];
  const connection = await to({ open: ({ socket }) => socket.on("data", (bytes) => segments.push(bytes.length)) });
  connection.send("a", "b", { c: 1 }, new Uint8Array([1]));
  connection.finish();
  await connection.wait("the end", () => segments[0]);
  expect(segments[0]).toBeGreaterThanOrEqual(7 + 7 + 13 + 7);
});

test("`next` takes each message once, in any order", async () => {
  const connection = await to({
    open: (peer) => ["a", "b", "a"].forEach((command, n) => void peer.send(JSON.stringify({ command, n }))),
  });
  expect(await connection.next("b")).toMatchObject({ n: 1 });
  expect(await connection.next("a")).toMatchObject({ n: 0 });
  expect(await connection.next(({ n }) => n === 2)).toMatchObject({ command: "a" });
});

describe("a wait that finds nothing says why", () => {
  const frame = (...bytes: number[]): Partial<Handlers> => ({
    open: ({ socket }) => void socket.write(Buffer.from(bytes)),
  });
  const cases: Record<string, [Partial<Handlers>, RegExp]> = {
    silence: [{}, /^nothing in 50 ms$/],
    "a close frame": [{ open: (peer) => peer.close(1001) }, /closed the connection first \(1001\)/],
    "a close frame with a reason": [{ open: (peer) => peer.close(1008, 'no "x"') }, /first \(1008 "no \\"x\\""\)/],
    "a close frame without a code": [{ open: (peer) => peer.close() }, /closed the connection first \(no code\)/],
    "the end of TCP": [{ open: ({ socket }) => void socket.end() }, /ended the TCP connection first/],
    "a reset": [{ open: ({ socket }) => void socket.resetAndDestroy() }, /ECONNRESET|ended the TCP connection first/],
    "a refusal": [{ refuse: () => 503 }, /refused the WebSocket with HTTP 503/],
    "a masked frame": [frame(0x81, 0x80, 0, 0, 0, 0), /broke the WebSocket protocol: .*MASK/],
    "text that is not UTF-8": [frame(0x81, 1, 0xff), /broke the WebSocket protocol: .*UTF-8/],
  };
  test.each(Object.keys(cases))("%s", async (name) => {
    const [handlers, why] = cases[name] as (typeof cases)[string];
    const found = await (await to(handlers, name === "silence" ? 50 : 2_000)).next("a");
    expect(isNothing(found) && whyNothing(found).words).toMatch(why);
  });
});

describe("what the server sends is bounded", () => {
  const flood = (times: number, send: (peer: Peer) => void): Partial<Handlers> => ({
    open(peer) {
      for (let i = 0; i < times; i++) send(peer);
    },
  });
  const cases: Record<string, [Partial<Handlers>, RegExp]> = {
    messages: [flood(BOUNDS.events, (peer) => peer.send("{}")), /events on one connection/],
    bytes: [flood(4, (peer) => peer.send("x".repeat(BOUNDS.message - 9))), /bytes on one connection/],
    "the fragments of a message": [
      { open: (peer) => peer.send("x".repeat(BOUNDS.message + 1), 10) },
      /a message of more than/,
    ],
  };
  test.each(Object.keys(cases))("%s", async (name) => {
    const [handlers, words] = cases[name] as (typeof cases)[string];
    const connection = await to(handlers);
    const found = await connection.next("never");
    expect(isNothing(found) && whyNothing(found).words).toMatch(words);
    expect(connection.transcript.events.at(-1)).toMatchObject({ from: "client", type: "limit" });
    expect(connection.transcript.events.length).toBeLessThanOrEqual(BOUNDS.events + 1);
  });
});

test("the latest of several pings is answered, and a flood of them costs nothing", async () => {
  const ping = (n: number) => Buffer.from([0x89, 2, n >> 8, n & 255]);
  const connection = await to({
    open: ({ socket }) => void socket.write(Buffer.concat(Array.from({ length: BOUNDS.flood - 1 }, (_, n) => ping(n)))),
  });
  const pong = await connection.wait("a pong", () => connection.transcript.events.find(({ type }) => type === "pong"));
  expect(pong).toMatchObject({ from: "client" });
  connection.send("still open");
  expect(connection.transcript.events.at(-1)).toMatchObject({ type: "text", data: "still open" });
  expect(connection.transcript.events.length).toBeLessThan(2 * BOUNDS.pings + 10);
});

test("a server that does not answer the handshake costs one timeout", async () => {
  const { createServer } = await import("node:net");
  const server = createServer((socket) => void socket.resume());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const shared = share(50);
  closing.push(() => new Promise((resolve) => server.close(resolve)));
  const { port } = server.address() as { port: number };
  const connection = await connect(new URL(`ws://127.0.0.1:${port}`), { headers: {}, idle() {}, protocol }, shared);
  expect(connection).toMatchObject({ opened: false, failure: { code: "NO_ANSWER" } });
});

test("what happens after the connection is finished is not recorded", async () => {
  const connection = await to({ message: (peer) => peer.send("{}") });
  connection.finish();
  const recorded = connection.transcript.events.length;
  await connection.closed();
  expect(connection.transcript.events).toHaveLength(recorded);
  expect(connection.transcript.events.at(-1)).toMatchObject({ from: "client", type: "close", code: 1000 });
});
