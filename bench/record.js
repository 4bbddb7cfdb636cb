// Measures what `record` costs: the time of a round trip over it beside that of a direct connection, in turn, with one client and with
// 200 at once. Exits with 1 if it adds more than is promised. `node build.js && node bench/record.js [ROUND TRIPS]`
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { WebSocket, WebSocketServer } from "ws";
import { CLI, env, figure, folder, median } from "./common.js";

const TRIPS = Number(process.argv[2] ?? 2000);
/** The most that a round trip may take longer, in ms. */
const MOST = 1;
const CROWD = 200;
const { path: out, remove } = await folder("record");

// A server of another process would have its own pauses: what answers here is as quick as can be, and the same for both ways.
const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
server.on("connection", (socket) => socket.on("message", (data) => socket.send(String(data))));
await once(server, "listening");
const direct = `ws://127.0.0.1:${server.address().port}`;

const recorder = spawn(
  process.execPath,
  [CLI, "record", "--to", direct, "--port", "0", "--out", join(out, "r.ndjson"), "--quiet"],
  { env, stdio: ["ignore", "pipe", "inherit"] },
);
let said = "";
while (!/connect to (ws:\S+)/.test(said)) said += (await once(recorder.stdout, "data"))[0];
recorder.stdout.resume();
const [, proxied] = /connect to (ws:\S+)/.exec(said);

/** A client, once it is connected. */
async function connected(url) {
  const socket = new WebSocket(`${url}/?tachyonVersion=0.1.7`, { perMessageDeflate: false });
  await once(socket, "open");
  return socket;
}

const MESSAGE = JSON.stringify({ command: "system/echo/response", status: "success", data: { text: "x".repeat(100) } });

/** The time of one round trip, in ms. */
function trip(socket) {
  const began = performance.now();
  socket.send(MESSAGE);
  return once(socket, "message").then(() => performance.now() - began);
}

/** Medians of round trips on two connections, in turn, so that whatever else the machine does meets both alike. */
async function compare(count) {
  const [one, other] = [await connected(direct), await connected(proxied)];
  const times = { direct: [], proxied: [] };
  for (let i = 0; i < count; i++) {
    times.direct.push(await trip(one));
    times.proxied.push(await trip(other));
  }
  for (const socket of [one, other]) socket.close();
  return { direct: median(times.direct), proxied: median(times.proxied) };
}

await compare(300); // Compiles what is used.
const alone = await compare(TRIPS);
const crowd = await Promise.all(Array.from({ length: CROWD }, () => connected(proxied)));
// Together they send a thousand messages in a second.
const chatting = setInterval(() => {
  for (let i = 0; i < 10; i++) crowd[Math.floor(Math.random() * CROWD)].send(MESSAGE);
}, 10);
const among = await compare(TRIPS);
clearInterval(chatting);
for (const socket of crowd) socket.close();

recorder.kill("SIGINT");
await once(recorder, "close");
server.close();
await remove();

figure("round trip, direct", alone.direct, { unit: "ms", digits: 3 });
figure("round trip, recorded", alone.proxied, { unit: "ms", digits: 3 });
figure("added by record", alone.proxied - alone.direct, { unit: "ms", digits: 3, most: MOST });
figure(`added by record, among ${CROWD} clients`, among.proxied - among.direct, { unit: "ms", digits: 3, most: MOST });
process.exit();
