import { existsSync, lstatSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { protocol } from "../../suites/0.1.7/index.ts";
import { lobby } from "../servers/lobby.ts";
import { start } from "./process.ts";
import { reference, within } from "./within.ts";
import { closing, cwd, read, report } from "./workspace.ts";

const one = [reference.url, "--case", "disconnect/alone"];

describe("wrong usage: one line that says what to do, exit 2", () => {
  test.each<[string, string[], RegExp]>([
    ["no command", [], /Name a command/],
    ["an unknown command", ["rnu"], /no command "rnu".*"run"/],
    ["an unknown option", ["run", "--tiemout", "1"], /no option --tiemout\. .* is --timeout\.$/m],
    [
      "a long option with one dash",
      ["run", "-timeout", "500"],
      /no option -timeout\. A long one has two dashes: --timeout\.$/m,
    ],
    ["one with a value, misspelt", ["run", "-tiemout=500"], /no option -tiemout\. A long one .*: --timeout\.$/m],
    ["no shell to complete in", ["completion"], /: Something is missing\. Give <shell>\. See --help\.$/m],
    ["one argument too many", ["run", "ws://x", "y"], /"y" is one argument too many/],
    ["a value that is no number", ["run", "--timeout", "soon"], /--timeout takes one whole number of ms from 1/],
    ["a missing value", ["run", "--timeout"], /--timeout needs a value/],
    ["an unknown suite", ["run", "--suite", "disconect"], /no suite "disconect".*"disconnect"/],
    ["an unknown case", ["run", "--case", "disconnect/alon"], /no case.*"disconnect\/alone"/],
    ["an unknown requirement", ["run", "--requirement", "parity.mach"], /no requirement.*"parity\.match"/],
    [
      "an unknown id",
      ["explain", "parity.mach"],
      /no case, requirement, fault or command "parity\.mach".*"parity\.match"/,
    ],
    ["no url", ["run", "localhost:1"], /perhaps ws:\/\/localhost:1\./],
    ["a port for a url", ["run", "8090"], /perhaps ws:\/\/localhost:8090\./],
    ["a word for a url", ["run", "greeting"], /"greeting" is no url\. Give one like \S+\.$/m],
    ["an empty url", ["run", ""], /The url is empty/],
    ["an empty --url", ["run", "--url="], /The url is empty/],
    ["an empty url to certify", ["certify", "", "--implementation", "x"], /The url is empty/],
    [
      "a requirement for a case",
      ["run", "--case", "disconnect.once"],
      /It is a requirement: give it to --requirement\./,
    ],
    ["a case for a requirement", ["list", "--requirement", "disconnect/alone"], /It is a case: give it to --case\./],
    ["a part of a case", ["list", "--case", "parity-patch"], / --case "\*parity-patch\*" selects \d+\.$/m],
    ["a suite for a case", ["list", "--case", "version"], /It is a suite: give it to --suite\./],
    ["a word that is like no command", ["polka"], /There is no command "polka"\. See --help\.$/m],
    ["a word that is like no option", ["list", "--strict"], /There is no option --strict\. See --help\.$/m],
    ["a letter that is no option", ["run", "-x"], /There is no option -x\./],
    ["a word that is like no case", ["list", "--case", "polka"], /There is no case "polka"\. See `list`\.$/m],
    ["the parameter of the suite in the url", ["run", "ws://x/?tachyonVersion=1"], /the suite sets itself/],
    ["a ca file that is not there", ["run", "ws://x", "--ca", "nowhere.pem"], /Cannot read nowhere\.pem/],
    [
      "a ca file that holds no certificate",
      ["run", "wss://127.0.0.1:9", "--ca", "junk.pem"],
      /junk\.pem holds no certificate/,
    ],
    ["a header that is none", ["run", "ws://x", "--header", "token"], /needs the form "Name: value"/],
    [
      "a config file that is not there",
      ["run", "--config", "nowhere.json"],
      /Cannot read the config file .*nowhere\.json: there is no such file/,
    ],
    [
      "a config file with an unknown key",
      ["run", "--config", "typo.json"],
      /typo\.json: there is no option "tiemout".*"timeout"/,
    ],
    ["a config file that is no JSON", ["run", "--config", "junk.pem"], /config file .*junk\.pem: /],
    ["an output folder that is a file", ["run", "--out", "junk.pem"], /Cannot write junk\.pem/],
    ["a report file that is a folder", ["run", "--json", "."], /Cannot write \.: it is a folder/],
    ["a config without a path", ["run", "--config"], /--config needs the path of one file\. See --help\.$/m],
    ["an empty word", ["list", ""], /: "" is one argument too many\. See --help\.$/m],
    ["a second url behind --", ["run", "ws://y", "--", "ws://x"], /"ws:\/\/x" is one argument too many/],
    ["a url without a command", ["ws://x"], /Did you mean run ws:\/\/x\?/],
    [
      "a timeout of more than an hour",
      ["run", "--timeout", "1e9"],
      /--timeout takes one whole number of ms from 1 to 3600000\./,
    ],
    ["a config value of a wrong type", ["run", "--config", "wrong.json"], /wrong\.json: "case" takes a text/],
    ["start without a url", ["run", "--start", "true"], /--start needs the url/],
    ["an unknown fault", ["serve", "--fault", "greets-twcie"], /no fault "greets-twcie".*"greets-twice"/],
    [
      "two faults",
      ["serve", "--fault", "greets-twice", "--fault", "greets-late"],
      /--fault is given 2 times\. A server has one fault at a time: start another one, on another --port, for the next\./,
    ],
    ["two files", ["serve", "--host", "a", "--host", "b"], /--host is given 2 times\. It takes one value\./],
    ["a fault of another version", ["serve", "--fault", "counts-seconds"], /is one of v0\. Give --protocol v0\./],
    ["a seed that is none", ["run", "--seed", "x"], /--seed takes one whole number/],
    [
      "a silence that no timer can wait",
      ["run", "--idle", "2147484"],
      /--idle takes one whole number of s from 0 to 2147483/,
    ],
    ["a short text to take out", ["run", "ws://x", "--redact", "ver"], /--redact takes texts of at least 4 characters/],
    [
      "a watch of what failed last",
      ["run", "ws://x", "--watch", ".", "--start", "x", "--last-failed"],
      /leave out --last-failed/,
    ],
    [
      "a port that is taken",
      ["serve", "--port", new URL(reference.url).port],
      /Cannot listen on 127\.0\.0\.1, port \d+: something already listens there\. Choose another --host or --port\./,
    ],
    ["an address of another machine", ["serve", "--host", "192.0.2.1"], /: this machine has no such address\. Choose/],
    ["a port that is none", ["serve", "--port", "99999"], /--port takes one whole number from 0 to 65535/],
  ])("%s", async (_, args, message) => {
    writeFileSync(join(cwd, "typo.json"), '{"tiemout":1}');
    writeFileSync(join(cwd, "junk.pem"), "junk");
    writeFileSync(join(cwd, "wrong.json"), '{"case":3}');
    const { code, stdout, stderr } = await within(cwd, args);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^tachyon-conformance: [^\n]+\n$/);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  });
});

