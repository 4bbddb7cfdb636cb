import type {
  Code,
  Heading,
  InlineCode,
  List,
  Paragraph,
  PhrasingContent,
  Root,
  RootContent,
  Table,
  Text,
} from "mdast";
import { gfmTableToMarkdown } from "mdast-util-gfm-table";
import { toMarkdown } from "mdast-util-to-markdown";
import { visible } from "../escape.ts";
import { short } from "../names.ts";

/** Characters of one text in a summary, at most. */
const TEXT_CHARACTERS = 300;

/** Words of the suite. */
export const text = (value: string): Text => ({ type: "text", value: visible(value) });

/** A text by somebody else. It is shown as it is, and nothing in it (a mention, a link, a tag) has an effect. */
export const code = (value: string): InlineCode => ({
  type: "inlineCode",
  value: short(visible(value), TEXT_CHARACTERS) || " ",
});

/** A sentence of the catalogue, where what stands between backticks is code. */
export const sentence = (value: string): PhrasingContent[] =>
  value.split("`").map((part, i) => (i % 2 === 1 ? code(part) : text(part)));

/** A paragraph. */
export const paragraph = (...children: PhrasingContent[]): Paragraph => ({ type: "paragraph", children });

/** A heading of so many `#`. */
export const heading = (depth: Heading["depth"], ...children: PhrasingContent[]): Heading => ({
  type: "heading",
  depth,
  children,
});

/** Lines of text as they stand. */
export const block = (lines: readonly string[]): Code => ({ type: "code", value: lines.map(visible).join("\n") });

/** A list: an item for each row. */
export const bullets = (items: readonly PhrasingContent[][]): List => ({
  type: "list",
  spread: false,
  children: items.map((children) => ({ type: "listItem", spread: false, children: [paragraph(...children)] })),
});

/** A table: a row of headings, then the others. */
export const table = (head: readonly string[], rows: readonly PhrasingContent[][][]): Table => ({
  type: "table",
  children: [head.map((word) => [text(word)]), ...rows].map((row) => ({
    type: "tableRow",
    children: row.map((children) => ({ type: "tableCell", children })),
  })),
});

/** The Markdown of some blocks. */
export const print = (...children: RootContent[]): string =>
  toMarkdown({ type: "root", children } satisfies Root, {
    bullet: "-",
    rule: "-",
    extensions: [gfmTableToMarkdown({ tablePipeAlign: false })],
  });
