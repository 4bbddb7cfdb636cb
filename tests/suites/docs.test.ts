import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { protocol } from "../../suites/0.1.7/index.ts";
import { cases } from "../helpers.ts";
import { pages } from "./requirement-pages.ts";

const FOLDER = "docs/requirements";
const all = await pages(protocol);

if (process.env.UPDATE_DOCS) {
  mkdirSync(FOLDER, { recursive: true });
  for (const [file, page] of all) writeFileSync(join(FOLDER, file), page);
}

/** Returns a document without markup and line breaks. */
const plain = (markdown: string) =>
  markdown
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replaceAll("**", "")
    .replaceAll(/\s+/g, " ");

test("the pages of the requirements are current (npm run docs:requirements makes them)", () => {
  const files = readdirSync(FOLDER);
  expect(Object.fromEntries(files.map((file) => [file, readFileSync(join(FOLDER, file), "utf8")]))).toEqual(
    Object.fromEntries(all),
  );
});

test("there is a page for each section, and it holds its requirements, whole", () => {
  for (const { id, section, statement } of protocol.requirements) {
    const page = all.get(`${section}.md`) ?? "";
    expect(page).toContain(`## \`${id}\``);
    expect(plain(page.replaceAll("\\", ""))).toContain(plain(statement.replaceAll("\\", "")));
  }
});

test("every case is on the page of each requirement that it tests, and every fault on that of the one it breaks", async () => {
  const text = [...all.values()].join("");
  expect(cases.filter(({ id }) => !text.includes(`| \`${id}\` |`)).map(({ id }) => id)).toEqual([]);
  const faults = Object.keys(await protocol.faults());
  expect(faults.filter((name) => !text.includes(`- \`${name}\`: `))).toEqual([]);
});

test("every link leads somewhere", () => {
  const broken = [...all].flatMap(([file, page]) =>
    [...page.matchAll(/\]\(([^)]*)\)/g)].flatMap(([, link = ""]) => {
      if (link.startsWith("https://www.rfc-editor.org/rfc/")) return [];
      const [path = "", anchor] = link.split("#");
      const target = join(FOLDER, path === "" ? file : path);
      const text = existsSync(target) ? readFileSync(target, "utf8") : "";
      const anchors = [...text.matchAll(/^#+ (.*)$/gm)].map(([, it = ""]) =>
        it
          .toLowerCase()
          .replaceAll(/[^a-z0-9 -]/g, "")
          .replaceAll(" ", "-"),
      );
      return text !== "" && (anchor === undefined || anchors.includes(anchor)) ? [] : [`${file}: ${link}`];
    }),
  );
  expect(broken).toEqual([]);
});

test("the words that a clause quotes are in that section of the document", () => {
  const sections = readFileSync("schemas/0.1.7/document/system.md", "utf8").split(/^(?=##? )/m);
  const wrong = Object.entries(protocol.clauses).filter(([, { place, says }]) => {
    const [document, heading] = place.split(", ");
    const section = sections.find((it) => it.startsWith(`## ${heading}\n`) || it.startsWith(`# ${heading}\n`));
    return document === "system.md" && !plain(section ?? "").includes(says ?? "?");
  });
  expect(wrong).toEqual([]);
});

test("every requirement has a clause, and a cause if it can be broken", () => {
  const ids = protocol.requirements.map(({ id }) => id);
  expect(Object.keys(protocol.clauses).toSorted()).toEqual(ids.toSorted());
  const breakable = protocol.requirements.filter(({ level }) => level !== "MAY").map(({ id }) => id);
  expect(Object.keys(protocol.causes).toSorted()).toEqual(breakable.toSorted());
  for (const cause of Object.values(protocol.causes)) expect(cause).toMatch(/^[A-Z].{30,240}\.$/);
});
