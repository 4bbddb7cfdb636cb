// Measures how fast `check` reads recordings of one event a line, and its peak memory. Exits with 1 if that is over its bound.
// `node build.js && node bench/check.js [MiB]` (by default 1024, the size that is promised; the disk needs as much room).
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { CLI, env, figure, folder } from "./common.js";

const SIZE = Number(process.argv[2] ?? 1024) << 20;
const { path: out, remove } = await folder("check");

const GREETING =
  '{"command":"system/version/response","status":"success","data":{"tachyonVersion":"0.1.7","versionParity":"match"}}';
const REQUEST = '{"command":"system/disconnect/request"}';
const GOODBYE = '{"command":"system/disconnected/response","status":"success"}';

const event = (connection, from, type, data, more = {}) =>
  JSON.stringify({ connection, at: 0, from, type, data, ...more });
const whole = (id) => [
  event(id, "client", "upgrade", "GET / HTTP/1.1"),
  event(id, "server", "text", GREETING),
  event(id, "client", "text", REQUEST),
  event(id, "server", "text", GOODBYE),
  event(id, "server", "close", "", { code: 1000 }),
];

const v0 = (type, messageId, commandId, more = {}) => JSON.stringify({ type, messageId, commandId, ...more });
const users = ["Teifion", "Beherith"].map((name, i) => ({
  userId: `${i}`,
  username: name,
  displayName: name,
  status: "menu",
}));
const talks = (id, i) => [
  event(id, "client", "text", v0("request", `r${i}`, "system/serverStats")),
  event(
    id,
    "server",
    "text",
    v0("response", `r${i}`, "system/serverStats", { status: "success", data: { userCount: 7 } }),
  ),
  event(id, "server", "text", v0("event", `u${i}`, "user/updated", { data: { users } })),
];

/** The kinds of recordings, each by its lines for a number. Those of v0 are read at 20 MB a second at least. */
const HOLDS = {
  "v0, connections of 120 messages": (i) => [
    event(`c${i}`, "client", "upgrade", "GET / HTTP/1.1"),
    ...Array.from({ length: 40 }, (_, n) => talks(`c${i}`, 40 * i + n)).flat(),
    event(`c${i}`, "server", "close", "", { code: 1000 }),
  ],
  "v0, one connection": (i) => talks("one", i),
  "connections that end": (i) => whole(`c${i}`),
  "connections that never end": (i) => whole(`c${i}`).slice(0, 2),
  "connections that all fail": (i) => [event(`c${i}`, "server", "text", "oops"), event(`c${i}`, "server", "end")],
  "one connection": () => [event("one", "server", "text", GREETING), event("one", "client", "ping", "AAAA")],
  "a thousand that interleave": (i) => [event(`c${i % 1000}`, "server", "text", GREETING)],
  "messages of 1 MB": (i) => [
    event(`c${i % 50}`, "client", "text", `{"command":"system/a${i}/request","x":"${"x".repeat(1e6)}"}`),
  ],
  "big nested messages": (i) => [event(`c${i % 50}`, "server", "text", `{"x":[${"[],".repeat(40_000)}0]}`)],
  "undefined commands": (i) => [event("one", "client", "text", `{"command":"system/c${i}/request"}`)],
};

/** Writes lines until they are SIZE bytes. */
async function write(file, linesOf) {
  const stream = createWriteStream(file);
  let [size, i] = [0, 0];
  while (size < SIZE) {
    let chunk = "";
    while (chunk.length < 1 << 20) chunk += `${linesOf(i++).join("\n")}\n`;
    size += chunk.length;
    if (!stream.write(chunk)) await once(stream, "drain");
  }
  stream.end();
  await once(stream, "close");
}

for (const [name, linesOf] of Object.entries(HOLDS)) {
  const file = join(out, "recording.ndjson");
  await write(file, linesOf);
  const began = performance.now();
  const isV0 = name.startsWith("v0");
  const more = isV0 ? ["--protocol", "v0"] : [];
  const args = [
    "--import",
    "./bench/rss.js",
    CLI,
    "check",
    file,
    "--json",
    join(out, "report.json"),
    "--quiet",
    ...more,
  ];
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "ignore", "inherit", "pipe"] });
  let peak = "";
  child.stdio[3].on("data", (text) => {
    peak += text;
  });
  await once(child, "close");
  const seconds = (performance.now() - began) / 1000;
  const { size } = await stat(file);
  const report = await stat(join(out, "report.json"));
  figure(`${name}, ${(size / 2 ** 20).toFixed(0)} MiB`, seconds, {
    ...{ unit: "s", digits: 1 },
    ...(isV0 && { most: Number((size / 20e6).toFixed(1)) }),
  });
  figure("  a second", size / seconds / 1e6, { unit: "MB", digits: 1 });
  figure("  peak memory", Number(peak) / 1024, { unit: "MiB", most: 150 });
  figure("  report", report.size / 2 ** 20, { unit: "MiB", digits: 1 });
}
await remove();