describe("options", () => {
  test("come from variables, from a config file, and from the command line, which wins", async () => {
    writeFileSync(
      join(cwd, "config.json"),
      JSON.stringify({ url: reference.url, case: ["version/greeting"], out: "from-config", quiet: true }),
    );
    const env = { TACHYON_OUT: "from-variable", TACHYON_CONFIG: "config.json" };
    expect(await within(cwd, ["run", "--config", "config.json"])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^PASS[^\n]*\n$/),
    });
    expect(JSON.parse(read("from-config", "report.json")).cases).toHaveLength(1);
    await within(cwd, ["run"], env);
    expect(existsSync(join(cwd, "from-variable"))).toBe(true);
    await within(cwd, ["run", "--out", "from-line"], env);
    expect(existsSync(join(cwd, "from-line"))).toBe(true);
  });

  test("a variable of another program is left alone, a mistyped one is an error", async () => {
    expect(await within(cwd, ["run", ...one], { TACHYON_PORT: "8080", TACHYON_DB_URL: "x" })).toMatchObject({
      code: 0,
    });
    expect(await within(cwd, ["run", ...one], { TACHYON_TIMEOUT: "abc" })).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/: TACHYON_TIMEOUT takes one whole number/),
    });
    expect(await within(cwd, ["run", ...one], { TACHYON_TIMEOT: "1" })).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/TACHYON_TIMEOT .* is TACHYON_TIMEOUT\.$/m),
    });
  });

  test("a report is written to what is not a plain file, and through a link", async () => {
    writeFileSync(join(cwd, "real.json"), "old");
    symlinkSync("real.json", join(cwd, "link.json"));
    expect((await within(cwd, ["run", ...one, "--json", "link.json", "--junit", "/dev/null"])).code).toBe(0);
    expect(lstatSync("/dev/null").isCharacterDevice()).toBe(true);
    expect(lstatSync(join(cwd, "link.json")).isSymbolicLink()).toBe(true);
    expect(JSON.parse(read("real.json")).verdict).toBe("pass");
  });

  test("a run that cannot reach its target leaves the reports of an earlier one, and says so", async () => {
    await within(cwd, ["run", ...one]);
    const before = read("tachyon-report", "report.json");
    const { code, stdout, stderr } = await within(cwd, ["run", "ws://127.0.0.1:1"]);
    expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
    expect(stderr).toMatch(
      /^[^\n]+ The reports of an earlier run stay as they are: tachyon-report\/report\.json .*\.html\.\n$/,
    );
    expect(read("tachyon-report", "report.json")).toBe(before);
  });

  test("a reader that stops reading costs neither the run nor its reports", async () => {
    const { child, outcome } = start(cwd, ["run", "--suite", "version"]);
    child.stdout?.destroy();
    expect(await outcome).toMatchObject({ code: 0, stderr: "" });
    expect(report().verdict).toBe("pass");
  });

  test("a report goes to the file that is named, and then nowhere else", async () => {
    await within(cwd, ["run", ...one, "--junit", "deep/down/results.xml"]);
    expect(read("deep", "down", "results.xml")).toMatch(/^<\?xml/);
    expect(readdirSync(cwd)).toEqual(["deep"]);
  });

  test.each<[string, string, readonly string[], Record<string, string>]>([
    ["a header", "authorization", ["--header", "@headers.txt"], {}],
    ["a credential", "x-api-key", ["--credential", "X-Api-Key: Bearer s3cr3t-token"], {}],
    ["one from a variable", "x-api-key", [], { TACHYON_CREDENTIAL: "X-Api-Key: Bearer s3cr3t-token" }],
  ])("%s is sent, and its value is redacted wherever the server repeats it", async (_, name, options, env) => {
    const server = await lobby(({ greet }) => ({
      refuse: (_, headers) => (headers.get(name) === "Bearer s3cr3t-token" ? undefined : 401),
      greet: (client) =>
        client.say({
          command: "system/version/response",
          status: "success",
          data: { tachyonVersion: "Bearer s3cr3t-token", versionParity: "match" },
        }) ?? greet,
    }));
    closing.push(server.close);
    writeFileSync(join(cwd, "headers.txt"), "Authorization: Bearer s3cr3t-token\n\n");
    const outcome = await within(cwd, ["run", server.url, ...options, "--case", "version/greeting", "--verbose"], env);
    expect(outcome.code).toBe(1);
    expect(outcome.stdout).toContain("[redacted]");
    for (const text of [
      outcome.stdout,
      outcome.stderr,
      read("tachyon-report", "report.json"),
      read("tachyon-report", "junit.xml"),
    ]) {
      expect(text).not.toContain("s3cr3t-token");
    }
  });

  test("colours are used if they are forced, and otherwise not in a pipe", async () => {
    expect((await within(cwd, ["run", ...one], { FORCE_COLOR: "1" })).stdout).toContain("\u001b[32m");
    expect((await within(cwd, ["run", ...one], { CI: "true" })).stdout).not.toContain("\u001b");
  });
});

