import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { crypto, dsse } from "@sigstore/core";
import type { Protocol } from "../../harness/protocol.ts";
import type { Report } from "../../reports/report.ts";
import { own } from "../../schemas/v0/index.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import { protocolBy } from "../../suites/v0/index.ts";
import { cases } from "../helpers.ts";
import { byTurns } from "../turns.ts";
import { cli, folder, type Outcome } from "./process.ts";
import { within } from "./within.ts";

const { path: cwd, remove } = folder();
afterAll(remove);
const at = (...path: string[]) => join(cwd, ...path);
const read = (...path: string[]) => readFileSync(at(...path), "utf8");

const SECRET = "hidden-token-1";
const REVISION = "0123456789".repeat(4);
const FILES = ["SHA256SUMS", "certificate.json", "junit.xml", "report.html", "report.json", "transcripts.ndjson.gz"];

/** Certifies a reference server, with a fault or without, in a folder of its own. */
async function certify(of: Protocol, place: string, fault: string | undefined, args: string[], env = {}) {
  mkdirSync(at(place), { recursive: true });
  const server = await of.serve({ fault });
  const all = ["certify", server.url, "--implementation", "lobby", ...args];
  return await cli(at(place), all, env).finally(server.close);
}

const verify = (...args: string[]) => cli(cwd, ["verify", ...args]);

let healthy: Outcome;
let verified: Outcome;

beforeAll(async () => {
  for (const name of ["own", "foreign"]) {
    execFileSync("openssl", ["genpkey", "-algorithm", "ed25519", "-out", at(`${name}.pem`)], { stdio: "ignore" });
    execFileSync("openssl", ["pkey", "-in", at(`${name}.pem`), "-pubout", "-out", at(`${name}.pub`)]);
  }
  const told = [
    "--implementation-version",
    "1.2.0",
    "--revision",
    REVISION,
    "--header",
    `Authorization: Bearer ${SECRET}`,
  ];
  const env = { TACHYON_KEY: read("own.pem") };
  healthy = await certify(protocol, "healthy", undefined, ["--out", "lobby-1.2.0", ...told], env);
  verified = await verify("healthy/lobby-1.2.0.tgz", "--public-key", "own.pub");
  cpSync(at("healthy", "lobby-1.2.0.tgz"), at("packed.tgz"));
}, 240_000);

test("a server that conforms gets a signed bundle, at the highest level that it reaches", () => {
  expect(healthy.stdout).toMatch(/^CERTIFIED "lobby" is strict \(no MUST or SHOULD is broken\)$/m);
  expect(healthy).toMatchObject({ code: 0, stderr: "" });
  expect(readdirSync(at("healthy")).toSorted()).toEqual(["lobby-1.2.0", "lobby-1.2.0.tgz"]);
  expect(readdirSync(at("healthy", "lobby-1.2.0")).toSorted()).toEqual(FILES);
  const report: Report = JSON.parse(read("healthy", "lobby-1.2.0", "report.json"));
  expect(report.cases.map(({ id }) => id).toSorted()).toEqual(cases.map(({ id }) => id).toSorted());
  const bad = report.cases.filter(({ verdict, unstable }) => unstable || (verdict !== "pass" && verdict !== "info"));
  expect(bad).toEqual([]);
  const { code, stdout, stderr } = verified;
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(
    /^ok {6}transcripts: (\d+) of \1 cases judged again from their recordings, with the same verdicts$/m,
  );
  expect(stdout).toMatch(
    /^BELIEVE "lobby" "1\.2\.0" is strict \(no MUST or SHOULD is broken\)\n {2}revision "0123456789/m,
  );
});

test("it names its conditions and its key, which stands in a variable here", () => {
  const { stdout } = verified;
  expect(stdout).toMatch(/^ {2}terms {4}2000 ms to answer, .*; 16 cases at a time; 200 inputs of seed \d+$/m);
  expect(healthy.stdout).toContain(`signed   by ${/^ {2}key {6}(\S+)$/m.exec(stdout)?.[1]}\n`);
  expect(healthy.stdout).not.toContain("PRIVATE KEY");
});

