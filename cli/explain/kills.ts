import { existsSync, readFileSync } from "node:fs";
import type { Suite } from "../../harness/scenario.ts";

/** Where the kill matrix stands, seen from this file or from the bundle. */
const PLACES = ["../../docs/kill-matrix.md", "../docs/kill-matrix.md"];

/** Which cases find a fault. */
export interface Killed {
  readonly fault: string;
  /** The requirements that are told to be broken, first the one that the fault is about. */
  readonly told: readonly string[];
  /** The cases that tell of that one. */
  readonly kills: readonly string[];
}

/** The kill matrix of this package, or nothing where it was left out. */
export function readMatrix(): string {
  const file = PLACES.map((place) => new URL(place, import.meta.url)).find((url) => existsSync(url));
  return file ? readFileSync(file, "utf8") : "";
}

/** What a kill matrix says of faults. */
export function rowsIn(page: string, suites: readonly Suite[]): Killed[] {
  const rows = [...page.matchAll(/^\| `([a-z0-9-]+)` \| .* \| ([^|]+) \| \d+ \| (.*) \|$/gm)];
  return rows.map(([, fault = "", told = "", listed = ""]) => ({
    fault,
    told: told.replaceAll("`", "").split(", "),
    kills: ungrouped(listed, suites),
  }));
}

/** Cases by suite, as a glob: all of a suite, all but some, or some. */
export function grouped(ids: readonly string[], suites: readonly Suite[]): string {
  const parts = suites.flatMap(({ name, cases: all }) => {
    const names = (some: readonly string[]) => some.map((id) => id.slice(name.length + 1)).join(", ");
    const [killed, left] = [all.filter(({ id }) => ids.includes(id)), all.filter(({ id }) => !ids.includes(id))];
    if (killed.length === 0) return [];
    if (left.length === 0) return [`\`${name}/*\``];
    const [few, sign] = killed.length > left.length ? [left, "but "] : [killed, ""];
    return [`\`${name}/\` ${sign}${names(few.map(({ id }) => id))}`];
  });
  return parts.join("; ");
}

/** The cases that `grouped` has listed. */
function ungrouped(listed: string, suites: readonly Suite[]): string[] {
  const killed = listed.split("; ").flatMap((part) => {
    const [, name = "", all, but, rest = ""] = /^`([a-z]+)\/(\*)?` ?(but )?(.*)$/.exec(part) ?? [];
    const named = new Set(rest.split(", ").map((it) => `${name}/${it}`));
    const ids = suites.filter((it) => it.name === name).flatMap((it) => it.cases.map(({ id }) => id));
    return ids.filter((id) => all !== undefined || named.has(id) !== (but !== undefined));
  });
  const found = new Set(killed);
  return suites.flatMap(({ cases }) => cases.map(({ id }) => id)).filter((id) => found.has(id));
}
