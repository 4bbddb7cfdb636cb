import { beginning, findings, type ReportFinding } from "../findings.ts";
import { suspectsFirst } from "../remarks.ts";
import { commandExplain, commandFor } from "../shell-commands.ts";
import { WAY_TITLES } from "../ways.ts";
import { Background } from "./background.tsx";
import type { PageCase, PageCheck, PageData, PageRequirement } from "./data.ts";
import { around } from "./events.ts";
import { Came, CommandLine, Difference, LevelTag, Marks, Prose, RowLink, VerdictTag } from "./parts.tsx";
import { ConnectionName, Events, Legend } from "./timeline.tsx";
import { capital, counted, doubts } from "./words.ts";

/** Links to cases that are shown at once. */
const LINKS = 6;

/** Characters of what came in another way that are shown. */
const WAY_CHARACTERS = 300;

const NOTHING_FOUND = "No requirement was found broken. What could not be judged, and why, stands below.";

/** Each requirement that is broken, with the case that shows it. */
export function Wrong({ data }: { readonly data: PageData }) {
  const all = findings(data);
  const why = suspectsFirst(data) ? undefined : beginning(all.filter(({ expected }) => !expected));
  return (
    <section aria-labelledby="wrong">
      <h2 id="wrong">What is wrong</h2>
      {all.length === 0 ? (
        <Nothing data={data} />
      ) : (
        <>
          <p class="note">
            {all.length === 1
              ? "1 requirement, with one case that shows it."
              : `${all.length} requirements, the worst first, then what most others rest on; each with one case that shows it.`}
          </p>
          <Legend recorded={data.recording !== undefined} />
        </>
      )}
      {all.map((finding, i) => (
        <Entry finding={finding} begin={i === 0 ? why : undefined} data={data} key={finding.requirement.id} />
      ))}
    </section>
  );
}

/** Says that nothing is wrong with the server, where something may be with its clients. */
function Nothing({ data: { recording, verdict } }: { readonly data: PageData }) {
  if (recording?.clients)
    return (
      <p>
        The server broke nothing that was judged. The mistakes of its <a href="#clients">clients</a> stand below.
      </p>
    );
  return <p>{verdict === "pass" ? "Nothing that was judged is broken." : NOTHING_FOUND}</p>;
}

interface EntryProps {
  readonly finding: ReportFinding<PageRequirement, PageCase, PageCheck>;
  /** The reason to begin with it, if it is the first. */
  readonly begin: string | undefined;
  readonly data: PageData;
}

function Entry({ finding, begin, data }: EntryProps) {
  const { requirement, verdict, check, shown, cases, expected } = finding;
  return (
    <article class={`finding edge ${verdict}`}>
      {begin !== undefined && (
        <p class="callout">
          <strong>Begin here</strong>
          {begin}
        </p>
      )}
      <p class="head">
        <VerdictTag of={verdict} /> <LevelTag of={requirement.level} /> <RowLink id={requirement.id} />{" "}
        {expected && <span class="tag">expected failure</span>}{" "}
        <span class="note">
          section {requirement.section}, in {counted(cases.length, "case")}
        </span>
      </p>
      <h3>
        <Prose text={requirement.statement || requirement.id} />
      </h3>
      {check.expectedFailure !== undefined && <p class="callout">Expected to fail: {check.expectedFailure}</p>}
      <p class="lead">
        {capital(shown.title)}: <RowLink id={shown.id} /> <Marks of={shown} />
      </p>
      {doubts(shown).map(([word, meaning]) => (
        <p class="note" key={word}>
          {word}: {meaning}
        </p>
      ))}
      <Difference expected={check.expected} actual={check.actual} />
      <Shows it={shown} check={check} />
      <Ways of={requirement} />
      <Background of={requirement} cause={check.cause} explain={commandExplain(data, requirement.id)} />
      <p class="label">{data.recording ? "Judge the recording again" : "Run it alone"}</p>
      <CommandLine text={commandFor(data, shown.id)} />
      <Others cases={cases.filter((it) => it !== shown)} />
    </article>
  );
}

/** The few lines of a transcript that show a finding. */
function Shows({ it, check: { spot, actual } }: { readonly it: PageCase; readonly check: PageCheck }) {
  const connection = it.connections.find(({ number }) => number - 1 === spot?.connection);
  if (!connection || !spot) return null;
  return (
    <figure>
      <figcaption>
        <ConnectionName connection={connection} total={it.connected} />
      </figcaption>
      <Events
        events={connection.events}
        places={around(spot.event, connection.events.length)}
        began={it.began}
        brief
        spot={spot.event}
        came={actual}
      />
    </figure>
  );
}

/** The further ways in which a requirement is broken, each of which may be a bug of its own; of many, most can be unfolded. */
function Ways({ of: { ways = [] } }: { readonly of: PageRequirement }) {
  if (ways.length === 0) return null;
  const listOf = (some: typeof ways) => (
    <ul class="links">
      {some.map((it, i) => (
        <li key={i}>
          {WAY_TITLES[it.kind]}, in <RowLink id={it.case} />: <Came text={it.words} most={WAY_CHARACTERS} />
        </li>
      ))}
    </ul>
  );
  const more = ways.slice(LINKS);
  return (
    <>
      <p class="label">Broken in other ways, too</p>
      {listOf(ways.slice(0, LINKS))}
      {more.length > 0 && (
        <details>
          <summary>{counted(more.length, "more way")}</summary>
          {listOf(more)}
        </details>
      )}
    </>
  );
}

/** The other cases with the same finding; of many, most can be unfolded. */
function Others({ cases }: { readonly cases: readonly PageCase[] }) {
  if (cases.length === 0) return null;
  const list = (
    <ul class="links">
      {cases.map((it) => (
        <li key={it.id}>
          <RowLink id={it.id} /> <Marks of={it} />
        </li>
      ))}
    </ul>
  );
  if (cases.length <= LINKS)
    return (
      <>
        <p class="label">Likewise in</p>
        {list}
      </>
    );
  return (
    <details>
      <summary>Likewise in {counted(cases.length, "more case")}</summary>
      {list}
    </details>
  );
}
