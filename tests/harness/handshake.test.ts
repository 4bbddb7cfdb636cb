import { createHash } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { inflateRawSync } from "node:zlib";
import { describe, expect, test } from "@jest/globals";
import { BOUNDS } from "../../harness/bounds.ts";
import type { ConnectionOptions } from "../../harness/connect.ts";
import { OPCODE } from "../../harness/frame.ts";
import { type Head, requestText } from "../../harness/upgrade.ts";
import { closing, connecting, framesIn, spied } from "./wired.ts";

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

  test("of which nothing is sent is over with TCP", async () => {
    const { connection, all } = await bare(accept, { half: "none" });
    connection.hangUp();
    expect(await all()).toBe("");
    expect(connection.transcript.events).toMatchObject([{ type: "upgrade", data: "" }, { type: "end" }]);
  });

  test("that is refused keeps the first line of what the server says, and is explained by it", async () => {
    const body = `\n${"no ".repeat(99)}\nmore`;
    const { connection } = await bare(() => `HTTP/1.1 403 No\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    const says = "no ".repeat(99).slice(0, 200);
    expect(connection.failure).toEqual({ code: "HTTP", status: 403, says });
    expect(connection.transcript.events[1]).toMatchObject({
      code: 403,
      data: `HTTP/1.1 403 No\nContent-Length: 303\n\n${says}`,
    });
    expect((await bare(() => "HTTP/1.1 403 No\r\n\r\n")).connection.failure).toEqual({ code: "HTTP", status: 403 });
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
