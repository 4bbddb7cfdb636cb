import { cpSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { validate } from "dockerfile-utils";
import { folder } from "../cli/process.ts";
import { shellcheck } from "./lint.ts";
import { bash, reportIn } from "./runner.ts";

const file = readFileSync("Dockerfile", "utf8");
const stages = file.split(/^(?=FROM )/m);
const last = stages.at(-1) ?? "";
const all = (instruction: string, text: string) =>
  [...text.matchAll(new RegExp(`^${instruction} (.*)$`, "gm"))].map(([, rest = ""]) => rest);

let cwd = "";
let remove = () => {};
beforeEach(() => {
  ({ path: cwd, remove } = folder());
});
afterEach(() => remove());

test("the Dockerfile is valid, its stages start from the same pinned image, and it does not run as root", () => {
  expect(validate(file)).toEqual([]);
  const images = all("FROM", file).map((it) => it.split(" ", 1)[0]);
  expect(new Set(images)).toEqual(new Set([expect.stringMatching(/^node:\d+-alpine$/)]));
  expect(all("USER", last)).toEqual(["node"]);
  expect(shellcheck(all("RUN", file).join("\n"))).toBe("");
});

test("the build needs no more than .dockerignore lets in, and the command no more than the last stage holds", async () => {
  const context = join(cwd, "context");
  mkdirSync(context);
  for (const [, path = ""] of readFileSync(".dockerignore", "utf8").matchAll(/^!(.*)$/gm))
    cpSync(path, join(context, path), { recursive: true });
  symlinkSync(resolve("node_modules"), join(context, "node_modules"));
  expect(await bash(context, all("RUN", stages[0] ?? "").at(-1) ?? "")).toMatchObject({ code: 0, stderr: "" });

  const image = join(cwd, "image");
  for (const copied of all("COPY", last)) {
    const [from = "", to = ""] = copied.replace("--from=build ", "").split(" ");
    cpSync(join(context, from.replace("/suite", "")), join(image, to), { recursive: true });
  }
  const work = join(image, all("WORKDIR", last)[0] ?? "");
  mkdirSync(work);
  const [program, script] = JSON.parse(all("ENTRYPOINT", last)[0] ?? "");
  const ran = await bash(work, `${program} "${join(image, script)}" run --case disconnect/alone`);
  expect(ran).toMatchObject({ code: 0, stderr: "" });
  expect(reportIn(work)?.verdict).toBe("pass");
});
