import { readdirSync, readFileSync } from "node:fs";
import validator from "@action-validator/core";
import { expect, test } from "@jest/globals";
import { parse } from "yaml";
import { shellcheck } from "./lint.ts";
import { bash } from "./runner.ts";

const FOLDER = ".github/workflows";

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

interface Job {
  readonly needs?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly strategy?: { readonly matrix: { readonly node: readonly number[] } };
  readonly steps: readonly { readonly uses?: string; readonly run?: string; readonly env?: object }[];
}

const read = (name: string) => readFileSync(`${FOLDER}/${name}`, "utf8");
const workflow = (name: string) => parse(read(name)) as Workflow;
const steps = ({ jobs }: Workflow) => Object.values(jobs).flatMap((job) => job.steps);

test.each(readdirSync(FOLDER))("%s is valid, and runs nothing but actions of GitHub and sound scripts", (name) => {
  expect(validator.validateWorkflow(read(name)).errors).toEqual([]);
  for (const { uses, run } of steps(workflow(name))) {
    if (uses !== undefined) expect(uses).toMatch(/^actions\/[a-z-]+@v\d+$/);
    expect(run ?? "").not.toContain("${{");
    expect(shellcheck(run ?? "")).toBe("");
  }
});

test("all tests run on the oldest Node.js that the package allows, and on newer ones", () => {
  const { engines } = JSON.parse(readFileSync("package.json", "utf8"));
  const { jobs } = workflow("test.yml");
  const versions = jobs.test?.strategy?.matrix.node ?? [];
  expect(engines.node).toBe(`>=${versions[0]}`);
  expect(versions).toEqual([20, 22, 24]);
  expect(jobs.test?.steps.at(-1)).toEqual({ run: "npm cit" });
});

test("each night everything is tested", () => {
  const nightly = workflow("nightly.yml");
  expect(nightly.on).toMatchObject({ schedule: [{ cron: expect.any(String) }] });
  expect(steps(nightly).at(-1)).toEqual({ run: "npm cit", env: { EVERYTHING: "1" } });
  expect(Object.values(nightly.jobs).map((job) => job.strategy?.matrix.node)).toEqual([[20, 22, 24]]);
});

test("a tag is released only once all tests have passed, and both with proof of where it was built", () => {
  const { on, jobs } = workflow("release.yml");
  const { test: tested, npm, image } = jobs;
  expect(on).toEqual({ push: { tags: ["v*"] } });
  expect(tested?.strategy?.matrix.node).toEqual([20, 22, 24]);
  expect(tested?.steps.at(-1)).toEqual({ run: "npm cit", env: { EVERYTHING: "1" } });
  expect(npm).toMatchObject({ needs: "test", permissions: { "id-token": "write" } });
  expect(npm?.steps.at(-1)?.run).toBe("npm publish --provenance --access public");
  expect(image).toMatchObject({ needs: "npm", permissions: { packages: "write" } });
  expect(image?.steps.at(-1)?.run).toContain("--provenance mode=max");
});

test("a tag that is not that of the version is not released", async () => {
  const script = workflow("release.yml").jobs.npm?.steps.find(({ run }) => run?.startsWith("test "))?.run ?? "";
  const { version } = JSON.parse(readFileSync("package.json", "utf8"));
  const codeFor = async (tag: string) => (await bash(".", script, { GITHUB_REF_NAME: tag })).code;
  expect(await codeFor(`v${version}`)).toBe(0);
  expect(await codeFor(`v${version}0`)).toBe(1);
});