test("the command that runs a case alone has all that the run had", async () => {
  writeFileSync(join(cwd, "run.json"), JSON.stringify({ timeout: 400 }));
  writeFileSync(join(cwd, "headers"), "X-Secret: hush");
  const { url, close } = await protocol.serve({ fault: "compares-versions-as-prefixes" });
  const options = ["--config", "run.json", "--header", "@headers", "--case", "version/parity-patch-with-zero"];
  const { stdout } = await within(cwd, ["run", url, ...options]).finally(close);
  const alone = `${url}/ --config run.json --timeout 400 --header @headers --case version/parity-patch-with-zero`;
  expect(stdout).toMatch(new RegExp(`^  alone: npx tachyon-conformance run ${alone}$`, "m"));
  expect(stdout).toMatch(new RegExp(`^  next     npx tachyon-conformance run ${alone}$`, "m"));
});

test("a secret in the query of the url stands in no output, and neither does what --redact names", async () => {
  const secret = "hush/7+me";
  const target = `${reference.url}?access_token=${encodeURIComponent(secret)}&room=quiet-room&page=3`;
  const env = { TACHYON_REDACT: "quiet-room" };
  const { stdout, stderr, code } = await within(
    cwd,
    ["run", target, "--case", "disconnect/alone", "--out", "hidden"],
    env,
  );
  expect(code).toBe(0);
  const files = ["report.json", "junit.xml", "report.html"].map((name) => read("hidden", name));
  const spellings = [
    secret,
    encodeURIComponent(secret),
    Buffer.from(secret).toString("base64").slice(0, -1),
    "quiet-room",
  ];
  for (const text of [stdout, stderr, ...files])
    for (const spelling of spellings) expect(text.includes(spelling)).toBe(false);
  expect(stdout).toContain("access_token=[redacted]&room=[redacted]&page=3");
});
