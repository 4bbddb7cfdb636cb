import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "../harness/usage.ts";
import { readEnvelope } from "./content.ts";
import { FILES } from "./files.ts";
import { BundleError, openBundle } from "./open.ts";

/**
 * Makes sure, before a run, that an unsigned certificate does not replace a signed one. Throws a `UsageError` if one stands in the place of
 * a bundle, as a folder or as an archive.
 */
export async function keepSigned(folder: string): Promise<void> {
  for (const path of [folder, `${folder}.tgz`])
    if (existsSync(path) && (await isSigned(path)))
      throw new UsageError(
        `${path} holds a signed certificate, and the new one would not be signed. Give --key, or another --out.`,
      );
}

/** Tells if a bundle is signed by anybody, even if other files of its folder are gone. Something that is no bundle is not signed. */
async function isSigned(path: string): Promise<boolean> {
  try {
    const certificate = join(path, FILES.certificate);
    const files = existsSync(certificate)
      ? new Map([[FILES.certificate, await readFile(certificate)]])
      : (await openBundle(path)).files;
    return (readEnvelope(files).is?.signatures.length ?? 0) > 0;
  } catch (error) {
    if (error instanceof BundleError) return false;
    throw error;
  }
}
