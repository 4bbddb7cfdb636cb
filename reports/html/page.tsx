import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { VNode } from "preact";
import { renderToString } from "preact-render-to-string";

/** The parts of a page. */
interface PageParts {
  readonly title: string;
  readonly style: string;
  readonly body: VNode;
  /** The script that runs in the browser. Without it none may run. */
  readonly script?: string;
  /** The content of the element `data`, which the script reads. */
  readonly data?: unknown;
}

/** One page that needs no other file and loads none: nothing runs on it but the script that it was made with. */
export function page({ title, style, body, script, data }: PageParts): string {
  const policy = [
    "default-src 'none'",
    `script-src ${script === undefined ? "'none'" : hash(script)}`,
    `style-src ${hash(style)}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  const html = (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content={policy} />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <title>{title}</title>
        <style {...raw(style)} />
      </head>
      <body>
        {body}
        {data !== undefined && <script type="application/json" id="data" {...raw(embedded(data))} />}
        {script !== undefined && <script {...raw(script)} />}
      </body>
    </html>
  );
  return `<!doctype html>\n${renderToString(html)}\n`;
}

const hash = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

/** Data as JSON that no HTML parser takes for anything else. */
export const embedded = (data: unknown): string => JSON.stringify(data).replaceAll("<", "\\u003c");

/** The content of an element that is no HTML: never anything that a server said, but in `embedded` data. */
function raw(text: string) {
  if (/<\/(?:script|style)|<!--/i.test(text)) throw new Error("what stands in an element would end it");
  return { dangerouslySetInnerHTML: { __html: text } };
}

/** The files that every page needs. `build.js` makes them. */
interface Assets {
  readonly script: string;
  readonly style: string;
}

/** Beside the built command; seen from its source, in `dist/`. */
const FOLDER = new URL(import.meta.url.endsWith(".tsx") ? "../../dist/" : "./", import.meta.url);

/** Reads the script and the style of the page. */
export async function readAssets(): Promise<Assets> {
  const [script, style] = await Promise.all(
    ["page.js", "page.css"].map((name) => readFile(new URL(name, FOLDER), "utf8")),
  );
  return { script: script ?? "", style: style ?? "" };
}
