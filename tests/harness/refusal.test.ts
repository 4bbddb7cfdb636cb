import { expect, test } from "@jest/globals";
import { refusalOf, wordsOfFailure } from "../../harness/failure.ts";
import type { WireEvent } from "../../harness/transcript.ts";
import { event } from "../recordings/recordings.ts";

const upgrade = [event("client", "upgrade", "GET / HTTP/1.1"), event("server", "upgrade", "HTTP/1.1 101", 101)];
const close = (from: "client" | "server", code: number) => event(from, "close", "", code);

test.each<[string, string | undefined, readonly WireEvent[]]>([
  ["a close frame", "ended at once (1008)", [close("server", 1008)]],
  ["the end of TCP", "ended at once (no code)", [event("server", "end")]],
  [
    "a close frame behind what the client said",
    "ended at once (1000)",
    [event("client", "text", "{}"), close("server", 1000)],
  ],
  ["1013 behind a greeting", "ended at once (1013)", [event("server", "text", "{}"), close("server", 1013)]],
  ["a close frame behind a greeting", undefined, [event("server", "text", "{}"), close("server", 1008)]],
  ["the answer to a close frame", undefined, [close("client", 1013), close("server", 1013)]],
  ["the answer to a violation", undefined, [event("client", "violation", "a ping with RSV1"), event("server", "end")]],
  ["the answer to a binary frame", undefined, [event("client", "binary", "AAAA"), close("server", 1003)]],
])("%s turns a client away as: %s", (_, way, events) => {
  const failure = refusalOf({ opened: true, failure: undefined, transcript: { events: [...upgrade, ...events] } });
  expect(failure && wordsOfFailure(failure)).toBe(way);
});
