import { describe, expect, jest, test } from "@jest/globals";
import { BOUNDS } from "../../harness/bounds.ts";
import type { Connection } from "../../harness/connection.ts";
import { bytewise, encode, OPCODE, type ReadFrame } from "../../harness/frame.ts";
import { isNothing, whyNothing } from "../../harness/nothing.ts";
import { connecting, framesIn, spied, wired } from "./wired.ts";

const shown = (frames: readonly ReadFrame[]) => frames.map(({ opcode, payload }) => `${opcode} ${payload}`);
const types = ({ transcript }: Connection) => transcript.events.map(({ from, type }) => `${from} ${type}`).slice(2);
const plain = (opcode: number, payload = "", final = true) => encode({ opcode, payload, final, masked: false });

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

  test.each([[], [50]])("is not torn by the answer to a ping, nor where it pauses: %j", async (...pause) => {
    let pinged = false;
    const { connection, frames } = await wired((socket) => {
      if (!pinged) socket.write(plain(OPCODE.ping, "?"));
      pinged = true;
    });
    const payload = "x".repeat(200);
    const [first, ...rest] = bytewise(encode({ opcode: OPCODE.text, payload })) as [Buffer, ...Buffer[]];
    await connection.write({ type: "text", data: payload }, first, ...pause, ...rest);
    expect(shown(await frames(2))).toEqual([`1 ${payload}`, "10 ?"]);
    // A message is sent once all of it is.
    const [earlier, later] = pause.length > 0 ? ["server ping", "client text"] : ["client text", "server ping"];
    expect(types(connection)).toEqual([earlier, later, "client pong"]);
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

  test("ends TCP without a close frame, and without a reset", async () => {
    const { connection, all, errors } = await wired();
    connection.hangUp();
    expect(await all()).toEqual(Buffer.alloc(0));
    expect(errors).toEqual([]);
    expect(types(connection)).toEqual(["client end"]);
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
