import { createHash } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createServer, Socket } from "node:net";
import { inflateRawSync } from "node:zlib";
import { afterEach, describe, expect, jest, test } from "@jest/globals";
import { BOUNDS } from "../../harness/bounds.ts";
import { type ConnectionOptions, connect } from "../../harness/connect.ts";
import type { Connection } from "../../harness/connection.ts";
import { bytewise, decode, encode, OPCODE, type ReadFrame } from "../../harness/frame.ts";
import { isNothing, whyNothing } from "../../harness/nothing.ts";
import { share } from "../../harness/shared.ts";
import { type Head, requestText } from "../../harness/upgrade.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import { webSocketServer } from "../servers/websocket.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  jest.restoreAllMocks();
  for (const close of closing.splice(0).toReversed()) await close();
});

function connecting(url: string, handshake?: ConnectionOptions["handshake"]): Promise<Connection> {
  const shared = share(2_000);
  closing.push(() => shared.sockets.forEach((destroy) => void destroy()));
  return connect(new URL(url), { headers: {}, handshake, idle() {}, protocol }, shared);
}

/** Connects to a server that only keeps what it gets after the handshake. */
async function wired(act: (socket: Socket, bytes: Buffer) => void = () => {}) {
  let got = Buffer.alloc(0);
  let socket: Socket | undefined;
  let news = () => {};
  const errors: (string | undefined)[] = [];
  const server = await webSocketServer({
    open(peer) {
      if (socket) return; // Another client, that only passes by.
      socket = peer.socket;
      socket.removeAllListeners("data").on("data", (bytes: Buffer) => {
        got = Buffer.concat([got, bytes]);
        act(peer.socket, bytes);
        news();
      });
      socket.on("error", ({ code }: NodeJS.ErrnoException) => errors.push(code));
      socket.on("close", () => news());
    },
    message() {},
  });
  closing.push(server.close);
  const connection = await connecting(server.url);
  const until = async (done: () => boolean) => {
    while (!done()) {
      await new Promise<void>((resolve) => {
        news = resolve;
      });
    }
  };
  return {
    connection,
    url: server.url,
    socket: socket as Socket,
    errors,
    /** Resolves to all that came once it is this many frames. */
    async frames(count: number): Promise<ReadFrame[]> {
      await until(() => framesIn(got).length >= count);
      return framesIn(got);
    },
    /** Resolves to all that came by the end of the connection. */
    async all(): Promise<Buffer> {
      await until(() => socket?.destroyed === true);
      return got;
    },
  };
}

function framesIn(bytes: Buffer): ReadFrame[] {
  const next = decode(bytes);
  return next ? [next.frame, ...framesIn(bytes.subarray(next.size))] : [];
}
const shown = (frames: readonly ReadFrame[]) => frames.map(({ opcode, payload }) => `${opcode} ${payload}`);
const types = ({ transcript }: Connection) => transcript.events.map(({ from, type }) => `${from} ${type}`).slice(2);
const plain = (opcode: number, payload = "", final = true) => encode({ opcode, payload, final, masked: false });

/** Notes each write to a socket, with how much waits before it, and the turns of the event loop between. */
function spied(): (string | number)[] {
  const log: (string | number)[] = [];
  const write = Socket.prototype.write;
  jest.spyOn(Socket.prototype, "write").mockImplementation(function (this: Socket, ...args: unknown[]) {
    log.push(Buffer.from(args[0] as string).toString("latin1"), this.writableLength + this.writableCorked);
    return Reflect.apply(write, this, args);
  } as Socket["write"]);
  const turn = () => {
    if (log.at(-1) !== "turn") log.push("turn");
    if (jest.isMockFunction(Socket.prototype.write)) setImmediate(turn);
  };
  turn();
  return log;
}

