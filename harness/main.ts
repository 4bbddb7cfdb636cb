#!/usr/bin/env node
import { main } from "./cli.ts";

// Whoever reads the output may stop reading (`| head`); the run and its reports go on.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

/** What a hostile target still holds open once all is said keeps the process for so long (ms) at most. */
const LINGER = 500;

const code = await main(process.argv.slice(2));
process.exitCode = code;
setTimeout(() => process.exit(code), LINGER).unref();
