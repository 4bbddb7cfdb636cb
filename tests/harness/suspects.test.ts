import { describe, expect, test } from "@jest/globals";
import type { CaseResult } from "../../harness/execute.ts";
import { guess, isHarmless, relapse, tellInput } from "../../harness/guess.ts";
import { byLikelihood, byRecency, inputsOf, lastInput } from "../../harness/suspects.ts";
import type { Transcript, WireEvent } from "../../harness/transcript.ts";

const sends = (at: number, data = "x", type: "text" | "upgrade" | "violation" = "text"): WireEvent => ({
  at,
  from: "client",
  type,
  data,
});
const hears = (at: number): WireEvent => ({ at, from: "server", type: "text", data: "heard" });
const line = (who: "client" | "bystander", ...events: WireEvent[]): Transcript => ({
  url: "",
  ...(who === "client" && { acts: true }),
  events,
});

const result = (beganAt: number, ...connections: Transcript[]): CaseResult => ({
  case: { id: `began-at-${beganAt}`, suite: "s", title: "", tests: [], digest: "", run: async () => {} },
  verdict: "pass",
  checks: [],
  connections,
  beganAt,
  durationMs: 0,
});

/** Returns the input of a guess, and its delay. */
const guessed = (...args: Parameters<typeof guess>) => {
  const { input, delay, difference } = guess(...args);
  return [input && "data" in input.event ? input.event.data : input, delay, difference];
};

describe("the inputs of a case", () => {
  test("are all that its clients sent and the server reads, in order over all connections", () => {
    const events: WireEvent[] = [
      { at: 4, from: "client", type: "timeout", data: "gave up" },
      { at: 5, from: "client", type: "pong", data: "" },
      { at: 6, from: "client", type: "close", data: "" },
      { at: 7, from: "client", type: "end" },
    ];
    const inputs = inputsOf([line("bystander", sends(3, "c"), hears(4)), line("client", sends(1, "a"), ...events)]);
    expect(inputs.map(({ event, acts }) => [event.at, event.type, acts])).toEqual([
      [1, "text", true],
      [3, "text", false],
      [6, "close", true],
      [7, "end", true],
    ]);
  });

  test("are none on a connection where nobody was there any more", () => {
    const refused: WireEvent = { at: 9, from: "server", type: "error", data: "no", failure: "ECONNREFUSED" };
    const reset: WireEvent = { ...refused, failure: "ECONNRESET" };
    const inputs = inputsOf([line("client", sends(1)), line("bystander", sends(8, "GET /", "upgrade"), refused)]);
    expect(inputs.map(({ event }) => event.at)).toEqual([1]);
    expect(inputsOf([line("bystander", sends(8, "GET /", "upgrade"), reset)])).toHaveLength(1);
  });

  test("were last sent when it began, if none was sent before a time", () => {
    const it = result(10, line("client", sends(20), sends(30)));
    expect([lastInput(it, 29), lastInput(it, 30), lastInput(it, 19)]).toEqual([20, 30, 10]);
  });

  test("rank it among others: the case that sent something last before a time comes first", () => {
    const [early, late, later] = [
      result(1, line("client", sends(2), sends(90))),
      result(3, line("client", sends(40))),
      result(4, line("client", sends(50))),
    ];
    const order = (at: number) => byRecency([early, late, later], at).map(({ beganAt }) => beganAt);
    expect([order(60), order(45), order(100)]).toEqual([
      [4, 3, 1],
      [3, 4, 1],
      [1, 4, 3],
    ]);
  });
});

test("the likeliest is the oldest input without an answer, though its connection has ended by then", () => {
  const ends = (at: number): WireEvent => ({ at, from: "server", type: "end" });
  const culprit = result(1, line("client", sends(10, "null"), ends(30)));
  const unread = result(2, line("client", sends(11), ends(30)));
  const answered = result(3, line("client", sends(9), hears(12), ends(31)));
  const later = result(4, line("client", sends(20), ends(31)), line("bystander", sends(29, "", "upgrade")));
  const ranked = byLikelihood([later, answered, unread, culprit], 40, false);
  expect(ranked.map(({ beganAt }) => beganAt)).toEqual([1, 3, 2, 4]);
});

test("an older input is less likely where its connection was reset: nobody had read it", () => {
  const ends = (at: number, reset?: true): WireEvent => ({ at, from: "server", type: "end", ...(reset && { reset }) });
  const opened: WireEvent = { at: 1, from: "server", type: "upgrade", data: "HTTP/1.1 101", code: 101 };
  const unread = result(1, line("client", opened, sends(10, "1"), ends(30, true)));
  const culprit = result(2, line("client", opened, sends(11, "null"), ends(31)));
  expect(byLikelihood([unread, culprit], 40, false).map(({ beganAt }) => beganAt)).toEqual([2, 1]);
  // A server that stands still ends no connection.
  const waits = result(3, line("client", opened, sends(12, "2")));
  expect(byLikelihood([unread, culprit, waits], 40, false).map(({ beganAt }) => beganAt)).toEqual([2, 3, 1]);
});

