import { describe, expect, test } from "@jest/globals";
import { bytewise, closing, decode, encode, type Frame, OPCODE, sizeOf } from "../../harness/frame.ts";

const hex = (frame: Frame) => encode(frame).toString("hex");

describe("a frame is encoded as RFC 6455 shows it", () => {
  test("masked and not (5.7)", () => {
    expect(hex({ opcode: OPCODE.text, payload: "Hello" })).toBe("818537fa213d7f9f4d5158");
    expect(hex({ opcode: OPCODE.text, payload: "Hello", masked: false })).toBe("810548656c6c6f");
    expect(hex({ opcode: OPCODE.text, payload: "Hel", final: false, masked: false })).toBe("010348656c");
  });
  test("with the length in as few bytes as possible, or in as many as asked", () => {
    const head = (length: number, more: Partial<Frame> = {}) =>
      hex({ opcode: OPCODE.binary, payload: Buffer.alloc(length), masked: false, ...more }).slice(0, 20);
    expect(head(125)).toMatch(/^827d/);
    expect(head(126)).toMatch(/^827e007e/);
    expect(head(65_536)).toMatch(/^827f0000000000010000/);
    expect(head(1, { lengthBytes: 8 })).toMatch(/^827f0000000000000001/);
  });
  test("with reserved bits", () => expect(hex({ opcode: 3, reserved: 4, masked: false })).toBe("c300"));
});

test("decoding gives what was encoded, and nothing if it is not complete", () => {
  for (const payload of ["", "a", "x".repeat(126), "x".repeat(65_536)]) {
    const bytes = encode({ opcode: OPCODE.text, payload, reserved: 1, final: false });
    expect(decode(bytes)?.frame).toMatchObject({ opcode: 1, reserved: 1, final: false, masked: true });
    expect(decode(bytes)?.frame.payload.toString()).toBe(payload);
    expect(sizeOf(bytes)).toBe(bytes.length);
    expect(decode(bytes.subarray(0, -1))).toBeUndefined();
  }
  expect(sizeOf(Buffer.alloc(1))).toBeUndefined();
});

test("the payload of a close frame is a code and a reason", () => {
  expect(closing(1000, "bye").toString("hex")).toBe("03e8627965");
});

test("bytes come one by one", () => {
  expect(bytewise(Buffer.from("abc"))).toEqual([Uint8Array.of(97), Uint8Array.of(98), Uint8Array.of(99)]);
});