describe("data that a case writes itself", () => {
  test("goes out as it is, each part when the system has the one before", async () => {
    const { connection, frames } = await wired();
    const text = encode({ opcode: OPCODE.text, payload: "hello" });
    const parts = [text.subarray(0, 1), text.subarray(1, 5), text.subarray(5)];
    const log = spied();
    await connection.write({ type: "text", data: "hello" }, ...parts);
    expect(log.slice(log.findIndex((it) => it !== "turn"))).toEqual(
      parts.flatMap((part) => [part.toString("latin1"), 0, "turn"]),
    );
    jest.restoreAllMocks();
    expect(shown(await frames(1))).toEqual(["1 hello"]);
    await connection.write(undefined, encode({ opcode: OPCODE.ping, payload: "p" }));
    await connection.write({ type: "violation", data: "what" }, encode({ opcode: 3 }));
    expect(shown(await frames(3))).toEqual(["1 hello", "9 p", "3 "]);
    expect(types(connection)).toEqual(["client text", "client violation"]);
  });

  test("is not torn by the answer to a ping", async () => {
    let pinged = false;
    const { connection, frames } = await wired((socket) => {
      if (!pinged) socket.write(plain(OPCODE.ping, "?"));
      pinged = true;
    });
    const payload = "x".repeat(200);
    await connection.write({ type: "text", data: payload }, ...bytewise(encode({ opcode: OPCODE.text, payload })));
    expect(shown(await frames(2))).toEqual([`1 ${payload}`, "10 ?"]);
    expect(types(connection)).toEqual(["client text", "server ping", "client pong"]);
  });
});

describe("a client", () => {
  test.each<[string, number | undefined, string]>([
    ["with a code", 4_001, "\u000f\u00a1"],
    ["without a code", undefined, ""],
  ])("closes %s, and sends nothing after that", async (_, code, payload) => {
    const { connection, socket, all } = await wired();
    connection.close(code);
    connection.send("late");
    await connection.write({ type: "text", data: "late" }, Buffer.from("late"));
    connection.close(1000);
    socket.end(encode({ opcode: OPCODE.close, payload: Buffer.from(payload, "latin1"), masked: false }));
    expect(await connection.closed()).toEqual({ frame: true, ...(code && { code }) });
    const [frame, ...more] = framesIn(await all());
    expect([frame?.opcode, frame?.payload.toString("latin1"), more]).toEqual([OPCODE.close, payload, []]);
    expect(types(connection)).toEqual(["client close", "server close"]);
    expect(connection.transcript.events[2]).toEqual(expect.objectContaining(code ? { code } : { data: "" }));
  });

  test("hears at once of an end of the server, though that reads no more of a big message", async () => {
    const close = encode({ opcode: OPCODE.close, payload: Buffer.from([0x03, 0xf1]), masked: false });
    const { connection } = await wired((socket) => void socket.pause().end(close));
    connection.send("x".repeat(32 << 20));
    expect(await connection.closed()).toEqual({ frame: true, code: 1009 });
  });

  test("resets its connection", async () => {
    const { connection, all, errors } = await wired();
    connection.reset();
    expect(await all()).toEqual(Buffer.alloc(0));
    expect(errors).toEqual(["ECONNRESET"]);
    expect(types(connection)).toEqual(["client end"]);
    expect(isNothing(await connection.wait("more", () => undefined))).toBe(true);
    expect(await connection.closed().then(isNothing)).toBe(true); // It was not the server that ended it.
  });

  test("that ignores the server reads and answers nothing more, and goes without a word", async () => {
    const { connection, url, socket, frames, all } = await wired();
    connection.ignore();
    await new Promise((resolve) => {
      socket.write(Buffer.concat([plain(OPCODE.ping), plain(OPCODE.text, "{}"), plain(OPCODE.close)]), resolve);
    });
    await connecting(url); // By the time that this has gone to and fro, that would have been read.
    expect(types(connection)).toEqual([]);
    connection.send("it still talks");
    await frames(1);
    connection.finish();
    expect(shown(framesIn(await all()))).toEqual(["1 it still talks"]);
  });
});

