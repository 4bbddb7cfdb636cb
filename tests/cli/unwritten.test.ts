import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { spool } from "../../certificates/spool.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import { start } from "./process.ts";
import { reference, within } from "./within.ts";
import { closing, cwd } from "./workspace.ts";

const one = [reference.url, "--case", "disconnect/alone"];
const FULL = "Cannot write /dev/full: no space is left. Choose another file or folder.";

test("no run passes whose reports cannot be written, and its results are told all the same", async () => {
  const { code, stdout, stderr } = await within(cwd, ["run", ...one, "--json", "/dev/full", "--junit", "junit.xml"]);
  expect({ code, stderr }).toEqual({ code: 2, stderr: `tachyon-conformance: ${FULL}\n` });
  expect(stdout).not.toMatch(/PASS/);
  expect(stdout).toMatch(/^NOT WRITTEN no MUST that was judged is broken .*, but not all files are written$/m);
  expect(stdout).toMatch(/ {2}cases +1 of \d+ in .*1 pass$/m);
  expect(stdout).toMatch(/ {2}reports {2}junit\.xml\n {2}missing {2}\/dev\/full$/m);
  expect(existsSync(join(cwd, "junit.xml"))).toBe(true);
});

test("a failure stays one", async () => {
  const { url, close } = await protocol.serve({ fault: "compares-versions-as-prefixes" });
  closing.push(close);
  const { code, stdout } = await within(cwd, [
    "run",
    url,
    "--case",
    "version/parity-patch-with-zero",
    "--json",
    "/dev/full",
  ]);
  expect(code).toBe(2);
  expect(stdout).toMatch(/^FAIL the target is not conformant$/m);
});

test("a recording that ends too early is missing, and what was recorded is judged", async () => {
  const { child, outcome } = start(cwd, ["record", "--to", reference.url, "--out", "/dev/full"]);
  closing.push(() => child.kill("SIGKILL"));
  const { code, stdout, stderr } = await outcome;
  expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: "", stderr: `tachyon-conformance: ${FULL}\n` });
});

test("recordings of a certificate that cannot be kept are told as such", async () => {
  const kept = await spool();
  await kept.close();
  await kept.record({ id: "disconnect/alone" } as never, [{ url: "ws://x/", events: [{}] } as never]);
  await expect(async () => {
    for await (const _ of kept.read([0])) throw new Error("there is something");
  }).rejects.toThrow(/^Cannot keep recordings in .*: file closed\. Choose another folder with TMPDIR\.$/);
});

const RECORD = ["record", "--to", "ws://127.0.0.1:9"];

test.each([
  ["the token of a user", ["run", "ws://127.0.0.1:9", "--protocol", "v0", "--as", "bob:@input"]],
  ["headers", ["run", "ws://127.0.0.1:9", "--header", "@input"]],
  ["the config", ["run", "ws://127.0.0.1:9", "--config", "input"]],
  ["the recording that it judges", ["check", "input"]],
  ["the config of a check", ["check", "other", "--config", "input"]],
  ["the recording that it is of", [...RECORD, "--out", "input"]],
  ["the texts to take out of a recording", [...RECORD, "--redact", "@input"]],
])("no report is written over %s", async (_, args) => {
  writeFileSync(join(cwd, "input"), "{  }");
  const { code, stderr } = await within(cwd, [...args, "--json", "input"]);
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: "tachyon-conformance: input would be written over input. Name another file.\n",
  });
});
