import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { readText, UsageError } from "../harness/usage.ts";

const MAKE_A_PAIR =
  "Make a pair: openssl genpkey -algorithm ed25519 -out key.pem && openssl pkey -in key.pem -pubout -out key.pub";

/**
 * Reads the private key to sign with: from a file, or from PEM itself, as a secret of CI holds it in a variable. Throws a `UsageError`
 * where there is none, or one of another kind.
 */
export const readPrivateKey = (given: string): Promise<KeyObject> =>
  readKey(given, "private", (pem) => {
    if (/^\s*-----BEGIN PUBLIC KEY-----/.test(pem))
      throw new UsageError("--key takes the private key, and this is the public one. Give the file of the other.");
    return createPrivateKey(pem);
  });

/** Reads the public key to check a signature with, likewise. A private key holds it, and is to be shown to nobody. */
export const readPublicKey = (given: string): Promise<KeyObject> =>
  readKey(given, "public", (pem) => {
    if (attempt(() => createPrivateKey(pem)))
      throw new UsageError(
        "--public-key takes the public key, and this is the private one. Keep that to yourself, and give the other: openssl pkey -in key.pem -pubout",
      );
    return createPublicKey(pem);
  });

/** Tells if a key is given as PEM itself, and not as the path of a file. */
export const isPem = (given: string): boolean => /^\s*-----BEGIN /.test(given);

async function readKey(given: string, what: string, make: (pem: string) => KeyObject): Promise<KeyObject> {
  // Where variables hold one line only, line breaks are written as in JSON.
  const pem = isPem(given) ? given.replaceAll("\\n", "\n") : await readText(given);
  // A key stands in no message.
  const place = isPem(given) ? `The text that is given as ${what} key` : given;
  const key = attempt(() => make(pem));
  if (!key) throw new UsageError(`${place} holds no ${what} key in PEM format without a passphrase. ${MAKE_A_PAIR}.`);
  if (key.asymmetricKeyType === "ed25519") return key;
  throw new UsageError(`${place} holds a key of the kind ${key.asymmetricKeyType}; Ed25519 is needed. ${MAKE_A_PAIR}.`);
}

function attempt<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof UsageError) throw error;
    return undefined;
  }
}
