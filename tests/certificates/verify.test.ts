import { beforeAll, describe, expect, test } from "@jest/globals";
import { FILE_NAMES, FILES, type Files, sumsOf } from "../../certificates/files.ts";
import { isObject } from "../../harness/transcript.ts";
import { byTurns, testByTurns } from "../turns.ts";
import {
  bundle,
  firstProblem,
  foreign,
  notes,
  own,
  type Parts,
  parts,
  sealed,
  small,
  unchecked,
  withFile,
} from "./bundles.ts";

const inTurn = testByTurns(3);

const CASE = "version/parity-patch-with-zero";
let healthy: Parts;
let files: Files;

beforeAll(async () => {
  healthy = await parts();
  files = await bundle({ ...healthy, key: own.privateKey });
});

test("a bundle is believed, signed or not, with or without words on its implementation", async () => {
  expect(await firstProblem(files, { key: own.publicKey })).toBeUndefined();
  expect(await notes(files, { key: own.publicKey })).toEqual([]);
  expect(await notes(files)).toEqual([
    expect.stringMatching(/^signature: not checked: it says .*SHA256:[A-Za-z0-9+/]{43};/),
  ]);
  const unsigned = await bundle({
    ...healthy,
    implementation: { name: "lobby", version: '1" is strict', revision: "0123456789".repeat(4) },
  });
  expect(await firstProblem(unsigned)).toBeUndefined();
  expect(await notes(unsigned)).toEqual(["signature: it is not signed: anyone can have made it"]);
});

test("it is believed only with the signature that is asked for", async () => {
  expect(await firstProblem(files, { key: foreign.publicKey })).toMatch(
    /^signature: it is not signed by the key given/,
  );
  expect(await firstProblem(await bundle(healthy), { key: own.publicKey })).toBe("signature: it is not signed");
});

inTurn("a server that breaks a SHOULD is certified, but not strictly", async () => {
  const warned = await parts("greets-twice");
  expect(await firstProblem(await bundle({ ...warned, level: "conformant" }))).toBeUndefined();
  expect(await firstProblem(await bundle(warned))).toBe("level: it claims strict, and its report reaches conformant");
});

inTurn("a bundle without its secrets is believed", async () => {
  const secret = "Bearer hidden-token-1";
  const made = await bundle(await parts(undefined, secret));
  const unsecret = await bundle(healthy);
  expect(await firstProblem(made)).toBeUndefined();
  for (const [name, content] of made) expect([name, content.includes("hidden-token-1")]).toEqual([name, false]);
  expect(made.get(FILES.report)?.includes("[redacted]")).toBe(true);
  expect(unsecret.get(FILES.report)?.includes("[redacted]")).toBe(false);
});

/** Returns positions spread over a file. */
const spread = (length: number, count: number) =>
  Array.from({ length: Math.min(length, count) }, (_, i) => Math.floor((i * length) / Math.min(length, count)));

function flipped(content: Buffer, at: number, mask: number): Buffer {
  const other = Buffer.from(content);
  other[at] = (other[at] as number) ^ mask;
  return other;
}

describe("one flipped byte is noticed", () => {
  test.each(FILE_NAMES)("in %s", async (name) => {
    const content = files.get(name) as Buffer;
    for (const at of byTurns(spread(content.length, 60), 4)) {
      const other = withFile(files, name, flipped(content, at, 1 << (at % 8)));
      expect([at, await firstProblem(other, { key: own.publicKey })]).toEqual([at, expect.stringMatching(/./)]);
    }
  });

  test.each(FILE_NAMES.filter((name) => name !== FILES.sums))(
    "in %s, after SHA256SUMS was made again",
    async (name) => {
      const content = files.get(name) as Buffer;
      for (const at of byTurns(spread(content.length, 24), 4)) {
        const other = withFile(files, name, flipped(content, at, 1 << (at % 8)));
        const summed = withFile(other, FILES.sums, Buffer.from(sumsOf(other)));
        const problem = await firstProblem(summed, { key: own.publicKey });
        expect([at, problem]).toEqual([at, expect.stringMatching(/^(?!SHA256SUMS)/)]);
      }
    },
  );
});

test.each(byTurns([FILES.junit, FILES.html], 2))(
  "%s that tells another story is noticed, though all digests are made anew",
  async (name) => {
    const content = files.get(name) as Buffer;
    for (const at of spread(content.length, 8)) {
      const forged = sealed(withFile(files, name, flipped(content, at, 1)), healthy);
      expect([at, await firstProblem(forged)]).toEqual([at, `${name}: it does not say what report.json says`]);
    }
  },
);

