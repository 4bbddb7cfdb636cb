import { execFile } from "node:child_process";
import { cpSync, mkdirSync, symlinkSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { folder, type Outcome } from "../cli/process.ts";

const exec = promisify(execFile);

/** The packed tarball, in which `size` is in bytes, and an empty folder in which it is installed, with its examples beside it. */
export interface Installed {
  readonly tarball: { readonly files: readonly string[]; readonly size: number };
  readonly path: string;
  /** Makes a package of this repository's development dependencies available there. */
  lend(name: string): void;
  /** Runs a program of such a package, or of Node.js, in a folder within. */
  node(within: string, args: readonly string[]): Promise<Outcome>;
  remove(): void;
}

/** Packs the built package and installs it as a user does. */
export async function installed(): Promise<Installed> {
  const { path, remove } = folder();
  const packed = await exec("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", path]);
  const [{ filename, files, size }] = JSON.parse(packed.stdout);
  await exec("npm", ["init", "-y"], { cwd: path });
  await exec("npm", ["install", "--offline", "--no-audit", "--no-fund", join(path, filename)], { cwd: path });
  cpSync(join(path, "node_modules", "tachyon-conformance", "examples"), join(path, "examples"), { recursive: true });
  const { PATH, HOME } = process.env;
  return {
    tarball: { files: files.map((file: { path: string }) => file.path), size },
    path,
    remove,
    lend(name) {
      const place = join(path, "node_modules", name);
      mkdirSync(dirname(place), { recursive: true });
      symlinkSync(resolve("node_modules", name), place);
    },
    node: async (within, args) => {
      const run = exec(process.execPath, args, { cwd: join(path, within), env: { PATH, HOME, NO_COLOR: "1" } });
      return await run.then(
        ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
        ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
      );
    },
  };
}
