import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { Ajv } from "ajv";
import { protocol } from "../../suites/0.1.7/index.ts";
import { cases } from "../helpers.ts";
import { reference, within } from "./within.ts";
import { cwd } from "./workspace.ts";

const schema = (path: string) => JSON.parse(readFileSync(path, "utf8"));
const ajv = new Ajv({ strict: true });
ajv.addSchema(schema("reports/report.schema.json"), "report.schema.json");
const shapes = {
  list: ajv.compile(schema("cli/list.schema.json")),
  explain: ajv.compile(schema("cli/explain.schema.json")),
};

/** Prints JSON of the schema of its command. */
async function json(name: keyof typeof shapes, args: readonly string[], env?: NodeJS.ProcessEnv) {
  const { code, stdout, stderr } = await within(cwd, [name, ...args, "--json"], env);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const value = JSON.parse(stdout);
  shapes[name](value);
  expect(shapes[name].errors).toBeNull();
  return value;
}

describe("list --json", () => {
  test("holds every case and requirement", async () => {
    const { suites, requirements } = await json("list", []);
    expect(suites.flatMap((it: { cases: { id: string }[] }) => it.cases.map(({ id }) => id))).toEqual(
      cases.map(({ id }) => id),
    );
    expect(requirements.map(({ id }: { id: string }) => id)).toEqual(protocol.requirements.map(({ id }) => id));
  });

  test("holds what is selected", async () => {
    const { suites, requirements } = await json("list", ["--case", "disconnect/alone"]);
    expect(suites).toHaveLength(1);
    expect(suites[0].cases).toEqual([expect.objectContaining({ id: "disconnect/alone" })]);
    expect(requirements.find(({ id }: { id: string }) => id === "disconnect.request-only")).toMatchObject({
      everywhere: false,
      cases: ["disconnect/alone"],
    });
  });

  test("holds the sets", async () => {
    const { sets } = await json("list", ["--sets"]);
    expect(sets.map(({ name }: { name: string }) => name)).toEqual(protocol.sets.toReversed().map(({ name }) => name));
  });

  test("is a switch, though a file elsewhere", async () => {
    expect(await within(cwd, ["list", "--json=x"])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/--json takes yes or no/),
    });
    expect((await within(cwd, ["list"], { TACHYON_JSON: "x.json" })).stdout).toMatch(/^Version: /);
    expect((await within(cwd, ["list", "--json=no"])).stdout).toMatch(/^Version: /);
    await json("list", [], { TACHYON_JSON: "x.json" });
    expect(
      (await within(cwd, ["run", reference.url, "--case", "disconnect/alone", "--json", "on", "--quiet"])).code,
    ).toBe(0);
    expect(readFileSync(`${cwd}/on`, "utf8")).toMatch(/^\{/);
  });
});

describe("explain --json", () => {
  test.each([
    ["parity.patch", "requirement"],
    ["parity.prerelease", "requirement"],
    ["message.json", "requirement"],
    ["version/parity-patch-with-zero", "case"],
    ["disconnect/alone", "case"],
    ["compares-versions-as-prefixes", "fault"],
    ["system/version", "command"],
    ["user/updated", "command", "--protocol", "v0"],
  ])("explains %s, a %s", async (name, kind, ...options) => {
    expect(await json("explain", [name, ...options])).toMatchObject({ kind });
  });
});

test("-q and -v stand for --quiet and --verbose, alone, together and in the help", async () => {
  const run = async (...args: string[]) =>
    (await within(cwd, ["run", reference.url, "--case", "disconnect/alone", ...args])).stdout;
  expect(await run("-q")).toMatch(/^PASS[^\n]*\n$/);
  expect(await run("-qv")).toMatch(/^PASS[^\n]*\n$/);
  expect(await run("-v")).toMatch(/^disconnect: .*\nPASS/s);
  expect(
    (await within(cwd, ["run", reference.url, "-q", "--case", "disconnect/alone"], { TACHYON_QUIET: "0" })).stdout,
  ).toMatch(/^PASS/);
  expect((await within(cwd, ["run", "--help"])).stdout).toMatch(/-q, --quiet/);
});