test("an input that others send, too, takes turns with one that nobody else sends", () => {
  const plain = (beganAt: number, at: number) => result(beganAt, line("client", sends(at, "plain")));
  const odd = (beganAt: number, at: number) => result(beganAt, line("client", sends(at, `odd ${at}`)));
  const ranked = byLikelihood([plain(1, 10), plain(2, 11), plain(3, 12), odd(4, 20), odd(5, 21)], 40, false);
  expect(ranked.map(({ beganAt }) => beganAt)).toEqual([4, 1, 5, 2, 3]);
});

test("an input is one that others send, too, also if they sent it earlier in the run", () => {
  const plain = result(2, line("client", sends(2, "plain")));
  const odd = result(3, line("client", sends(3, "odd")));
  const before = [result(0, line("client", sends(0, "plain"), hears(0.5)))];
  const ranked = (all: readonly CaseResult[]) => byLikelihood([plain, odd], 5, true, all).map(({ beganAt }) => beganAt);
  expect(ranked([plain, odd])).toEqual([2, 3]);
  expect(ranked([...before, plain, odd])).toEqual([3, 2]);
});

test("the key of a handshake does not make it one of its own; a client that left waits for nothing", () => {
  const asks = (key: string) => sends(10, `GET / HTTP/1.1\nSec-WebSocket-Key: ${key}\nHost: x`, "upgrade");
  const [one, other] = [result(1, line("client", asks("a"))), result(2, line("client", asks("b")))];
  const culprit = result(3, line("client", sends(20, "odd")));
  const left = result(4, line("client", sends(5, "first"), { at: 6, from: "client", type: "end" }));
  const ranked = byLikelihood([one, other, left, culprit], 40, false).map(({ beganAt }) => beganAt);
  expect(ranked).toEqual([3, 4, 1, 2]);
});

test("what a bystander sends makes its case no likelier", () => {
  const beside = result(1, line("bystander", sends(10)), line("client", sends(2), hears(3)));
  const culprit = result(2, line("client", sends(11)));
  expect(byLikelihood([beside, culprit], 40, false).map(({ beganAt }) => beganAt)).toEqual([2, 1]);
});

test("the client that went away last comes behind the first without an answer and the first with one", () => {
  const leaves = (at: number): WireEvent => ({ at, from: "client", type: "end" });
  const [waiting, later] = [result(1, line("client", sends(10))), result(2, line("client", sends(11)))];
  const [heard, before] = [
    result(3, line("client", sends(4), hears(20))),
    result(4, line("client", sends(4), hears(9))),
  ];
  const [gone, earlier] = [
    result(5, line("client", sends(3), hears(4), leaves(15))),
    result(6, line("client", sends(3), hears(4), leaves(14))),
  ];
  const ranked = byLikelihood([earlier, before, later, gone, heard, waiting], 40, false);
  expect(ranked.map(({ beganAt }) => beganAt)).toEqual([1, 3, 5, 4, 2, 6]);
});

test("a handshake that was reset had no answer, one that was answered wrongly had", () => {
  const failed = (handshake?: true): WireEvent => ({
    at: 38,
    from: "server",
    type: "error",
    data: "",
    ...(handshake && { handshake }),
  });
  const wrong = result(1, line("client", sends(2, "x", "upgrade"), failed(true)));
  const waiting = result(2, line("client", sends(20)));
  const culprit = result(3, line("client", sends(10, "odd", "upgrade"), failed()));
  expect(byLikelihood([wrong, waiting, culprit], 40, false).map(({ beganAt }) => beganAt)).toEqual([3, 2, 1]);
});

test("a 101 answers a handshake only where no greeting is owed", () => {
  const opened: WireEvent = { at: 22, from: "server", type: "upgrade", data: "HTTP/1.1 101", code: 101 };
  const ends = (at: number): WireEvent => ({ at, from: "server", type: "end" });
  const reset: WireEvent = { at: 36, from: "server", type: "error", data: "ECONNRESET" };
  const culprit = result(1, line("client", sends(21, "odd", "upgrade"), opened, ends(30)));
  const unread = result(2, line("client", sends(20, "x", "upgrade"), reset));
  const ranked = (greets: boolean) => byLikelihood([unread, culprit], 40, greets).map(({ beganAt }) => beganAt);
  expect([ranked(true), ranked(false)]).toEqual([
    [1, 2],
    [2, 1],
  ]);
});

test("a close frame counts as the last answer, unless it echoes that of the client", () => {
  const close = (at: number, from: "client" | "server"): WireEvent => ({
    at,
    from,
    type: "close",
    data: "",
    code: 1002,
  });
  const echoed = result(1, line("client", sends(2), hears(3), close(4, "client"), close(30, "server")));
  const heard = result(2, line("client", sends(5), hears(10)));
  const culprit = result(3, line("client", sends(6, "x", "violation"), sends(7), close(20, "server")));
  expect(byLikelihood([echoed, heard, culprit], 40, false).map(({ beganAt }) => beganAt)).toEqual([3, 2, 1]);
});

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
  const sender = result(1, line("client", sends(100, "1"), sends(110, "null"), sends(150, "2")));

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
});
