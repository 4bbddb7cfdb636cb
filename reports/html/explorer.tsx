import { useEffect, useMemo, useState } from "preact/hooks";
import { groupBy } from "../../harness/group.ts";
import { tally } from "../findings.ts";
import { countsOf, isInPart, judged } from "../scope.ts";
import { commandExplain } from "../shell-commands.ts";
import { CaseRow } from "./case.tsx";
import { Controls } from "./controls.tsx";
import type { PageCase, PageData } from "./data.ts";
import { type Filter, NOTHING_HIDDEN, showsCase, showsRequirement } from "./filter.ts";
import { useLinks } from "./links.ts";
import { RequirementRow } from "./requirement.tsx";
import { Actor } from "./timeline.tsx";
import { counted } from "./words.ts";

/** The part of the page that a reader works with: filters, requirements and cases. In a browser it marks the page as `live`, for the style. */
export function Explorer({ data }: { readonly data: PageData }) {
  const [filter, onFilter] = useState<Filter>(NOTHING_HIDDEN);
  const index = useMemo(() => indexOf(data), [data]);
  const shownRequirements = new Set(
    data.requirements.filter((it) => showsRequirement(filter, it, index.judging(it.id))).map(({ id }) => id),
  );
  const shownCases = new Set(data.cases.filter((it) => showsCase(filter, it, index.requirements)).map(({ id }) => id));
  useLinks((id) => {
    if (!shownCases.has(id) && !shownRequirements.has(id)) onFilter(NOTHING_HIDDEN);
  });
  useEffect(() => document.documentElement.classList.add("live"), []);
  const shown = `${shownRequirements.size} of ${counted(data.requirements.length, "requirement")}, ${shownCases.size} of ${counted(data.cases.length, "case")}`;
  return (
    <Actor.Provider value={data.protocol.actor}>
      <Controls choices={index.choices} filter={filter} onFilter={onFilter} shown={shown} />
      <Requirements data={data} index={index} shown={shownRequirements} />
      <Cases data={data} index={index} shown={shownCases} />
    </Actor.Provider>
  );
}

interface RowsProps {
  readonly index: Index;
  /** The ids of the rows that the filter does not hide. */
  readonly shown: ReadonlySet<string>;
}

const Requirements = ({ data, index, shown }: RowsProps & { readonly data: PageData }) => (
  <section aria-labelledby="requirements">
    <h2 id="requirements">Requirements</h2>
    <p class="note">By section of the catalogue. Sources: {data.sources.map((it) => it.join(" ")).join(", ")}.</p>
    {shown.size === 0 && <p class="none">No requirement matches.</p>}
    {index.sections.map(([name, rows]) => (
      <Group name={name} counts={countsOf(rows, index.known)} hidden={!rows.some(({ id }) => shown.has(id))} key={name}>
        {rows.map((it) => (
          <RequirementRow
            it={it}
            inPart={isInPart(it, index.known)}
            cases={index.judging(it.id)}
            hidden={!shown.has(it.id)}
            explain={commandExplain(data, it.id)}
            key={it.id}
          />
        ))}
      </Group>
    ))}
  </section>
);

const Cases = ({ data, index, shown }: RowsProps & { readonly data: PageData }) => (
  <section aria-labelledby="cases">
    <h2 id="cases">Cases</h2>
    <p class="note">
      By suite. A case is one thing that {data.protocol.actor === undefined ? "a client" : "the server"} does; it has
      the worst verdict of its checks.
    </p>
    {shown.size === 0 && <p class="none">No case matches.</p>}
    {index.suites.map(([name, rows]) => (
      <Group
        name={name}
        counts={tally(rows)
          .map(([verdict, n]) => `${n} ${verdict}`)
          .join(", ")}
        hidden={!rows.some(({ id }) => shown.has(id))}
        key={name}
      >
        {rows.map((it) => (
          <CaseRow it={it} data={data} requirements={index.requirements} hidden={!shown.has(it.id)} key={it.id} />
        ))}
      </Group>
    ))}
  </section>
);

interface GroupProps {
  readonly name: string;
  /** The number of rows with each verdict. */
  readonly counts: string;
  readonly hidden: boolean;
  readonly children: preact.ComponentChildren;
}

/** Rows under a heading that says how many have which verdict. */
const Group = ({ name, counts, hidden, children }: GroupProps) => (
  <div class="group" hidden={hidden}>
    <h3>
      {name} <span class="note">{counts}</span>
    </h3>
    {children}
  </div>
);

type Index = ReturnType<typeof indexOf>;

/** Makes the lookup tables of the page. */
function indexOf({ requirements, cases }: PageData) {
  const pairs = cases.flatMap((it) =>
    [...new Set(it.checks.map(({ requirement }) => requirement))].map((requirement) => ({ requirement, it })),
  );
  const judging = new Map<string, readonly PageCase[]>(
    Array.from(
      groupBy(pairs, ({ requirement }) => requirement),
      ([id, some]) => [id, some.map(({ it }) => it)],
    ),
  );
  const suites = [...groupBy(cases, ({ suite }) => suite)];
  return {
    requirements: new Map(requirements.map((it) => [it.id, it])),
    known: judged(cases),
    judging: (id: string) => judging.get(id) ?? [],
    sections: [...groupBy(requirements, ({ section }) => section)],
    suites,
    choices: {
      verdicts: tally([...cases, ...requirements]).map(
        ([verdict]) => [verdict, cases.filter((it) => it.verdict === verdict).length] as const,
      ),
      levels: (["MUST", "SHOULD", "MAY"] as const).filter((level) => requirements.some((it) => it.level === level)),
      suites: suites.map(([name]) => name),
    },
  };
}