test("a verifier of DSSE reads it, and the in-toto statement names the files of the bundle", () => {
  const bundle = at("healthy", "lobby-1.2.0");
  const { payloadType, payload, signatures } = JSON.parse(read("healthy", "lobby-1.2.0", "certificate.json"));
  const body = Buffer.from(payload, "base64");
  const signed = dsse.preAuthEncoding(payloadType, body);
  const signature = Buffer.from(signatures[0].sig, "base64");
  expect(crypto.verify(signed, crypto.createPublicKey(read("own.pub")), signature)).toBe(true);
  expect(crypto.verify(signed, crypto.createPublicKey(read("foreign.pub")), signature)).toBe(false);
  expect(crypto.verify(Buffer.concat([signed, body]), crypto.createPublicKey(read("own.pub")), signature)).toBe(false);
  const { _type, subject } = JSON.parse(body.toString());
  expect([payloadType, _type]).toEqual(["application/vnd.in-toto+json", "https://in-toto.io/Statement/v1"]);
  const named = subject.flatMap((it: { name: string; digest: { sha256?: string } }) => (it.digest.sha256 ? [it] : []));
  expect(named.map(({ name }: { name: string }) => name).toSorted()).toEqual(
    FILES.filter((name) => !/^(SHA|cert)/.test(name)),
  );
  for (const { name, digest } of named)
    expect(crypto.digest("sha256", readFileSync(join(bundle, name))).toString("hex")).toBe(digest.sha256);
});

