import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "@jest/globals";
import { startAutohost } from "../clients/autohost.ts";
import { autohostFaults } from "../clients/autohost-faults.ts";
import { folder as newFolder, type Outcome, start } from "./process.ts";
import { within } from "./within.ts";

const { path: folder, remove } = newFolder();
afterAll(remove);

const AUTOHOST = ["--protocol", "v0", "--actor", "autohost"];

/** Gets a token as an autohost does: from the endpoint that the metadata names. */
async function tokenOf(host: string): Promise<string> {
  const metadata = await fetch(`http://${host}/.well-known/oauth-authorization-server`);
  const { token_endpoint: endpoint } = (await metadata.json()) as { token_endpoint: string };
  const body =
    "grant_type=client_credentials&client_id=conformance-bot&client_secret=conformance-secret&scope=tachyon.lobby";
  const headers = { "Content-Type": "application/x-www-form-urlencoded" };
  const response = await fetch(endpoint, { method: "POST", headers, body });
  return ((await response.json()) as { access_token: string }).access_token;
}

/** Runs the suite as a server, and lets an autohost come to the url that it tells. */
async function listen(
  args: readonly string[],
  fault?: string,
): Promise<Outcome & { readonly url: string; readonly token: string }> {
  const { child, outcome } = start(folder, ["run", "--listen", "0", ...AUTOHOST, ...args]);
  const [told] = await once(child.stderr ?? child, "data");
  const [url = ""] = /ws:\S+/.exec(String(told)) ?? [];
  const token = await tokenOf(new URL(url).host);
  const headers = { Authorization: `Bearer ${token}` };
  const autohost = startAutohost(url, { headers, ...(fault === undefined ? {} : autohostFaults[fault]?.ways) });
  return { ...(await outcome.finally(autohost.stop)), url, token };
}

describe("a run that listens", () => {
  test("passes an autohost that conforms, and redacts its token", async () => {
    const { code, stdout, stderr, url, token } = await listen(["--out", "ok"]);
    expect(stderr).toMatch(
      /^Waiting at ws:\/\/127\.0\.0\.1:\d+\/tachyon for an autohost, for 30 s\nAny access token is taken\./,
    );
    expect(stdout).toMatch(/^PASS no MUST that was judged is broken/m);
    expect(stdout).toContain(`target   the autohost that came to ${url}`);
    expect(stdout).toMatch(
      /covered {2}36 of 37 requirements of Tachyon v0 for autohosts \(not tested: [a-z]+ 1; --all adds them\)/,
    );
    expect(code).toBe(0);
    expect(readFileSync(join(folder, "ok/report.json"), "utf8")).not.toContain(token);
  });

  test("says of a fault who sent what, in all formats, and its report is read again", async () => {
    const { code, stdout, url } = await listen(["--out", "wrong", "--suite", "requests"], "has-reasons-of-its-own");
    expect(code).toBe(1);
    expect(stdout).toMatch(/the server sends a request of conformance\/unknown/);
    expect(stdout).toMatch(/→ text .*"type":"request".*\n.*> .*← text .*"reason":"nope"/);
    expect(stdout).toContain(`run --listen ${new URL(url).port} ${AUTOHOST.join(" ")} --case requests/`);
    const page = readFileSync(join(folder, "wrong/report.html"), "utf8").replaceAll(
      /<(script|style)[\s\S]*?<\/\1>|<[^>]+>/g,
      "",
    );
    expect(page).toMatch(/→ the suite sends, as the server; ← the autohost sends/);
    expect(`${stdout}${page}`).not.toMatch(/the client sent|a client sends|the server (sent|closed|ended)/);
    const again = await within(folder, ["report", "wrong", "--markdown", "again.md"]);
    expect(again.stdout).toMatch(/broken {3}response\.reason in \d+\n/);
    expect(readFileSync(join(folder, "again.md"), "utf8")).toContain("the autohost that came to `ws:");
    const check = await within(folder, ["check", "wrong/report.json", "--quiet"]);
    expect(check.stdout).toMatch(/response\.reason in/);
  });

  test("starts the client itself, and tells if it does not come, with exit 3", async () => {
    writeFileSync(join(folder, "none.sh"), "exit 3\n");
    const started = await within(folder, ["run", "--listen", "0", ...AUTOHOST, "--start", "sh none.sh"]);
    expect([started.code, started.stderr]).toEqual([
      3,
      expect.stringMatching(/: The autohost of --start did not stay up: it ended with exit code 3\./),
    ]);
    const nobody = await within(folder, ["run", "--listen", "0", ...AUTOHOST, "--start-timeout", "50"]);
    expect([nobody.code, nobody.stderr]).toEqual([
      3,
      expect.stringMatching(/\n[^\n]*: No autohost came to ws:\S+ within 0\.05 s\. [^\n]*\n$/),
    ]);
  });

  test("refuses a port that is taken, and options that do not go together", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const address = other.address();
    const taken = typeof address === "object" ? String(address?.port) : "";
    const mistakes = [
      [
        ["--listen", taken, ...AUTOHOST],
        /Cannot listen on localhost, port \d+: something already listens there\. Give --listen another/,
      ],
      [AUTOHOST, /--actor autohost needs --listen <port>/],
      [["--listen", "0"], /--listen goes with --protocol v0 --actor autohost/],
      [["ws://localhost:1", "--listen", "0", ...AUTOHOST], /--listen takes no url/],
      [["--listen", "0", "--rate", "5", ...AUTOHOST], /--rate goes with the url of a server, and not with --listen/],
      [["--listen", "0", "--concurrency", "1", ...AUTOHOST], /--concurrency goes with the url/],
      [["--listen", "0", "--insecure", ...AUTOHOST], /--insecure goes with the url/],
      [["--listen", "0", "--header", "A: b", ...AUTOHOST], /--header goes with the url/],
      [["--actor", "autohost"], /--actor goes with --protocol v0/],
      [["--protocol", "v0", "--actor", "autohos"], /There is no actor "autohos"\. The nearest known one is "autohost"/],
    ] as const;
    const outcomes = await Promise.all(mistakes.map(([args]) => within(folder, ["run", ...args])));
    other.close();
    for (const [i, { code, stderr }] of outcomes.entries()) {
      expect([mistakes[i]?.[0], code]).toEqual([mistakes[i]?.[0], 2]);
      expect(stderr).toMatch(mistakes[i]?.[1] as RegExp);
    }
  });
});

test("list and explain know the cases of autohosts", async () => {
  const [list, requirement, one] = await Promise.all([
    within(folder, ["list", ...AUTOHOST]),
    within(folder, ["explain", "client.status", ...AUTOHOST]),
    within(folder, ["explain", "requests/alone", ...AUTOHOST]),
  ]);
  expect(list.stdout).toMatch(/^An autohost connects \(1 case\)\n {2}autohost\/connects {2}an autohost connects\n/);
  expect(requirement.stdout).toMatch(/^client\.status \(SHOULD\)\n {2}An autohost that connects sends/);
  expect(one.stdout).toContain(
    "run it alone: npx tachyon-conformance run --listen <port> --protocol v0 --actor autohost",
  );
  expect(one.stdout).toMatch(/reference autohost, which conforms, this passes .*:\n.*\n.*← upgrade GET \/tachyon/);
});
