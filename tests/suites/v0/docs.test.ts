import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { isBinding, type Requirement } from "../../../harness/catalogue.ts";
import { code, heading, paragraph, print, sentence, table, text } from "../../../reports/markdown/tree.ts";
import { ownWithAutohosts } from "../../../schemas/v0/autohost.ts";
import { autohostRows } from "../../../schemas/v0/autohost-requirements.ts";
import { own } from "../../../schemas/v0/index.ts";
import { requirements } from "../../../schemas/v0/requirements.ts";
import { autohostProtocolBy } from "../../../suites/v0/autohost/index.ts";
import { protocolBy } from "../../../suites/v0/index.ts";
import { pages } from "../requirement-pages.ts";

const FOLDER = "docs/requirements-v0";
const CATALOGUE = "schemas/v0/document/requirements.md";

const protocol = protocolBy(own);
const all = await pages(protocol);

const autohosts = autohostProtocolBy(ownWithAutohosts);
const shared = autohosts.requirements.map(({ id }) => id).filter((id) => !id.startsWith("client."));

/** Some rows of the catalogue as a table. */
const rowsOf = (rows: readonly Requirement[]) =>
  table(
    ["id", "level", "source", "requirement"],
    rows.map(({ id, level, source, why, statement }) => [
      [code(id)],
      [text(level)],
      sentence(why === undefined ? source : `${source} ${why}`),
      sentence(statement),
    ]),
  );

/** The catalogue as a document. */
const catalogue = print(
  heading(1, text("What a Tachyon v0 server owes its clients")),
  paragraph(
    ...sentence(
      "The catalogue of requirements behind the suite. `protocol.md` beside this file describes the protocol. Every row here is tested, and every case names the rows that it tests. Ids are public, and never change their meaning.",
    ),
  ),
  paragraph(
    ...sentence(
      "MUST: a clause of the protocol says so, or a schema does, or the protocol makes no sense otherwise. SHOULD: the natural reading, but an honest implementer could read it otherwise. MAY: left open, and only reported. Sources: C connection, M messages, A authorization, S the schema, E the description of the command, R an RFC, → derived, with the reason.",
    ),
  ),
  ...protocol.sections.flatMap(({ name, title }) => [
    heading(2, text(title)),
    rowsOf(protocol.requirements.filter(({ section }) => section === name)),
  ]),
  heading(2, text("What an autohost owes a server")),
  rowsOf(autohostRows),
  paragraph(
    ...sentence(
      `These rows hold for what an autohost sends and answers, too: ${shared.map((id) => `\`${id}\``).join(", ")}.`,
    ),
  ),
);

if (process.env.UPDATE_DOCS) {
  mkdirSync(FOLDER, { recursive: true });
  for (const [file, page] of all) writeFileSync(join(FOLDER, file), page);
  writeFileSync(CATALOGUE, catalogue);
}

test("the pages of the requirements and the catalogue are current (npm run docs:requirements makes them)", () => {
  expect(existsSync(FOLDER)).toBe(true);
  const files = readdirSync(FOLDER);
  expect(Object.fromEntries(files.map((file) => [file, readFileSync(join(FOLDER, file), "utf8")]))).toEqual(
    Object.fromEntries(all),
  );
  expect(readFileSync(CATALOGUE, "utf8")).toBe(catalogue);
});

test("every requirement has a place in a document, and what can be broken a cause", () => {
  const protocolMd = readFileSync("schemas/v0/document/protocol.md", "utf8");
  const headings = [...protocolMd.matchAll(/^## (.*)$/gm)].map(([, it = ""]) => it.toLowerCase().replaceAll(" ", "-"));
  for (const { id, level } of requirements) {
    const { link } = protocol.clauses[id] ?? { link: "" };
    const [path = "", anchor = ""] = link.split("#");
    expect([id, /^https:/.test(link) || (existsSync(path) && headings.includes(anchor))]).toEqual([id, true]);
    if (isBinding(level, true)) expect(protocol.causes[id]).toMatch(/\.$/);
  }
});
