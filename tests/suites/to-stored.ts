import type { Suite } from "../../harness/scenario.ts";
import type { Killed, StoredKill } from "../../suites/websocket/kills.ts";

/** A row as it is stored. */
export const toStored = (row: Killed, suites: readonly Suite[]): StoredKill => ({
  ...row,
  kills: Object.fromEntries(
    suites.flatMap(({ name, cases }): [string, StoredKill["kills"][string]][] => {
      const names = (some: typeof cases) => some.map(({ id }) => id.slice(name.length + 1));
      const killed = cases.filter(({ id }) => row.kills.includes(id));
      const left = cases.filter(({ id }) => !row.kills.includes(id));
      if (killed.length === 0) return [];
      if (left.length === 0) return [[name, "all"]];
      return [[name, killed.length > left.length ? { but: names(left) } : names(killed)]];
    }),
  ),
});
