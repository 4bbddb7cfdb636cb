import { readFileSync } from "node:fs";
import validator from "@action-validator/core";
import { describe, expect, test } from "@jest/globals";
import { parse } from "yaml";
import { shellcheck } from "./lint.ts";
import { action } from "./runner.ts";

const text = readFileSync("docs/ci.md", "utf8");

/** Returns the examples in a language. The first comment of each says where it goes. */
const examples = (language: string): [string, string][] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, "gm"))].map(([, code = ""]) => [
    /^# (.*)$/m.exec(code)?.[1] ?? "",
    code,
  ]);

interface Workflow {
  readonly jobs: Readonly<Record<string, { readonly steps: readonly Step[] }>>;
}

interface Step {
  readonly id?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

const { version } = JSON.parse(readFileSync("package.json", "utf8"));

/** The actions that an example may use: those of GitHub by their major version, this one by the version of the package. */
const PINNED = new RegExp(`^(actions/[a-z-]+@v\\d+|OWNER/tachyon-conformance@v${version.replaceAll(".", "\\.")})$`);

test("versions in the docs are that of the package", () => {
  const versions = [...text.matchAll(/(?:#v|`)(\d+\.\d+\.\d+)/g)].map(([, version]) => version);
  expect(new Set(versions)).toEqual(new Set([version]));
});

describe("a workflow of the docs", () => {
  const workflows = examples("yaml").filter(([name]) => name.startsWith(".github/workflows/"));
  test("there are some", () => expect(workflows).toHaveLength(5));

  test.each(workflows)("%s is valid, and does with the action what it can", (_, code) => {
    expect(validator.validateWorkflow(code).errors).toEqual([]);
    const { jobs } = parse(code) as Workflow;
    const steps = Object.values(jobs).flatMap((job) => job.steps);
    for (const { uses, run, with: inputs = {} } of steps) {
      if (uses !== undefined) expect(uses).toMatch(PINNED);
      if (uses?.startsWith("OWNER/"))
        expect(Object.keys(action.inputs)).toEqual(expect.arrayContaining(Object.keys(inputs)));
      expect(run ?? "").not.toContain("${{");
      expect(shellcheck(run ?? "")).toBe("");
    }
    const read = [...code.matchAll(/steps\.conformance\.outputs\.([a-z-]+)/g)].map(([, name]) => name);
    expect(Object.keys(action.outputs)).toEqual(expect.arrayContaining(read));
  });
});

test.each(examples("bash"))("the script %s is sound", (_, code) => expect(shellcheck(code)).toBe(""));

test("every other example is YAML", () => {
  for (const [, code] of examples("yaml")) expect(parse(code)).toBeInstanceOf(Object);
});

test("every input and output of the action is explained, and no other", () => {
  const [inputs = [], outputs = []] = ["input", "output"].map((kind) => {
    const [table = ""] = text.split(`| ${kind} | meaning |\n`)[1]?.split("\n\n") ?? [];
    return [...table.matchAll(/^\| `([a-z-]+)`/gm)].map(([, name]) => name);
  });
  expect(inputs).toEqual(Object.keys(action.inputs));
  expect(outputs).toEqual(Object.keys(action.outputs));
});
