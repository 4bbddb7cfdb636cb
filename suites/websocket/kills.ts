import type { Suite } from "../../harness/scenario.ts";

/** The findings of a run against the reference server with a fault. */
export interface Killed {
  readonly fault: string;
  /** The requirements that are told to be broken, first the one that the fault is about. */
  readonly told: readonly string[];
  /** The cases that tell of that one. */
  readonly kills: readonly string[];
}

/** The same as it stands in `kills.json`: of each suite all cases, some, or all but some. */
export interface StoredKill extends Omit<Killed, "kills"> {
  readonly kills: Readonly<Record<string, "all" | readonly string[] | { readonly but: readonly string[] }>>;
}

/** The row that is stored as this. */
export const fromStored = (row: StoredKill, suites: readonly Suite[]): Killed => ({
  ...row,
  kills: suites.flatMap(({ name, cases }) => {
    const some = row.kills[name] ?? [];
    const [named, isIn] = some === "all" ? [[], false] : "but" in some ? [some.but, false] : [some, true];
    const ids = new Set(named.map((it) => `${name}/${it}`));
    return cases.map(({ id }) => id).filter((id) => ids.has(id) === isIn);
  }),
});
