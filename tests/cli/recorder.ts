import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect } from "@jest/globals";
import { WebSocket, WebSocketServer } from "ws";
import { protocol } from "../../suites/0.1.7/index.ts";
import { cli, type Outcome, start } from "./process.ts";
import { closing, cwd } from "./workspace.ts";

/** The request to be disconnected. */
export const ASK = '{"command":"system/disconnect/request"}';

/** A recorder that runs. */
interface RunningRecorder {
  readonly url: string;
  readonly child: ChildProcess;
  readonly outcome: Promise<Outcome>;
  /** Resolves once its output matches. */
  says(pattern: RegExp): Promise<void>;
  /** Ctrl-C. */
  stop(): Promise<Outcome>;
}

/** Starts to record, and resolves once clients can come. */
export async function record(to: string, ...args: string[]): Promise<RunningRecorder> {
  const { child, outcome } = start(cwd, [
    "record",
    "--to",
    to,
    "--port",
    "0",
    ...(args.includes("--out") ? [] : ["--out", "r.ndjson"]),
    ...args,
  ]);
  closing.push(() => child.kill("SIGKILL"));
  let said = "";
  child.stdout?.on("data", (text) => {
    said += text;
  });
  const says = async (pattern: RegExp) => {
    while (!pattern.test(said)) await once(child.stdout as NonNullable<typeof child.stdout>, "data");
  };
  await Promise.race([says(/connect to ws:/), outcome.then(({ stderr }) => Promise.reject(new Error(stderr)))]);
  const stop = () => {
    child.kill("SIGINT");
    return outcome;
  };
  return { url: /connect to (ws:\S+)/.exec(said)?.[1] ?? "", child, outcome, says, stop };
}

/** Starts the reference server, and resolves to its url. */
export async function reference(fault?: string): Promise<string> {
  const server = await protocol.serve({ fault });
  closing.push(server.close);
  return server.url;
}

/** A WebSocket server of our own, which does what it is told with each connection. */
export async function own(serve: (socket: WebSocket) => void, options = {}): Promise<string> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", ...options });
  server.on("connection", serve);
  await once(server, "listening");
  closing.push(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A client that is greeted, asks to be disconnected, and waits for its end. */
export async function client(url: string, version = "0.1.7"): Promise<number> {
  const socket = new WebSocket(`${url}/?tachyonVersion=${version}`);
  socket.once("message", () => socket.send(ASK));
  socket.on("error", () => {});
  return new Promise((resolve) => socket.once("close", resolve));
}

/** The events of a recording. */
export const events = () =>
  readFileSync(join(cwd, "r.ndjson"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line))
    .filter(({ connection }) => connection !== undefined);

/** The summary of what was judged: the verdict, the broken requirements, and the counts. */
const summary = (stdout: string) =>
  stdout
    .split("\n")
    .filter((line) => /^(PASS|FAIL|INCOMPLETE) [a-z]| {2}(target|broken|unjudged|clients|covered) /.test(line))
    .concat(/ {2}traffic.* events| in \S+ s: .*/.exec(stdout)?.[0] ?? "");

/** The command `check` judges a recording as it was judged live. */
export async function isJudgedAlike({ code, stdout }: Outcome, ...files: string[]): Promise<void> {
  const checked = await cli(cwd, ["check", ...files]);
  expect(summary(checked.stdout)).toEqual(summary(stdout));
  expect(checked.code).toBe(code);
}

/** Has a server listen until the test is over. Resolves to its port. */
export async function listening(server: HttpServer): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(
    () => server.closeAllConnections(),
    () => server.close(),
  );
  return (server.address() as AddressInfo).port;
}
