import { describe, expect, test } from "@jest/globals";
import { isFinding } from "../../harness/catalogue.ts";
import { placed, sourceIn } from "../../harness/evidence.ts";
import { type Message, messages, readFrom, type Transcript, type WireEvent } from "../../harness/transcript.ts";
import { reportCase } from "../../reports/make.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import { cases, runAgainst } from "../helpers.ts";

const says = (message: object): WireEvent => ({ at: 0, from: "server", type: "text", data: JSON.stringify(message) });
const connection = (...events: readonly WireEvent[]): Transcript => ({ url: "ws://localhost/", events });
const messageOf = (transcript: Transcript, i = 0) => messages(transcript, "server")[i]?.message as Message;

describe("a value is found in the event that it was read from", () => {
  test("a message, and what it holds", () => {
    const one = connection(says({ a: 1 }), says({ a: 1, data: { b: 2 } }));
    expect(sourceIn(messageOf(one, 1), [one])).toBe(one.events[1]);
    expect(sourceIn(messageOf(one, 1).data, [one])).toBe(one.events[1]);
  });

  test("a text, if only one connection has it", () => {
    const [one, other] = [connection(says({}), says({ status: "failed" })), connection(says({ status: "success" }))];
    expect(sourceIn("failed", [other, one])).toBe(one.events[1]);
    expect(sourceIn("failed", [one, connection(says({ status: "failed" }))])).toBeUndefined();
  });

  test("what was noted of it", () => {
    const [event, value] = [says({}), {}];
    expect(sourceIn(readFrom(event, value), [])).toBe(event);
  });

  test("no other", () => {
    const one = connection(says({ n: 3, deep: { deep: { deep: { deep: { deep: "x" } } } } }));
    for (const value of [3, undefined, null, true, {}, "x", "nowhere"]) expect(sourceIn(value, [one])).toBeUndefined();
  });
});

describe("an event is placed", () => {
  test("where it stands", () => {
    const [one, other] = [connection(says({})), connection(says({}), says({}))];
    expect(placed(other.events, [one, other])).toEqual({ connection: 1, events: [0, 1] });
    expect(placed([says({})], [one, other])).toBeUndefined();
  });

  test("where it stands once the midst of a long transcript is left out", () => {
    const long = connection(...Array.from({ length: 200 }, () => says({})));
    const at = (i: number) => placed([long.events[i] as WireEvent], [long]);
    expect([0, 59, 60, 139].map(at)).toEqual([
      { connection: 0, events: [0] },
      { connection: 0, events: [59] },
      undefined,
      undefined,
    ]);
    expect([140, 199].map(at)).toEqual([
      { connection: 0, events: [61] },
      { connection: 0, events: [120] },
    ]);
  });
});

describe("a report says which event shows a finding", () => {
  /** Each finding against a server with a fault: its requirement, and the events that show it. */
  async function findings(fault: string, ...ids: readonly string[]): Promise<unknown[]> {
    const server = await protocol.serve({ fault });
    const some = cases.filter(({ id }) => ids.includes(id));
    const { results } = await runAgainst(server.url, some, { timeout: 300 }).finally(server.close);
    return results.flatMap((result) => {
      const { checks, connections } = reportCase(result, protocol);
      return checks.filter(isFinding).map(({ requirement, evidence }) => {
        const events = evidence?.events.map((i) => connections[evidence.connection]?.events[i]);
        return [requirement, events?.map((event) => `${event?.type} ${event && "data" in event ? event.data : ""}`)];
      });
    });
  }

  test("a message that a rule finds wrong", async () => {
    expect(await findings("greets-in-a-binary-frame", "version/greeting")).toContainEqual([
      "message.json",
      [expect.stringMatching(/^binary /)],
    ]);
  });

  test("the path to what is wrong in it", async () => {
    const server = await protocol.serve({ fault: "greets-without-a-parity" });
    const some = cases.filter(({ id }) => id === "version/greeting");
    const { results } = await runAgainst(server.url, some, { timeout: 300 }).finally(server.close);
    const wrong = results.flatMap(({ checks }) => checks.filter(({ requirement }) => requirement === "message.schema"));
    expect(wrong.map(({ evidence }) => evidence?.path)).toEqual([["data"]]);
  });

  test("the second of two messages where one is owed", async () => {
    const goodbye = [expect.stringMatching(/^text .*"system\/disconnected\/response"/)];
    expect(await findings("says-goodbye-twice", "disconnect/2-in-a-row")).toContainEqual(["disconnect.once", goodbye]);
    const greeting = [expect.stringMatching(/^text .*"system\/version\/response"/)];
    expect(await findings("greets-twice", "version/greeting")).toContainEqual(["version.once", greeting]);
  });

  test("a wait in vain", async () => {
    expect(await findings("ignores-the-first-request", "disconnect/alone")).toContainEqual([
      "disconnect.no-login",
      ["timeout gave up waiting for system/disconnected/response after 300 ms"],
    ]);
  });

  test("a property of a message", async () => {
    expect(await findings("fails-to-disconnect", "disconnect/alone")).toEqual([
      ["disconnect.success", [expect.stringMatching(/^text .*"status":"failed"/)]],
    ]);
  });
});
