import { describe, expect, test } from "@jest/globals";
import type { CaseResult } from "../../harness/execute.ts";
import { byLikelihood, byRecency, inputsOf, lastInput } from "../../harness/suspects.ts";
import type { WireEvent } from "../../harness/transcript.ts";
import { hears, line, result, sends } from "./inputs.ts";

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
