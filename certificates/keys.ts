import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { readText, UsageError } from "../harness/usage.ts";

const HOW =
  "Make a pair: openssl genpkey -algorithm ed25519 -out key.pem && openssl pkey -in key.pem -pubout -out key.pub";

/** The private key in a file, to sign with. Throws a `UsageError` where it holds none, or one of another kind. */
export const readPrivateKey = (path: string): Promise<KeyObject> => readKey(path, "private", createPrivateKey);

/** The public key in a file, to check a signature with. Throws a `UsageError` where it holds none, or one of another kind. */
export const readPublicKey = (path: string): Promise<KeyObject> => readKey(path, "public", createPublicKey);

async function readKey(path: string, what: string, make: (pem: string) => KeyObject): Promise<KeyObject> {
  const pem = await readText(path);
  const key = attempt(() => make(pem));
  if (!key) throw new UsageError(`${path} holds no ${what} key in PEM format without a passphrase. ${HOW}.`);
  if (key.asymmetricKeyType === "ed25519") return key;
  throw new UsageError(`${path} holds a key of the kind ${key.asymmetricKeyType}; Ed25519 is needed. ${HOW}.`);
}

function attempt<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}
