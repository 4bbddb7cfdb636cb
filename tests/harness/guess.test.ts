import { describe, expect, test } from "@jest/globals";
import { guess, isHarmless, relapse, tellInput } from "../../harness/guess.ts";
import { inputsOf } from "../../harness/suspects.ts";
import type { WireEvent } from "../../harness/transcript.ts";
import { hears, line, result, sends } from "./inputs.ts";

/** Returns the input of a guess, and its delay. */
const guessed = (...args: Parameters<typeof guess>) => {
  const { input, delay, difference } = guess(...args);
  return [input && "data" in input.event ? input.event.data : input, delay, difference];
};

describe("a guess of what ended others", () => {
  test("is the input that had the same delay both times", () => {
    const before = result(0, line("client", sends(100, "a"), sends(200, "b"), sends(300, "c")));
    const again = result(1_000, line("client", sends(1_100, "a"), sends(1_200, "b"), sends(1_260, "c")));
    // The end came 150 ms after `b` both times, but 50 ms after `c` at first, then 90.
    expect(guessed(again, 1_350, before, 350)).toEqual(["b", 150, 0]);
  });

  test("is the nearest input of those that fit equally well on a busy server", () => {
    const before = result(0, line("client", sends(200, "b"), sends(300, "c")));
    const again = result(1_000, line("client", sends(1_200, "b"), sends(1_270, "c")));
    expect(guessed(again, 1_350, before, 350)).toEqual(["c", 80, 30]);
  });

  test("is the nearest input before the end if the case ran only once, and never one after it", () => {
    const it = result(0, line("client", sends(10, "a"), sends(60, "b"), sends(200, "c")));
    expect(guessed(it, 100, undefined, 100)).toEqual(["b", 40, 40]);
    expect(guessed(it, 199, undefined, 100)).toEqual(["c", -1, -1]);
    expect(guessed(it, 198, undefined, 100)).toEqual(["b", 138, 138]);
  });

  test("is nothing if nothing was sent before", () => {
    expect(guessed(result(5), 20, undefined, 20)).toEqual([undefined, 15, Number.POSITIVE_INFINITY]);
    expect(guessed(result(5, line("client", sends(50))), 20, undefined, 20)[0]).toBeUndefined();
  });

  test("is a command rather than a handshake, and of a client rather than a bystander, if they fit as well", () => {
    const acts = [sends(0, "GET", "upgrade"), sends(10, "a")];
    expect(guessed(result(0, line("client", ...acts), line("bystander", sends(30, "n"))), 35, undefined, 35)).toEqual([
      "a",
      25,
      25,
    ]);
    const twice = [line("client", ...acts), line("client", sends(30, "GET", "upgrade"))];
    expect(guessed(result(0, ...twice), 35, undefined, 35)[0]).toBe("a");
    const upgrade = [line("client", sends(10, "GET", "upgrade")), line("bystander", sends(30, "n"))];
    expect(guessed(result(0, ...upgrade), 35, undefined, 35)[0]).toBe("GET");
    expect(guessed(result(0, line("bystander", sends(30, "n"))), 35, undefined, 35)[0]).toBe("n");
    // They do not if they fit worse than a busy server explains.
    const far = [line("client", sends(10, "a")), line("bystander", sends(101, "n"))];
    expect(guessed(result(0, ...far), 105, undefined, 105)[0]).toBe("n");
  });

  test("is a command rather than the goodbye behind it, if they fit as well, but no command rather than another close frame", () => {
    const leaves = (at: number, code: number): WireEvent => ({ at, from: "client", type: "close", data: "", code });
    const ended = (code: number) =>
      guessed(result(0, line("client", sends(10, "a"), leaves(25, code))), 35, undefined, 35)[0];
    expect(ended(1_000)).toBe("a");
    expect(ended(3_000)).toBe("");
    const alone = result(0, line("client", sends(0, "GET", "upgrade"), leaves(25, 1_000)));
    expect(guessed(alone, 35, undefined, 35)[0]).toBe("");
  });

  test("is the first of inputs that were sent together, since a fence comes last", () => {
    const it = result(0, line("client", sends(10, "first"), sends(18.5, "input"), sends(19, "fence")));
    expect(guessed(it, 20, undefined, 20)[0]).toBe("input");
    const busy = result(0, line("client", sends(5, "first"), sends(10, "input"), sends(19, "fence")));
    expect(guessed(busy, 20, undefined, 20)[0]).toBe("input");
    const answered = result(0, line("client", sends(18.3, "earlier"), hears(18.8), sends(19.4, "fence")));
    expect(guessed(answered, 20, undefined, 20)[0]).toBe("fence");
  });
});

