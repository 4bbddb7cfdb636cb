import { expect, test } from "@jest/globals";
import { lastWordsOf } from "../../cli/last-words.ts";

const NODE = `listening on 8080
/srv/lobby.js:12
  return message.command;
                 ^

TypeError: Cannot read properties of null (reading 'command')
    at handle (/srv/lobby.js:12:18)
    at WebSocket.emit (node:events:518:28)

Node.js v20.19.0
`;

const PYTHON = `INFO: started
Traceback (most recent call last):
  File "/srv/lobby.py", line 30, in handle
    command = message["command"]
              ~~~~~~~^^^^^^^^^^^
TypeError: 'NoneType' object is not subscriptable
`;

const DEEP = `Traceback (most recent call last):
  File "/srv/lobby.py", line 3, in parse
    ...<1 line>...
json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)
`;

const GO = `2026/11/27 listening
panic: runtime error: invalid memory address or nil pointer dereference
[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x4a]

goroutine 18 [running]:
main.handle(0xc000102000)
	/srv/lobby.go:40 +0x1d
exit status 2
`;

const RUST = `listening
thread 'main' panicked at src/main.rs:17:39:
called \`Option::unwrap()\` on a \`None\` value
note: run with \`RUST_BACKTRACE=1\` environment variable to display a backtrace
`;

const JAVA = `started
Exception in thread "main" java.lang.NullPointerException: Cannot invoke "Object.toString()"
	at lobby.Main.handle(Main.java:21)
	at lobby.Main.main(Main.java:9)
`;

test.each<[string, string, string | undefined]>([
  ["Node.js", NODE, "TypeError: Cannot read properties of null (reading 'command')"],
  ["Python", PYTHON, "TypeError: 'NoneType' object is not subscriptable"],
  ["a Python module", DEEP, "json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)"],
  ["Go", GO, "panic: runtime error: invalid memory address or nil pointer dereference"],
  ["Rust", RUST, "thread 'main' panicked at src/main.rs:17:39:"],
  ["Java", JAVA, 'Exception in thread "main" java.lang.NullPointerException: Cannot invoke "Object.toString()"'],
  [
    "C",
    "ready\nlobby: lobby.c:9: handle: Assertion `m' failed.\nmore\n",
    "lobby: lobby.c:9: handle: Assertion `m' failed.",
  ],
  ["C++", "ready\nterminate called after throwing 'x'\nbye\n", "terminate called after throwing 'x'"],
  ["the last of two errors", "Error: first\nok\nError: second\nok\n", "Error: second"],
  ["an error before a panic, though that is later", "Error: first\npanic: second\n", "Error: first"],
  ["what it wrote last, where nothing is telling", "ready\nclient 1\nclient 2\n\n", "its last line: client 2"],
  ["nothing where it said only that it began", "ready\n", undefined],
  ["nothing where there is none", "", undefined],
  [
    "nothing of frames alone",
    "    at a (b.js:1)\n  ^^^\nNode.js v20\ngoroutine 1\nexit status 2\nnote: run with x\n",
    undefined,
  ],
  ["no stack frame, though it names an error", "ready\nbye\n    at Error (b.js:1)\n", "its last line: bye"],
  ["lines that end as on Windows", "ready\r\nError: x\r\nNode.js v20\r\n", "Error: x"],
  ["no more of a line than can be read", `Error: ${"x".repeat(300)}\n`, `Error: ${"x".repeat(193)}…`],
])("the last words of a program: %s", (_, output, words) => expect(lastWordsOf(output, true)?.text).toBe(words));

test("are what it said first and last, if it never began", () => {
  expect(lastWordsOf("sh: 1: server: not found\n", false)?.text).toBe("its last line: sh: 1: server: not found");
  expect(lastWordsOf("\n", false)).toBeUndefined();
});
