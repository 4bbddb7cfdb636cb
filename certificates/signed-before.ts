import { existsSync } from "node:fs";
import { UsageError } from "../harness/usage.ts";
import { readEnvelope } from "./content.ts";
import { BundleError, openBundle } from "./open.ts";

/**
 * Makes sure before a run that no signed certificate goes for one that nobody signs. Throws a `UsageError` where one stands in the place
 * of a bundle, as a folder or as an archive.
 */
export async function keepSigned(folder: string): Promise<void> {
  for (const path of [folder, `${folder}.tgz`])
    if (existsSync(path) && (await isSigned(path)))
      throw new UsageError(
        `${path} holds a signed certificate, and the new one would not be signed. Give --key, or another --out.`,
      );
}

/** Tells if a bundle is signed by anybody. What is no bundle is not. */
async function isSigned(path: string): Promise<boolean> {
  try {
    return (readEnvelope((await openBundle(path)).files).is?.signatures.length ?? 0) > 0;
  } catch (error) {
    if (error instanceof BundleError) return false;
    throw error;
  }
}