inTurn("a bundle of another version is verified as far as its cases are known, and says so", async () => {
  const suite = { name: "tachyon-conformance", version: "0.2.9" };
  const older = await bundle({ ...healthy, report: { ...healthy.report, suite } });
  expect(await firstProblem(older)).toBeUndefined();
  expect(await notes(older)).toEqual([
    expect.stringMatching(/^signature: /),
    expect.stringMatching(/^suite: made by tachyon-conformance 0\.2\.9; this is \S+, and judges with the same: only/),
  ]);
});

describe("the report in a bundle", () => {
  const implementation = { name: "my <b>lobby", version: "1.2.0", revision: "3f2504e" };
  const OTHER = "certificate: report.json says another implementation, set or level";

  test("says what the certificate does, and the page tells it", async () => {
    const named = await bundle({ ...healthy, implementation });
    expect(await firstProblem(named)).toBeUndefined();
    const { name } = healthy.set;
    expect(JSON.parse(String(named.get(FILES.report))).certificate).toEqual({
      implementation,
      set: name,
      level: "strict",
    });
    const page = String(named.get(FILES.html))
      .replace(/<[^>]*>/g, "")
      .replaceAll("&quot;", '"');
    expect(page).toMatch(/Conformance to Tachyon 0\.1\.7 of "my &lt;b>lobby" "1\.2\.0" at ws:/);
    expect(page).toContain('Implementation"my &lt;b>lobby" "1.2.0"Revision"3f2504e"');
    expect(page).toContain(`Certificatestrict (no MUST or SHOULD is broken), by the set ${name}; the command verify`);
  });

  inTurn("can name no other, and none only where another version of the suite made it", async () => {
    const named = await bundle({ ...healthy, implementation });
    expect(await firstProblem(sealed(named, healthy))).toBe(OTHER);
    expect(await firstProblem(sealed(named, healthy, { suite: "0".repeat(64) }))).toBe(OTHER);
    const { certificate: _, ...rest } = JSON.parse(String(named.get(FILES.report)));
    const without = withFile(named, FILES.report, Buffer.from(`${JSON.stringify(rest, null, 1)}\n`));
    expect(await firstProblem(sealed(without, healthy))).toBe(OTHER);
    expect(await firstProblem(sealed(without, healthy, { suite: "0".repeat(64) }))).toBeUndefined();
  });
});

test("a case that is not plain is called so by another version of the suite alone", async () => {
  const report = { ...healthy.report, cases: healthy.report.cases.map((it) => ({ ...it, plain: true as const })) };
  const files = await bundle({ ...healthy, report });
  expect(await firstProblem(files)).toMatch(/^verdict: it calls a case plain that is not/);
  expect(await firstProblem(sealed(files, { ...healthy, report }, { suite: "0".repeat(64) }))).toBeUndefined();
});

inTurn("nobody is told to believe a page because it is said to be of another version", async () => {
  const suite = { name: "tachyon-conformance", version: "0.2.9" };
  const older = { ...healthy, report: { ...healthy.report, suite } };
  const page = withFile(await bundle(older), FILES.html, Buffer.from("<h1>Certified by everybody</h1>"));
  expect(await firstProblem(sealed(page, older))).toBe("report.html: it does not say what report.json says");
  const other = sealed(page, older, { suite: "0".repeat(64) });
  expect(await firstProblem(other)).toBeUndefined();
  expect(await notes(other)).toContainEqual(
    expect.stringMatching(/^report\.html: made by another version of the suite, so it is not compared: make it again/),
  );
  expect(await unchecked(other)).toEqual([FILES.html]);
});

test("a case that this version changed is noted, and not judged again", async () => {
  const suites = small.suites.map((suite) => ({
    ...suite,
    cases: suite.cases.map((it) => (it.id === CASE ? { ...it, digest: "changed" } : it)),
  }));
  const newer = { ...small, suites };
  expect(await firstProblem(files, { protocol: newer })).toBeUndefined();
  expect(await notes(files, { protocol: newer })).toContain(
    `transcripts: ${CASE} was not judged again: this version of the suite knows it as another, or not at all`,
  );
});

test("a file that is no JSON, or JSON of another kind, is refused as such", async () => {
  for (const text of ["", "{", "[]", '{"payload":1}', "\ufffe", '{"__proto__":{}}']) {
    for (const name of [FILES.certificate, FILES.report]) {
      const other = withFile(files, name, Buffer.from(text));
      const problem = await firstProblem(withFile(other, FILES.sums, Buffer.from(sumsOf(other))));
      expect(problem).toMatch(/^(envelope|report): /);
    }
  }
  expect(isObject(JSON.parse((files.get(FILES.certificate) as Buffer).toString()))).toBe(true);
});
