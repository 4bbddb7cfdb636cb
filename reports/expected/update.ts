import { Document, isSeq, type Node, type Scalar, type YAMLMap, type YAMLSeq } from "yaml";
import { groupBy } from "../../harness/group.ts";
import type { Protocol } from "../../harness/protocol.ts";
import type { Report, ReportCase, ReportCheck } from "../report.ts";
import { unjudged } from "../verdict.ts";
import { covers, type Entry, type ExpectedFailures } from "./read.ts";
import { type Stale, stale } from "./stale.ts";

const HEADER = " Failures that are expected, each with why. A run fails when one of them no longer fails.";

/** A file of expected failures that has no entries yet. */
export const emptyExpected = (file: string): ExpectedFailures => ({
  file,
  entries: [],
  document: new Document([]),
  lineBreak: "\n",
});

/**
 * Brings a file of expected failures up to date with a report to which it was applied. Takes out entries that no longer fail, and
 * adds new failures. All else stays, reasons and comments too. Returns the text; `undefined` if nothing changes.
 */
export function updateExpected(
  { entries, document }: ExpectedFailures,
  report: Report,
  protocol: Protocol,
): string | undefined {
  const over = entries.map((entry) => stale(entry, report.cases, protocol));
  const added = additions(report, entries);
  if (entries.length > 0 && added.length === 0 && over.every((some) => some.length === 0)) return undefined;

  const updated = document.clone();
  if (!isSeq(updated.contents)) updated.contents = updated.createNode([]) as unknown as Document["contents"];
  const sequence = updated.contents as unknown as YAMLSeq<Node>;
  const kept = entries.map((entry, i) => prune(sequence.items[i] as YAMLMap, entry, over[i] ?? [], updated));
  sequence.items = withComments(sequence.items, kept, updated);
  for (const entry of added) sequence.add(updated.createNode(entry));
  sequence.flow = false;
  if (entries.length === 0) updated.commentBefore ??= HEADER;
  return updated.toString({ lineWidth: 0 });
}

/** Keeps some items. A comment above one that goes moves on, since it may be about more than that item. */
function withComments(items: readonly Node[], kept: readonly boolean[], document: Document): Node[] {
  let loose: string[] = [];
  const left = items.filter((item, i) => {
    const comments = [...loose, ...(item.commentBefore ? [item.commentBefore] : [])];
    loose = kept[i] ? [] : comments;
    if (kept[i] && comments.length > 0) item.commentBefore = comments.join("\n");
    return kept[i];
  });
  if (loose.length > 0) document.comment = [document.comment, ...loose].filter(Boolean).join("\n");
  return left;
}

/** Takes out of an entry what no longer fails. Returns `true` if anything is left. */
function prune(node: YAMLMap, entry: Entry, over: readonly Stale[], document: Document): boolean {
  for (const key of ["case", "requirement"] as const) {
    const value = node.get(key, true) as Node | undefined;
    const items = isSeq(value) ? (value.items as Node[]) : [value as Node];
    const left = (entry[key] ?? []).flatMap((pattern, i): Node[] => {
      const it = over.find((one) => one.pattern === pattern);
      return it ? it.left.map((id) => document.createNode(id)) : [items[i] as Node];
    });
    if (entry[key] && left.length === 0) return false;
    if (isSeq(value)) value.items = left;
    else if (left.length > 1) node.set(key, document.createNode(left.map((one) => (one as Scalar).value)));
    else if (left.length === 1) node.set(key, left[0]);
  }
  return true;
}

/** Makes an entry for each requirement without one, not even an expired one, with the cases in which it fails. */
function additions({ cases, target, startedAt }: Report, entries: readonly Entry[]): object[] {
  const broken = new Set(
    cases.flatMap(({ checks }) => checks.filter(({ verdict }) => verdict === "fail").map((it) => it.requirement)),
  );
  const news = cases.flatMap((it) =>
    grievances(it, target.strict)
      // A check that rests on something with an entry is expected, too.
      .filter(({ verdict, see }) => verdict === "fail" || see === undefined || !broken.has(see))
      .filter(({ requirement }) => !entries.some((entry) => covers(entry, it.id, requirement)))
      .map(({ requirement, verdict }) => ({ id: it.id, requirement, verdict })),
  );
  return Array.from(
    groupBy(news, ({ requirement }) => requirement),
    ([requirement, some]) => {
      const ids = [...new Set(some.map(({ id }) => id))];
      const fails = some.some(({ verdict }) => verdict === "fail");
      const reason = `not looked into yet, ${fails ? "fails" : "not judged"} since ${startedAt.slice(0, 10)}`;
      return { requirement, case: ids.length === 1 ? ids[0] : ids, reason };
    },
  );
}

/**
 * The checks that keep a case from passing: the broken ones, or else those that were not judged because something else is
 * broken.
 */
function grievances(it: ReportCase, strict: boolean): readonly ReportCheck[] {
  const broken = it.checks.filter(({ verdict }) => verdict === "fail");
  return broken.length > 0 ? broken : unjudged(it, strict).filter(({ verdict }) => verdict === "skip");
}
