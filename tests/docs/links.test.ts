import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { all, read } from "./pages.ts";

const [{ files }] = JSON.parse(
  execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], { encoding: "utf8" }),
);
const packed = new Set<string>(files.map(({ path }: { readonly path: string }) => path));

/** The folders that hold nothing of the repository. */
const UNREAD: ReadonlySet<string> = new Set([".git", "node_modules", "dist"]);

/** The names in CONTRIBUTING.md that are no files of the repository, or not yet. */
const MADE: ReadonlySet<string> = new Set(["Node.js", "dist/", "report.json", "suites/0.1.7/sets/2026-12.json"]);

/** Returns the anchors that GitHub gives to the headings of a page. */
const anchors = (text: string): string[] =>
  [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^a-z0-9 _-]/g, "")
      .replaceAll(" ", "-"),
  );

/** Returns a page without its examples, which may look like links or headings. */
const prose = (text: string): string => text.replaceAll(/^ *```[\s\S]*?^ *```$/gm, "");

const links = (file: string): string[] =>
  [...prose(read(file)).matchAll(/\]\(([^)]*)\)/g)].map(([, link = ""]) => link);
const isElsewhere = (link: string) => /^https:\/\//.test(link);

test.each([...all, "CONTRIBUTING.md", "docs/kill-matrix.md"])(
  "every link of %s leads somewhere, also in the packed tarball",
  (file) => {
    const within = links(file).filter((link) => !isElsewhere(link));
    const broken = within.filter((link) => {
      const [path = "", anchor] = link.split("#");
      const target = path === "" ? file : join(file, "..", path);
      const isThere = packed.has(target) || path === "";
      return !isThere || (anchor !== undefined && !anchors(prose(read(target))).includes(anchor));
    });
    expect(broken).toEqual([]);
  },
);

test("every page can be reached from the README", () => {
  const reached = links("README.md").map((link) => link.split("#", 1)[0]);
  expect(all.filter((file) => file !== "README.md" && !reached.includes(file))).toEqual([]);
});

test("the README stays short", () => {
  expect(read("README.md").trimEnd().split("\n").length).toBeLessThanOrEqual(180);
});

test("package.json names no place that nobody owns", () => {
  const about = JSON.parse(readFileSync("package.json", "utf8"));
  expect(["repository", "bugs", "homepage"].filter((key) => key in about)).toEqual([]);
});

test("every file and folder that CONTRIBUTING.md names is there", () => {
  const folders = readdirSync(".", { withFileTypes: true }).filter((it) => it.isDirectory() && !UNREAD.has(it.name));
  const paths = folders.flatMap(({ name }) => [
    name,
    ...readdirSync(name, { recursive: true, encoding: "utf8" }).map((it) => `${name}/${it}`),
  ]);
  const isThere = (name: string) => existsSync(name) || paths.some((path) => path.endsWith(`/${name}`));
  const text = read("CONTRIBUTING.md").replaceAll(/^```(?:console|ts)$[\s\S]*?^```$/gm, "");
  const names = [...text.matchAll(/(?<![\w*/<>.-])[\w./-]+(?:\/(?=[\s`,;]|$)|\.(?:ts|js|json|yml|md)\b)/gm)].map(
    ([it]) => it,
  );
  expect(names.length).toBeGreaterThan(60);
  expect(names.filter((name) => !MADE.has(name) && !isThere(name.replace(/\/$/, "")))).toEqual([]);
});
