import { expect, test } from "@jest/globals";
import { oddSequence } from "../../certificates/sequence.ts";
import type { WireEvent } from "../../harness/transcript.ts";

const client = (type: string, data = "", more: object = {}) =>
  ({ at: 0, from: "client", type, ...(type !== "end" && { data }), ...more }) as WireEvent;
const server = (type: string, data = "", more: object = {}) => ({
  ...client(type, data, more),
  from: "server" as const,
});

const ASK = client("upgrade", "GET / HTTP/1.1");
const OPEN = server("upgrade", "HTTP/1.1 101", { code: 101 });
const REFUSED = server("upgrade", "HTTP/1.1 401", { code: 401 });
const GREETING = server("text", "{}");
const CLOSE = server("close", "", { code: 1000 });
const HANG_UP = client("close", "", { code: 1000, by: "suite" });
const FAILED = client("close", "failed the connection", { by: "suite" });
const RESET = client("end");

test.each<[string, readonly WireEvent[]]>([
  ["a server that says goodbye", [ASK, OPEN, GREETING, client("text"), CLOSE]],
  ["a server that stays", [ASK, OPEN, GREETING, HANG_UP]],
  ["a refusal", [ASK, REFUSED]],
  ["a request that breaks RFC 6455", [ASK, client("violation"), REFUSED]],
  ["a reset in the handshake", [ASK, RESET]],
  ["a reset of what is over", [ASK, OPEN, CLOSE, RESET]],
  ["a breach", [ASK, OPEN, server("violation"), FAILED, RESET]],
  ["pings", [ASK, OPEN, server("ping", "a"), server("ping", "b"), client("pong", "b"), CLOSE]],
  ["a flood of pings", [ASK, OPEN, ...Array(20).fill(server("ping", "a")), client("pong", "z")]],
  ["a wrong handshake", [ASK, OPEN, server("error", "", { handshake: true })]],
  ["no network", [ASK, server("error", "ECONNREFUSED")]],
])("%s can be recorded", (_, events) => {
  expect(oddSequence(events)).toEqual([]);
});

test.each<[string, readonly WireEvent[], string]>([
  ["an answer to nothing", [OPEN], "upgrade of the server"],
  ["another request", [ASK, OPEN, ASK], "upgrade of the client"],
  ["another answer", [ASK, OPEN, OPEN], "upgrade of the server"],
  ["a message before the answer", [ASK, GREETING], "text of the server"],
  ["a message of the client before the answer", [ASK, client("text"), OPEN], "text of the client"],
  ["a message behind a refusal", [ASK, REFUSED, GREETING], "text of the server"],
  ["a message behind the end", [ASK, OPEN, CLOSE, GREETING], "text of the server"],
  ["a message behind that of the suite", [ASK, OPEN, HANG_UP, GREETING], "text of the server"],
  ["a close frame of the suite with words", [ASK, OPEN, { ...HANG_UP, data: "x" } as WireEvent], "close of the client"],
  ["a pong without a ping", [ASK, OPEN, client("pong", "a")], "pong of the client"],
  ["two pongs for a ping", [ASK, OPEN, server("ping"), client("pong"), client("pong")], "pong of the client"],
  ["something that is left out", [ASK, OPEN, client("cut", "7 events left out")], "cut of the client"],
  ["a text that is cut", [ASK, OPEN, { ...GREETING, length: 9 } as WireEvent], "text of the server"],
  ["an error of an open connection", [ASK, OPEN, server("error", "ECONNRESET")], "error of the server"],
  ["an error of the suite", [ASK, client("error")], "error of the client"],
  ["a bound of the server", [ASK, OPEN, server("limit")], "limit of the server"],
])("%s is no recording of the suite", (_, events, what) => {
  expect(oddSequence(events)).toEqual([`a ${what} stands where the suite records none`]);
});
