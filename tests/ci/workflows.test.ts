import { readdirSync, readFileSync } from "node:fs";
import validator from "@action-validator/core";
import { expect, test } from "@jest/globals";
import { parse } from "yaml";
import { shellcheck } from "./lint.ts";

const FOLDER = ".github/workflows";

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

interface Job {
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
});
