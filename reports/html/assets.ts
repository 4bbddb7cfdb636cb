import { readFile } from "node:fs/promises";

/** What every page needs, as `build.js` makes it. */
export interface Assets {
  readonly script: string;
  readonly style: string;
}

/** Beside the built command; seen from its source, in `dist/`. */
const FOLDER = new URL(import.meta.url.endsWith(".ts") ? "../../dist/" : "./", import.meta.url);

/** Reads the script and the style of the page. */
export async function readAssets(): Promise<Assets> {
  const [script, style] = await Promise.all(
    ["page.js", "page.css"].map((name) => readFile(new URL(name, FOLDER), "utf8")),
  );
  return { script: script ?? "", style: style ?? "" };
}
