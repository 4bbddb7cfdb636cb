import { once } from "node:events";
import { describe, expect, test } from "@jest/globals";
import type { ReportCase } from "../../reports/report.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import { faults } from "../../suites/0.1.7/reference/faults/index.ts";
import { testByTurns } from "../turns.ts";
import { start } from "./process.ts";
import { reference, within } from "./within.ts";
import { closing, cwd, report } from "./workspace.ts";

const inTurn = testByTurns(2);

/** Starts a reference server with a fault, as a user does. Resolves to its url. */
async function serving(fault: string): Promise<string> {
  const { child, outcome } = start(cwd, ["serve", "--fault", fault]);
  closing.push(() => {
    child.kill();
    return outcome;
  });
  const [text] = await once(child.stdout as NodeJS.ReadableStream, "data");
  return /ws:[^\s,]+/.exec(String(text))?.[0] ?? "";
}

test("serve --list-faults says what each fault does and breaks", async () => {
  const { code, stdout } = await within(cwd, ["serve", "--list-faults"]);
  expect(code).toBe(0);
  const lines = stdout.trimEnd().split("\n");
  const titles = lines.filter((line) => /^\S/.test(line));
  expect(lines.filter((line) => /^ {2}\S/.test(line))).toHaveLength(Object.keys(faults).length);
  expect(lines).toContainEqual(
    expect.stringMatching(/^ {2}greets-twice +Sends the greeting twice\. Breaks version\.once\.$/),
  );
  expect(titles).toEqual(protocol.sections.map(({ title }) => expect.stringMatching(`^${title} \\(\\d+ faults\\)$`)));
});

test("serve --fault misbehaves in that way, and the suite says so", async () => {
  const url = await serving("compares-versions-as-prefixes");
  const { code, stdout } = await within(cwd, ["run", url, "--suite", "version", "--suite", "disconnect"]);
  expect(code).toBe(1);
  expect(stdout).toMatch(/^ {2}broken {3}parity\.patch in 1$/m);
  const failed = report().cases.filter(({ verdict }: ReportCase) => verdict === "fail");
  expect(failed.map(({ id }: ReportCase) => id)).toEqual(["version/parity-patch-with-zero"]);
});

test("a wrong handshake is a finding in a report, since the server did talk", async () => {
  const url = await serving("miscalculates-the-accept-key");
  const { code, stdout } = await within(cwd, ["run", url, "--requirement", "transport.handshake"]);
  expect(code).toBe(1);
  expect(stdout).toMatch(/^ {2}transport\.handshake \(MUST\): /m);
  expect(stdout).toMatch(/expected {2}status 101, Upgrade: websocket, Connection: Upgrade, Sec-WebSocket-Accept: /);
});

describe("generated commands", () => {
  const actual = () => report().cases[0].checks.find(({ verdict }: { verdict: string }) => verdict === "fail").actual;

  inTurn("are made as small as they still fail, and are the same from the same seed, which is reported", async () => {
    const url = await serving("says-success-to-everything");
    const args = ["run", url, "--case", "generated/malformed-commands", "--seed", "11", "--runs", "50"];
    const { code, stdout } = await within(cwd, args);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^ {2}seed {5}11 /m);
    expect(stdout).toMatch(/alone: .* --seed 11 --runs 50 --case generated\/malformed-commands/);
    const first = actual();
    expect(first).toMatch(
      /^"carried out: .*; the smallest that shows it: {\\"command\\":\\"[a-z]\/[a-z]\/request\\"}"$/,
    );
    expect(report()).toMatchObject({ seed: 11 });
    await within(cwd, args);
    expect(actual()).toBe(first);
  });

  inTurn("differ each time if no seed is given, and no seed is reported if no case generates any", async () => {
    const seeds = [];
    for (let i = 0; i < 2; i++) {
      await within(cwd, ["run", reference.url, "--case", "generated/malformed-commands", "--runs", "5"]);
      seeds.push(report().seed);
    }
    expect(seeds[0]).not.toBe(seeds[1]);
    const { stdout } = await within(cwd, ["run", reference.url, "--case", "disconnect/alone"]);
    expect(report().seed).toBe(0);
    expect(stdout).not.toMatch(/seed/);
  });
});
