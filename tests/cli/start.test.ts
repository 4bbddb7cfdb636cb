import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, expect, jest, test } from "@jest/globals";
import { listenersSince, noteOf } from "../../cli/listeners.ts";
import { start } from "../../cli/start.ts";
import { secrets } from "../../harness/secrets.ts";
import { closing, cwd } from "./workspace.ts";

afterEach(() => void jest.restoreAllMocks());
beforeEach(() => {
  closing.push(() => running().forEach((pid) => void process.kill(Number(pid), "SIGKILL")));
});

/** Starts a command that is up once it has made the file `up` here; or says why it did not stay up. */
async function started(command: string, list = secrets(), port?: number) {
  const up = join(cwd, "up");
  let asked = 0;
  const server = await start(`cd ${cwd}; ${command}`, {
    log: join(cwd, "server.log"),
    // Nothing is there before it is started.
    ready: async () => (asked++ > 0 && existsSync(up) ? undefined : { why: "not up" }),
    words: { target: "server", ready: "come up", already: "It is up" },
    within: 20_000,
    signal: new AbortController().signal,
    secrets: list,
    port,
  });
  return server;
}

const log = () => readFileSync(join(cwd, "server.log"), "utf8");

/** The processes that run in the folder of the test. */
const running = () =>
  readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/cwd`) === cwd;
    } catch {
      return false; // It has ended, or is of another user.
    }
  });

test("output without an end and without a line break is bounded, and that is said", async () => {
  const told = jest.spyOn(process.stderr, "write").mockReturnValue(true);
  const before = process.memoryUsage().rss;
  const server = await started(
    "echo first; head -c 200000000 /dev/zero | tr '\\0' x; echo; echo last; touch up; exec sleep 100",
  );
  await server.stop();
  expect(process.memoryUsage().rss - before).toBeLessThan(150e6);
  expect(log().length).toBeLessThan(17 << 20);
  const [first, head = "", left, tail = "", ...last] = log().split("\n");
  expect([first, left, ...last]).toEqual([
    "first",
    expect.stringMatching(/^\[183\d{6} characters left out\]$/),
    "last",
    "",
  ]);
  expect([head, tail].map((it) => it === "x".repeat(it.length))).toEqual([true, true]);
  expect(told.mock.calls).toEqual([
    [expect.stringMatching(/server\.log leaves out 183\d{6} characters, and says where\.\n$/)],
  ]);
});

test("its output holds no secret, also of those that are known only later", async () => {
  const list = secrets("hush-hush");
  const server = await started(
    "echo a hush-hush; touch up; while [ ! -s late ]; do sleep 0.01; done; echo b $(cat late); exit",
    list,
  );
  list.add("late-one");
  writeFileSync(join(cwd, "late"), "late-one");
  expect((await server.lastWords())?.text).toBe("its last line: b [redacted]");
  await server.stop();
  expect(log()).toBe("a [redacted]\nb [redacted]\n");
});

test("what it said last is told, and each of its lives has its own", async () => {
  const server = await started("echo x >> up; echo up; echo Error: $(wc -l < up) >&2");
  expect(await server.lastWords()).toEqual({ text: "Error: 1", isCause: true });
  await server.restart();
  expect((await server.lastWords())?.text).toBe("Error: 2");
  await server.stop();
  expect(log()).toBe("up\nError: 1\nup\nError: 2\n");
});

/** Returns the most processes of several looks. One that starts itself anew while the suite looks is not seen. */
async function mostRunning(): Promise<number> {
  let most = 0;
  for (let looks = 0; looks < 200 && most < 2; looks++) {
    most = Math.max(most, running().length);
    await new Promise((done) => setImmediate(done));
  }
  return most;
}

test.each([
  ["left the group", "setsid sleep 1000 & echo $! > pid"],
  ["left the group, and has none of the variables", "env -i setsid sleep 1000 & echo $! > pid"],
  ["was started by one that has ended", "setsid sh -c 'sleep 1000 & echo $! > pid'"],
  ["starts itself again and again", "echo 'echo $$ > pid; setsid sh again & exit' > again; sh again"],
  ["is started again whenever it ends", "setsid sh -c 'while :; do sleep 1000 & echo $! > pid; wait; done' &"],
])("a process is ended that %s", async (_, command) => {
  const server = await started(`${command}\nwhile [ ! -s pid ]; do sleep 0.01; done; touch up; exec sleep 1000`);
  expect(await mostRunning()).toBeGreaterThan(1);
  await server.stop();
  expect(running()).toEqual([]);
});

/** Resolves to a port at which nothing listens. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test("a process is ended that took the place of the server, though nothing else tells whose it is", async () => {
  const port = await freePort();
  const listens = `net.createServer().listen(${port}, "127.0.0.1", () => fs.writeFileSync("up", ""))`;
  const server = await started(
    `setsid -f env -i ${process.execPath} -e '${listens}'; exec sleep 1000`,
    secrets(),
    port,
  );
  expect(await mostRunning()).toBeGreaterThan(1);
  await server.stop();
  expect(running()).toEqual([]);
});

test("a process that ran before the server is left alone, wherever it listens", async () => {
  const before = noteOf(await freePort());
  const own = createServer().listen(before.port, "127.0.0.1");
  await once(own, "listening");
  expect([...listenersSince(before)]).toEqual([]);
  expect([...listenersSince({ ...before, processes: new Map() }).keys()]).toEqual([process.pid]);
  own.close();
});

test("a server that leaves a child to nobody is ended at once, not after the time to end that it has", async () => {
  const server = await started("sleep 1000 & touch up; wait");
  jest.spyOn(Date, "now").mockReturnValue(Date.now()); // That time never ends.
  await server.stop();
  expect(running()).toEqual([]);
});
