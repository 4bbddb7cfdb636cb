import { createHash, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { dsse } from "@sigstore/core";

/** The type of the payload: an in-toto Statement. */
export const PAYLOAD = "application/vnd.in-toto+json";

/** A DSSE envelope: a payload, and who signed it. */
export interface Envelope {
  readonly payloadType: typeof PAYLOAD;
  /** Base64. */
  readonly payload: string;
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[];
}

/** Puts a statement into an envelope, signed with Ed25519 where there is a private key. */
export function seal(statement: object, key?: KeyObject): Envelope {
  const payload = Buffer.from(JSON.stringify(statement));
  const sig = key && sign(null, dsse.preAuthEncoding(PAYLOAD, payload), key).toString("base64");
  return {
    payloadType: PAYLOAD,
    payload: payload.toString("base64"),
    signatures: key && sig !== undefined ? [{ keyid: keyId(createPublicKey(key)), sig }] : [],
  };
}

/** Tells if one of the signatures of an envelope is by this public key, and names it. */
export function isSignedBy({ payload, signatures }: Envelope, key: KeyObject): boolean {
  const signed = dsse.preAuthEncoding(PAYLOAD, Buffer.from(payload, "base64"));
  const id = keyId(key);
  return signatures.some(({ keyid, sig }) => keyid === id && verify(null, signed, key, Buffer.from(sig, "base64")));
}

const SSH = "ssh-ed25519";

/** The id of a public key: its SSH fingerprint, which other verifiers of DSSE look for. */
export function keyId(key: KeyObject): string {
  const raw = Buffer.from(key.export({ format: "jwk" }).x ?? "", "base64url");
  const parts = [Buffer.from(SSH), raw].flatMap((part) => [Buffer.from([0, 0, 0, part.length]), part]);
  const digest = createHash("sha256").update(Buffer.concat(parts)).digest("base64");
  return `SHA256:${digest.replace(/=+$/, "")}`;
}

/** The text of an envelope as it stands in a file; no other text stands for the same. */
export const envelopeText = (envelope: Envelope): string => `${JSON.stringify(envelope, null, 1)}\n`;

/** Tells if a text is the canonical Base64 of its bytes. */
export const isCanonical = (base64: string): boolean => Buffer.from(base64, "base64").toString("base64") === base64;
