// The bare script that the suite is compared with. It imports the same libraries, unbundled, and makes as many exchanges (connect,
// greeting, request, answer, close) with the same server at the same concurrency.
import { once } from "node:events";
import "ajv";
import "semver";
import "yargs";
import "junit-report-builder";
import { WebSocket } from "ws";

const [url, exchanges, concurrency] = process.argv.slice(2);

let left = Number(exchanges);
async function worker() {
  while (left-- > 0) {
    const socket = new WebSocket(`${url}/?tachyonVersion=0.1.7`, { perMessageDeflate: false });
    await once(socket, "message");
    socket.send('{"command":"system/disconnect/request"}');
    await once(socket, "close");
  }
}
await Promise.all(Array.from({ length: Number(concurrency) }, worker));
