import { readFile, stat } from "node:fs/promises";
import { type Document, isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument } from "yaml";
import { glob, isGlob } from "../../harness/glob.ts";
import { casesIn, type Protocol } from "../../harness/protocol.ts";
import { reason, suggestion, UsageError } from "../../harness/usage.ts";

/** A glob of an entry, and where it stands in the file, from 1. */
export interface Pattern {
  readonly text: string;
  readonly line: number;
  matches(id: string): boolean;
}

/** One failure, or several alike, that a user expects. With cases and requirements it is the failure of these in those. */
export interface Entry {
  /** Its first and last line, from 1. */
  readonly lines: readonly [number, number];
  readonly case?: readonly Pattern[];
  readonly requirement?: readonly Pattern[];
  readonly reason: string;
  readonly issue?: string;
  readonly owner?: string;
  /** The last day on which it holds, as `2027-03-31`, and its line. */
  readonly expires?: { readonly day: string; readonly line: number };
}

/** Tells if one of some patterns matches; no patterns stand for all. */
export const matchesAny = (patterns: readonly Pattern[] | undefined, id: string) =>
  patterns === undefined || patterns.some(({ matches }) => matches(id));

/** Tells if an entry is about a requirement in a case. */
export const covers = (entry: Entry, id: string, requirement: string) =>
  matchesAny(entry.case, id) && matchesAny(entry.requirement, requirement);

/** A file of expected failures. */
export interface ExpectedFailures {
  readonly file: string;
  readonly entries: readonly Entry[];
  /** The file as it stands, comments and all. */
  readonly document: Document;
  readonly lineBreak: "\n" | "\r\n";
}

/** Bytes that such a file may have. */
const FILE_BYTES = 1 << 20;

/** Reads a file of expected failures. Throws a `UsageError` that names the line where something is wrong with it. */
export async function readExpected(file: string, protocol: Protocol): Promise<ExpectedFailures> {
  try {
    const { size } = await stat(file);
    if (size > FILE_BYTES)
      throw new UsageError(`${file} has more than ${FILE_BYTES >> 20} MiB: it is not a file of expected failures.`);
    return parseExpected(await readFile(file, "utf8"), file, protocol);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    if (error instanceof RangeError) throw new UsageError(`${file} is nested too deep to be read.`);
    throw new UsageError(`Cannot read ${file}: ${reason(error)}. --write-expected-failures makes it from a run.`);
  }
}

/** The same for the text of such a file. */
export function parseExpected(text: string, file: string, protocol: Protocol): ExpectedFailures {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset = 0) => lines.linePos(offset).line;
  const refuse: Refuse = (node, why) => {
    throw new UsageError(`${file}:${at(node?.range?.[0])}: ${why}`);
  };
  const [error] = [...document.errors, ...document.warnings];
  if (error) {
    const line = at(error.pos[0]);
    const hint = /^ *\t/.test(text.split("\n")[line - 1] ?? "") ? " Indent with spaces, not with tabs." : "";
    throw new UsageError(`${file}:${line}: no valid YAML: ${error.message}.${hint}`);
  }

  const { contents } = document;
  if (contents !== null && !isSeq(contents)) refuse(contents as Node, `it holds no list. ${EXAMPLE}`);
  const items = isSeq(contents) ? (contents.items as Node[]) : [];
  return {
    file,
    document,
    lineBreak: text.includes("\r\n") ? "\r\n" : "\n",
    entries: items.map((node) => entry(node, { at, refuse, protocol })),
  };
}

const EXAMPLE = 'Write entries like "- case: suite/name", each with a "reason".';
const ENTRY_KEYS = ["case", "requirement", "reason", "issue", "owner", "expires"] as const;
type Key = (typeof ENTRY_KEYS)[number];
type Refuse = (node: Node | null | undefined, why: string) => never;

interface FileContext {
  /** The line of an offset. */
  at(offset?: number): number;
  readonly refuse: Refuse;
  readonly protocol: Protocol;
}

function entry(node: Node, context: FileContext): Entry {
  const { at, refuse, protocol } = context;
  if (!isMap(node)) return refuse(node, `an entry is not a mapping. ${EXAMPLE}`);
  const fields = new Map((node.items as Pair<Node, Node | null>[]).map((pair) => [keyOf(pair, refuse), pair]));
  const text = (key: Key) => {
    const pair = fields.get(key);
    return pair && textOf(pair.value ?? pair.key, key, refuse);
  };
  const cases = patterns(fields.get("case"), "case", casesIn(protocol), context);
  const requirements = patterns(fields.get("requirement"), "requirement", protocol.requirements, context);
  if (!cases && !requirements) refuse(node, `an entry names neither a case nor a requirement. ${EXAMPLE}`);
  const why = text("reason") ?? refuse(node, 'an entry has no "reason". Say why it fails and what is to become of it.');
  const [issue, owner, day] = [text("issue"), text("owner"), text("expires")];
  if (issue !== undefined && !/^https?:\/\/./.test(issue))
    refuse(fields.get("issue")?.value, `"${issue}" is not a link. Write one that begins with https://.`);
  if (day !== undefined && !isDay(day))
    refuse(fields.get("expires")?.value, `"${day}" is not a date. Write one like 2027-03-31.`);
  const [from = 0, to = from] = node.range ?? [];
  return {
    lines: [at(from), at(Math.max(from, to - 1))],
    ...(cases && { case: cases }),
    ...(requirements && { requirement: requirements }),
    reason: why,
    ...(issue !== undefined && { issue }),
    ...(owner !== undefined && { owner }),
    ...(day !== undefined && { expires: { day, line: at(fields.get("expires")?.value?.range?.[0]) } }),
  };
}

function keyOf({ key }: Pair<Node, Node | null>, refuse: Refuse): Key {
  const name = String(isScalar(key) ? key.value : key);
  const known = ENTRY_KEYS.find((it) => it === name);
  return (
    known ?? refuse(key, `an entry takes no "${name}", but ${ENTRY_KEYS.join(", ")}.${suggestion(name, ENTRY_KEYS)}`)
  );
}

function textOf(node: Node, key: Key, refuse: Refuse): string {
  const value = isScalar(node) ? node.value : undefined;
  if (typeof value === "string" && value.trim() !== "") return value;
  return refuse(node, `"${key}" is not a text. Put it in quotes.`);
}

function patterns(
  pair: Pair<Node, Node | null> | undefined,
  kind: "case" | "requirement",
  known: readonly { readonly id: string }[],
  { at, refuse }: FileContext,
): Pattern[] | undefined {
  if (!pair) return undefined;
  const node = pair.value ?? pair.key;
  const nodes = isSeq(node) ? (node.items as Node[]) : [node];
  if (nodes.length === 0) refuse(node, `"${kind}" is an empty list. Name at least one.`);
  const ids = known.map(({ id }) => id);
  return nodes.map((one) => {
    const text = textOf(one, kind, refuse);
    const matches = glob(text);
    if (!isGlob(text) && !ids.some(matches)) refuse(one, `there is no ${kind} "${text}".${suggestion(text, ids)}`);
    return { text, line: at(one.range?.[0]), matches };
  });
}

/** Tells if a text is a day of the calendar, as `2027-03-31`. */
function isDay(text: string): boolean {
  const date = new Date(`${text}T00:00:00Z`);
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}
