import { useState } from "preact/hooks";
import { worstFirst } from "../findings.ts";
import { IN_PART } from "../scope.ts";
import { Background, FaultsAndOtherCases } from "./background.tsx";
import type { PageCase, PageRequirement } from "./data.ts";
import { hashOf, LevelTag, Marks, NotJudged, Prose, RowLink, VerdictTag } from "./parts.tsx";
import { counted } from "./words.ts";

/** Cases of a requirement that are listed at first: some rules are judged in all. */
const CASES_AT_FIRST = 20;

interface RequirementProps {
  readonly it: PageRequirement;
  readonly cases: readonly PageCase[];
  /** Some cases judged it, and others could not. */
  readonly inPart: boolean;
  readonly hidden: boolean;
  /** The command that explains it. */
  readonly explain: string;
}

/** A requirement: a row that opens to what is owed, where that comes from, and the cases that judged it. */
export function RequirementRow({ it, cases, inPart, hidden, explain }: RequirementProps) {
  const [open, setOpen] = useState(false);
  return (
    <details class="row requirement" id={it.id} hidden={hidden} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <VerdictTag of={it.verdict} /> <span class="mono id">{it.id}</span> <LevelTag of={it.level} />{" "}
        <span class="says-what">
          <Prose text={it.statement} />
        </span>{" "}
        <span class="note count">
          {cases.length === 0 ? "not tested" : counted(cases.length, "case")}
          {inPart && `, ${IN_PART}`}
        </span>
      </summary>
      <div class="body">
        <p class="lead">
          <Prose text={it.statement} />
        </p>
        <p class="note">
          Source: <Prose text={it.source} />
          {it.why && (
            <>
              {" (derived: "}
              <Prose text={it.why} />)
            </>
          )}
          . <a href={hashOf(it.id)}>Link to this requirement</a>
        </p>
        {open && (
          <>
            <Background of={it} cause={it.cause} explain={explain} />
            <Cases of={it} cases={cases} />
            <FaultsAndOtherCases of={it} />
          </>
        )}
      </div>
    </details>
  );
}

function Cases({ of, cases }: { readonly of: PageRequirement; readonly cases: readonly PageCase[] }) {
  const [most, setMost] = useState(CASES_AT_FIRST);
  const judged = cases.flatMap((it) => {
    const [check] = worstFirst(it.checks.filter(({ requirement }) => requirement === of.id));
    return check ? [{ it, check, verdict: check.verdict }] : [];
  });
  if (judged.length === 0) return <p>No case of this run judged it.</p>;
  return (
    <>
      <ul class="cases">
        {worstFirst(judged)
          .slice(0, most)
          .map(({ it, check }) => (
            <li key={it.id}>
              <VerdictTag of={check.verdict} /> <RowLink id={it.id} /> <Marks of={it} />{" "}
              <span class="note">
                <NotJudged {...check} />
              </span>
            </li>
          ))}
      </ul>
      {judged.length > most && (
        <button type="button" onClick={() => setMost(judged.length)}>
          Show all {judged.length} cases
        </button>
      )}
    </>
  );
}