test.each<[WireEvent, string]>([
  [sends(0, "null"), "the text null"],
  [sends(0, ""), "the text (empty)"],
  [sends(0, "a ping of 126 bytes", "violation"), "a ping of 126 bytes"],
  [sends(0, "GET /?a HTTP/1.1\r\nHost: x", "upgrade"), "the request GET /?a HTTP/1.1\r"],
  [{ at: 0, from: "client", type: "ping", data: "AAAA" }, "the ping AAAA"],
  [{ at: 0, from: "client", type: "end" }, "the end of its TCP connection"],
  [{ at: 0, from: "client", type: "close", data: "", code: 2_999 }, "a close frame with code 2999"],
  [{ at: 0, from: "client", type: "close", data: "" }, "a close frame without a code"],
  [sends(0, "x".repeat(121)), `the text ${"x".repeat(120)}… [cut: 121 characters in all]`],
])("%j is told as %s", (event, words) => expect(tellInput({ event, acts: true })).toBe(words));

test("an input is harmless if another case sent the same bytes, and nothing ended as long after", () => {
  const [input] = inputsOf([line("client", sends(0, "null"))]);
  const others = [result(1, line("client", sends(100, "1"))), result(2, line("bystander", sends(110, "null")))];
  const culprit = { input, delay: 50 };
  const fall = { from: 150, to: 160 };
  expect([
    isHarmless(culprit, others, [], 1_000),
    isHarmless(culprit, others, [fall], 1_000),
    isHarmless(culprit, others, [], 200),
    isHarmless(culprit, others.slice(0, 1), [], 1_000),
    isHarmless({ ...culprit, input: undefined }, others, [], 1_000),
  ]).toEqual([true, false, false, false, false]);
});

describe("an input that is known to be deadly", () => {
  const known = { input: inputsOf([line("client", sends(0, "null"))])[0], delay: 200, endKind: "it ended" };
  const sender = result(1, line("client", sends(110, "null"), sends(150, "2")));

  test("explains an end that comes as long after the same bytes, and in the same way", () => {
    const found = relapse(sender, { to: 330, endKind: "it ended" }, [known]);
    expect([found?.input?.event.at, found?.delay]).toEqual([110, 220]);
  });

  test("explains none that comes earlier or later, or in another way, or of other bytes", () => {
    const others = [
      relapse(sender, { to: 150, endKind: "it ended" }, [known]),
      relapse(sender, { to: 460, endKind: "it ended" }, [known]),
      relapse(sender, { to: 330, endKind: "it hung" }, [known]),
      relapse(result(1, line("client", sends(130, "nil"))), { to: 330, endKind: "it ended" }, [known]),
    ];
    expect(others).toEqual([undefined, undefined, undefined, undefined]);
  });

  test("explains none behind a message that the server had not answered, and none as the goodbye of any client", () => {
    const end = { to: 330, endKind: "it ended" };
    const behind = result(1, line("client", sends(120, "1"), sends(130, "null")));
    const leaves = (at: number): WireEvent => ({ at, from: "client", type: "close", code: 1000, data: "" });
    const goodbye = { ...known, input: inputsOf([line("client", leaves(0))])[0] };
    expect(relapse(behind, end, [known])).toBeUndefined();
    expect(relapse(result(1, line("client", leaves(130))), end, [goodbye])).toBeUndefined();
  });
});
