import { createDeflateRaw } from "node:zlib";
import { expect, test } from "@jest/globals";
import { closing, encode, OPCODE } from "../../harness/frame.ts";
import type { Side, WireEvent } from "../../harness/transcript.ts";
import { tap } from "../../recordings/tap.ts";

/** The events that a tap reads of bytes, in the order in which they come. */
async function read(pieces: readonly (readonly [Side, Buffer?])[], extensions?: string) {
  const events: WireEvent[] = [];
  let at = 0;
  const it = tap({ extensions, clock: () => at++, record: (event) => events.push(event), relieve() {} });
  for (const [side, bytes] of pieces)
    if (bytes) it.push(side, bytes);
    else it.end(side);
  await it.idle();
  it.close();
  return events.map(({ at: _, ...event }) => event);
}

const text = (payload: string, masked: boolean) => encode({ opcode: OPCODE.text, payload, masked });

test("frames of both sides are read in order, however they are cut", async () => {
  const bytes = Buffer.concat([
    encode({ opcode: OPCODE.text, payload: "a", final: false }),
    encode({ opcode: OPCODE.ping, payload: "p" }),
    encode({ opcode: OPCODE.continuation, payload: "b" }),
    encode({ opcode: OPCODE.close, payload: closing(1001, "bye") }),
  ]);
  const single = Array.from(bytes, (byte) => ["client", Buffer.of(byte)] as const);
  expect(await read([["server", text("hello", false)], ...single, ["client"], ["server"]])).toEqual([
    { from: "server", type: "text", data: "hello" },
    { from: "client", type: "ping", data: "cA==" },
    { from: "client", type: "text", data: "ab" },
    { from: "client", type: "close", data: "bye", code: 1001 },
    { from: "client", type: "end" },
    { from: "server", type: "end" },
  ]);
});

test("what is compressed is inflated, and nothing that comes later overtakes it", async () => {
  const deflate = createDeflateRaw();
  const compressed = await new Promise<Buffer>((resolve) => {
    deflate.once("data", (data: Buffer) => resolve(data.subarray(0, -4)));
    deflate.write("x".repeat(10_000));
    deflate.flush();
  });
  const frame = encode({ opcode: OPCODE.text, payload: compressed, reserved: 4 });
  const events = await read(
    [
      ["client", frame],
      ["server", text("after", false)],
    ],
    "permessage-deflate",
  );
  expect(events).toEqual([
    { from: "client", type: "text", data: "x".repeat(10_000) },
    { from: "server", type: "text", data: "after" },
  ]);
});

test.each<[string, Buffer, unknown[], string | undefined]>([
  [
    "a frame without a mask",
    text("a", false),
    [
      { type: "violation", data: "Invalid WebSocket frame: MASK must be set" },
      { type: "cut", data: "what came after it broke RFC 6455" },
    ],
    undefined,
  ],
  [
    "an extension that nobody knows",
    text("a", true),
    [{ type: "cut", data: "what it sent: it is by the extension x-zip" }],
    "x-zip",
  ],
  [
    "a message that is too big",
    Buffer.from([0x82, 0xff, 0, 0, 0, 0, 1, 0, 0, 0, 1, 2, 3, 4]),
    [
      { type: "cut", data: "a message of more than 8 MiB" },
      { type: "cut", data: "what came after a message that is too big" },
    ],
    undefined,
  ],
])("of %s it says so, and that what follows is missing, once", async (_, bytes, expected, extensions) => {
  const all = [bytes, text("b", true), text("c", true)].map((it) => ["client", it] as const);
  const events = await read(all, extensions);
  expect(events).toEqual(expected.map((event) => ({ from: "client", ...(event as object) })));
});
