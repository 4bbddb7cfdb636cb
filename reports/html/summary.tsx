import { inSeconds } from "../../harness/words.ts";
import { implementationText, LEVEL_WORDS } from "../certified.ts";
import { news, tally } from "../findings.ts";
import { loadOf } from "../latency.ts";
import { NAMES, targetAt, titleOf } from "../names.ts";
import { type Remark, remarks, suspectsFirst } from "../remarks.ts";
import { casesOf, connectionsIn, countsOf, isWhole, judged, ranOf, requirementsOf } from "../scope.ts";
import { commandFor } from "../shell-commands.ts";
import { meaning, shownVerdict } from "../verdict.ts";
import type { PageData } from "./data.ts";
import { Brief, CommandLine, RowLink, VerdictTag } from "./parts.tsx";
import { capital, counted, meaningOf } from "./words.ts";

/** The top of the page: the outcome of the run, and the run itself. */
export function Summary({ data }: { readonly data: PageData }) {
  const verdict = shownVerdict(data);
  const { headline, words, isSame } = meaning(data);
  const suspects = suspectsFirst(data);
  const { name, version } = data.certificate?.implementation ?? {};
  const named = name !== undefined && implementationText(name, version);
  return (
    <header class={`summary ${verdict}${data.counts.fail > 0 || !isWhole(data) ? " reserved" : ""}`}>
      <div class="inner">
        <p class="kind">
          Conformance to {titleOf(data.protocol)} of {named && `${named} at `}
          <code>{data.target.url}</code>
        </p>
        <h1>
          <VerdictTag of={verdict} says={headline} />
        </h1>
        {!isSame && <p class="sentence">{capital(words)}.</p>}
        <Counts data={data} />
        {!suspects && <First data={data} words="Begin with" />}
        {remarks(data).map((it, i) => (
          <Remarked of={it} data={data} key={i} />
        ))}
        {suspects && <First data={data} words="Then see" />}
        <nav aria-label="Parts of this page">
          <a href="#wrong">What is wrong</a> {data.recording?.clients && <a href="#clients">Clients</a>}{" "}
          <a href="#requirements">Requirements</a> <a href="#cases">Cases</a> <a href="#run">The run</a>
        </nav>
      </div>
    </header>
  );
}

/** The first finding on one line, which leads to it. */
function First({ data, words }: { readonly data: PageData; readonly words: string }) {
  const [first] = news(data);
  if (!first) return null;
  const { requirement, shown, check } = first;
  return (
    <p class={`first edge ${first.verdict}`}>
      <a href="#wrong">{words}</a> <RowLink id={requirement.id} />: {shown.title}: <Brief text={check.actual} />
    </p>
  );
}

/** A remark that must be known first: its cases, and the next step. */
function Remarked({ of, data }: { readonly of: Remark; readonly data: PageData }) {
  const { title, words, cases, next } = of;
  const more = cases.length - NAMES;
  return (
    <div class="callout">
      <p>
        <strong>{title}.</strong> {capital(words)}
        {cases.length > 0 && ": "}
        {cases.slice(0, NAMES).map((id, i) => (
          <span key={id}>
            {i > 0 && ", "}
            <RowLink id={id} />
          </span>
        ))}
        {more > 0 && ` … and ${more} more`}
      </p>
      {next !== undefined && (
        <>
          <p class="label">Run next</p>
          <CommandLine text={commandFor(data, ...next)} />
        </>
      )}
    </div>
  );
}

/** The target, the time and the options of the run. */
export function Facts({ data }: { readonly data: PageData }) {
  const { target, suite, startedAt, durationMs, seed, shard, recording, latencies = [], concurrency } = data;
  const facts: readonly (readonly [string, string])[] = [
    ...certified(data),
    ["Target", targetAt(data)],
    ["Suite", `${suite.name} ${suite.version}`],
    ["Started", startedAt.replace("T", " ").replace(/\.\d+Z$/, " UTC")],
    ["Took", inSeconds(durationMs)],
    ...(recording ? [["Recorded", recordedWords(recording)] as const] : []),
    ["Strict", target.strict ? "yes, a SHOULD counts as a MUST" : "no"],
    ...(seed > 0 ? [["Seed", String(seed)] as const] : []),
    ...(shard ? [["Part", `shard ${shard.index} of ${shard.of} of the run`] as const] : []),
    ...latencies.map(
      ({ name, mediansMs }) => [`Median ${name}`, `${mediansMs.join(", ")} ms, ${loadOf(concurrency)}`] as const,
    ),
  ];
  return (
    <section aria-labelledby="run">
      <h2 id="run">The run</h2>
      <dl class="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** The words of the certificate beside the page. */
function certified({ certificate }: PageData): readonly (readonly [string, string])[] {
  if (!certificate) return [];
  const { implementation, set, level } = certificate;
  const { name, version, revision } = implementation;
  return [
    ["Implementation", implementationText(name, version)],
    ...(revision === undefined ? [] : [["Revision", implementationText(revision)] as const]),
    ["Certificate", `${LEVEL_WORDS[level]}, by the set ${set}; the command verify checks it`],
  ];
}

/** The size of the recording. The page may hold only some of its connections. */
const recordedWords = (recording: NonNullable<PageData["recording"]>) => {
  const { files, events, connections } = recording;
  const all = counted(connectionsIn(recording), "connection");
  return `${files.join(", ")}: ${all}, ${connections.fail} of them broken, ${counted(events, "event")}`;
};

/** The number of cases with each verdict, and of requirements that are covered. */
function Counts({ data }: { readonly data: PageData }) {
  const { cases, requirements } = data;
  return (
    <div class="counts">
      <div>
        <p class="label">{data.recording ? counted(cases.length, "case") : `${casesOf(data)} cases${ranOf(data)}`}</p>
        <ul class="tally">
          {tally(cases).map(([verdict, n]) => (
            <li key={verdict} title={meaningOf(verdict, data.protocol.actor)}>
              <strong>{n}</strong> <VerdictTag of={verdict} />
            </li>
          ))}
        </ul>
      </div>
      <div class="coverage">
        <p class="label">{requirementsOf(data)} requirements covered</p>
        <Bar requirements={requirements} words={countsOf(requirements, judged(cases))} />
      </div>
    </div>
  );
}

/** The verdicts of all requirements as one bar; the rows below say the same in words. */
function Bar({ requirements, words }: Pick<PageData, "requirements"> & { readonly words: string }) {
  const present = tally(requirements);
  const before = (i: number) => present.slice(0, i).reduce((sum, [, n]) => sum + n, 0);
  return (
    <>
      <svg
        class="bar"
        viewBox={`0 0 ${requirements.length || 1} 1`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`Requirements: ${words}`}
      >
        {present.map(([verdict, n], i) => (
          <rect class={verdict} x={before(i)} y="0" width={n} height="1" key={verdict} />
        ))}
      </svg>
      <p class="note">{words}</p>
    </>
  );
}
