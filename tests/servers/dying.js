// A server that ends badly over some inputs: `--on null=exit:1@0` (the input, how it ends, how many ms later), repeatable;
// `@100+150` is 150 ms later still the first time, as on a machine that was busy then.
// `--jam FILE` remembers there that it is locked, also when it is started again.
// With `--restart 300` a supervisor starts it again after 300 ms. With `--bug` it has another bug as well.
import { fork } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { commandIn, goodbye, greet, parity, start } from "./plain.js";

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    on: { type: "string", multiple: true, default: [] },
    restart: { type: "string" },
    jam: { type: "string" },
    bug: { type: "string", multiple: true, default: [] },
  },
});

/** The inputs that it may end over. Each tells if a text, a request or a violation of RFC 6455 is one; or its start. */
const inputs = {
  start: { start: () => true },
  anybody: { request: () => true },
  null: { text: (text) => text.trim() === "null" },
  "escaped-nul": { text: (text) => text.includes("\\u0000") },
  shadowed: { text: (text) => /"(hasOwnProperty|toString|constructor|valueOf)"\s*:/.test(text) },
  proto: { text: (text) => /"__proto__"\s*:/.test(text) },
  bracket: { request: ({ url, headers }) => /\[(?!.*\])/.test(`${headers.host}${url}`) },
  "long-ping": { violation: ({ message }) => /invalid payload length 12[67]$/.test(message) },
  "reserved-bit": { violation: ({ message }) => message.includes("RSV2") },
  "odd-close": { violation: ({ message }) => /invalid (status|close) code/i.test(message) },
  "no-mask": { violation: ({ message }) => message.endsWith("MASK must be set") },
  array: { text: (text) => text.startsWith("[") },
  deep: { text: (text) => text.startsWith("[[[[[[[[") },
  surrogate: { text: (text) => /\\u(d800|dc00)"/.test(text) },
  "long-query": { request: ({ url }) => url.length > 600 },
  "close-2999": { violation: ({ message }) => message.endsWith("2999") },
};

/** The ways in which it ends. */
const fates = {
  exit: (code) => process.exit(Number(code)),
  throw() {
    const message = null;
    return message.command;
  },
  kill: () => process.kill(process.pid, "SIGKILL"),
  /** Lives on, and drops all clients but the culprit. */
  drop(_, running, client) {
    for (const it of running.clients) if (it !== client) it.terminate();
  },
  /** Lives on, and hears nobody. */
  loop() {
    for (;;);
  },
  /** Lives on, and hears nobody for a while. */
  still: (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(ms)),
  /** Lives on with its clients, and accepts no more. */
  deaf: (_, running) => running.server.close(),
  /** Lives on with its clients, and opens no WebSocket any more. It still refuses odd handshakes. */
  shut() {
    shut = true;
  },
  /** Lives on with its clients, and refuses everybody else with a status. */
  refuse(status) {
    refusal = status;
  },
  /** Lives on with its clients, accepts more, and greets none of them. */
  mute() {
    mute = true;
  },
  /** Lives on with its clients, greets more, and handles no message any more. */
  lock() {
    locked = true;
    if (values.jam) writeFileSync(values.jam, "");
  },
};

/** The bugs that it may have besides. */
const bugs = {
  parity: { parity: (version) => parity(version?.replace(/^0\.1\.7\d+$/, "0.1.7")) },
  trim: { commandIn: (text) => commandIn(text)?.trim?.() },
  stays: { farewell: (client) => goodbye(client) },
};

const triggers = values.on.map((text) => {
  const [, input, fate, detail, ms, more = 0] = /^([\w-]+)=([a-z]+)(?::(\d+))?@(\d+)(?:\+(\d+))?$/.exec(text);
  let late = Number(more);
  const fall = (client) => {
    setTimeout(() => fates[fate](detail, running, client), Number(ms) + late);
    late = 0;
  };
  return { ...inputs[input], fall };
});

/** Ends over an input if it is a trigger. */
function over(kind, what, client) {
  for (const { [kind]: tells, fall } of triggers) if (tells?.(what)) fall(client);
}

let running;
let mute = false;
let shut = false;
let refusal;
let locked = values.jam !== undefined && existsSync(values.jam);

function serve() {
  process.on("disconnect", () => process.exit());
  running = start(
    {
      admit(proceed, request, socket) {
        over("request", request);
        if (refusal) socket.end(`HTTP/1.1 ${refusal} No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
        else if (!shut) proceed();
      },
      hear(client, handle, text) {
        over("text", text, client);
        if (!locked) handle();
      },
      greet: (client, versionParity) => mute || greet(client, versionParity),
      failed: (error) => over("violation", error),
      ...Object.assign({}, ...values.bug.map((name) => bugs[name])),
    },
    Number(values.port),
  );
  over("start", true);
}

/** Starts it as a worker, again and again. */
async function supervise() {
  const { restart, ...rest } = values;
  const args = Object.entries(rest).flatMap(([name, some]) => [some].flat().flatMap((it) => [`--${name}`, it]));
  for (;;) {
    await new Promise((resolve) => fork(fileURLToPath(import.meta.url), args).once("exit", resolve));
    await sleep(Number(restart));
  }
}

if (values.restart === undefined) serve();
else await supervise();
