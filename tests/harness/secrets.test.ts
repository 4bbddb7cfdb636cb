import { expect, test } from "@jest/globals";
import { howItFell } from "../../harness/fall.ts";
import type { Pass } from "../../harness/pass.ts";
import { secrets, secretsIn } from "../../harness/secrets.ts";
import { makeReport } from "../../reports/make.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import { cases, runAgainst } from "../helpers.ts";
import { lobby } from "../servers/lobby.ts";

test("a secret is taken out however it is spelled, and so is abc alone from Bearer abc", () => {
  const { redact } = secrets('Bearer s3cret/"token"');
  expect(redact('"a":"s3cret/\\"token\\"", Bearer s3cret/"token", ?t=s3cret%2F%22token%22')).toBe(
    '"a":"[redacted]", [redacted], ?t=[redacted]',
  );
});

test.each([4, 5, 8, 11, 12, 40])("a secret of %d characters is taken out", (length) => {
  const secret = "s3cr3t".repeat(8).slice(0, length);
  const { redact } = secrets(secret);
  expect(redact(`<${secret}>`)).toBe("<[redacted]>");
  expect(secrets(`Bearer ${secret}`).redact(`<${secret}>`)).toBe("<[redacted]>");
});

test.each(["secret", "päss wörd?>", "k3y/with+signs="])("%s is taken out of base64 and percent encodings", (secret) => {
  const { redact } = secrets(secret);
  for (const before of ["", "u", "us", "usr", "user:"]) {
    const bytes = Buffer.from(`${before}${secret}: and more`);
    for (const encoding of ["base64", "base64url"] as const) {
      const left = redact(bytes.toString(encoding)).split("[redacted]");
      expect(left).toHaveLength(2);
      expect(Buffer.from(left.join(""), encoding).toString()).not.toContain(secret.slice(1, -1));
    }
  }
  const bytes = Array.from(Buffer.from(secret), (byte) => `%${byte.toString(16)}`).join("");
  const form = new URLSearchParams({ secret }).toString();
  for (const text of [encodeURIComponent(secret), encodeURI(secret), bytes, bytes.toUpperCase(), form])
    expect(redact(text)).toContain("[redacted]");
});

test.each([
  ["ws://x/?access_token=a%2Fb&page=1", ["a%2Fb", "a/b"]],
  ["ws://x/?apiKey=1+2&x=y", ["1+2", "1 2"]],
  ["ws://x/?page=1&monkey=2", []],
  ["ws://x/", []],
])("of the query of %s the secrets are %j", (url, found) => {
  expect(secretsIn(new URL(url).search.slice(1))).toEqual(found);
});

test("shorter ones stay, since they stand in innocent places, too", () => {
  expect(secrets("abc", "").redact("abc")).toBe("abc");
});

test("the longest of secrets that begin alike is taken out, and none is taken for a pattern", () => {
  expect(secrets("s3cret", "s3cret-token").redact("s3cret-token, s3cret")).toBe("[redacted], [redacted]");
  expect(secrets("a.*+?^$()[]{}|\\/-b").redact("a.*+?^$()[]{}|\\/-b, a.xx")).toBe("[redacted], a.xx");
});

test("the list can grow", () => {
  const list = secrets();
  expect(list.redact("first, second")).toBe("first, second");
  list.add("first");
  expect(list.redact("first, second")).toBe("[redacted], second");
  list.add("second");
  expect(list.redact("first, second")).toBe("[redacted], [redacted]");
});

test("a text that comes in parts is redacted as if it came at once, and goes on as soon as it can", () => {
  const text = "x one two, one%20two, one two+ secret secrets";
  const list = secrets("one two+", "one two", "secret", "longsecret");
  for (let size = 1; size <= text.length; size++) {
    const follow = list.follow();
    const parts = text.match(new RegExp(`.{1,${size}}`, "g")) ?? [];
    const told = parts.map((part) => follow(part));
    expect([...told, follow("", true)].join("")).toBe(list.redact(text));
  }
  expect(secrets().follow()("all at once")).toBe("all at once");
});

test.each([
  ["of 4 characters", "q7Zk"],
  ["of 11 characters", "q7Zk-q7Zk-9"],
  ["of 40 characters", "q7Zk-".repeat(8)],
])("a secret %s that a server repeats stands nowhere in a report, not even where a text is cut", async (_, secret) => {
  const server = await lobby(() => ({
    greet: (client) => {
      client.say({ command: "system/version/response", status: secret, data: { [secret]: secret } });
      // The first is told as `text x…`, of which the cut would leave all but the last character of the secret.
      for (let length = 1_996 - secret.length; length < 2_000; length++) client.say(`${"x".repeat(length)}${secret}`);
    },
  }));
  const url = new URL(`${server.url}?token=${secret}`);
  const target = { url, headers: { "X-Secret": secret }, secrets: secrets(secret) };
  const some = cases.filter(({ id }) => /^version\/greeting|^disconnect\/alone/.test(id));
  const result = await runAgainst(server.url, some, { target, timeout: 300 }).finally(server.close);
  const at = { url: "ws://localhost/", embedded: false, strict: false };
  const report = JSON.stringify(makeReport(result, { suite: { name: "x", version: "1.0.0" }, protocol, target: at }));
  expect(report).toContain("[redacted]");
  expect(report).toMatch(/cut: \d+ characters/);
  for (let length = 3; length <= secret.length; length++) expect(report).not.toContain(secret.slice(0, length));
});

test("a secret stands in no words of how a server ended", async () => {
  const process = {
    death: { at: 0, how: "exit code 1" },
    lastWords: async () => ({ text: "bad token s3cret", isCause: true }),
  };
  const pass = { target: { process, secrets: secrets("s3cret") }, availability: {} } as unknown as Pass;
  expect(await howItFell(pass)).toMatchObject({ how: "the server ended (exit code 1: bad token [redacted])" });
});