test("other tools read it: sha256sum, tar, and any that check a signature by its standard", () => {
  const bundle = at("healthy", "lobby-1.2.0");
  execFileSync("sha256sum", ["--check", "--strict", "--quiet", "SHA256SUMS"], { cwd: bundle });
  execFileSync("tar", ["-xzf", "lobby-1.2.0.tgz", "-C", cwd], { cwd: at("healthy") });
  for (const name of FILES) expect(readFileSync(at(name)).equals(readFileSync(join(bundle, name)))).toBe(true);
  const { payloadType, payload, signatures } = JSON.parse(read("certificate.json"));
  const body = Buffer.from(payload, "base64");
  writeFileSync(
    at("pae"),
    Buffer.concat([Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${body.length} `), body]),
  );
  writeFileSync(at("sig"), Buffer.from(signatures[0].sig, "base64"));
  const args = ["pkeyutl", "-verify", "-pubin", "-inkey", "own.pub", "-rawin", "-in", "pae", "-sigfile", "sig"];
  expect(execFileSync("openssl", args, { cwd, encoding: "utf8" })).toMatch(/Signature Verified Successfully/);
});

test("no secret stands anywhere in it", () => {
  const bundle = at("healthy", "lobby-1.2.0");
  const contents = FILES.map((name) => readFileSync(join(bundle, name)));
  const transcripts = gunzipSync(readFileSync(join(bundle, "transcripts.ndjson.gz"))).toString();
  for (const content of [...contents, transcripts, healthy.stdout]) expect(content.includes(SECRET)).toBe(false);
  expect(transcripts).toContain("Authorization: [redacted]");
});

/** More that holds. Some of it has its turn each day. */
const further: Readonly<Record<string, () => Promise<void>>> = {
  "without the right key it is not believed": async () => {
    // Without cases there is nothing to judge again, which takes long.
    cpSync(at("healthy", "lobby-1.2.0"), at("copy"), { recursive: true });
    const emptied = { ...JSON.parse(read("copy", "report.json")), cases: [] };
    writeFileSync(at("copy", "report.json"), `${JSON.stringify(emptied, null, 1)}\n`);
    const names = read("copy", "SHA256SUMS").match(/\S+$/gm) ?? [];
    writeFileSync(at("copy", "SHA256SUMS"), execFileSync("sha256sum", names, { cwd: at("copy") }));
    const foreign = await within(cwd, ["verify", "copy", "--public-key", "foreign.pub", "--quiet"]);
    expect(foreign).toMatchObject({ code: 1, stderr: "" });
    expect(foreign.stdout).toMatch(/^problem signature: it is not signed by the key given/m);
    expect(foreign.stdout).toMatch(/^DO NOT BELIEVE that "lobby" "1\.2\.0" is strict$/m);
  },

  "a server that breaks a MUST gets reports, and no certificate, which names what it takes": async () => {
    writeFileSync(at("token"), "alice-token");
    const user = ["--protocol", "v0", "--as", "alice:@../token", "--rate", "0", "--quiet"];
    const broken = await certify(protocolBy(own), "broken", "gives-each-connection-an-id", user);
    expect(broken).toMatchObject({ code: 1, stderr: "" });
    expect(broken.stdout).toMatch(
      /^FAIL the target is not conformant\n(.*\n)*NO CERTIFICATE\n {2}broken: self\.identity\n(.*\n)* {2}needs these options: .*--client/,
    );
    expect(readdirSync(at("broken"))).toEqual(["tachyon-report"]);
    expect(JSON.parse(read("broken", "tachyon-report", "report.json")).verdict).toBe("fail");
  },

  "an older bundle stays if nothing new is certified": async () => {
    const before = read("healthy", "lobby-1.2.0", "SHA256SUMS");
    const args = ["certify", "ws://127.0.0.1:1", "--implementation", "lobby", "--out", "healthy/lobby-1.2.0"];
    expect((await within(cwd, [...args, "--key", "own.pem"])).code).toBe(3);
    expect(read("healthy", "lobby-1.2.0", "SHA256SUMS")).toBe(before);
  },
};

test.each(byTurns(Object.entries(further), 3))("%s", (_, holds) => holds());

test.each<[string, string[], RegExp]>([
  [
    "no implementation",
    ["certify", "ws://localhost:1"],
    /Give --implementation: the name of the implementation that is certified\. See --help\.$/m,
  ],
  ["no url", ["certify", "--implementation", "x"], /Something is missing\. Give <url>\. See --help\./],
  [
    "an unknown set",
    certifying("--set", "0.1.7/2026-1"),
    /There is no set "0\.1\.7\/2026-1"\. The nearest known one is "0\.1\.7\/2026-11"/,
  ],
  [
    "the private key in the place of the public one",
    ["verify", "healthy/lobby-1.2.0.tgz", "--public-key", "own.pem"],
    /--public-key takes the public key, and this is the private one\. .*openssl pkey -in key\.pem -pubout$/m,
  ],
  ["a key that is none", certifying("--key", "own.pub"), /--key takes the private key, and this is the public one/],
  [
    "a folder that holds something else",
    certifying("--out", "healthy"),
    /Cannot write a bundle to healthy: it holds lobby-1\.2\.0/,
  ],
  ["a file for a folder", certifying("--out", "own.pem"), /Cannot write a bundle to own\.pem: it is not a folder/],
  [
    "a signed bundle in the place of one that nobody signs",
    certifying("--out", "healthy/lobby-1.2.0/"),
    /: healthy\/lobby-1\.2\.0 holds a signed certificate, and the new one would not be signed\. Give --key, or another --out\.$/m,
  ],
  ["its archive alone", certifying("--out", "packed"), /: packed\.tgz holds a signed certificate/],
  [
    "too long a name",
    certifying("--revision", "x".repeat(101)),
    /--revision takes 1 to 100 characters that can be seen/,
  ],
  [
    "a name of two lines",
    certifying("--implementation-version", "1\nBELIEVE"),
    /--implementation-version takes 1 to 100/,
  ],
  ["too many inputs", certifying("--runs", "1001"), /--runs 1001: certificates by the set \S+ need 200 to 1000\. /],
  ["too few inputs", certifying("--runs", "1"), /--runs 1: certificates by the set \S+ need 200 to 1000\. /],
  ["a seed of one's own", certifying("--seed", "2"), /--seed 2: certificates by the set \S+ need \d+\. Leave it out\./],
  ["more time to answer", certifying("--timeout", "8000"), /--timeout 8000: certificates by the set \S+ need 2000\. /],
  ["less silence", certifying("--idle", "1"), /--idle 1: certificates by the set \S+ need 2 to 3600\. /],
  [
    "no others beside",
    certifying("--concurrency", "1"),
    /--concurrency 1: certificates by the set \S+ need 16 to 64\. /,
  ],
  [
    "more time to recover",
    certifying("--recovery", "9000"),
    /--recovery 9000: certificates by the set \S+ need 0 to 2000\. /,
  ],
  ["no bundle", ["verify", "nothing.tgz"], /Cannot read nothing\.tgz: there is no such file or folder/],
])("%s is one clear line and exit code 2", async (_, args, message) => {
  refusedInOneLine(await within(cwd, args), message);
});

test("a key that others see is refused", async () => {
  const args = certifying("--key=-----BEGIN PRIVATE KEY-----");
  refusedInOneLine(await within(cwd, args), /Everybody on this machine can see arguments/);
});

function refusedInOneLine({ code, stdout, stderr }: Outcome, message: RegExp): void {
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(message);
  expect(stderr.trimEnd()).not.toContain("\n");
  expect(existsSync(at("tachyon-certificate"))).toBe(false);
}

function certifying(...args: string[]): string[] {
  return ["certify", "ws://127.0.0.1:1", "--implementation", "lobby", ...args];
}
