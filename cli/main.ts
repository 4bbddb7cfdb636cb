#!/usr/bin/env node
import { reason } from "../harness/usage.ts";
import about from "../package.json" with { type: "json" };
import { complaintOf, main, wantsStack } from "./cli.ts";
import { EXIT } from "./exit.ts";

/** The errors of an output that nobody reads any more: of a pipe (`| head`), and of a terminal that was closed. */
const UNREAD = new Set(["EPIPE", "EIO"]);

// The run and its reports go on where nobody reads its output.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (UNREAD.has(error.code ?? "")) return;
    if (stream === process.stdout) process.stderr.write(`${about.name}: Cannot write the output: ${reason(error)}.\n`);
    process.exit(EXIT.usage);
  });
}

// An error that nobody waits for is a bug. It gets one line, too, and no stack trace.
process.on("uncaughtException", (error) => {
  const words = process.argv.slice(2);
  process.stderr.write(complaintOf(error, words, wantsStack(words)));
  process.exit(EXIT.usage);
});

/** The longest time (ms) that the process outlives its last word, if a hostile target holds something open. */
const LINGER = 500;

const code = await main(process.argv.slice(2), async (choice) =>
  (await import("../suites/index.ts")).protocolOf(choice),
);
process.exitCode = code;
setTimeout(() => process.exit(code), LINGER).unref();
