import { skippedBy } from "../findings.ts";
import type { ReportExpectation } from "../report.ts";
import type { PageCase, PageData } from "./data.ts";
import { RowLink } from "./parts.tsx";
import { counted } from "./words.ts";

/** The notes: the failures that were expected, and what is unstable, or was not judged. */
export function Notes({ data }: { readonly data: PageData }) {
  const unstable = data.cases.filter((it) => it.unstable);
  const skipped = skippedBy(data.cases);
  return (
    <>
      {data.expectedFailures && <Expected {...data.expectedFailures} />}
      {unstable.length + skipped.length > 0 && (
        <section aria-labelledby="notes">
          <h2 id="notes">What is not certain</h2>
          <NotedCases title="Unstable" of={unstable}>
            The verdict varies: among other cases and alone, or from one time to the next.
          </NotedCases>
          {skipped.map(({ why, see, cases }) => (
            <NotedCases title="Not judged" of={cases} see={see} key={why}>
              {why}
            </NotedCases>
          ))}
        </section>
      )}
    </>
  );
}

interface NotedProps {
  readonly title: string;
  readonly of: readonly PageCase[];
  /** The requirement to look at. */
  readonly see?: string | undefined;
  readonly children: preact.ComponentChildren;
}

/** Cases that have something in common. */
const NotedCases = ({ title, of, see, children }: NotedProps) =>
  of.length === 0 ? null : (
    <details class="some">
      <summary>
        <strong>{title}</strong>: {counted(of.length, "case")}. <span class="note">{children}</span>
      </summary>
      {see !== undefined && (
        <p class="label">
          Look at: <RowLink id={see} />
        </p>
      )}
      <ul class="links">
        {of.map((it) => (
          <li key={it.id}>
            <RowLink id={it.id} />
          </li>
        ))}
      </ul>
    </details>
  );

/** The file of expected failures: its entries, each with its problems. */
const Expected = ({ file, entries }: NonNullable<PageData["expectedFailures"]>) => (
  <section aria-labelledby="expected">
    <h2 id="expected">Expected failures</h2>
    <p class="note">
      {counted(entries.length, "entry", "entries")} of <code>{file}</code>
    </p>
    <ul class="expectations">
      {entries.map((entry) => (
        <Expectation entry={entry} key={entry.line} />
      ))}
    </ul>
  </section>
);

function Expectation({ entry }: { readonly entry: ReportExpectation }) {
  const { line, reason, issue, owner, expires, problems } = entry;
  const what = [...(entry.case ?? []), ...(entry.requirement ?? [])];
  return (
    <li class={problems.length > 0 ? "edge fail" : "edge"}>
      <p>
        <span class="note">Line {line}</span>{" "}
        {what.map((it) => (
          <code key={it}>{it} </code>
        ))}
      </p>
      <p>
        {reason} {issue !== undefined && <Issue text={issue} />}{" "}
        <span class="note">
          {owner !== undefined && `Owner: ${owner}. `}
          {expires !== undefined && `Until ${expires}.`}
        </span>
      </p>
      {problems.map((problem) => (
        <p class="callout" key={`${problem.line} ${problem.says}`}>
          <strong>Line {problem.line}:</strong> {problem.says}
        </p>
      ))}
    </li>
  );
}

/** The issue that tracks a failure. It is a link only if it leads to the web. */
const Issue = ({ text }: { readonly text: string }) =>
  /^https?:\/\/\S+$/i.test(text) ? (
    <a href={text} rel="noopener noreferrer nofollow">
      {text}
    </a>
  ) : (
    <span>{text}</span>
  );
