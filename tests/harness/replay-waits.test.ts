import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { replay } from "../../harness/replay.ts";
import { run } from "../../harness/runner.ts";
import type { Case } from "../../harness/scenario.ts";
import { usersOf } from "../../harness/target.ts";
import type { Transcript } from "../../harness/transcript.ts";
import about from "../../package.json" with { type: "json" };
import { DEFAULTS } from "../../running/defaults.ts";
import { own } from "../../schemas/v0/index.ts";
import { protocolBy } from "../../suites/v0/index.ts";

const protocol = protocolBy(own);
const TIMEOUT = 2_000;

/** Ten requests go out in one go. */
const it = protocol.suites.flatMap(({ cases }) => cases).find(({ id }) => id === "requests/pipelined") as Case;

let url: URL;
let authorization = "";
let recorded: readonly Transcript[] = [];
let close = async () => {};
afterAll(() => close());

beforeAll(async () => {
  const server = await protocol.serve();
  close = server.close;
  url = new URL(server.url);
  const users = usersOf(server);
  authorization = users.credentials?.Authorization ?? "";
  const target = { url, headers: {}, ...users };
  const record = async (_: Case, transcripts: readonly Transcript[]) => {
    recorded = JSON.parse(JSON.stringify(transcripts));
    return 0;
  };
  await run(protocol, [it], { ...DEFAULTS, timeout: TIMEOUT, seed: 1, target, record });
});

/** Judges the recording again, in which each message of the server comes so much later than the one before, in ms. */
async function stretched(ms: readonly number[]): Promise<readonly string[]> {
  const slow = recorded.map((one) => {
    let late = 0;
    let count = 0;
    const events = one.events.map((event) => {
      if (event.from === "server" && event.type === "text") late += ms[count++ % ms.length] ?? 0;
      return { ...event, at: event.at + late };
    });
    return { ...one, events };
  });
  const requirements = new Map(protocol.requirements.map((row) => [row.id, row]));
  const headers = [
    ["User-Agent", `${about.name}/${about.version}`],
    ["Authorization", authorization],
  ] as const;
  const bench = { protocol, judging: { requirements, strict: false }, random: { seed: 1, runs: 1 }, idle: 500 };
  return (await replay(it, slow, { ...bench, url, headers, timeout: TIMEOUT, users: 2 })).strayed;
}

describe("a recording of a server that does one thing after another", () => {
  test("is one of the case, however long all takes together", async () => {
    expect(await stretched([0])).toEqual([]);
    expect(await stretched([0.6 * TIMEOUT])).toEqual([]);
  });

  test("is none if one answer comes later than any client waits", async () => {
    expect((await stretched([0, 0, 0, 2.1 * TIMEOUT]))[0]).toMatch(
      /lasts \d+ ms, which no run with a timeout of 2000 does$/,
    );
  });
});