describe("a server that breaks the WebSocket protocol, or sends too much", () => {
  test.each<[string, Buffer, string, string[]]>([
    ["an unknown opcode", plain(3), "invalid opcode 3", ["server violation", "client close"]],
    [
      "too many fragments",
      Buffer.concat([
        plain(OPCODE.text, "x", false),
        ...Array.from({ length: BOUNDS.fragments }, () => plain(0, "x", false)),
      ]),
      `a message in more than ${BOUNDS.fragments} fragments`,
      ["client limit"],
    ],
  ])("%s: its connection is ended, and nothing more is read", async (_, bytes, words, expected) => {
    const { connection, socket, all } = await wired();
    socket.write(Buffer.concat([bytes, plain(OPCODE.text, "{}")]));
    const found = await connection.next(() => true);
    expect(isNothing(found) && whyNothing(found)).toMatchObject({
      words: expect.stringContaining(words),
      unread: expected[0] === "client limit",
    });
    await all();
    connection.send("late");
    expect(types(connection)).toEqual(expected);
    expect(connection.opened).toBe(true);
  });

  test("as many fragments as are allowed are a message", async () => {
    const { connection, socket } = await wired();
    const parts = Array.from({ length: BOUNDS.fragments - 2 }, () => plain(0, " ", false));
    socket.write(Buffer.concat([plain(OPCODE.text, "{", false), ...parts, plain(0, "}")]));
    expect(await connection.next(() => true)).toEqual({});
  });
});

