import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { readPrivateKey, readPublicKey } from "../../certificates/keys.ts";
import { folder } from "../cli/process.ts";

const { path: cwd, remove } = folder();
afterAll(remove);
const at = (name: string) => join(cwd, name);

const own = generateKeyPairSync("ed25519");
const privatePem = (key: KeyObject) => key.export({ type: "pkcs8", format: "pem" });
const publicPem = (key: KeyObject) => key.export({ type: "spki", format: "pem" });

beforeAll(() => {
  const contents: Readonly<Record<string, string | Buffer>> = {
    own: privatePem(own.privateKey),
    "own.pub": publicPem(own.publicKey),
    encrypted: own.privateKey.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "secret" }),
    der: own.privateKey.export({ type: "pkcs8", format: "der" }),
    ec: privatePem(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey),
    "ec.pub": publicPem(generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey),
    x25519: privatePem(generateKeyPairSync("x25519").privateKey),
    text: "hello",
    empty: "",
  };
  for (const [name, content] of Object.entries(contents)) writeFileSync(at(name), content);
});

test("a pair of Ed25519 keys in PEM files is read", async () => {
  expect((await readPrivateKey(at("own"))).equals(own.privateKey)).toBe(true);
  expect((await readPublicKey(at("own.pub"))).equals(own.publicKey)).toBe(true);
});

test("a key is read from PEM itself, also on one line", async () => {
  const pem = String(privatePem(own.privateKey));
  expect((await readPrivateKey(pem)).equals(own.privateKey)).toBe(true);
  expect((await readPrivateKey(pem.replaceAll("\n", "\\n"))).equals(own.privateKey)).toBe(true);
  expect((await readPublicKey(String(publicPem(own.publicKey)))).equals(own.publicKey)).toBe(true);
});

test("a message about a key never holds it", async () => {
  const pem = String(privatePem(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey));
  const whole = /^The text that is given as private key holds (no private key|a key of the kind ec)[^\n]*$/;
  for (const given of [pem, pem.slice(0, 80)]) {
    await expect(readPrivateKey(given)).rejects.toThrow(whole);
    await expect(readPrivateKey(given)).rejects.not.toThrow(pem.slice(30, 70));
  }
});

test.each<[string, (path: string) => Promise<KeyObject>, RegExp]>([
  ["own.pub", readPrivateKey, /--key takes the private key, and this is the public one/],
  ["encrypted", readPrivateKey, /holds no private key/],
  ["der", readPrivateKey, /holds no private key/],
  ["text", readPrivateKey, /holds no private key in PEM format without a passphrase\. Make a pair: openssl /],
  ["ec", readPrivateKey, /ec holds a key of the kind ec; Ed25519 is needed\. Make a pair/],
  ["x25519", readPrivateKey, /x25519 holds a key of the kind x25519; Ed25519 is needed/],
  ["nothing", readPrivateKey, /^Cannot read .*nothing: there is no such file or folder/],
  ["empty", readPublicKey, /holds no public key/],
  ["ec.pub", readPublicKey, /ec\.pub holds a key of the kind ec; Ed25519 is needed/],
])("%s is refused", async (name, read, message) => {
  await expect(read(at(name))).rejects.toThrow(message);
});
