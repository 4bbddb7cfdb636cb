import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { parse } from "yaml";
import { protocol } from "../../suites/0.1.7/index.ts";
import { closing, cwd } from "../cli/workspace.ts";
import { shellcheck } from "./lint.ts";
import { bash, reportIn } from "./runner.ts";

const template = parse(readFileSync("ci/gitlab.yml", "utf8"));
const job = template[".tachyon-conformance"];
const script = job.script.join("\n");

test("the template is one hidden job that keeps its reports, whatever its verdict", () => {
  expect(Object.keys(template)).toEqual([".tachyon-conformance"]);
  expect(job).toEqual({
    image: expect.stringMatching(/^node:2\d-/),
    script: expect.any(Array),
    artifacts: { when: "always", paths: ["tachyon-report/"], reports: { junit: "tachyon-report/junit.xml" } },
  });
  expect(job.script.filter((line: unknown) => typeof line !== "string")).toEqual([]);
  expect(shellcheck(script)).toBe("");
});

test("its script runs the suite from a tarball with the options that the variables give", async () => {
  const server = await protocol.serve({ fault: "says-goodbye-twice" });
  closing.push(server.close);
  const args = ["pack", "--ignore-scripts", "--silent", "--pack-destination", cwd];
  const tarball = execFileSync("npm", args, { encoding: "utf8" }).trim();
  renameSync(join(cwd, tarball), join(cwd, "a suite.tgz"));

  const { code, stderr } = await bash(cwd, script.replaceAll("/tmp/", `${cwd}/`), {
    TACHYON_CONFORMANCE_PACKAGE: "./a suite.tgz",
    TACHYON_URL: server.url,
    TACHYON_SUITE: "disconnect",
    TACHYON_STRICT: "true",
  });
  expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
  expect(reportIn(cwd)).toMatchObject({ verdict: "fail", target: { strict: true } });
  for (const path of [...job.artifacts.paths, job.artifacts.reports.junit])
    expect(existsSync(join(cwd, path))).toBe(true);
});

test.each([
  ["without a url, rather than pass the reference server", {}, "TACHYON_URL"],
  ["without a package", { TACHYON_URL: "ws://localhost/" }, "TACHYON_CONFORMANCE_PACKAGE"],
  ...["tachyon-conformance", "tachyon-conformance@0.5.0", "npm:tachyon-conformance"].map(
    (name) =>
      [
        `with ${name}, which npm would look up in a public registry`,
        { TACHYON_URL: "ws://localhost/", TACHYON_CONFORMANCE_PACKAGE: name },
        "TACHYON_CONFORMANCE_PACKAGE",
      ] as const,
  ),
] as const)("%s, it fails before anything is installed", async (_, variables, missing) => {
  const { code, stdout } = await bash(cwd, script, variables);
  expect({ code, stdout }).toEqual({ code: 2, stdout: expect.stringMatching(new RegExp(`^Set ${missing} .*\\n$`)) });
});
