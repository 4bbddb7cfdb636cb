import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type * as Api from "../../library/index.d.cts";
import { cases, check, run, serve, toText } from "../../library/index.ts";
import { folder } from "../cli/process.ts";

const { path, remove } = folder();
const protocol = "v0";
let good: Api.RunningServer;
let bad: Api.RunningServer;
beforeAll(async () => {
  [good, bad] = await Promise.all([serve({ protocol }), serve({ protocol, fault: "has-types-of-its-own" })]);
});
afterAll(async () => {
  await Promise.all([good.close(), bad.close()]);
  remove();
});

test("a case of v0 is judged for a user that the server knows", async () => {
  const [it] = cases({ protocol, case: "requests/alone", users: good.users ?? [] });
  expect(it).toMatchObject({ id: "requests/alone", suite: "requests" });
  await expect(it?.judge(good.url)).resolves.toBeUndefined();
});

test("a failure is told with what is known of v0, and the command names it", async () => {
  const [it] = cases({ protocol, case: "requests/alone", users: bad.users ?? [] });
  await expect(it?.judge(bad.url)).rejects.toThrow(
    /^FAIL requests\/alone\n[\s\S]*clause {4}protocol\.md, [\s\S]*alone: npx \S+ run \S+ --protocol v0 .*--case requests\/alone/,
  );
});

test("a run, its text and recorded traffic are of v0", async () => {
  const report = await run(good.url, { protocol, case: "requests/alone", credentials: good.users?.[0] ?? {} });
  expect(report).toMatchObject({ verdict: "pass", protocol: { version: "v0" } });
  expect(toText(report)).toMatch(/ requirements of Tachyon v0 /);
  const file = join(path, "report.json");
  writeFileSync(file, JSON.stringify(report));
  await expect(check(file, { protocol })).resolves.toMatchObject({ verdict: "pass", protocol: { version: "v0" } });
  await expect(check(file)).rejects.toThrow(/v0/);
});

test("what is wrong names options of the library", async () => {
  await expect(run(good.url, { protocol, case: "requests/alone" })).rejects.toThrow(
    / HTTP 401 .*in the option "credentials", or those of several users in "users"; /,
  );
  await expect(serve({ protocol, fault: "misspells-propertys" })).rejects.toThrow(
    'The nearest known one is "misspells-properties". `npx tachyon-conformance serve --protocol v0 --list-faults` lists them.',
  );
});

test("the reference server listens at the port that it is given", async () => {
  const { url, close } = await serve({ protocol });
  await close();
  const again = await serve({ protocol, port: Number(new URL(url).port) });
  await again.close();
  expect(again.url).toBe(url);
});

test.each([
  ["cases", () => cases({ protocol: "v1" as never })],
  ["run", () => run(good.url, { protocol: "v1" as never })],
  ["check", () => check("x", { protocol: "v1" as never })],
  ["serve", () => serve({ protocol: "v1" as never })],
])("%s refuses a version that nobody knows", async (_, act) => {
  await expect(async () => await act()).rejects.toThrow(/^The option "protocol" takes "0\.1\.7" or "v0"\.$/);
});
