import { once } from "node:events";
import { connect } from "node:net";
import { expect, test } from "@jest/globals";
import { WebSocket } from "ws";
import { byTurns } from "../turns.ts";
import { ASK, client, isJudgedAlike, own, record, reference } from "./recorder.ts";

test("a server that conforms passes, live and from the file", async () => {
  const { url, stop } = await record(await reference());
  expect(await Promise.all([client(url), client(url, "9.9.9"), client(url, "banana")])).toEqual([1000, 1000, 1000]);
  const outcome = await stop();
  expect(outcome).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ {2}traffic {2}3 connections, /m) });
  await isJudgedAlike(outcome, "r.ndjson");
});

const faulty = [
  ["has-more-to-say", "disconnect.last"],
  ["greets-without-a-parity", "message.schema"],
  ["calls-everything-a-match", "parity.major"],
] as const;

test.each(byTurns(faulty, 3))(
  "a server with the fault %s fails as it speaks, live and from the file",
  async (fault, requirement) => {
    const { url, says, stop } = await record(await reference(fault));
    await client(url, requirement === "parity.major" ? "9.9.9" : "0.1.7");
    await says(new RegExp(`^\\S+ server connection 1: fail ${requirement.replace(".", "\\.")}: `, "m"));
    const outcome = await stop();
    expect(outcome.code).toBe(1);
    expect(outcome.stdout).toMatch(new RegExp(`^ {2}broken .*${requirement.replace(".", "\\.")} in 1`, "m"));
    await isJudgedAlike(outcome, "r.ndjson");
  },
);

test("200 clients at once are served, recorded and judged alike", async () => {
  const { url, stop } = await record(await reference());
  const codes = await Promise.all(Array.from({ length: 200 }, () => client(url)));
  expect(new Set(codes)).toEqual(new Set([1000]));
  const outcome = await stop();
  expect(outcome.stdout).toMatch(/^ {2}traffic {2}200 connections, .*: 200 pass$/m);
  expect(outcome.code).toBe(0);
  await isJudgedAlike(outcome, "r.ndjson");
}, 60_000);

test("what clients send wrongly is told and counted, and decides no verdict", async () => {
  const { url, says, stop } = await record(await own((socket) => socket.send("{}")));
  const socket = new WebSocket(url);
  await once(socket, "message");
  for (const message of ["oops", '{"a":1}', '{"command":"a/b/request"}', Buffer.from("x"), ASK]) socket.send(message);
  for (let i = 0; i < 20; i++) socket.send("oops");
  await says(/client connection 1, message 9: it is no JSON object \(more of this kind are only counted\)/);
  await says(/client connection 1, message 2: it has no "command"/);
  await says(
    /client connection 1, message 3, a\/b\/request: "a\/b\/request" is no command that a client of 0\.1\.7 sends/,
  );
  await says(/client connection 1, message 4: it is binary/);
  const outcome = await stop();
  expect(outcome.stdout).toMatch(
    /^ {2}clients {2}24 of 25 messages are wrong\. That decides no verdict\n {11}connection 1, messages 1, 6, 7 and 18 more: it is no JSON object$/m,
  );
  expect(outcome.stdout.match(/connection 1, message \d+: it is no JSON object/g)).toHaveLength(5);
  await isJudgedAlike(outcome, "r.ndjson");
});

test("what a server owes and does not do in time is told, and stands in the file", async () => {
  const target = await own((socket) =>
    socket.on("message", () => socket.send('{"command":"system/disconnected/response","status":"success"}')),
  );
  const { url, says, stop } = await record(target, "--timeout", "300");
  const socket = new WebSocket(url);
  await says(
    /server connection 1: fail version\.greeting: not greeted: .*gave up waiting for system\/version\/response after 300 ms/,
  );
  socket.send(ASK);
  await says(/server connection 1: fail disconnect\.closes: still open: /);
  socket.terminate();
  const outcome = await stop();
  expect(outcome.stdout).toMatch(/^ {2}broken {3}.*version\.greeting in 1/m);
  await isJudgedAlike(outcome, "r.ndjson");
});

test("a path of the target stands before that of a client, and a refusal names both", async () => {
  const target = await own(() => {}, { path: "/tachyon" });
  const { url, says, stop } = await record(`${target}/tachyon`);
  await says(/ Clients connect to \S+ and leave out \/tachyon, which is added$/m);
  expect(await client(`${url}/tachyon`)).toBe(1006);
  await says(
    / server connection 1: refuses the handshake with HTTP 400 at \/tachyon\/tachyon\/\?tachyonVersion=0\.1\.7$/m,
  );
  const socket = new WebSocket(url);
  await once(socket, "open");
  socket.terminate();
  await stop();
});

test("without a client nothing passes", async () => {
  const { stop, url } = await record(await reference());
  const { code, stdout } = await stop();
  expect(code).toBe(1);
  expect(stdout).toMatch(/^INCOMPLETE no client has come: nothing was recorded$/m);
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  const [error] = await once(socket, "error");
  expect(error.code).toBe("ECONNREFUSED");
});
