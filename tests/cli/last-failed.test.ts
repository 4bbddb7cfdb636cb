import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { lobby } from "../servers/lobby.ts";
import { cli, freePort } from "./process.ts";
import { reference, within } from "./within.ts";
import { closing, cwd, report } from "./workspace.ts";

const ran = () => report().cases.map(({ id }: { id: string }) => id);
const SOME = ["--case", "version/parity-patch*", "--case", "disconnect/alone"];

/** A server that compares versions wrongly, until it is mended. */
async function server() {
  const state = { right: false };
  const { url, close } = await lobby(({ parity }) => ({
    parity: (asked) => (state.right ? parity(asked) : "match"),
  }));
  closing.push(close);
  return { state, url };
}

describe("run --last-failed", () => {
  test("runs what failed last, until nothing does", async () => {
    const { state, url } = await server();
    expect((await within(cwd, ["run", url, ...SOME])).code).toBe(1);
    const failed = report().cases.filter(({ verdict }: { verdict: string }) => verdict === "fail");
    expect(failed.length).toBeGreaterThan(0);
    expect(failed.length).toBeLessThan(ran().length);

    const { code, stdout } = await within(cwd, ["run", url, "--last-failed"]);
    expect(code).toBe(1);
    expect(ran()).toEqual(failed.map(({ id }: { id: string }) => id));
    const last = String.raw`^  last     ${failed.length} cases? failed, by tachyon-report/report\.json of \d{4}-[-\d]+ [\d:]+; still failing`;
    expect(stdout).toMatch(new RegExp(`${last} ${failed.length}: ${failed[0].id}, `, "m"));
    expect(stdout).toMatch(/^ {2}next {5}npx .* --case version\/parity-patch/m);

    state.right = true;
    const mended = await within(cwd, ["run", url, "--last-failed"]);
    expect(mended.code).toBe(0);
    expect(mended.stdout).toMatch(new RegExp(`${last}: none\n  next     npx tachyon-conformance run ${url}/$`, "m"));
    expect(ran()).toEqual(failed.map(({ id }: { id: string }) => id));

    expect(await within(cwd, ["run", url, "--last-failed"])).toEqual({
      code: 0,
      stderr: "",
      stdout: expect.stringMatching(
        /^Nothing failed in the last run, which ran \d+ of \d+ cases, by tachyon-report\/report\.json\. Run without --last-failed\.\n$/,
      ),
    });
  });

  test("runs the suspects where the target went away", async () => {
    const { state, url } = await server();
    state.right = true;
    await within(cwd, ["run", url, ...SOME]);
    const why = "the server stopped accepting connections";
    const stop = { reason: "lost", words: `not run: ${why}`, why, suspects: ["disconnect/alone"] };
    const stored = { ...report(), verdict: "fail", stop };
    writeFileSync(join(cwd, "tachyon-report", "report.json"), JSON.stringify(stored));
    const { code, stdout } = await within(cwd, ["run", url, "--last-failed"]);
    expect([code, ran()]).toEqual([0, ["disconnect/alone"]]);
    expect(stdout).toMatch(
      /^ {2}last {5}0 cases failed and 1 more suspect, by \S+ of [-\d]+ [\d:]+; still failing: none$/m,
    );
  });

  test("keeps the report if the server cannot be reached", async () => {
    const { url } = await server();
    await within(cwd, ["run", url, ...SOME]);
    const before = ran();
    expect((await within(cwd, ["run", `ws://127.0.0.1:${await freePort()}`, "--last-failed"])).code).toBe(3);
    expect(ran()).toEqual(before);
  });

  test("leaves out what is expected to fail, and says what filters leave out", async () => {
    const { url } = await server();
    const expecting = ["--expected-failures", "known.yaml"];
    await within(cwd, ["run", url, ...SOME, ...expecting, "--write-expected-failures"]);
    expect((await within(cwd, ["run", url, "--last-failed"])).stdout).toMatch(/^Nothing failed/);
    await within(cwd, ["run", url, ...SOME]);
    const { code, stderr } = await within(cwd, ["run", url, "--last-failed", "--suite", "malformed"]);
    expect(stderr).toMatch(/^tachyon-conformance: None of the \d+ cases that failed last, .* is selected\.\n$/);
    expect(code).toBe(2);
  });

  test("says so if there is no report, or none that can be read", async () => {
    const { code, stderr } = await within(cwd, ["run", "--last-failed"]);
    expect(stderr).toMatch(
      /^[^\n]*tachyon-report\/report\.json is not there[^\n]* Run without --last-failed first\.\n$/,
    );
    expect(code).toBe(2);
    mkdirSync(join(cwd, "tachyon-report"), { recursive: true });
    writeFileSync(join(cwd, "tachyon-report", "report.json"), "{");
    expect(await within(cwd, ["run", "--last-failed"])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/report\.json is not a report/),
    });
  });
});

describe("run --open", () => {
  const one = ["run", reference.url, "--case", "disconnect/alone", "--open"];
  /** Stands for a browser: a program that writes the path which it is to open to a file. The run does not wait for it. */
  const opener = (name: string) => {
    const path = join(cwd, name);
    writeFileSync(path, `#!/bin/sh\necho "$1" > "${cwd}/opened"\n`);
    chmodSync(path, 0o755);
  };

  test("opens the page", async () => {
    opener("xdg-open");
    const { execFileSync, execFile } = await import("node:child_process");
    execFileSync("mkfifo", [join(cwd, "opened")]);
    const opened = new Promise<string>((done) => {
      execFile("cat", [join(cwd, "opened")], (_, stdout) => done(stdout));
    });
    expect((await cli(cwd, one, { PATH: `${cwd}:${process.env.PATH}` })).code).toBe(0);
    expect(await opened).toBe("tachyon-report/report.html\n");
  });

  test("says so if it cannot, and does nothing in CI", async () => {
    expect(await cli(cwd, one, { PATH: cwd })).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^tachyon-conformance: Cannot open tachyon-report\/report\.html: there is no /),
    });
    expect(await cli(cwd, one, { PATH: cwd, CI: "true" })).toMatchObject({ code: 0, stderr: "" });
    expect(await within(cwd, [...one, "--json", "only.json"])).toMatchObject({ code: 2 });
  });
});