describe("a handshake", () => {
  type Options = ConnectionOptions["handshake"];
  /** Starts a server on bare TCP that gives one answer to each whole request, and keeps all that it got. */
  async function bare(answer: (request: string) => string, handshake?: Options) {
    let got = "";
    const server = createServer((socket) => {
      closing.push(() => socket.destroy());
      socket.on("error", () => {}).on("close", () => server.emit("done"));
      socket.on("data", (bytes) => {
        got += bytes.toString("latin1");
        const frames = framesIn(Buffer.from(got.split("\r\n\r\n")[1] ?? "", "latin1"));
        if (got.endsWith("\r\n\r\n")) socket.write(answer(got));
        else if (frames.at(-1)?.opcode === OPCODE.close) socket.end();
      });
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const done = once(server, "done");
    closing.push(() => new Promise((resolve) => server.close(resolve)));
    const { port } = server.address() as AddressInfo;
    const connection = await connecting(`ws://127.0.0.1:${port}`, handshake);
    const all = async () => {
      connection.finish();
      await done;
      return got;
    };
    return { connection, all };
  }
  const accept = (request: string, ...headers: string[]) => {
    const key = /^sec-websocket-key: (.*)\r$/im.exec(request)?.[1];
    const digest = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
    const lines = ["Upgrade: websocket", "Connection: Upgrade", `Sec-WebSocket-Accept: ${digest}`, ...headers];
    return `HTTP/1.1 101 Ok\r\n${lines.join("\r\n")}\r\n\r\n`;
  };
  let full = "";
  const asIs = (head: Head) => {
    full = requestText(head);
    return head;
  };

  test("asks for what a case wants, and says what is wrong with the answer", async () => {
    const headers = [["Host", "x"]] as const;
    const ask = (head: Head) => ({ ...head, method: "PUT", target: "/é", headers, body: "body\r\n\r\n" });
    const no = () => "HTTP/1.1 400 No\r\nContent-Length: 0\r\n\r\n";
    const { connection, all } = await bare(no, { ask, violation: "a PUT" });
    expect(await all()).toBe("PUT /é HTTP/1.1\r\nHost: x\r\n\r\nbody\r\n\r\n");
    expect(connection).toMatchObject({ opened: false, failure: { code: "HTTP", status: 400 } });
    expect(connection.transcript.events).toMatchObject([
      { from: "client", type: "upgrade", data: "PUT /é HTTP/1.1\nHost: x\n\nbody" },
      { from: "client", type: "violation", data: "a PUT" },
      { from: "server", type: "upgrade", code: 400 },
    ]);
  });

  test("that is sent by half is not waited for", async () => {
    const { connection, all } = await bare(accept, { half: true, ask: asIs });
    expect([connection.opened, connection.failure]).toEqual([false, undefined]);
    const got = await all();
    expect(got).toBe(full.slice(0, full.length / 2));
    expect(connection.transcript.events.map(({ type }) => type)).toEqual(["upgrade"]);
  });

  test("that is sent by half is recorded without the secret that is cut in two", async () => {
    const ask = (head: Head) => ({ ...asIs(head), headers: [["Authorization", `Bearer ${"x".repeat(200)}`]] as const });
    const { connection } = await bare(accept, { half: true, ask });
    expect(connection.transcript.events[0]).toMatchObject({ data: expect.stringMatching(/\nAuthorization:$/) });
  });

  test("is sent byte by byte", async () => {
    const log = spied();
    const { connection, all } = await bare(accept, { bytewise: true, ask: asIs });
    expect(connection.opened).toBe(true);
    const from = log.indexOf("G");
    expect(log.slice(from, from + 3 * full.length - 1)).toEqual(
      [...full].flatMap((byte) => [byte, 0, "turn"]).slice(0, -1),
    );
    expect((await all()).startsWith(full)).toBe(true);
  });

  test("compresses all that is sent if the server accepts it, and offers nothing unless asked", async () => {
    const compressed = (request: string) =>
      accept(request, "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover");
    const { connection, all } = await bare(compressed, { deflate: true });
    connection.send("a");
    const [request = "", rest = ""] = (await all()).split("\r\n\r\n");
    expect(request).toMatch(/^sec-websocket-extensions: permessage-deflate/im);
    const [frame, close] = framesIn(Buffer.from(rest, "latin1"));
    expect([frame?.reserved, close?.opcode]).toEqual([4, OPCODE.close]);
    const tail = Buffer.from([0, 0, 0xff, 0xff]);
    expect(inflateRawSync(Buffer.concat([frame?.payload as Buffer, tail]), { finishFlush: 2 }).toString()).toBe("a");
    expect(await (await bare(accept)).all()).not.toMatch(/extensions/i);
  });

  test.each<[string, Options]>([
    ["as any client does", undefined],
    ["otherwise", { ask: asIs }],
  ])("that is asked for %s and answered wrong is no violation of what is said later", async (_, handshake) => {
    const { connection } = await bare(() => accept("the wrong key"), handshake);
    expect(connection.failure?.words).toMatch(/Sec-WebSocket-Accept/);
    expect(connection.transcript.events[2]).toMatchObject({
      from: "server",
      type: "error",
      handshake: true,
      data: connection.failure?.words,
    });
  });

  const offers = (header: string) => ({
    ask: (head: Head) => ({ ...head, headers: [...head.headers, header.split(": ")] }) as Head,
  });
  const ENDED = "the suite ended it: it offered x to see the answer, and does not speak it";
  test.each<[string, Options, string, string]>([
    ["a subprotocol", offers("Sec-WebSocket-Protocol: x, y"), "Sec-WebSocket-Protocol: x", ENDED],
    [
      "two subprotocols",
      offers("Sec-WebSocket-Protocol: x, y"),
      "Sec-WebSocket-Protocol: x, y",
      "Server sent a subprotocol",
    ],
    ["extensions", offers("Sec-WebSocket-Extensions: x, y; z"), "Sec-WebSocket-Extensions: x, y", ENDED],
    [
      "a wrong parameter",
      { deflate: true },
      "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=99",
      "Invalid",
    ],
  ])(
    "whose answer selects %s: the suite takes no blame but for what it does not speak",
    async (_, handshake, answer, words) => {
      const { connection } = await bare((request) => accept(request, answer), handshake);
      expect(connection.opened).toBe(false);
      expect(connection.transcript.events.find(({ type }) => type === "error")).toMatchObject({
        data: expect.stringMatching(new RegExp(`^${words}`)),
      });
    },
  );

  test("whose answer has a head of more than 16 kB fails", async () => {
    const long = (size: number) => bare((request) => accept(request, `X: ${"x".repeat(size)}`));
    expect((await long(BOUNDS.head - 500)).connection.opened).toBe(true);
    expect((await long(BOUNDS.head)).connection).toMatchObject({
      opened: false,
      failure: { code: "HPE_HEADER_OVERFLOW" },
    });
  });
});
