import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { Ajv } from "ajv";
import schema from "../../reports/report.schema.json" with { type: "json" };
import { ASK, GOODBYE, GREETING } from "../recordings/recordings.ts";
import { within } from "./within.ts";
import { cwd, read } from "./workspace.ts";

const write = (file: string, content: string) => writeFileSync(join(cwd, file), content);
const isReport = new Ajv({ strict: true }).compile(schema);

describe("of a HAR file", () => {
  const message = (type: string, time: number, data: unknown) => ({
    type,
    time,
    opcode: 1,
    data: typeof data === "string" ? data : JSON.stringify(data),
  });
  const lobby = "ws://localhost:8080/?tachyonVersion=0.1.7";
  const bundler = {
    request: { url: "ws://localhost:5173/?token=x" },
    _webSocketMessages: [message("receive", 1, '{"type":"connected"}'), message("send", 2, "ping")],
  };
  // Saved out of order: the goodbye before what asks for it.
  const spoken = {
    request: { url: lobby },
    _webSocketMessages: [message("receive", 3, GOODBYE), message("receive", 1, GREETING), message("send", 2, ASK)],
  };
  const refused = { request: { url: lobby }, response: { status: 403 }, _webSocketMessages: [] };
  const har = (...entries: unknown[]) => JSON.stringify({ log: { entries } });

  test("what is no Tachyon is left out with a word, and the rest judged in the order of time", async () => {
    write("a.har", har(bundler, spoken));
    const { code, stdout } = await within(cwd, ["check", "a.har", "--json", "har.json"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^ {2}left out 1 connection with nothing of the protocol: entry 1 of a\.har \(ws:\/\/localhost:5173\/\)$/m,
    );
    expect(stdout).toMatch(/^ {2}traffic {2}1 connection, 3 events/m);
    expect([isReport(JSON.parse(read("har.json"))), isReport.errors]).toEqual([true, null]);
    write("b.har", har(bundler));
    expect(await within(cwd, ["check", "b.har"])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /: b\.har holds no WebSocket connection of this protocol: entry 1 of b\.har .* left out/,
      ),
    });
  });

  test("--url picks connections, whatever they hold", async () => {
    write("a.har", har(bundler, spoken));
    const picked = await within(cwd, ["check", "a.har", "--url", "*:5173*"]);
    expect([picked.code, picked.stdout]).toEqual([1, expect.stringMatching(/^ {2}traffic {2}1 connection, 2 events/m)]);
    const begun = await within(cwd, ["check", "a.har", "--url", "ws://localhost:8080"]);
    expect([begun.code, begun.stdout]).toEqual([0, expect.stringMatching(/^ {2}traffic {2}1 connection, 3 events/m)]);
    expect(await within(cwd, ["check", "a.har", "--url", "*nothing*"])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/holds no WebSocket connection whose url matches \*nothing\*/),
    });
  });

  test("a refused handshake is one", async () => {
    write("c.har", har(refused));
    const { code, stdout } = await within(cwd, ["check", "c.har"]);
    expect([code, stdout]).toEqual([1, expect.stringMatching(/the handshake was refused \(HTTP 403\)/)]);
  });
});
